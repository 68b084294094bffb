package implies

import (
	"math"

	"github.com/prometheus/prometheus/promql/parser"
)

// mapping is what arithmetic with a constant or a simple function does to each
// value. Floating point rounds monotonically, so a monotone operation stays
// monotone after rounding and its preimages are exact spans of float64, found
// by bisection: no threshold is ever moved by dividing.
type mapping struct {
	f         func(float64) float64 // never NaN for what is not NaN
	falls     bool                  // f does not increase; else it does not decrease
	keepsHist bool                  // histograms come out; else they are dropped
}

// preimage is the set of values that m takes into s.
func (m mapping) preimage(s set) set {
	f := m.f
	if m.falls {
		f = func(x float64) float64 { return m.f(-x) }
	}
	out := set{}
	for _, p := range s.spans {
		lo, hi := lowest(f, p.lo), -lowest(func(x float64) float64 { return -f(-x) }, -p.hi)
		if m.falls {
			lo, hi = -hi, -lo
		}
		out = out.union(between(lo, hi))
	}
	out.nan, out.hist = s.nan, s.hist && m.keepsHist
	return out
}

// lowest is the least float x, infinities included, with f(x) >= y, for f that
// does not decrease; NaN if there is none.
func lowest(f func(float64) float64, y float64) float64 {
	lo, hi := rank(-infinity), rank(infinity)
	if f(infinity) < y {
		return math.NaN()
	}
	for lo < hi {
		mid := lo + int64(uint64(hi-lo)/2)
		if f(unrank(mid)) >= y {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return unrank(lo)
}

// rank numbers the floats in their order; both zeros are 0.
func rank(x float64) int64 {
	bits := int64(math.Float64bits(math.Abs(x)))
	if x < 0 {
		return -bits
	}
	return bits
}

func unrank(n int64) float64 {
	if n < 0 {
		return -math.Float64frombits(uint64(-n))
	}
	return math.Float64frombits(uint64(n))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// arithmetic is the mapping of "value op c", or "c op value" when swapped, where
// it is monotone and known to be exact.
func arithmetic(op parser.ItemType, c float64, swapped bool) (mapping, bool) {
	if !finite(c) {
		return mapping{}, false
	}
	switch {
	case op == parser.ADD:
		return mapping{f: func(x float64) float64 { return x + c }}, true
	case op == parser.SUB && swapped:
		return mapping{f: func(x float64) float64 { return c - x }, falls: true}, true
	case op == parser.SUB:
		return mapping{f: func(x float64) float64 { return x - c }}, true
	case op == parser.MUL && c != 0:
		return mapping{f: func(x float64) float64 { return x * c }, falls: c < 0, keepsHist: true}, true
	case op == parser.DIV && c != 0 && !swapped:
		return mapping{f: func(x float64) float64 { return x / c }, falls: c < 0, keepsHist: true}, true
	}
	return mapping{}, false
}

// function is the mapping of a function of one value whose other arguments are
// the constants.
func function(name string, constants []float64) (mapping, bool) {
	for _, c := range constants {
		if !finite(c) {
			return mapping{}, false
		}
	}
	switch {
	case name == "ceil" && len(constants) == 0:
		return mapping{f: math.Ceil}, true
	case name == "floor" && len(constants) == 0:
		return mapping{f: math.Floor}, true
	case name == "sgn" && len(constants) == 0:
		return mapping{f: sign}, true
	case name == "clamp_min" && len(constants) == 1:
		return mapping{f: func(x float64) float64 { return math.Max(constants[0], x) }}, true
	case name == "clamp_max" && len(constants) == 1:
		return mapping{f: func(x float64) float64 { return math.Min(constants[0], x) }}, true
	case name == "clamp" && len(constants) == 2 && constants[0] <= constants[1]:
		return mapping{f: func(x float64) float64 { return math.Max(constants[0], math.Min(constants[1], x)) }}, true
	case name == "round" && len(constants) == 0:
		return mapping{f: func(x float64) float64 { return math.Floor(x + 0.5) }}, true
	}
	return mapping{}, false
}

func sign(x float64) float64 {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return x
}

// absolute is the preimage of s under abs().
func absolute(s set) set {
	up := s.intersect(set{spans: []span{{0, infinity}}})
	down := mapping{f: func(x float64) float64 { return -x }, falls: true}.preimage(up)
	out := up.union(down)
	out.nan, out.hist = s.nan, false
	return out
}
