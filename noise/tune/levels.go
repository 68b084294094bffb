package tune

import (
	"math"
	"runtime"
	"slices"
	"sync"
)

// levels are the thresholds at which outcomes are known. Inside, small values
// that fire are turned upside down, so a value fires at the levels under its
// rank whatever the comparison is.
type levels struct {
	op Op
	at []float64 // ascending; negated where op is down
	// Of the samples, below[i] is the largest value that does not fire at level
	// i and above[i] the smallest that does; -Inf and +Inf where there is none.
	below, above []float64
	complete     bool // every threshold has the outcome of some level
}

func newLevels(s Samples, op Op, o Options) levels {
	l := levels{op: op, complete: true}
	if op == Present {
		l.at, l.below, l.above = []float64{0}, []float64{math.Inf(-1)}, []float64{math.Inf(1)}
		return l
	}
	limit := o.Levels
	if limit <= 0 {
		limit = defaultLevels
	}
	limit = min(limit, mostLevels)
	values := l.distinct(s)
	l.at = []float64{math.Inf(-1), math.Inf(1)}
	l.complete = len(values)+len(l.at) <= limit
	if l.complete {
		l.at = append(l.at, values...)
	} else {
		l.at = append(l.at, thin(values, limit-len(l.at))...)
	}
	for _, threshold := range o.Also {
		if v := l.orient(threshold); !math.IsNaN(v) && len(l.at) < mostLevels {
			l.at = append(l.at, v)
		}
	}
	slices.Sort(l.at)
	l.at = slices.Compact(l.at)
	l.bound(values)
	return l
}

// orient turns a value, and never gives a negative zero.
func (l *levels) orient(v float64) float64 {
	if l.op.down() {
		v = -v
	}
	return v + 0
}

// passes is the comparison after orient.
func (l *levels) passes(v, level float64) bool {
	if l.op.strict() {
		return v > level
	}
	return v >= level
}

// distinct are the values of all series that can fire at all, oriented, sorted
// and once each.
func (l *levels) distinct(s Samples) []float64 {
	parts := make([][]float64, len(s.Series))
	forEach(len(s.Series), func(i int) {
		values := make([]float64, 0, len(s.Series[i].Values))
		for _, v := range s.Series[i].Values {
			if !math.IsNaN(v) {
				values = append(values, l.orient(v))
			}
		}
		slices.Sort(values)
		parts[i] = slices.Compact(values)
	})
	for len(parts) > 1 {
		half := make([][]float64, (len(parts)+1)/2)
		forEach(len(half), func(i int) {
			if half[i] = parts[2*i]; 2*i+1 < len(parts) {
				half[i] = union(parts[2*i], parts[2*i+1])
			}
		})
		parts = half
	}
	if len(parts) == 0 {
		return nil
	}
	return parts[0]
}

// union merges two sorted lists without duplicates.
func union(a, b []float64) []float64 {
	out := make([]float64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// thin takes at most limit of the values: one half evenly spaced, the other
// ever denser towards the largest, which are taken one by one.
func thin(values []float64, limit int) []float64 {
	out := make([]float64, 0, limit)
	n := float64(len(values))
	even := limit / 2
	for i := range even {
		out = append(out, values[int(float64(i)*n/float64(even))])
	}
	// The distance from the top grows by this factor, by 1 at the least.
	factor := math.Exp(math.Log(n) * 2 / float64(limit))
	for far := 1.0; far <= n && len(out) < limit; far = max(far+1, far*factor) {
		out = append(out, values[len(values)-int(far)])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bound finds the samples next to each level.
func (l *levels) bound(values []float64) {
	l.below, l.above = make([]float64, len(l.at)), make([]float64, len(l.at))
	next := 0
	for i, level := range l.at {
		for next < len(values) && !l.passes(values[next], level) {
			next++
		}
		l.below[i], l.above[i] = math.Inf(-1), math.Inf(1)
		if next > 0 {
			l.below[i] = values[next-1]
		}
		if next < len(values) {
			l.above[i] = values[next]
		}
	}
}

// ranks gives each value the number of levels at which it fires; those are the
// lowest ones.
func (l *levels) ranks(values []float64, out []uint16) {
	if l.op == Present {
		for i, v := range values {
			out[i] = 0
			if !IsAbsent(v) {
				out[i] = 1
			}
		}
		return
	}
	last, rank := math.NaN(), uint16(0)
	for i, v := range values {
		if v != last {
			last, rank = v, l.rank(v)
		}
		out[i] = rank
	}
}

func (l *levels) rank(v float64) uint16 {
	if math.IsNaN(v) {
		return 0
	}
	v = l.orient(v)
	lo, hi := 0, len(l.at)
	for lo < hi {
		if mid := (lo + hi) / 2; l.passes(v, l.at[mid]) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return uint16(lo)
}

// maxWorkers bounds the memory that counting in parallel takes.
const maxWorkers = 8

// workers is how many may share n pieces of work.
func workers(n int) int { return min(runtime.GOMAXPROCS(0), maxWorkers, n) }

// forEach calls do for each of n places, on several of them at a time.
func forEach(n int, do func(i int)) {
	var wg sync.WaitGroup
	of := workers(n)
	for first := range of {
		wg.Go(func() {
			for i := first; i < n; i += of {
				do(i)
			}
		})
	}
	wg.Wait()
}
