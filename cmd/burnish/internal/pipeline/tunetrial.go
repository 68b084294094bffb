package pipeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
	"github.com/burnish-sre/burnish/noise/tune"
)

// evaluation runs a rule over series that are given, by Prometheus' own engine.
// As in a promtool test the time begins at zero.
type evaluation struct {
	grid   tune.Grid
	step   time.Duration // between samples
	series []rulefile.Series
	rule   noise.Rule
}

// run gives what fires at each slot.
func (e evaluation) run(ctx context.Context) ([][]rulefile.Firing, error) {
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 5_000_000, Timeout: 10 * time.Second, LookbackDelta: 5 * time.Minute,
		Parser: parser.NewParser(parser.Options{}),
	})
	q, err := engine.NewRangeQuery(ctx, e, nil, e.rule.Expr, e.grid.Start, e.grid.At(e.grid.Slots-1), e.grid.Step)
	if err != nil {
		return nil, fmt.Errorf("try an excerpt: %w", err)
	}
	defer q.Close()
	m, err := q.Exec(ctx).Matrix()
	if err != nil {
		return nil, fmt.Errorf("try an excerpt: %w", err)
	}
	out := make([][]rulefile.Firing, e.grid.Slots)
	for _, s := range m {
		values := slices.Repeat([]float64{tune.Absent()}, e.grid.Slots)
		for _, p := range s.Floats {
			values[(p.T-e.grid.Start.UnixMilli())/e.grid.Step.Milliseconds()] = p.F
		}
		for _, span := range tune.Simulate(e.grid, values, tune.Shape{For: e.rule.For, KeepFiringFor: e.rule.KeepFiringFor}) {
			fires(out, span, s.Metric, values)
		}
	}
	return out, nil
}

// fires adds an alert to each evaluation at which it fires, with the value that it
// last had.
func fires(out [][]rulefile.Firing, span tune.Span, ls labels.Labels, values []float64) {
	value := values[span.Fired]
	for t := span.Fired; t < span.Resolved; t++ {
		if !tune.IsAbsent(values[t]) {
			value = values[t]
		}
		out[t] = append(out[t], rulefile.Firing{Labels: ls, Value: value})
	}
}

// Querier makes an evaluation what the engine reads from.
func (e evaluation) Querier(_, _ int64) (storage.Querier, error) { return given{e}, nil }

// given is the series as a querier.
type given struct{ e evaluation }

// Select gives the series that match.
func (g given) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var out []storage.Series
	for _, s := range g.e.series {
		if slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Labels.Get(m.Name)) }) {
			continue
		}
		var samples []chunks.Sample
		for i, v := range s.Samples {
			if v.Known {
				samples = append(samples, sampled{g.e.grid.Start.Add(time.Duration(i) * g.e.step).UnixMilli(), v.Value})
			}
		}
		out = append(out, storage.NewListSeries(s.Labels, samples))
	}
	slices.SortFunc(out, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return &listed{series: out, at: -1}
}

// LabelValues is not asked for by expressions.
func (given) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames is not asked for by expressions.
func (given) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close has nothing to release.
func (given) Close() error { return nil }

// listed walks through series.
type listed struct {
	series []storage.Series
	at     int
}

func (l *listed) Next() bool                        { l.at++; return l.at < len(l.series) }
func (l *listed) At() storage.Series                { return l.series[l.at] }
func (l *listed) Err() error                        { return nil }
func (l *listed) Warnings() annotations.Annotations { return nil }

// sampled is a float at a time.
type sampled struct {
	t int64
	v float64
}

func (s sampled) T() int64                      { return s.t }
func (s sampled) ST() int64                     { return 0 }
func (s sampled) F() float64                    { return s.v }
func (s sampled) H() *histogram.Histogram       { return nil }
func (s sampled) FH() *histogram.FloatHistogram { return nil }
func (s sampled) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sampled) Copy() chunks.Sample           { return s }
