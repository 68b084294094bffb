package detect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

func nearMiss() Detector {
	return detector(Detector{
		Kind: noise.KindNearMiss, Title: "would nearly have caught an incident that nobody was told of", Action: noise.NotGiven,
		Source: "STPA (Leveson and Thomas 2018): a control action that was needed and not given; the margin is ours",
	}, findNearMisses)
}

// findNearMisses tells of each rule and change once, with the incidents that it
// would have caught.
func findNearMisses(v view) []noise.Finding {
	type subject struct {
		key    noise.RuleKey
		change Change
	}
	by := map[subject][]NearMiss{}
	for _, n := range v.in.NearMisses {
		if !math.IsNaN(n.Margin) && math.Abs(n.Margin) <= v.o.NearMissMargin {
			s := subject{n.Rule.RuleKey, n.Change}
			by[s] = append(by[s], n)
		}
	}
	var out []noise.Finding
	for s, misses := range by {
		slices.SortFunc(misses, func(a, b NearMiss) int {
			return cmp.Or(
				cmp.Compare(math.Abs(b.Margin), math.Abs(a.Margin)), cmp.Compare(a.Incident, b.Incident),
				cmp.Compare(a.To, b.To), cmp.Compare(a.From, b.From), cmp.Compare(a.Rule.Line, b.Rule.Line),
			)
		})
		out = append(out, v.nearMiss(s.change, misses))
	}
	return out
}

// nearMiss is the finding on a rule; the widest change comes first, since it
// catches what the narrower ones catch.
func (v view) nearMiss(change Change, misses []NearMiss) noise.Finding {
	n := misses[0]
	var ids []string
	for _, m := range misses {
		ids = append(ids, m.Incident)
	}
	ids = sortedTexts(ids)
	rule, from, to := name(n.Rule.RuleKey), figure(n.From), figure(n.To)
	if change == ChangeFor {
		from, to = promDuration(int64(1000*n.From)), promDuration(int64(1000*n.To))
	}
	return noise.Finding{
		ID:   noise.FindingID(noise.KindNearMiss, n.Rule.RuleKey, string(change)),
		Rule: v.ref(n.Rule), Gravity: noise.GravityWarning, Incidents: ids, Confidence: noise.Weak,
		Title: fmt.Sprintf("%s would have caught %s with a %s of %s in place of %s.",
			rule, plural(len(ids), "incident that nobody was told of", "incidents that nobody was told of"), clip(string(change), mostName), to, from),
		Advice: fmt.Sprintf("Backtest %s with a %s of %s: what it catches more has to be set against the noise that it adds.", rule, clip(string(change), mostName), to),
		Evidence: []noise.Fact{
			count("incidents", len(ids)), value("margin_ratio", math.Abs(n.Margin)), text("change", string(change)),
			value("from", n.From), value("to", n.To),
		},
		Why: "Seen after the fact: that a limit would have caught what is known does not say that it catches the next.",
	}
}
