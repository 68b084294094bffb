package overlap

import (
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

// clusters joins rules that say the same: whoever is redundant with, or a
// duplicate of, one member belongs to the cluster (single linkage).
func clusters(pairs []Pair, precision func(noise.RuleKey) (float64, bool)) []Cluster {
	c := clustering{places: map[noise.RuleRef]int{}}
	for _, p := range pairs {
		if p.Relation != Duplicate && p.Relation != Redundant {
			continue
		}
		a, b := c.place(p.A), c.place(p.B)
		c.join(a, b)
		if p.Relation == Redundant {
			c.later[a]++
		}
	}
	members := map[int][]int{}
	for i := range c.refs {
		root := c.root(i)
		members[root] = append(members[root], i)
	}
	var out []Cluster
	for _, m := range members {
		out = append(out, c.name(m, precision))
	}
	slices.SortFunc(out, func(a, b Cluster) int { return compareRefs(a.Name, b.Name) })
	return out
}

type clustering struct {
	places map[noise.RuleRef]int
	refs   []noise.RuleRef
	parent []int
	later  []int // in how many pairs it is the one that the other contains
}

func (c *clustering) place(ref noise.RuleRef) int {
	i, ok := c.places[ref]
	if !ok {
		i = len(c.refs)
		c.places[ref] = i
		c.refs, c.parent, c.later = append(c.refs, ref), append(c.parent, i), append(c.later, 0)
	}
	return i
}

func (c *clustering) root(i int) int {
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

func (c *clustering) join(a, b int) {
	if a, b = c.root(a), c.root(b); a != b {
		c.parent[max(a, b)] = min(a, b)
	}
}

// name puts the member first that no other contains, or the fewest do; of those
// the one that is right most often.
func (c *clustering) name(members []int, precision func(noise.RuleKey) (float64, bool)) Cluster {
	right := func(i int) float64 {
		if precision != nil {
			if share, known := precision(c.refs[i].RuleKey); known {
				return share
			}
		}
		return -1
	}
	first := members[0]
	for _, i := range members[1:] {
		switch a, b := right(i), right(first); {
		case c.later[i] != c.later[first]:
			if c.later[i] < c.later[first] {
				first = i
			}
		case a > b, a == b && compareRefs(c.refs[i], c.refs[first]) < 0:
			first = i
		}
	}
	out := Cluster{Name: c.refs[first]}
	for _, i := range members {
		out.Members = append(out.Members, c.refs[i])
	}
	slices.SortFunc(out.Members, compareRefs)
	return out
}
