package tune

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// evaluate runs a candidate through Prometheus' own rules package, evaluation by
// evaluation.
func evaluate(t *testing.T, s Samples, shape Shape) [][]Span {
	t.Helper()
	expr, err := promqlParser().ParseExpr("m")
	require.NoError(t, err)
	rule := rules.NewAlertingRule("R", expr, shape.For, shape.KeepFiringFor,
		labels.EmptyLabels(), labels.EmptyLabels(), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
	out, open := make([][]Span, len(s.Series)), make([]*Span, len(s.Series))
	for slot := range s.Grid.Slots {
		query := func(_ context.Context, _ string, at time.Time) (promql.Vector, error) {
			return passing(s, shape, slot, at), nil
		}
		_, err := rule.Eval(t.Context(), 0, s.Grid.At(slot), query, &url.URL{}, 0)
		require.NoError(t, err)
		firing := map[string]*rules.Alert{}
		for _, a := range rule.ActiveAlerts() {
			if a.State == rules.StateFiring {
				firing[a.Labels.Get("instance")] = a
			}
		}
		for i, series := range s.Series {
			a := firing[series.Labels.Get("instance")]
			switch {
			case a == nil && open[i] != nil:
				open[i].Resolved = slot
				out[i], open[i] = append(out[i], *open[i]), nil
			case a != nil && open[i] == nil:
				open[i] = &Span{Active: s.Grid.Slot(a.ActiveAt), Fired: s.Grid.Slot(a.FiredAt)}
			}
		}
	}
	for i, span := range open {
		if span != nil {
			span.Resolved = s.Grid.Slots
			out[i] = append(out[i], *span)
		}
	}
	return out
}

func passing(s Samples, shape Shape, slot int, at time.Time) promql.Vector {
	var out promql.Vector
	for _, series := range s.Series {
		v := series.Values[slot]
		if IsAbsent(v) || !compare(shape, v) {
			continue
		}
		out = append(out, promql.Sample{Metric: series.Labels, T: at.UnixMilli(), F: v})
	}
	return out
}

// compare is written out here so that it does not rest on what it tests.
func compare(shape Shape, v float64) bool {
	switch shape.Op {
	case Above:
		return v > shape.Threshold
	case AtLeast:
		return v >= shape.Threshold
	case Below:
		return v < shape.Threshold
	case AtMost:
		return v <= shape.Threshold
	default:
		return true
	}
}

// scoreOf counts what the rules package did, in the plainest way.
func scoreOf(s Samples, episodes [][]Span, o Options) Score {
	score := Score{CaughtAt: make([]time.Time, len(o.Incidents)), Bears: make([]bool, len(o.Incidents))}
	for i, series := range s.Series {
		for k, incident := range o.Incidents {
			score.Bears[k] = score.Bears[k] || !incident.Empty() && incident.Concerns(series.Labels)
		}
		for _, e := range episodes[i] {
			score.Episodes++
			fired, resolved := s.Grid.At(e.Fired), s.Grid.At(e.Resolved)
			score.Firing += resolved.Sub(fired)
			outside := true
			for k, incident := range o.Incidents {
				from := incident.From.Add(-o.Lead)
				if incident.Empty() || !incident.Concerns(series.Labels) {
					continue
				}
				if fired.Before(incident.To) && from.Before(resolved) {
					outside = false
				}
				at := score.CaughtAt[k]
				if !fired.Before(from) && fired.Before(incident.To) && (at.IsZero() || fired.Before(at)) {
					score.CaughtAt[k] = fired
				}
			}
			if outside {
				score.Outside++
			}
		}
	}
	for k, bears := range score.Bears {
		if bears {
			score.Incidents++
		}
		if !score.CaughtAt[k].IsZero() {
			score.Outcome.Caught++
		}
	}
	return score
}

// TestEpisodesEqualThoseOfPrometheus evaluates thousands of random candidates
// with Prometheus' own rules package and compares every episode and figure.
func TestEpisodesEqualThoseOfPrometheus(t *testing.T) {
	episodes, caught := 0, 0
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		s := draw(rng, 1+rng.IntN(120))
		o := drawOptions(rng, s)
		o.Window.To = o.Window.From // windows are held to the state machine elsewhere
		o.Levels = 0
		shape := Shape{Op: ops[rng.IntN(len(ops))], Threshold: float64(rng.IntN(9) - 4)}
		shape.For, shape.KeepFiringFor = drawDurations(rng, s.Grid.Step)[0], drawDurations(rng, s.Grid.Step)[0]
		if rng.IntN(4) == 0 {
			shape.Threshold = rng.NormFloat64() * 3
		}
		want := evaluate(t, s, shape)
		for i, series := range s.Series {
			require.Equal(t, want[i], Simulate(s.Grid, series.Values, shape), "seed %d: %+v", seed, shape)
		}
		score := scoreOf(s, want, o)
		surface, err := Outcomes(s, Candidates{shape.Op, []time.Duration{shape.For}, []time.Duration{shape.KeepFiringFor}}, o)
		require.NoError(t, err)
		level, exact := surface.Level(shape.Threshold)
		require.True(t, exact)
		if !sameScore(t, surface.Curve(0, 0), level, score) {
			t.Fatalf("seed %d: %+v, options %+v", seed, shape, o)
		}
		episodes, caught = episodes+score.Episodes, caught+score.Outcome.Caught
	}
	assert.Greater(t, episodes, 5000)
	assert.Greater(t, caught, 500)
}

// TestARuleFromTextToCurve takes a rule from its text: the engine evaluates the
// atom's query once, and the rules package evaluates the rule with the constant
// changed, slot by slot.
func TestARuleFromTextToCurve(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	b := newBench(t, rng)
	episodes := 0
	for _, expr := range joined {
		f, err := Split(expr)
		require.NoError(t, err)
		for i, a := range f.Atoms {
			s := b.samples(a.Query)
			hold, keep := time.Duration(rng.IntN(5))*time.Minute, time.Duration(rng.IntN(4))*time.Minute
			surface, err := Outcomes(s, Candidates{a.Op, []time.Duration{hold}, []time.Duration{keep}}, Options{})
			require.NoError(t, err)
			numbers := written(f)
			numbers[i] = float64(rng.IntN(7) - 3)
			other, err := f.With(numbers...)
			require.NoError(t, err)
			level, exact := surface.Level(a.ThresholdOf(numbers[i]))
			require.True(t, exact)
			whole := b.samples(other)
			want := 0
			for _, spans := range evaluate(t, whole, Shape{Op: Present, For: hold, KeepFiringFor: keep}) {
				want += len(spans)
			}
			assert.Equal(t, want, surface.Curve(0, 0).At(level).Episodes, "%s for %s keep %s", other, hold, keep)
			episodes += want
		}
	}
	assert.Greater(t, episodes, 1000)
}

// samples is a query's result on the grid; series that differ in name only are
// one alert.
func (b *bench) samples(expr string) Samples {
	s := Samples{Grid: Grid{Start: time.UnixMilli(0).UTC(), Step: 90 * time.Second, Slots: b.minutes * 2 / 3}}
	q, err := b.engine.NewRangeQuery(b.t.Context(), b.store, nil, expr, s.Grid.At(0), s.Grid.At(s.Grid.Slots-1), s.Grid.Step)
	require.NoError(b.t, err, expr)
	defer q.Close()
	m, err := q.Exec(b.t.Context()).Matrix()
	require.NoError(b.t, err, expr)
	place := map[string]int{}
	for _, series := range m {
		key := series.Metric.DropReserved(func(n string) bool { return n == labels.MetricName }).String()
		i, ok := place[key]
		if !ok {
			i = len(s.Series)
			place[key] = i
			s.Series = append(s.Series, Series{Labels: labels.FromStrings("instance", fmt.Sprint(i)), Values: absent(s.Grid.Slots)})
		}
		for _, p := range series.Floats {
			s.Series[i].Values[s.Grid.Slot(time.UnixMilli(p.T))] = p.F
		}
	}
	return s
}

func absent(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = Absent()
	}
	return out
}
