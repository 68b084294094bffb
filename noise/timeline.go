package noise

import (
	"slices"
	"time"
)

// Timeline is what happened in each of the equal steps of a window.
type Timeline struct {
	Step   time.Duration
	Starts []int     // firing starts in the step
	Firing []float64 // share of the step in which at least one alert fired, in [0,1]
}

// mostBuckets is how many steps a timeline has at most by default.
const mostBuckets = 192

// roundBuckets is the number of steps that the window has when each is a round
// stretch of time.
func roundBuckets(window time.Duration) int {
	step := time.Minute
	for _, longer := range []time.Duration{
		5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	} {
		if window <= mostBuckets*step {
			break
		}
		step = longer
	}
	return min(mostBuckets, max(1, int((window+step-1)/step)))
}

// span is a half-open stretch of firing, in unix milliseconds.
type span struct{ from, to int64 }

// buckets divides a window into equal steps.
type buckets struct {
	from, to int64
	n        int
}

func (b buckets) width() float64 { return float64(b.to-b.from) / float64(b.n) }

func (b buckets) of(t int64) int {
	return min(b.n-1, int(float64(t-b.from)/b.width()))
}

func (b buckets) step() time.Duration {
	return time.Duration(b.width() * float64(time.Millisecond))
}

// union sorts the spans and joins those that touch, in place.
func union(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.from <= joined[n-1].to {
			joined[n-1].to = max(joined[n-1].to, s.to)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// shares is the share of each bucket that the disjoint spans cover.
func (b buckets) shares(disjoint []span) []float64 {
	out, width := make([]float64, b.n), b.width()
	for _, s := range disjoint {
		for i := b.of(s.from); i < b.n; i++ {
			low := float64(b.from) + float64(i)*width
			covered := min(float64(s.to), low+width) - max(float64(s.from), low)
			if covered <= 0 {
				break
			}
			out[i] = min(1, out[i]+covered/width)
		}
	}
	return out
}

func length(disjoint []span) time.Duration {
	var ms int64
	for _, s := range disjoint {
		ms += s.to - s.from
	}
	return time.Duration(ms) * time.Millisecond
}
