package implies

import (
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// span is a closed interval of float64, from lo to hi. An open bound is the
// next float inside, so every comparison is a span.
type span struct{ lo, hi float64 }

// set is a set of sample values: floats, NaN, and histograms as one.
type set struct {
	spans []span // sorted, disjoint and not adjacent
	nan   bool
	hist  bool
}

var infinity = math.Inf(1)

func everything() set {
	return set{spans: []span{{-infinity, infinity}}, nan: true, hist: true}
}

func between(lo, hi float64) set {
	if !(lo <= hi) {
		return set{}
	}
	return set{spans: []span{{lo, hi}}}
}

func next(x float64) float64     { return math.Nextafter(x, infinity) }
func previous(x float64) float64 { return math.Nextafter(x, -infinity) }

// compared is the set of values for which "value op limit" is true. Comparisons
// with a constant drop histograms; NaN is unequal to everything.
func compared(op parser.ItemType, limit float64) set {
	if math.IsNaN(limit) {
		if op == parser.NEQ {
			return set{spans: []span{{-infinity, infinity}}, nan: true}
		}
		return set{}
	}
	switch op {
	case parser.GTR:
		if limit == infinity {
			return set{}
		}
		return between(next(limit), infinity)
	case parser.GTE:
		return between(limit, infinity)
	case parser.LSS:
		if limit == -infinity {
			return set{}
		}
		return between(-infinity, previous(limit))
	case parser.LTE:
		return between(-infinity, limit)
	case parser.EQLC:
		return between(limit, limit)
	case parser.NEQ:
		s := between(limit, limit).complement()
		s.hist = false
		return s
	}
	return set{}
}

func (s set) empty() bool { return len(s.spans) == 0 && !s.nan && !s.hist }

func (s set) has(x float64) bool {
	return slices.ContainsFunc(s.spans, func(p span) bool { return p.lo <= x && x <= p.hi })
}

func (s set) intersect(o set) set {
	out := set{nan: s.nan && o.nan, hist: s.hist && o.hist}
	for i, j := 0, 0; i < len(s.spans) && j < len(o.spans); {
		a, b := s.spans[i], o.spans[j]
		if lo, hi := math.Max(a.lo, b.lo), math.Min(a.hi, b.hi); lo <= hi {
			out.spans = append(out.spans, span{lo, hi})
		}
		if a.hi < b.hi {
			i++
		} else {
			j++
		}
	}
	return out
}

// complement is every value that is not in s, NaN and histograms with it.
func (s set) complement() set {
	out := set{nan: !s.nan, hist: !s.hist}
	from, open := -infinity, true
	for _, p := range s.spans {
		if p.lo > from {
			out.spans = append(out.spans, span{from, previous(p.lo)})
		}
		from, open = next(p.hi), p.hi < infinity
	}
	if open {
		out.spans = append(out.spans, span{from, infinity})
	}
	return out
}

func (s set) union(o set) set { return s.complement().intersect(o.complement()).complement() }

func (s set) within(o set) bool { return s.intersect(o.complement()).empty() }

func (s set) equal(o set) bool {
	return s.nan == o.nan && s.hist == o.hist && slices.Equal(s.spans, o.spans)
}

// String says which floats are in the set, for a reason. Adding 0 rids zero of
// its sign.
func (s set) String() string {
	var parts []string
	for _, p := range s.spans {
		switch {
		case p.lo == p.hi:
			parts = append(parts, number(p.lo+0))
		case p.hi == infinity:
			parts = append(parts, "at least "+number(p.lo+0))
		case p.lo == -infinity:
			parts = append(parts, "at most "+number(p.hi+0))
		default:
			parts = append(parts, "from "+number(p.lo+0)+" to "+number(p.hi+0))
		}
	}
	if len(parts) == 0 {
		return "never a number"
	}
	return "always " + strings.Join(parts, " or ")
}
