package report

import (
	"math"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
)

// Decision is what to do with a rule.
type Decision struct {
	Verb     decide.Verb  `json:"verb"`
	Rule     string       `json:"rule"`
	Group    *string      `json:"group"`
	File     *string      `json:"file"`
	Severity *string      `json:"severity"`
	Line     *int         `json:"line"`
	Into     *DecidedRule `json:"into"`
	Because  []string     `json:"because"`
	Saves    *float64     `json:"saves_notifications_per_week"`
	Why      string       `json:"why"`
}

// DecidedRule is the rule that stays.
type DecidedRule struct {
	Rule     string  `json:"rule"`
	Group    *string `json:"group"`
	File     *string `json:"file"`
	Severity *string `json:"severity"`
	Line     *int    `json:"line"`
}

func newDecidedRule(r noise.RuleRef) *DecidedRule {
	out := &DecidedRule{Rule: r.Name, Group: known(r.Group), File: known(r.File), Severity: known(r.Severity)}
	if r.Line > 0 {
		out.Line = &r.Line
	}
	return out
}

func newDecisions(in Input) []Decision {
	out := []Decision{}
	if in.Judged == nil {
		return out
	}
	for _, d := range in.Judged.Decisions {
		at := newDecidedRule(d.Rule)
		row := Decision{
			Verb: d.Verb, Rule: at.Rule, Group: at.Group, File: at.File, Severity: at.Severity, Line: at.Line,
			Because: append([]string{}, d.Because...), Why: d.Why,
		}
		if d.Into != nil {
			row.Into = newDecidedRule(*d.Into)
		}
		if d.Saves != nil && !math.IsNaN(*d.Saves) && !math.IsInf(*d.Saves, 0) {
			row.Saves = rounded(*d.Saves)
		}
		out = append(out, row)
	}
	return out
}
