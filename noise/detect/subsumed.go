package detect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

func subsumed() Detector {
	return detector(Detector{
		Kind: noise.KindSubsumed, Title: "fires only when another rule fires, by its text", Action: noise.GivenNeedlessly,
		Source: "Proof on the PromQL syntax tree: equal after normalisation, by threshold, by matchers, by for",
	}, findSubsumed)
}

func findSubsumed(v view) []noise.Finding {
	r := v.relations()
	within := map[noise.RuleKey][]noise.RuleKey{}
	for _, k := range sortedKeys(r.proofs) {
		if !r.equal(k.a, k.b) && !v.isStepped(k.a, k.b) {
			within[k.a] = append(within[k.a], k.b)
		}
	}
	out := make([]noise.Finding, 0, len(within))
	for a, outer := range within {
		slices.SortFunc(outer, func(x, y noise.RuleKey) int {
			return cmp.Or(cmp.Compare(v.importance(y), v.importance(x)), compareKeys(x, y))
		})
		out = append(out, v.subsumedIn(r, a, outer))
	}
	return out
}

// subsumedIn is the finding on A within the other rules, the gravest first.
func (v view) subsumedIn(r relations, a noise.RuleKey, outer []noise.RuleKey) noise.Finding {
	b := outer[0]
	pair := r.pairs[pairKey{a, b}]
	f := noise.Finding{
		Rule: r.refs[a], Confidence: noise.Proven, Examples: v.typical(a),
		Title: fmt.Sprintf("%s fires only when %s does: %s.", named(a), named(b), because(r.proofs[pairKey{a, b}])),
		Why:   "It follows from the text of the two rules, whatever the data." + v.unit(),
		Evidence: append([]noise.Fact{
			text("within", named(b)), text("reason", string(r.proofs[pairKey{a, b}])), count("rules_around_it", len(outer)),
		}, measuredFacts(pair)...),
	}
	for _, k := range outer {
		f.SeenWith(r.refs[k])
	}
	if v.isLadder(a, b) {
		f.Gravity = noise.GravityInfo
		f.Advice = fmt.Sprintf("Inhibit %s while %s fires about the same thing, so that people are told once.", named(b), named(a))
		f.Why = "It follows from the text of the two rules. They are two steps of a ladder, which is no fault; what an inhibition would save has to be replayed."
		return f
	}
	f.Gravity, f.Saves = noise.GravityWarning, v.savesAll(a)
	f.Advice = fmt.Sprintf("Delete %s: %s tells of the same thing, no later. Keep both only if they reach different people.", named(a), named(b))
	return f
}

// because is the reason of a proof as a clause.
func because(reason ProofReason) string {
	switch reason {
	case ProofThreshold:
		return "its limit lies beyond the other's"
	case ProofMatchers:
		return "it looks at some of the other's series"
	case ProofFor:
		return "it has the same condition and waits longer"
	case ProofEqual:
		return "the conditions are equal"
	}
	return "the text proves it"
}
