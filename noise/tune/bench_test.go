package tune

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// month is 30 days of 100 series at one minute: a daily wave with noise that
// remembers a little, and twenty incidents. No two values are alike.
func month() (Samples, Options) {
	rng := rand.New(rand.NewPCG(30, 100))
	s := Samples{Grid: Grid{Start: start.Truncate(time.Minute), Step: time.Minute, Slots: 30 * 24 * 60}}
	var o Options
	for i := range 20 {
		from := s.Grid.At(i*2000 + rng.IntN(1000))
		o.Incidents = append(o.Incidents, noise.Incident{Interval: slo.Interval{From: from, To: from.Add(40 * time.Minute)}})
	}
	for i := range 100 {
		values, drift := make([]float64, s.Grid.Slots), 0.0
		for t := range values {
			drift = 0.9*drift + rng.NormFloat64()
			values[t] = 10 + 3*math.Sin(float64(t)*2*math.Pi/1440) + drift
		}
		s.Series = append(s.Series, Series{Labels: labels.FromStrings("instance", fmt.Sprint(i)), Values: values})
	}
	o.Lead, o.Also = 10*time.Minute, []float64{15}
	return s, o
}

func minutes(all ...int) []time.Duration {
	out := make([]time.Duration, len(all))
	for i, m := range all {
		out[i] = time.Duration(m) * time.Minute
	}
	return out
}

// BenchmarkOutcomes computes 12 × 8 combinations at all levels for a month of
// 100 series. A candidate is a threshold with a `for` and a keep_firing_for.
func BenchmarkOutcomes(b *testing.B) {
	s, o := month()
	fors, keeps := minutes(0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60), minutes(0, 1, 2, 5, 10, 15, 30, 60)
	candidates := 0
	for b.Loop() {
		surface, err := Outcomes(s, Candidates{Above, fors, keeps}, o)
		require.NoError(b, err)
		candidates += surface.Levels() * len(fors) * len(keeps)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(candidates), "ns/candidate")
}

// BenchmarkEngine is the baseline: one candidate over the same month as a range
// query by Prometheus' own engine, before any state machine.
func BenchmarkEngine(b *testing.B) {
	s, _ := month()
	store := teststorage.New(b)
	defer func() { _ = store.Close() }()
	for first := 0; first < s.Grid.Slots; first += 120 {
		app := store.Appender(b.Context())
		for _, series := range s.Series {
			ls := labels.NewBuilder(series.Labels).Set(labels.MetricName, "m").Labels()
			for t := first; t < first+120; t++ {
				_, err := app.Append(0, ls, s.Grid.At(t).UnixMilli(), series.Values[t])
				require.NoError(b, err)
			}
		}
		require.NoError(b, app.Commit())
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 5e7, Timeout: time.Hour, LookbackDelta: 5 * time.Minute, Parser: promqlParser()})
	for b.Loop() {
		q, err := engine.NewRangeQuery(b.Context(), store, nil, "m > 15", s.Grid.At(0), s.Grid.At(s.Grid.Slots-1), s.Grid.Step)
		require.NoError(b, err)
		require.NoError(b, q.Exec(b.Context()).Err)
		q.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/candidate")
}
