package noise

import (
	"math"
	"slices"
	"time"
)

// Spread is the middle and the upper end of a set of durations. With Count 0
// both are unknown.
//
// Quantiles are by nearest rank: the smallest value that at least that share of
// the values does not exceed. So each is a duration that was really observed,
// and the median of an even count is the lower of the two in the middle.
type Spread struct {
	Median, P95 time.Duration
	Count       int
}

// Known tells whether there was anything to measure.
func (s Spread) Known() bool { return s.Count > 0 }

// spreadOf sorts its argument, durations in milliseconds.
func spreadOf(ms []int64) Spread {
	if len(ms) == 0 {
		return Spread{}
	}
	slices.Sort(ms)
	return Spread{
		Median: time.Duration(nearestRank(ms, 0.5)) * time.Millisecond,
		P95:    time.Duration(nearestRank(ms, 0.95)) * time.Millisecond,
		Count:  len(ms),
	}
}

// nearestRank is the q-quantile of sorted values, q in (0,1].
func nearestRank(sorted []int64, q float64) int64 {
	// The small step back keeps 0.95 * 20 = 19.000000000000004 at rank 19.
	rank := int(math.Ceil(q*float64(len(sorted)) - 1e-9))
	return sorted[max(1, rank)-1]
}
