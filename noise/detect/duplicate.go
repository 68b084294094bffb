package detect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
)

func duplicate() Detector {
	return detector(Detector{
		Kind: noise.KindDuplicate, Title: "says what another rule says", Action: noise.GivenNeedlessly,
		Source: "Proof on the PromQL syntax tree; measured pairs are held against a circular-shift null with " +
			"Benjamini-Hochberg control (JRSS B 57, 1995)",
	}, findDuplicates)
}

func findDuplicates(v view) []noise.Finding {
	r := v.relations()
	same := maps.Clone(r.twins)
	for k, p := range r.pairs {
		if p.Relation == overlap.Duplicate {
			same.join(k.a, k.b)
		}
	}
	around := r.around(same)
	var out []noise.Finding
	for _, members := range same.groups() {
		slices.SortFunc(members, func(a, b noise.RuleKey) int {
			return cmp.Or(
				cmp.Compare(v.importance(b), v.importance(a)), cmp.Compare(around[b], around[a]),
				cmp.Compare(v.right(b), v.right(a)), compareKeys(a, b),
			)
		})
		for _, m := range members[1:] {
			out = append(out, v.duplicateOf(r, m, members))
		}
	}
	return out
}

// around counts, of the rules that say the same as a rule, those that are proven to
// fire only when it does: the rule to keep is one that the others are within. The
// graver one comes before that, and the one that is right more often after it.
func (r relations) around(same clusters) map[noise.RuleKey]int {
	out := map[noise.RuleKey]int{}
	for k := range r.proofs {
		if same.root(k.a) == same.root(k.b) && !r.equal(k.a, k.b) {
			out[k.b]++
		}
	}
	return out
}

// right is the lower end of the rule's precision; 0 where it is not known.
func (v view) right(key noise.RuleKey) float64 {
	if s := v.score(key); s != nil && s.Precision.Known() {
		low, _ := s.Precision.Interval()
		return low
	}
	return 0
}

func (v view) duplicateOf(r relations, m noise.RuleKey, members []noise.RuleKey) noise.Finding {
	keep := members[0]
	f := noise.Finding{
		ID:   noise.FindingID(noise.KindDuplicate, m, about(keep)),
		Rule: r.refs[m], Gravity: noise.GravityWarning, Saves: v.savesAll(m), Examples: v.typical(m),
		Advice: fmt.Sprintf("Delete %s and keep %s; route that to everybody who needs it.", named(m), named(keep)),
	}
	for _, other := range members[:min(len(members), noise.MostOthers+1)] {
		if other != m {
			f.SeenWith(r.refs[other])
		}
	}
	f.MoreOthers = len(members) - 1 - len(f.Others)
	pair := r.measured(m, keep)
	f.Evidence = append([]noise.Fact{text("keep", named(keep))}, measuredFacts(pair)...)
	if r.equal(m, keep) {
		f.Confidence, f.Why = noise.Proven, "The two conditions are equal by their text, so they fire together whatever the data."+v.unit()
		f.Title = fmt.Sprintf("%s and %s have the same condition.", named(m), named(keep))
		return f
	}
	if pair == nil {
		f.Confidence, f.Why = noise.Weak, "The two were not measured against one another; each says the same as a third rule."+v.unit()
		f.Title = fmt.Sprintf("%s and %s both say what a third rule says.", named(m), named(keep))
		return f
	}
	sure, why := v.strong.of(pair.Starts.Of)
	f.Confidence, f.Why = sure, why+" It is measured, not proven: the conditions differ."+v.unit()
	f.Title = fmt.Sprintf("%s and %s fire together: %s of all firing of either is shared, %s times what chance explains.",
		named(m), named(keep), ratio(pair.Jaccard), figure(pair.Lift))
	return f
}

// clusters are sets of rules that belong together (union-find).
type clusters map[noise.RuleKey]noise.RuleKey

func (c clusters) root(k noise.RuleKey) noise.RuleKey {
	for {
		up, ok := c[k]
		if !ok || up == k {
			c[k] = k
			return k
		}
		c[k] = cmp.Or(c[up], up) // halve the path
		k = up
	}
}

func (c clusters) join(a, b noise.RuleKey) {
	a, b = c.root(a), c.root(b)
	if compareKeys(a, b) > 0 {
		a, b = b, a
	}
	c[b] = a
}

// groups are the sets of two and more.
func (c clusters) groups() [][]noise.RuleKey {
	members := map[noise.RuleKey][]noise.RuleKey{}
	for k := range c {
		root := c.root(k)
		members[root] = append(members[root], k)
	}
	var out [][]noise.RuleKey
	for _, m := range members {
		if len(m) > 1 {
			out = append(out, m)
		}
	}
	return out
}
