package implies

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/stretchr/testify/require"
)

// sample is one sample of a random series.
type sample struct {
	t int64
	f float64
	h *histogram.FloatHistogram
}

func (s sample) T() int64                      { return s.t }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.f }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return s.h }
func (s sample) Copy() chunks.Sample           { return s }
func (s sample) Type() chunkenc.ValueType {
	if s.h != nil {
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}

// data is a set of series that can be queried.
type data struct {
	series []storage.Series
	at     int
}

func (d data) Querier(int64, int64) (storage.Querier, error) { return d, nil }
func (d data) Close() error                                  { return nil }
func (d data) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (d data) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (d data) Select(_ context.Context, _ bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	out := &data{at: -1}
	for _, s := range d.series {
		if !slices.ContainsFunc(ms, func(m *labels.Matcher) bool { return !m.Matches(s.Labels().Get(m.Name)) }) {
			out.series = append(out.series, s)
		}
	}
	return out
}

func (d *data) Next() bool                        { d.at++; return d.at < len(d.series) }
func (d *data) At() storage.Series                { return d.series[d.at] }
func (d *data) Err() error                        { return nil }
func (d *data) Warnings() annotations.Annotations { return nil }

const (
	step  = time.Minute
	steps = 24
)

// readings are the values that series take: the thresholds of the conditions,
// their neighbours, and what breaks naive arithmetic.
func readings() []float64 {
	return []float64{
		-5, -1, -0.5, math.Copysign(0, -1), 0, 0.1, 0.3, 0.9, next(0.9), previous(0.9), 1, next(1), 2, 3, previous(3), 4, 5, 10, 50, 100,
		math.NaN(), infinity, -infinity, 1e300, math.SmallestNonzeroFloat64, 0.009, 0.03,
	}
}

// randomData draws series with gaps, staleness markers and odd values.
func randomData(r *rand.Rand) data {
	var d data
	for _, name := range []string{"m", "n", "c_total", "b_bucket"} {
		for _, job := range []string{"a", "b", "c"} {
			for _, env := range []string{"p", "q", ""} {
				if r.IntN(3) == 0 {
					continue
				}
				for _, le := range bounds(name) {
					ls := labels.FromMap(map[string]string{"__name__": name, "job": job, "env": env, "le": le})
					d.series = append(d.series, storage.NewListSeries(ls.WithoutEmpty(), randomSamples(r, name)))
				}
			}
		}
	}
	slices.SortFunc(d.series, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return d
}

func bounds(name string) []string {
	if name == "b_bucket" {
		return []string{"1", "+Inf"}
	}
	return []string{""}
}

func randomSamples(r *rand.Rand, name string) []chunks.Sample {
	var out []chunks.Sample
	pool, count := readings(), 0.0
	small := pool[r.IntN(len(pool)-2):][:2] // a series stays near few values, so that conditions last
	odd := r.IntN(4) == 0
	for i := -10; i < steps; i++ {
		s := sample{t: int64(i)*step.Milliseconds() - int64(r.IntN(2000))}
		switch {
		case r.IntN(12) == 0:
			continue
		case r.IntN(20) == 0:
			s.f = math.Float64frombits(value.StaleNaN)
		case name == "n" && odd && r.IntN(3) == 0:
			s.h = tsdbutil.GenerateTestFloatHistogram(int64(r.IntN(5)))
		case strings.Contains(name, "_"):
			count += float64(r.IntN(3))
			s.f = count
			if r.IntN(10) == 0 {
				count = 0
			}
		case odd:
			s.f = pool[r.IntN(len(pool))]
		default:
			s.f = small[r.IntN(2)]
		}
		out = append(out, s)
	}
	return out
}

func newEngine() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 150 * time.Second,
		NoStepSubqueryIntervalFn: func(int64) int64 { return step.Milliseconds() },
		EnableAtModifier:         true, EnableNegativeOffset: true,
		Parser: parser.NewParser(parser.Options{EnableExperimentalFunctions: true}),
	})
}

// evaluate is the result of an expression at each step: value by alert, as the
// engine's own rule evaluation would see it. ok is false where it fails.
func evaluate(t *testing.T, engine *promql.Engine, d data, expr string) (truth []map[string]string, ok bool) {
	t.Helper()
	q, err := engine.NewRangeQuery(t.Context(), d, nil, expr, time.Unix(0, 0), time.Unix(0, 0).Add((steps-1)*step), step)
	require.NoError(t, err, expr)
	defer q.Close()
	res := q.Exec(t.Context())
	if res.Err != nil {
		return nil, false
	}
	truth = make([]map[string]string, steps)
	m, err := res.Matrix()
	require.NoError(t, err)
	for _, s := range m {
		id := labels.NewBuilder(s.Metric).Del(labels.MetricName).Labels().String()
		for _, p := range s.Floats {
			if !note(truth, p.T, id, strconv.FormatFloat(p.F, 'g', 12, 64)) {
				return nil, false
			}
		}
		for _, p := range s.Histograms {
			if !note(truth, p.T, id, p.H.String()) {
				return nil, false
			}
		}
	}
	return truth, true
}

// evaluateEach is evaluate with a query for each step, as a rule asks them. A
// range query takes series in no fixed order, which shows where topk has ties or
// a sum rounds.
func evaluateEach(t *testing.T, engine *promql.Engine, d data, expr string) (truth []map[string]string, ok bool) {
	t.Helper()
	truth = make([]map[string]string, steps)
	for i := range truth {
		at := time.Unix(0, 0).Add(time.Duration(i) * step)
		q, err := engine.NewInstantQuery(t.Context(), d, nil, expr, at)
		require.NoError(t, err, expr)
		res := q.Exec(t.Context())
		if res.Err != nil {
			return nil, false
		}
		switch v := res.Value.(type) {
		case promql.Scalar:
			note(truth, v.T, "{}", fmt.Sprint(v.V))
		case promql.Vector:
			for _, s := range v {
				id := labels.NewBuilder(s.Metric).Del(labels.MetricName).Labels().String()
				shown := fmt.Sprint(s.F)
				if s.H != nil {
					shown = s.H.String()
				}
				if !note(truth, s.T, id, shown) {
					return nil, false
				}
			}
		}
		q.Close()
	}
	return truth, true
}

func note(truth []map[string]string, t int64, id, v string) bool {
	i := t / step.Milliseconds()
	if truth[i] == nil {
		truth[i] = map[string]string{}
	}
	if _, twice := truth[i][id]; twice {
		return false
	}
	truth[i][id] = v
	return true
}

// firing replays a rule over its results: which alerts fire at each step. A step
// that is not an evaluation of the rule is nil.
func firing(c Condition, truth []map[string]string) []map[string]bool {
	type alert struct{ active, ended int } // steps; ended is -1 while true
	every := max(1, int(c.Interval/step))
	alerts, out := map[string]*alert{}, make([]map[string]bool, len(truth))
	lasts := func(from, to int, d time.Duration) bool { return time.Duration(to-from)*step >= d }
	for i := 0; i < len(truth); i += every {
		out[i] = map[string]bool{}
		now := map[string]bool{}
		for id, v := range truth[i] {
			if c.Restless {
				id += "\xff" + v
			}
			now[id] = true
			if alerts[id] == nil {
				alerts[id] = &alert{active: i}
			}
			alerts[id].ended = -1
		}
		for id, a := range alerts {
			fired := a.ended >= 0 || lasts(a.active, i, c.For)
			if !now[id] {
				if a.ended < 0 {
					a.ended = i
					fired = lasts(a.active, i-every, c.For)
				}
				if !fired || lasts(a.ended, i, c.KeepFiringFor) {
					delete(alerts, id)
					continue
				}
			}
			if fired {
				base, _, _ := strings.Cut(id, "\xff")
				out[i][base] = true
			}
		}
	}
	return out
}
