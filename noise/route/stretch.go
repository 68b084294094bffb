package route

import (
	"slices"
	"sort"
)

// stretch is a half-open stretch of time.
type stretch struct{ from, to int64 }

// unite sorts stretches and joins those that touch, in place.
func unite(all []stretch) []stretch {
	slices.SortFunc(all, func(a, b stretch) int {
		switch {
		case a.from < b.from:
			return -1
		case a.from > b.from:
			return 1
		}
		return 0
	})
	out := all[:0]
	for _, s := range all {
		if s.from >= s.to {
			continue
		}
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// at tells whether one of sorted, disjoint stretches holds a time, and when that
// changes next: never if it does not.
func at(all []stretch, t int64) (in bool, next int64) {
	i := sort.Search(len(all), func(i int) bool { return all[i].to > t })
	switch {
	case i == len(all):
		return false, never
	case all[i].from <= t:
		return true, all[i].to
	}
	return false, all[i].from
}

// anyAt is at for several lists, of which any may hold the time.
func anyAt(lists [][]stretch, t int64) (in bool, next int64) {
	next = never
	for _, l := range lists {
		inThis, nextOfThis := at(l, t)
		in, next = in || inThis, min(next, nextOfThis)
	}
	return in, next
}
