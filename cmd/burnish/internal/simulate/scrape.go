package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// scrapeInterval is how often every target is scraped.
const scrapeInterval = time.Minute

// target is one thing that Prometheus scrapes, once a minute at an offset of
// its own.
type target struct {
	name   string // for drawing chance
	labels labels.Labels
	offset int64  // milliseconds after the minute
	down   []bool // by minute: the scrape failed; nil if it never did
	starts []int  // minutes at which the target started anew, so counters reset
}

// scraper turns what the shop did into what Prometheus stored of it.
type scraper struct {
	state *state
	hole  span // minutes in which Prometheus was not running
}

func (sc *scraper) rng(t *target, metric string) *rand.Rand {
	return draw(sc.state.seed, t.name+" "+metric)
}

// target makes a target with a job and an instance and further labels.
func (sc *scraper) target(job, instance string, more ...string) *target {
	t := &target{
		name:   job + " " + instance,
		labels: labels.FromStrings(append([]string{"job", job, "instance", instance}, more...)...),
	}
	t.offset = sc.rng(t, "offset").Int64N(scrapeInterval.Milliseconds())
	return t
}

// series makes a series of a target from its value at each minute; pairs are
// further label names and values. The values are taken over and masked.
func (sc *scraper) series(t *target, metric string, values []float64, pairs ...string) *series {
	b := labels.NewBuilder(t.labels)
	b.Set(labels.MetricName, metric)
	for i := 0; i < len(pairs); i += 2 {
		b.Set(pairs[i], pairs[i+1])
	}
	sc.mask(t, values)
	return &series{
		labels: b.Labels(), base: sc.state.from.UnixMilli() + t.offset,
		step: scrapeInterval.Milliseconds(), values: values,
	}
}

// mask takes away what Prometheus could not see. A failed scrape and a series
// that is exposed no more leave a staleness marker; Prometheus being down
// leaves nothing.
func (sc *scraper) mask(t *target, values []float64) {
	present := false
	for m := range values {
		switch {
		case sc.hole.contains(m):
			values[m], present = absent(), false
		case isAbsent(values[m]) || t.down != nil && t.down[m]:
			values[m] = absent()
			if present {
				values[m] = math.Float64frombits(value.StaleNaN)
			}
			present = false
		default:
			present = true
		}
	}
}

// scrapeAfter is the minute of a target's first scrape at or after a time.
func (sc *scraper) scrapeAfter(t *target, at time.Time) int {
	since := at.Sub(sc.state.from) - time.Duration(t.offset)*time.Millisecond
	return min(int((since+scrapeInterval-1)/scrapeInterval), sc.state.minutes-1)
}

// up is the series of a target's scrapes.
func (sc *scraper) up(t *target) *series {
	values := make([]float64, sc.state.minutes)
	for m := range values {
		if t.down == nil || !t.down[m] {
			values[m] = 1
		}
	}
	seen := *t
	seen.down = nil
	return sc.series(&seen, "up", values)
}

// constant is a series that never changes.
func (sc *scraper) constant(t *target, metric string, v float64, pairs ...string) *series {
	values := make([]float64, sc.state.minutes)
	for m := range values {
		values[m] = v
	}
	return sc.series(t, metric, values, pairs...)
}

// accumulate turns increments per minute into a counter that starts from zero
// whenever its target does.
func (t *target) accumulate(values []float64) []float64 {
	sum := 0.0
	for m := range values {
		if slices.Contains(t.starts, m) {
			sum = 0
		}
		sum += values[m]
		values[m] = sum
	}
	return values
}
