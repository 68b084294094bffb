package collector_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
)

// sample is a sample of a raw series.
type sample struct {
	t int64
	v float64
}

// server holds raw series, and gives them in pieces.
type server struct {
	collector.Source

	series   []labels.Labels
	samples  [][]sample
	requests int
	given    map[string]bool
	breaks   bool // the next read breaks half way
}

func (s *server) Raw(_ context.Context, ms []*labels.Matcher, window slo.Interval, open func(labels.Labels) func(int64, float64)) error {
	s.requests++
	for i, ls := range s.series {
		if slices.ContainsFunc(ms, func(m *labels.Matcher) bool { return !m.Matches(ls.Get(m.Name)) }) {
			continue
		}
		all := s.samples[i]
		from, _ := slices.BinarySearchFunc(all, window.From.UnixMilli(), func(x sample, at int64) int { return int(x.t - at) })
		to, _ := slices.BinarySearchFunc(all, window.To.UnixMilli(), func(x sample, at int64) int { return int(x.t - at) })
		if from == to {
			continue
		}
		if s.given != nil {
			s.given[ls.String()] = true
		}
		for _, piece := range [][]sample{all[from : (from+to)/2], all[from:to]} { // once more from the beginning
			put := open(ls)
			for _, x := range piece {
				put(x.t, x.v)
			}
		}
		if s.breaks {
			s.breaks = false
			return errors.New("the connection broke")
		}
	}
	return nil
}

const stations = 16

// newServer has counters with resets, late births, deaths with and without a
// staleness marker, gaps, values that are none, and probes.
func newServer(r *rand.Rand, from, to time.Time) *server {
	s := &server{}
	add := func(ls labels.Labels, next func(v float64) float64) {
		at, end := from.Add(time.Duration(r.IntN(60000))*time.Millisecond), to
		if r.IntN(3) == 0 {
			at = at.Add(time.Duration(r.Int64N(int64(to.Sub(from))))) // born late
		}
		every := time.Duration(10+r.IntN(50)) * time.Second
		var all []sample
		for v := 0.0; at.Before(end); at = at.Add(every) {
			v = next(v)
			switch r.IntN(400) {
			case 0:
				v = 0 // a reset
			case 1:
				all = append(all, sample{at.UnixMilli(), math.Float64frombits(value.StaleNaN)})
				at = at.Add(time.Duration(r.IntN(40)) * time.Minute)
				continue
			case 2:
				at = at.Add(time.Duration(r.IntN(50)) * time.Minute) // a gap
			case 3:
				all = append(all, sample{at.UnixMilli(), []float64{math.NaN(), math.Inf(1), -1}[r.IntN(3)]})
				continue
			}
			all = append(all, sample{at.UnixMilli(), v})
		}
		s.series, s.samples = append(s.series, ls), append(s.samples, all)
	}
	for i := range stations {
		name := fmt.Sprintf("s.%d", i)
		count := func(v float64) float64 { return v + float64(r.IntN(20)) }
		for _, code := range []string{"200", "404", "500", "503"} {
			for _, zone := range []string{"a", "b"} {
				add(labels.FromStrings("__name__", "requests_total", "service", name, "code", code, "zone", zone), count)
			}
		}
		add(labels.FromStrings("__name__", "seconds_count", "service", name), count)
		add(labels.FromStrings("__name__", "seconds_bucket", "service", name, "le", "0.5"), count)
		add(labels.FromStrings("__name__", "up", "job", name), func(float64) float64 { return float64(min(1, r.IntN(20))) })
	}
	return s
}

// promises are SLOs over the server's series, of every kind that raw samples count.
func promises() []slo.SLO {
	out := []slo.SLO{{Name: "all", Service: "x", SLI: slo.Events{
		Bad: slo.Query{Selector: `requests_total{code=~"5.."}`}, Total: slo.Query{Selector: `requests_total`},
	}, GroupBy: []string{"zone"}}}
	for i := range stations - 2 { // of some nobody asks
		of := fmt.Sprintf("service=%q", fmt.Sprintf("s.%d", i))
		events := slo.Events{
			Bad: slo.Query{Selector: `requests_total{code=~"5..",` + of + `}`}, Total: slo.Query{Selector: `requests_total{` + of + `,code!="404"}`},
		}
		switch i % 5 {
		case 1:
			events = slo.Events{Good: slo.Query{Selector: `requests_total{code="200",` + of + `}`}, Total: slo.Query{Selector: `requests_total{` + of + `}`}}
		case 2:
			events.Total.Selector = `requests_total{` + of + `}`
		}
		one := slo.SLO{Name: fmt.Sprint(i), Service: "x", SLI: events}
		switch i % 7 {
		case 0:
			one.GroupBy = []string{"zone"}
		case 1:
			one.SLI = slo.Latency{Good: `seconds_bucket{le="0.5",` + of + `}`, Total: `seconds_count{` + of + `}`, Threshold: time.Second / 2}
		case 2:
			one.SLI = slo.Probe{Selector: fmt.Sprintf("up{job=%q}", fmt.Sprintf("s.%d", i))}
		case 3:
			one.SLI = slo.Slices{Of: events, Length: 5 * time.Minute, Target: 0.9}
		}
		out = append(out, one)
	}
	return out
}

// TestReadingTogetherEqualsReadingEachForItself goes over a day in windows, as the
// daemon does, with a reader that remembers, is made anew at times and meets reads
// that break, and holds each window against ReadSLI.
func TestReadingTogetherEqualsReadingEachForItself(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 11)) //nolint:gosec // a test
		from := end.Add(-16 * time.Hour)
		s, slos := newServer(r, from, end), promises()
		reader, err := collector.NewSLIReader(slos)
		require.NoError(t, err)
		events := 0.0
		for at := from; at.Before(end); {
			to := at.Add(time.Duration(1+r.IntN(90))*time.Minute + time.Duration(r.IntN(2)*r.IntN(60))*time.Second)
			window := slo.Interval{From: at, To: to}
			next := to.Add(-time.Duration(r.IntN(10)) * time.Minute)
			if next.Before(at.Add(time.Minute)) {
				next = to
			}
			switch r.IntN(8) {
			case 0: // started anew
				reader, err = collector.NewSLIReader(slos)
				require.NoError(t, err)
			case 1:
				s.breaks = true
				_, err := reader.Read(t.Context(), s, window, next)
				require.Error(t, err)
			case 2: // what was read could not be stored
				_, err := reader.Read(t.Context(), s, window, next)
				require.NoError(t, err)
				reader.Forget()
			}
			got, err := reader.Read(t.Context(), s, window, next)
			require.NoError(t, err)
			for i, promise := range slos {
				want, _, err := collector.ReadSLI(t.Context(), s, promise, window)
				require.NoError(t, err)
				events += sameEvents(t, want, got[i], "seed %d, %s in %s to %s", seed, promise.Name, window.From, window.To)
			}
			require.False(t, t.Failed())
			at = next
		}
		assert.Greater(t, events, 1e5, "it is not nothing that is the same")
	}
}

// sameEvents holds two countings of an SLO together, but for their notes: a reading
// that begins an hour earlier finds oddities of that hour too.
func sameEvents(t *testing.T, want, got []collector.SLISteps, what string, args ...any) (events float64) {
	t.Helper()
	if !assert.Len(t, got, len(want), append([]any{what}, args...)...) {
		return 0
	}
	for i := range want {
		g, w := got[i], want[i]
		for _, total := range w.Steps.Total {
			events += total
		}
		w.Steps.Notes, g.Steps.Notes = nil, nil
		assert.Equal(t, w.Group.String(), g.Group.String(), append([]any{what}, args...)...)
		assert.Equal(t, w.Steps, g.Steps, append([]any{what}, args...)...)
		assert.True(t, g.Exact)
	}
	return events
}

// TestSharedReadsAskForNoMoreThanIsNeeded: few requests, and no series that no SLO
// counts.
func TestSharedReadsAskForNoMoreThanIsNeeded(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 11)) //nolint:gosec // a test
	s, slos := newServer(r, end.Add(-time.Hour), end), promises()[1:]
	needed := map[string]bool{}
	s.given = needed
	window := slo.Interval{From: end.Add(-30 * time.Minute), To: end}
	for _, promise := range slos {
		_, _, err := collector.ReadSLI(t.Context(), s, promise, window)
		require.NoError(t, err)
	}
	apart := s.requests
	s.requests, s.given = 0, map[string]bool{}
	reader, err := collector.NewSLIReader(slos)
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), s, window, end)
	require.NoError(t, err)
	assert.Equal(t, needed, s.given)
	assert.Equal(t, reader.Requests(), s.requests)
	assert.Less(t, s.requests, 10, "one by one it is %d", apart)
}

// TestManySLOsOfOneShapeAreReadWithFewRequests: Prometheus looks up 256 values of a
// label in its index, and tries all it has beyond that.
func TestManySLOsOfOneShapeAreReadWithFewRequests(t *testing.T) {
	var slos []slo.SLO
	for i := range 1000 {
		of := fmt.Sprintf("job=%q", fmt.Sprint("job+", i))
		slos = append(slos, slo.SLO{Name: fmt.Sprint(i), SLI: slo.Events{Bad: slo.Query{Selector: `x{code="500",` + of + `}`}, Total: slo.Query{Selector: `x{` + of + `}`}}})
	}
	reader, err := collector.NewSLIReader(slos)
	require.NoError(t, err)
	assert.Equal(t, 4, reader.Requests())
}
