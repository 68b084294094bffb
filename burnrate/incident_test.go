package burnrate_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

// course is how errors go in an incident: ratios, each for a while.
type course []struct {
	ratio float64
	lasts time.Duration
}

func (c course) bad(since time.Duration) (seconds float64) {
	for _, p := range c {
		seconds += p.ratio * min(max(0, since), p.lasts).Seconds()
		since -= p.lasts
	}
	return seconds
}

// TestIncidentsNotifyOnce replays whole incidents: which tiers fire, when, and
// that nothing starts after recovery.
func TestIncidentsNotifyOnce(t *testing.T) {
	const m, h = time.Minute, time.Hour
	for name, c := range map[string]struct {
		course course
		length time.Duration
		want   []string // tier from-to, in minutes since the errors began
	}{
		"ten minutes of a total outage": {course{{1, 10 * m}}, 4 * h, []string{"1h 1-15"}},
		"a total outage that leaves 8 times the burn behind": {
			course{{1, 10 * m}, {0.008, 3 * h}}, 6 * h, []string{"1h 1-15", "6h 20-198"},
		},
		"a slow burn that grows": {
			course{{0.01, 4 * h}, {0.5, 10 * m}}, 8 * h, []string{"6h 216-241", "1h 241-255"},
		},
		// The six hours hold the first outage still, and so see the second one
		// sooner; half a minute later the hour's page takes over.
		"two outages with an hour between": {
			course{{1, 5 * m}, {0, h}, {1, 5 * m}}, 5 * h, []string{"1h 1-10", "6h 66-66", "1h 66-75"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := burnrate.GenerateOptions{Interval: 30 * time.Second}
			s := requests()
			out := generate(t, o, s)
			r := newReplay(t, out)
			r.remember(s, o, 4*24*h, 100)
			for since := time.Duration(0); since <= c.length; since += scraped {
				at := began.Add(since)
				bad := 100 * c.course.bad(since-calm)
				r.scrape(at, map[string]float64{okSeries: 100*since.Seconds() + 1e6 - bad, badSeries: bad})
				if since%o.Interval == 0 {
					r.evaluate(at)
				}
			}
			assert.Equal(t, c.want, r.story(began.Add(calm)))
		})
	}
}

// story is what fired from when to when, in minutes since an instant.
func (r *replay) story(since time.Time) (out []string) {
	type line struct {
		from time.Time
		text string
	}
	var lines []line
	for _, w := range slices.Sorted(maps.Keys(r.fired)) {
		for _, i := range r.fired[w] {
			to := "open"
			if !i.To.IsZero() {
				to = fmt.Sprintf("%.0f", i.To.Sub(since).Minutes())
			}
			lines = append(lines, line{i.From, fmt.Sprintf("%s %.0f-%s", w, i.From.Sub(since).Minutes(), to)})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return a.from.Compare(b.from) })
	for _, l := range lines {
		out = append(out, l.text)
	}
	return out
}

func TestWilsonInPromQLIsWilsonInGo(t *testing.T) {
	o := burnrate.GenerateOptions{Confidence: burnrate.DefaultConfidence}
	out := generate(t, o, requests())
	r := newReplay(t, out)
	for i := range 2 * 240 {
		at := began.Add(time.Duration(i) * scraped)
		r.scrape(at, map[string]float64{okSeries: float64(i), badSeries: math.Floor(float64(i) / 50)})
		if i%2 == 0 {
			r.evaluate(at)
		}
	}
	at := began.Add(2*time.Hour - 30*time.Second)
	bad, _ := r.value("slo:events_bad:sum1h", at)
	total, _ := r.value("slo:events_total:sum1h", at)
	got, known := r.value(`slo:error:ratio_low{window="1h"}`, at)
	require.True(t, known)
	require.Positive(t, bad)
	assert.InDelta(t, burnrate.WilsonLow(bad, total, burnrate.DefaultConfidence), got, 1e-9)
}

// TestTrafficGone: traffic that stops, series that go, and a service that never
// had traffic.
func TestTrafficGone(t *testing.T) {
	for name, c := range map[string]struct {
		stops, goes time.Duration
		want        []string
	}{
		"traffic stops": {stops: 2 * time.Hour, goes: 9 * time.Hour, want: []string{"ShopRequestsTrafficStopped"}},
		"the series go": {stops: 9 * time.Hour, goes: 2 * time.Hour, want: []string{"ShopRequestsTrafficAbsent"}},
		"all goes on":   {stops: 9 * time.Hour, goes: 9 * time.Hour},
		"never any":     {stops: 0, goes: 9 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := requests()
			s.Alerting.TrafficGone = true
			r := newReplay(t, generate(t, burnrate.GenerateOptions{}, s))
			for since := time.Duration(0); since <= 3*time.Hour; since += scraped {
				at := began.Add(since)
				if since < c.goes {
					r.scrape(at, map[string]float64{okSeries: min(since, c.stops).Seconds()})
				}
				if since%(30*time.Second) == 0 {
					r.evaluate(at)
				}
			}
			assert.Equal(t, c.want, slices.Sorted(maps.Keys(r.names)))
		})
	}
}

func TestGroupsAreKeptApart(t *testing.T) {
	s := requests()
	s.GroupBy = []string{"code_of_region"}
	s.SLI = slo.Events{Bad: slo.Query{Selector: `e`}, Total: slo.Query{Selector: `r`}}
	r := newReplay(t, generate(t, burnrate.GenerateOptions{}, s))
	for i := range 240 {
		at := began.Add(time.Duration(i) * scraped)
		r.scrape(at, map[string]float64{
			`r{code_of_region="a"}`: float64(100 * i), `r{code_of_region="b"}`: float64(100 * i), `e{code_of_region="b"}`: float64(50 * i),
		})
		if i%2 == 0 {
			r.evaluate(at)
		}
	}
	at := began.Add(238 * scraped)
	for region, want := range map[string]float64{"a": 0, "b": 0.5} {
		got, known := r.value(fmt.Sprintf(`slo:error:ratio{window="5m", code_of_region=%q}`, region), at)
		require.True(t, known)
		assert.InDelta(t, want, got, 1e-9)
		_, fires := r.value(fmt.Sprintf(`ALERTS{alertstate="firing", code_of_region=%q}`, region), at)
		assert.Equal(t, want > 0, fires)
	}
}
