package detect

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
)

func redundant() Detector {
	return detector(Detector{
		Kind: noise.KindRedundant, Title: "fires only within another rule's firing", Action: noise.GivenNeedlessly,
		Source: "Containment and lift against a circular-shift null; Benjamini and Hochberg, JRSS B 57 (1995); " +
			"Kargaran et al., arXiv 2003.10600, on chance correction",
	}, findRedundant)
}

func findRedundant(v view) []noise.Finding {
	r := v.relations()
	var out []noise.Finding
	for _, of := range r.measuredAs(overlap.Redundant, func(k pairKey) bool {
		_, proven := r.proofs[k]
		return !proven && !v.isStepped(k.a, k.b) // what is proven is told as such, with these figures
	}) {
		slices.SortFunc(of, func(x, y *overlap.Pair) int {
			return cmp.Or(
				cmp.Compare(v.importance(y.B.RuleKey), v.importance(x.B.RuleKey)),
				comparePairs(x, y), compareKeys(x.B.RuleKey, y.B.RuleKey),
			)
		})
		out = append(out, v.redundantIn(r, of))
	}
	return out
}

// measuredAs are the pairs of one relation that fit, by their first rule.
func (r relations) measuredAs(relation overlap.Relation, fits func(k pairKey) bool) [][]*overlap.Pair {
	var out [][]*overlap.Pair
	for _, k := range sortedKeys(r.pairs) {
		p := r.pairs[k]
		if p.Relation != relation || !fits(k) {
			continue
		}
		if n := len(out); n > 0 && out[n-1][0].A.RuleKey == k.a {
			out[n-1] = append(out[n-1], p)
			continue
		}
		out = append(out, []*overlap.Pair{p})
	}
	return out
}

// besides names the second rules of pairs in a finding: of many the strongest,
// which the pairs begin with, by key.
func (r relations) besides(f *noise.Finding, pairs []*overlap.Pair) {
	named := pairs[:min(len(pairs), noise.MostOthers)]
	others := make([]noise.RuleRef, 0, len(named))
	for _, p := range named {
		others = append(others, r.refs[p.B.RuleKey])
	}
	f.SeenWith(refs(others)...)
	f.MoreOthers = len(pairs) - len(named)
}

func (v view) redundantIn(r relations, of []*overlap.Pair) noise.Finding {
	p := of[0]
	a, b := p.A.RuleKey, p.B.RuleKey
	sure, why := v.strong.of(p.Starts.Of)
	f := noise.Finding{
		Rule: r.refs[a], Confidence: sure, Examples: v.typical(a),
		Title: fmt.Sprintf("%s added nothing to %s: %s of its firing lay within it, and it was never first and never alone.",
			named(a), named(b), ratio(p.Containment)),
		Why:      fmt.Sprintf("%s Chance would have it so %s times less often.%s", why, figure(p.Lift), v.unit()),
		Evidence: append([]noise.Fact{text("within", named(b))}, measuredFacts(p)...),
	}
	r.besides(&f, of)
	if v.isLadder(a, b) {
		f.Gravity = noise.GravityInfo
		f.Advice = fmt.Sprintf("Inhibit %s while %s fires about the same thing: it is the lesser step of a ladder.", named(b), named(a))
		f.Why += " What an inhibition would save has to be replayed."
		return f
	}
	f.Gravity, f.Saves = noise.GravityWarning, v.savesAll(a)
	f.Advice = fmt.Sprintf("Delete %s, or inhibit it while %s fires.", named(a), named(b))
	return f
}
