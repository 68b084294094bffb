package report

import (
	"math"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/truth"
)

// VerbWatch is the verb of an action on what nobody was told of; those on rules
// are of decide.
const VerbWatch decide.Verb = "watch"

// Action is one of the few changes that would help most: to a rule, or to what
// nobody was told of.
type Action struct {
	Verb decide.Verb  `json:"verb"`
	Rule *DecidedRule `json:"rule"`
	Into *DecidedRule `json:"into"`
	// Incident is what nobody was told of, and SLO whose it was.
	Incident *string `json:"incident"`
	SLO      *string `json:"slo"`
	// Saves is the notifications a week that it saves; nil where nobody knows.
	Saves *float64 `json:"saves_notifications_per_week"`
	// Finding is what it rests on: the report's page has it under this fragment.
	Finding *string `json:"finding"`
	Why     string  `json:"why"`
}

// verbPlaces is how many actions of a verb are among the few, in the order of a
// plan.
func verbPlaces() []struct {
	verb   decide.Verb
	places int
} {
	return []struct {
		verb   decide.Verb
		places int
	}{{decide.Delete, 5}, {decide.Merge, 5}, {VerbWatch, 3}, {decide.Repair, 4}, {decide.Retune, 5}, {decide.Inhibit, 4}, {decide.Review, 4}}
}

// newActions is never null.
func newActions(in Input) []Action {
	out := []Action{}
	if in.Judged == nil {
		return out
	}
	for _, p := range verbPlaces() {
		if p.verb == VerbWatch {
			out = append(out, watchActions(in, p.places)...)
			continue
		}
		all := in.decided(p.verb)
		for i := range all[:min(p.places, len(all))] {
			out = append(out, newAction(&all[i]))
		}
	}
	return out
}

func newAction(d *decide.Decision) Action {
	a := Action{Verb: d.Verb, Rule: newDecidedRule(d.Rule), Why: d.Why}
	if d.Into != nil {
		a.Into = newDecidedRule(*d.Into)
	}
	if len(d.Because) > 0 {
		a.Finding = &d.Because[0]
	}
	if d.Saves != nil && isFinite(*d.Saves) {
		a.Saves = rounded(*d.Saves)
	}
	return a
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// watchActions are on the worst of what nobody was told of.
func watchActions(in Input, places int) []Action {
	var out []Action
	for _, x := range in.untold() {
		if len(out) == places {
			break
		}
		a := Action{Verb: VerbWatch, Incident: &x.ID, SLO: known(x.SLO), Why: untoldWhy(x)}
		if f := in.findingOn(x.ID, noise.KindBlindSpot); f != nil {
			a.Finding = &f.ID
		}
		out = append(out, a)
	}
	return out
}

// untold is what nobody was told of, the worst first.
func (in Input) untold() []*truth.Verdict {
	j := in.judgement()
	if j == nil {
		return nil
	}
	all := slices.DeleteFunc(incidentPointers(j), func(v *truth.Verdict) bool { return v.Told() })
	slices.SortStableFunc(all, worstFirst)
	return all
}

// findingOn is the first finding of the kind that is about the incident.
func (in Input) findingOn(incident string, kind noise.Kind) *noise.Finding {
	for i := range in.Judged.Findings {
		if f := &in.Judged.Findings[i]; f.Kind == kind && slices.Contains(f.Incidents, incident) {
			return f
		}
	}
	return nil
}

// untoldWhy says when it was, what it cost, and what people wrote of it.
func untoldWhy(x *truth.Verdict) string {
	parts := []string{minute(x.From), lasted(x)}
	if x.Burned != nil {
		parts = append(parts, percent(*x.Burned)+" of its budget")
	}
	out := strings.Join(parts, ", ") + "."
	if x.Note != "" {
		out += " " + clean(x.Note, 160)
	}
	return out
}

// savesOf is what the decisions of a verb, or of all where it is empty, would
// save together in notifications a week. Each counts notifications that name its
// rule alone, so no notification is counted twice.
func (in Input) savesOf(verb decide.Verb) float64 {
	sum := 0.0
	if in.Judged == nil {
		return sum
	}
	for _, d := range in.Judged.Decisions {
		if (verb == "" || d.Verb == verb) && d.Saves != nil && *d.Saves > 0 && isFinite(*d.Saves) {
			sum += *d.Saves
		}
	}
	return sum
}
