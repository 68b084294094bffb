package noise

import "github.com/burnish-sre/burnish/slo"

// History is what a source knows of the alerts in a window, and how well it
// knows it.
type History struct {
	Window   slo.Interval
	Episodes []Episode // all that were active in the window, ordered by Compare
	Rules    []Rule    // empty with RulesKnown == false where nobody could tell
	Spells   []Spell   // ordered by start

	RulesKnown  bool // the rules in force are known, so a rule without episodes was silent
	HealthKnown bool // the pipeline's own metrics were there, so no spell means well
	Markers     bool // the source shows staleness markers, so ends are exact
}
