package detect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

func dead() Detector {
	return detector(Detector{
		Kind: noise.KindDead, Title: "can't fire", Action: noise.NotGiven,
		Source: "The definition is ours: no series to look at, or a condition that is never true; " +
			"the unsafe action is that of STPA (Leveson and Thomas 2018)",
	}, findDead)
}

// findDead looks at the rules that were silent, or that can't be otherwise.
func findDead(v view) []noise.Finding {
	var out []noise.Finding
	for _, x := range v.in.Impossible {
		out = append(out, v.impossible(x))
	}
	for i := range v.in.Presence {
		p := &v.in.Presence[i]
		if !p.Seen && !p.Optional && v.isSilent(p.Rule.RuleKey) {
			out = append(out, v.absent(p))
		}
	}
	for i := range v.in.Ranges {
		g := &v.in.Ranges[i]
		if times := g.beyond(); times >= v.o.DeadFactor && v.isSilent(g.Rule.RuleKey) {
			out = append(out, v.unreached(g, times))
		}
	}
	return firstOfRule(out)
}

// firstOfRule keeps the gravest and surest finding of each rule.
func firstOfRule(findings []noise.Finding) []noise.Finding {
	slices.SortFunc(findings, func(a, b noise.Finding) int {
		return cmp.Or(compareKeys(a.Rule.RuleKey, b.Rule.RuleKey), cmp.Compare(rank(a.Gravity), rank(b.Gravity)), compareWhole(a, b))
	})
	return slices.CompactFunc(findings, func(a, b noise.Finding) bool { return a.Rule.RuleKey == b.Rule.RuleKey })
}

// isSilent tells whether the rule's condition was never seen to be true.
func (v view) isSilent(key noise.RuleKey) bool {
	r := v.rule(key)
	return r == nil || len(r.starts)+len(r.dirty)+r.pending == 0
}

func (v view) impossible(x Impossible) noise.Finding {
	return noise.Finding{
		Rule: v.ref(x.Rule), Gravity: noise.GravityError, Confidence: noise.Proven,
		Title:    fmt.Sprintf("%s can't fire: %s.", name(x.Rule.RuleKey), clip(x.Reason, mostText)),
		Advice:   fmt.Sprintf("Correct the expression of %s, or delete the rule.", name(x.Rule.RuleKey)),
		Evidence: []noise.Fact{text("reason", x.Reason)},
		Why:      "It follows from the rule's text, whatever the data.",
	}
}

// absent is a rule that reads series which are not there.
func (v view) absent(p *Presence) noise.Finding {
	rule := name(p.Rule.RuleKey)
	f := noise.Finding{
		Rule: v.ref(p.Rule), Gravity: noise.GravityError, Confidence: noise.Strong,
		Evidence: []noise.Fact{text("selector", p.Selector)},
	}
	window, short := v.strong.short()
	f.Why = fmt.Sprintf("Looked for in all of the window (%s).", window)
	if !v.strong.known {
		f.Confidence, f.Why = noise.Weak, f.Why+" How much of it was recorded is not known."
	}
	if short {
		f.Confidence, f.Why = noise.Weak, f.Why+" That is short: what comes once a week or only in trouble is not seen in it."
	}
	metric := clip(p.Metric, mostName)
	switch {
	case !p.LastSeen.IsZero():
		f.Title = fmt.Sprintf("%s can't fire: nothing has matched its selector since %s.", rule, p.LastSeen.UTC().Format("2006-01-02 15:04 UTC"))
		f.Evidence = append(f.Evidence, text("last_seen", p.LastSeen.UTC().Format(time.RFC3339)))
		f.Advice = fmt.Sprintf("Find out where %s went: bring it back, or follow its new name, or delete %s.", metric, rule)
	case !p.MetricSeen:
		f.Title = fmt.Sprintf("%s can't fire: there is no metric %s.", rule, metric)
		f.Advice = fmt.Sprintf("Correct the name of the metric, or scrape what exports it, or delete %s.", rule)
	case p.Matcher != "":
		f.Title = fmt.Sprintf("%s can't fire: the matcher %s matches nothing.", rule, clip(p.Matcher, mostName))
		f.Evidence = append(f.Evidence, text("matcher", p.Matcher))
		f.Advice = fmt.Sprintf("Correct the matcher %s, or delete %s.", clip(p.Matcher, mostName), rule)
	default:
		f.Title = fmt.Sprintf("%s can't fire: there is %s, but no series that meets all of its matchers.", rule, metric)
		f.Advice = fmt.Sprintf("Check the matchers of %s against the labels that %s has, or delete the rule.", rule, metric)
	}
	if p.Suggestion != "" {
		f.Title += fmt.Sprintf(" Did you mean %s?", clip(p.Suggestion, mostName))
		f.Evidence = append(f.Evidence, text("nearest", p.Suggestion))
	}
	return f
}

// beyond is how many times the largest value ever seen the threshold is; 0 where
// it was reached or the two can't be set against one another. For < it is the
// other way round.
func (g *Range) beyond() float64 {
	if g.Samples == 0 || !finite(g.Threshold) || !finite(g.Extreme) {
		return 0
	}
	if g.Threshold*g.Extreme <= 0 {
		return g.spreads()
	}
	times := 0.0
	switch g.Operator {
	case ">", ">=":
		times = g.Threshold / g.Extreme
	case "<", "<=":
		times = g.Extreme / g.Threshold
	}
	if g.Threshold < 0 && times > 0 {
		times = 1 / times
	}
	return times
}

// spreads is for limits on the other side of zero, where no ratio tells anything:
// how many times as far from the middle of normal operation the limit is as the
// furthest value.
func (g *Range) spreads() float64 {
	reach, limit := g.Extreme-g.Q50, g.Threshold-g.Q50
	if !finite(reach) || reach*limit <= 0 {
		return 0
	}
	return limit / reach
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// unreached is a rule that is silent because its limit is far from anything
// seen. That may be as it should be.
func (v view) unreached(g *Range, times float64) noise.Finding {
	rule := name(g.Rule.RuleKey)
	return noise.Finding{
		Rule: v.ref(g.Rule), Gravity: noise.GravityInfo, Confidence: noise.Weak,
		Title: fmt.Sprintf("%s was silent: its limit is %s times as far out as anything ever seen.", rule, figure(times)),
		Advice: fmt.Sprintf("Check that %s (now %s %s) would be passed in the trouble that the rule is for; if so, leave it.",
			"the limit", g.Operator, figure(g.Threshold)),
		Evidence: []noise.Fact{
			value("threshold", g.Threshold), value("furthest_value_seen", g.Extreme), value("times", times), count("samples", g.Samples),
		},
		Why: "The condition came true at no time. A limit that has not been reached yet is no fault in itself.",
	}
}
