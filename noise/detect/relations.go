package detect

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
)

// pairKey is two rules in an order.
type pairKey struct{ a, b noise.RuleKey }

// relations are the proofs and the measured pairs of rules, by pair.
type relations struct {
	proofs map[pairKey]ProofReason
	pairs  map[pairKey]*overlap.Pair
	refs   map[noise.RuleKey]noise.RuleRef
	twins  clusters // of rules that are proven equal, also by way of others
}

func (v view) relations() relations {
	r := relations{map[pairKey]ProofReason{}, map[pairKey]*overlap.Pair{}, map[noise.RuleKey]noise.RuleRef{}, clusters{}}
	for _, p := range v.in.Proofs {
		if p.A.RuleKey == p.B.RuleKey {
			continue
		}
		r.enter(v, p.A, p.B)
		r.prove(pairKey{p.A.RuleKey, p.B.RuleKey}, p.Reason)
		if p.Reason == ProofEqual {
			r.prove(pairKey{p.B.RuleKey, p.A.RuleKey}, p.Reason)
		}
	}
	for k := range r.proofs {
		if _, back := r.proofs[pairKey{k.b, k.a}]; back {
			r.twins.join(k.a, k.b)
		}
	}
	if v.in.Overlap == nil {
		return r
	}
	for i := range v.in.Overlap.Pairs {
		p := &v.in.Overlap.Pairs[i]
		key := pairKey{p.A.RuleKey, p.B.RuleKey}
		if old := r.pairs[key]; key.a != key.b && (old == nil || comparePairs(p, old) < 0) {
			r.enter(v, p.A, p.B)
			r.pairs[key] = p
		}
	}
	return r
}

// comparePairs puts the surer of two measurements of the same rules first.
func comparePairs(a, b *overlap.Pair) int {
	return cmp.Or(
		cmp.Compare(a.Q, b.Q), cmp.Compare(b.Containment, a.Containment), cmp.Compare(b.Lift, a.Lift),
		cmp.Compare(a.Relation, b.Relation), cmp.Compare(b.Starts.Of, a.Starts.Of), cmp.Compare(b.After.Count, a.After.Count),
	)
}

func (r relations) enter(v view, rules ...noise.RuleRef) {
	for _, ref := range rules {
		ref = v.ref(ref)
		if old, ok := r.refs[ref.RuleKey]; !ok || old.Line == 0 || (ref.Line > 0 && ref.Line < old.Line) {
			r.refs[ref.RuleKey] = ref
		}
	}
}

// prove keeps the strongest of several reasons: equal, then by name.
func (r relations) prove(key pairKey, reason ProofReason) {
	old, ok := r.proofs[key]
	if !ok || reason == ProofEqual || (old != ProofEqual && reason < old) {
		r.proofs[key] = reason
	}
}

// equal tells whether it is proven that the two fire together. Of many equal
// rules only neighbours are proven, so it goes by way of others.
func (r relations) equal(a, b noise.RuleKey) bool { return r.twins.root(a) == r.twins.root(b) }

// measured is what was measured of the two, in either order.
func (r relations) measured(a, b noise.RuleKey) *overlap.Pair {
	if p := r.pairs[pairKey{a, b}]; p != nil {
		return p
	}
	return r.pairs[pairKey{b, a}]
}

// sortedKeys are the keys of a map by pair, in order.
func sortedKeys[V any](m map[pairKey]V) []pairKey {
	out := make([]pairKey, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(x, y pairKey) int { return cmp.Or(compareKeys(x.a, y.a), compareKeys(x.b, y.b)) })
	return out
}

// measuredFacts are the figures of a pair; nothing where it was not measured.
func measuredFacts(p *overlap.Pair) []noise.Fact {
	if p == nil {
		return nil
	}
	return []noise.Fact{
		value("containment_ratio", p.Containment), value("lift", p.Lift), value("false_discovery_q", p.Q),
		share("starts_after_the_other", p.After), count("clusters_of_starts", p.Starts.Of),
		count("first", p.First), count("alone", p.Alone),
	}
}

// importance orders severities: of two rules the one that reaches people faster
// is the one to keep.
func (v view) importance(key noise.RuleKey) int {
	switch v.o.level(key.Severity) {
	case noise.LevelHigh:
		return 3
	case noise.LevelMedium:
		return 2
	case noise.LevelLow:
		return 1
	case noise.LevelUnclassified:
	}
	return 0
}

// isLadder tells whether A is the graver step of a ladder: it fires within B on
// purpose, because it reaches people that B does not.
func (v view) isLadder(a, b noise.RuleKey) bool { return v.importance(a) > v.importance(b) }

// isStepped tells whether A is the graver of two rules of one name, which is how
// severities are stepped and no finding.
func (v view) isStepped(a, b noise.RuleKey) bool { return a.Name == b.Name && v.isLadder(a, b) }

// savesAll is the saving by doing away with the rule.
func (v view) savesAll(key noise.RuleKey) *float64 {
	if r := v.rule(key); r != nil {
		return v.saving(r, markAny)
	}
	return nil
}

// typical are the longest episodes of a rule.
func (v view) typical(key noise.RuleKey) []noise.Episode {
	if r := v.rule(key); r != nil {
		return v.examples(r.starts, markAny, longest)
	}
	return nil
}
