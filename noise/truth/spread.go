package truth

import (
	"math"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// spread is the middle and the upper end of durations in milliseconds, by
// nearest rank as noise.Spread says. It sorts its argument.
func spread(ms []int64) noise.Spread {
	if len(ms) == 0 {
		return noise.Spread{}
	}
	slices.Sort(ms)
	return noise.Spread{
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
