package episode

import (
	"cmp"
	"slices"
	"sort"
)

// span is a stretch between two samples, both included, in unix milliseconds.
type span struct{ from, to int64 }

// spans is a set of stretches.
type spans []span

// spans is where the run has samples. Two samples alone may have a hole between
// them.
func (r run) spans() spans {
	if r.count == 2 {
		return spans{{r.from, r.from}, {r.to, r.to}}
	}
	return spans{{r.from, r.to}}
}

// merge is the same set as disjoint stretches in time order.
func (s spans) merge() spans {
	slices.SortFunc(s, func(x, y span) int { return cmp.Compare(x.from, y.from) })
	out := s[:0]
	for _, next := range s {
		if n := len(out); n > 0 && next.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, next.to)
			continue
		}
		out = append(out, next)
	}
	return slices.Clip(out)
}

// within tells whether a merged set has an instant in (from, to].
func (s spans) within(from, to int64) bool {
	i := sort.Search(len(s), func(i int) bool { return s[i].to > from })
	return i < len(s) && s[i].from <= to && max(s[i].from, from+1) <= to
}
