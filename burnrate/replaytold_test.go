package burnrate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

// outage is errors at a ratio for a while, as times since the beginning.
type outage struct {
	from, to time.Duration
	ratio    float64
}

// outages are the events of a hundred requests a second with errors at times.
type outages []outage

// bad is how many failed before a time since the beginning.
func (o outages) bad(since time.Duration) float64 {
	sum := 0.0
	for _, one := range o {
		sum += 100 * one.ratio * (min(max(since, one.from), one.to) - one.from).Seconds()
	}
	return sum
}

// Window counts the events as they were scraped: seven seconds before.
func (o outages) Window(end time.Time, d time.Duration) (bad, total float64, known bool) {
	since := end.Sub(began) - 7*time.Second
	return o.bad(since) - o.bad(since-d), 100 * d.Seconds(), true
}

// TestReplayFiresAsTheRulesDo holds the replay on counts against the generated
// rules in Prometheus' own engine: which conditions fire, how often, and when.
func TestReplayFiresAsTheRulesDo(t *testing.T) {
	for name, c := range map[string]struct {
		errors outages
		length time.Duration
		fires  map[string]int // by long window, how often
	}{
		"the slow one is still about what the fast one told of": {
			outages{{10 * time.Minute, 20 * time.Minute, 1}}, 3 * time.Hour, map[string]int{"1h": 1},
		},
		"slow errors, fast ones after them, and slow ones once more": {
			outages{{10 * time.Minute, 5 * time.Hour, 0.009}, {6 * time.Hour, 6*time.Hour + 10*time.Minute, 0.5}, {6*time.Hour + 10*time.Minute, 8 * time.Hour, 0.007}},
			8 * time.Hour, map[string]int{"6h": 3, "1h": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := burnrate.GenerateOptions{Interval: time.Minute}
			s := requests()
			out := generate(t, o, s)
			r := newReplay(t, out)
			r.remember(s, o, 4*24*time.Hour, 100)
			for since := time.Duration(0); since <= c.length; since += scraped {
				at, bad := began.Add(since), c.errors.bad(since-7*time.Second)
				r.scrape(at.Add(-7*time.Second), map[string]float64{okSeries: 100*(since-7*time.Second).Seconds() + 1e6 - bad, badSeries: bad})
				if since%o.Interval == 0 {
					r.evaluate(at)
				}
			}
			got := burnrate.Replay(out.SLOs[0].Policy, s.Objective, c.errors, burnrate.Span{From: began, To: began.Add(c.length + time.Minute), Step: time.Minute})
			for _, f := range got {
				want := r.fired[label(f.Window.Long)]
				require.Len(t, f.Intervals, len(want), label(f.Window.Long))
				assert.Len(t, f.Intervals, c.fires[label(f.Window.Long)], label(f.Window.Long))
				for i := range want {
					near(t, want[i], f.Intervals[i], began.Add(c.length+time.Minute))
				}
			}
		})
	}
}

// near allows for what a step that begins within an evaluation makes.
func near(t *testing.T, want, got slo.Interval, end time.Time) {
	t.Helper()
	if want.To.IsZero() {
		want.To = end
	}
	assert.WithinDuration(t, want.From, got.From, 2*time.Minute)
	assert.WithinDuration(t, want.To, got.To, 2*time.Minute)
}
