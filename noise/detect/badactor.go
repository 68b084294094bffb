package detect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func badActor() Detector {
	return detector(Detector{
		Kind: noise.KindBadActor, Title: "is one of the few rules behind most of the alerts", Action: noise.GivenNeedlessly,
		Source: "ISA-18.2-2016 clause 16 (the ten most frequent alarms: 1% to 5% of all); the least number of episodes is ours",
	}, findBadActors)
}

func findBadActors(v view) []noise.Finding {
	var rules []*ruleFacts
	all := 0
	for i := range v.rules {
		all += v.rules[i].begun()
	}
	v.noisy(func(r *ruleFacts) {
		if r.begun() > 0 {
			rules = append(rules, r)
		}
	})
	slices.SortFunc(rules, func(a, b *ruleFacts) int {
		return cmp.Or(cmp.Compare(b.begun(), a.begun()), compareKeys(a.ref.RuleKey, b.ref.RuleKey))
	})
	rules = rules[:min(len(rules), v.o.BadActors)]
	together := slo.Proportion{Of: all}
	for _, r := range rules {
		together.Count += r.begun()
	}
	if !together.Known() || together.Ratio() <= v.o.BadActorShare {
		return nil
	}
	var out []noise.Finding
	for place, r := range rules {
		if r.begun() >= v.o.BadActorEpisodes {
			out = append(out, v.badActor(r, place+1, together))
		}
	}
	return out
}

func (v view) badActor(r *ruleFacts, place int, together slo.Proportion) noise.Finding {
	own := slo.Proportion{Count: r.begun(), Of: together.Of}
	sure, why := v.strong.of(own.Count)
	return noise.Finding{
		Rule: r.ref, Gravity: noise.GravityWarning, Confidence: sure,
		Why:    why + " It is a ranking and repairs nothing itself: what a repair would save is counted in the other findings on this rule.",
		Title:  fmt.Sprintf("%s is number %d of the noisiest rules, with %s of all starts.", name(r.ref.RuleKey), place, percent(own)),
		Advice: fmt.Sprintf("Take %s on before the rules below it: follow the other findings on it, or give it an owner who decides what it is for.", name(r.ref.RuleKey)),
		Evidence: []noise.Fact{
			count("place", place), share("share_of_all_starts", own), share("noisiest_rules_together", together),
		},
		Examples: v.examples(r.starts, markAny, longest),
	}
}
