package report

import (
	"fmt"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
)

// ruleName is a rule without what a change may touch.
type ruleName struct{ name, group, file string }

// ruleTexts are the texts of rules by name; several rules of one name in one
// group are told apart by their severity, as far as that is written.
type ruleTexts map[ruleName][]noise.Rule

func newRuleTexts(rules []noise.Rule) ruleTexts {
	out := make(ruleTexts, len(rules))
	for _, r := range rules {
		key := ruleName{r.Name, r.Group, r.File}
		out[key] = append(out[key], r)
	}
	return out
}

// of is the one rule of the key; nil where there is none, or several that the key
// does not tell apart.
func (t ruleTexts) of(k noise.RuleKey) *noise.Rule {
	all := t[ruleName{k.Name, k.Group, k.File}]
	var one *noise.Rule
	for i := range all {
		if all[i].Severity() != k.Severity && len(all) > 1 {
			continue
		}
		if one != nil {
			return nil
		}
		one = &all[i]
	}
	return one
}

// define takes what the rule's text says; nil says nothing.
func (r *Rule) define(text *noise.Rule) {
	if text == nil {
		return
	}
	r.Expr, r.For, r.Keep = &text.Expr, new(seconds(text.For)), new(seconds(text.KeepFiringFor))
}

// inForce leaves out the decisions on rules that are not in force any more: they
// fired in the window, and somebody has done away with them since.
func (in Input) inForce() Input {
	if in.Judged == nil || len(in.Rules) == 0 {
		return in
	}
	names := in.ruleNames()
	judged := *in.Judged
	judged.Decisions = kept(judged.Decisions, func(d *decide.Decision) bool { return names[d.Rule.Name] })
	in.Judged = &judged
	return in
}

func (in Input) ruleNames() map[string]bool {
	names := make(map[string]bool, len(in.Rules))
	for _, r := range in.Rules {
		names[r.Name] = true
	}
	return names
}

// isGone tells whether a finding is about a rule that is not in force any more.
func (in Input) isGone() func(*noise.Finding) bool {
	names := in.ruleNames()
	return func(f *noise.Finding) bool { return len(names) > 0 && f.Rule.Name != "" && !names[f.Rule.Name] }
}

// goneSentence says of how many rules nothing is advised since they are gone.
func goneSentence(in Input) string {
	gone, rules := in.isGone(), map[noise.RuleKey]bool{}
	for i := range in.Judged.Findings {
		if f := &in.Judged.Findings[i]; gone(f) {
			rules[f.Rule.RuleKey] = true
		}
	}
	if len(rules) == 0 {
		return ""
	}
	return fmt.Sprintf(" Nothing is advised on %s that fired and %s in force any more.", plural(len(rules), "rule"), isNot(len(rules)))
}

func isNot(n int) string {
	if n == 1 {
		return "is not"
	}
	return "are not"
}

// definition is one term of the report.
type definition struct{ Term, Text, Source string }

func definitions(o noise.Options) []definition {
	return []definition{
		{"Episode", "One continuous firing of one alert (one rule, one label set) that began in the window. An alert that fired when the window began is carried over and not counted again.", ""},
		{"Pending only", "The condition became true but did not hold for the rule’s “for”, so nothing fired.", ""},
		{"Firing time", "The time within the window in which alerts of the rule fired, added up over label sets.", ""},
		{"Median, p95", "By nearest rank, of the episodes that began and ended in the window and whose two ends are known.", ""},
		{"Fleeting", "Fired for no longer than " + span(o.Fleeting) + ", of the episodes whose two ends are known.", "after ISA-18.2"},
		{"Re-fire", "A start no later than " + span(o.Refire) + " after the same alert’s last known end, of all starts.", ""},
		{"Flapping", "One alert starting three times within " + span(o.FlapWithin) + ". A rule counts as a nuisance if an alert of it flapped, or if half or more of its episodes, and at least three, were fleeting.", "chattering in ISA-18.2"},
		{"Flood", fmt.Sprintf("From the instant at which %d alerts have started within 10 minutes until fewer than %d have.", o.FloodStart, o.FloodEnd), "ISA-18.2, EEMUA 191"},
		{"Stale", "Firing for more than " + span(o.Stale) + ".", "ISA-18.2"},
		{"Severity", "Levels by the severity label: critical, page, emergency, error, high are high; warning, ticket, medium are medium; info, low, notice, none are low; unless the settings say otherwise.", "80/15/5: ISA-18.2, HSE CHIS 6"},
		{"Incident on call", "High-severity starts with no more than " + span(o.PageGap) + " between one and the next, taken together; what goes on without a pause counts anew every 4 hours. At most two in a 12-hour shift leave time to deal with them.", "Google, Site Reliability Engineering"},
		{"Benchmarks", "Figures per operator position, from at least 30 days of data. They are approximate, and meeting them does not prove that alerts are good.", "ISA-18.2-2016 clause 16, IEC 62682, HSE CHIS 6 (EEMUA 191)"},
	}
}
