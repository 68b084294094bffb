package report

import (
	"fmt"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

type rulesView struct {
	Rows           []ruleView
	Caption, More  string
	Quiet          string // the rules that fired in the window before alone
	Step, Fleeting string
	Refire         string
}

type ruleView struct {
	Rank                           int
	Name                           text
	Place                          text // group and file
	Severity                       text
	Strip                          strip
	Episodes, Before, Firing       string
	Median, P95, Fleeting, Refires string
	DurationOf, FleetingOf, Share  string
	Carried                        string // empty where none was firing already
	Pipeline                       string // empty where the pipeline had no hand
	FleetingIsHigh, RefiresAreHigh bool
}

func newRulesView(in Input) rulesView {
	s := &in.Current
	v := rulesView{
		Step: span(s.Timeline.Step), Fleeting: span(s.Options.Fleeting), Refire: span(s.Options.Refire),
	}
	before := previousRules(in)
	shown := min(rulesShown, s.RulesFired)
	for i := range s.Rules {
		if r := &s.Rules[i]; len(v.Rows) < shown && r.Episodes+r.CarriedOver > 0 {
			v.Rows = append(v.Rows, newRuleView(s, r, len(v.Rows)+1))
			v.Rows[len(v.Rows)-1].compare(r, before)
		}
	}
	v.Caption = fmt.Sprintf("The %d noisiest of %s that fired, by episodes", shown, plural(s.RulesFired, "rule"))
	if shown == s.RulesFired {
		v.Caption = fmt.Sprintf("All %s that fired, the noisiest first", plural(shown, "rule"))
	}
	v.More, v.Quiet = moreRules(s, shown), goneQuiet(in)
	return v
}

func newRuleView(s *noise.Summary, r *noise.RuleStats, rank int) ruleView {
	row := ruleView{
		Rank: rank, Name: newText(r.Name, nameLimit), Place: newText(place(r.RuleKey), nameLimit), Severity: newText(r.Severity, 24),
		Strip: newStrip(s, r), Episodes: count(r.Episodes), Firing: span(r.Firing),
		Median: spanOrDash(r.Duration.Median, r.Duration.Known()), P95: spanOrDash(r.Duration.P95, r.Duration.Known()),
		Fleeting: share(r.Fleeting), Refires: share(r.Refires), Share: share(r.ShareOfAll),
		DurationOf:     "of " + plural(r.Duration.Count, "episode") + " with known ends",
		FleetingOf:     of(r.Fleeting),
		FleetingIsHigh: r.Fleeting.Known() && r.Fleeting.Ratio() >= 0.5,
		RefiresAreHigh: r.Refires.Known() && r.Refires.Ratio() >= 0.5,
	}
	if r.Firing == 0 {
		row.Firing = "–"
	}
	if r.CarriedOver > 0 {
		row.Carried = countWas(r.CarriedOver, "alert") + " firing already when the " + length(s.Window) + " began"
	}
	if r.Touched > 0 {
		row.Pipeline = fmt.Sprintf("the pipeline had a hand in %s of %s", count(r.Touched), plural(r.Episodes+r.CarriedOver, "episode"))
	}
	return row
}

func (v *ruleView) compare(r *noise.RuleStats, before map[noise.RuleKey]previousRule) {
	if before == nil {
		v.Before = "–"
		return
	}
	v.Before = change(r.Episodes, before[r.RuleKey].episodes)
}

func of(p slo.Proportion) string { return count(p.Count) + " of " + count(p.Of) }

// place names the group and the file of a rule, as far as they are known.
func place(k noise.RuleKey) string {
	switch {
	case k.Group == "":
		return k.File
	case k.File == "":
		return k.Group
	}
	return k.Group + " · " + k.File
}

// quietShown is how many of the rules that went quiet are named.
const quietShown = 5

// goneQuiet names the rules that fired in the window before and not in this one.
func goneQuiet(in Input) string {
	if in.Previous == nil {
		return ""
	}
	fired := map[noise.RuleKey]bool{}
	for i := range in.Current.Rules {
		r := &in.Current.Rules[i]
		fired[r.RuleKey] = r.Episodes+r.CarriedOver > 0
	}
	var names []string
	n := 0
	for i := range in.Previous.Rules { // the noisiest first
		r := &in.Previous.Rules[i]
		if r.Episodes == 0 || fired[r.RuleKey] {
			continue
		}
		if n++; n <= quietShown {
			names = append(names, fmt.Sprintf("%s (%s)", clean(r.Name, nameLimit), plural(r.Episodes, "episode")))
		}
	}
	if n == 0 {
		return ""
	}
	if n > quietShown {
		names = append(names, fmt.Sprintf("and %s more", count(n-quietShown)))
	}
	return "Fired in the " + length(in.Current.Window) + " before and not in this one: " + strings.Join(names, ", ") + "."
}

// moreRules sums up the rules that the table leaves out.
func moreRules(s *noise.Summary, shown int) string {
	var parts []string
	rest, episodes := 0, 0
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.Episodes+r.CarriedOver == 0 {
			continue
		}
		if rest++; rest > shown {
			episodes += r.Episodes
		}
	}
	if rest > shown {
		parts = append(parts, fmt.Sprintf("%s with %s", plural(rest-shown, "more rule"), plural(episodes, "episode")))
	}
	pending := 0
	for i := range s.Rules {
		if r := &s.Rules[i]; r.PendingOnly > 0 && r.Episodes+r.CarriedOver == 0 {
			pending++
		}
	}
	if pending > 0 {
		parts = append(parts, plural(pending, "rule")+" that became pending and never fired")
	}
	if silent := len(s.Rules) - s.RulesFired - pending; s.RulesKnown && silent > 0 {
		parts = append(parts, plural(silent, "rule")+" that stayed silent")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Not shown: " + strings.Join(parts, "; ") + ". All are in the JSON."
}
