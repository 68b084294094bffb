package detect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
)

func cascading() Detector {
	return detector(Detector{
		Kind: noise.KindCascading, Title: "follows another rule's start", Action: noise.WrongTime,
		Source: "Yang et al., DSN 2022, anti-pattern A6 (cascading alerts); starts within ten minutes, with the same " +
			"control of chance as for redundant rules",
	}, findCascading)
}

func findCascading(v view) []noise.Finding {
	r := v.relations()
	var out []noise.Finding
	for _, of := range r.measuredAs(overlap.Cascading, func(pairKey) bool { return true }) {
		slices.SortFunc(of, func(x, y *overlap.Pair) int {
			return cmp.Or(cmp.Compare(y.After.Count, x.After.Count), comparePairs(x, y), compareKeys(x.B.RuleKey, y.B.RuleKey))
		})
		out = append(out, v.cascadingAfter(r, of))
	}
	return out
}

func (v view) cascadingAfter(r relations, of []*overlap.Pair) noise.Finding {
	p := of[0]
	a, b := p.A.RuleKey, p.B.RuleKey
	sure, why := v.strong.of(p.After.Of)
	f := noise.Finding{
		Rule: r.refs[a], Gravity: noise.GravityInfo, Confidence: sure, Examples: v.typical(a),
		Title: fmt.Sprintf("%s followed %s in %s of its starts, typically after %s.",
			named(a), named(b), percent(p.After), span(p.Median.Milliseconds())),
		Why: fmt.Sprintf("%s That is %s times what chance explains; which of them contributes to the other is not said by it.", why, figure(p.Lift)),
		Evidence: append([]noise.Fact{
			text("after", named(b)), seconds("median_lag_seconds", p.Median.Milliseconds()),
		}, measuredFacts(p)...),
	}
	r.besides(&f, of)
	if v.isLadder(a, b) {
		f.Advice = fmt.Sprintf("Group %s with %s into one notification: the graver one comes later and must not be held back.", named(a), named(b))
		return f
	}
	f.Advice = fmt.Sprintf("Inhibit %s while %s fires about the same thing, or group the two into one notification.", named(a), named(b))
	if fact := v.rule(a); fact != nil && p.After.Known() {
		f.Saves = v.part(fact, p.After.Ratio())
		f.Why += v.unit()
	}
	return f
}
