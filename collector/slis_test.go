package collector_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/slo"
)

const (
	days   = 7
	scrape = time.Minute
)

var end = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// world is a data directory with a counter pair, a classic and a native
// histogram and a probe, which all tell of the same events.
type world struct {
	source     *tsdbdir.Dir
	bad, total float64
}

// requests is the traffic of a minute: much by day, little by night.
func requests(t time.Time) (bad, total float64) {
	total = 6
	if t.Hour() >= 8 && t.Hour() < 20 {
		total = 600
	}
	outage := end.AddDate(0, 0, -3).Add(2 * time.Hour)
	if !t.Before(outage) && t.Before(outage.Add(3*time.Hour)) {
		return total, total
	}
	return 0, total
}

func newWorld(t *testing.T) world {
	t.Helper()
	dir := t.TempDir()
	opts := tsdb.DefaultOptions()
	opts.RetentionDuration = 0
	opts.OutOfOrderTimeWindow = 0
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, opts, nil)
	require.NoError(t, err)
	var w world
	var bad, total float64
	from := end.AddDate(0, 0, -days)
	for at := from.Add(-time.Hour); at.Before(end); at = at.Add(scrape) {
		b, n := requests(at)
		bad, total = bad+b, total+n
		if !at.Before(from) {
			w.bad, w.total = w.bad+b, w.total+n
		}
		app := db.Appender(context.Background())
		for name, v := range map[string]float64{
			`errors`: bad, `requests`: total, `seconds_count`: total, `probe`: 1 - min(1, b),
		} {
			add(t, app, labels.FromStrings("__name__", name, "job", "x"), at, v)
		}
		add(t, app, labels.FromStrings("__name__", "seconds_bucket", "job", "x", "le", "0.25"), at, total-bad)
		_, err := app.AppendHistogram(0, labels.FromStrings("__name__", "native", "job", "x"), at.UnixMilli(), nativeHistogram(total-bad, bad), nil)
		require.NoError(t, err)
		require.NoError(t, app.Commit())
	}
	require.NoError(t, db.Close())
	w.source, err = tsdbdir.Open(tsdbdir.Options{Path: dir})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.source.Close()) })
	return w
}

func add(t *testing.T, app storage.Appender, ls labels.Labels, at time.Time, v float64) {
	t.Helper()
	_, err := app.Append(0, ls, at.UnixMilli(), v)
	require.NoError(t, err)
}

// nativeHistogram has fast observations in (0.125, 0.25] and slow ones in (1, 2].
func nativeHistogram(fast, slow float64) *histogram.Histogram {
	h := &histogram.Histogram{
		Schema: 0, Count: uint64(fast + slow), Sum: fast*0.2 + slow*1.5,
		PositiveSpans:   []histogram.Span{{Offset: -2, Length: 1}, {Offset: 2, Length: 1}},
		PositiveBuckets: []int64{int64(fast), int64(slow) - int64(fast)},
	}
	return h
}

// TestEveryKindOfSLICountsTheSameEvents holds every way of counting to the exact
// number of events, within 0.1% of a budget of 99%.
func TestEveryKindOfSLICountsTheSameEvents(t *testing.T) {
	w := newWorld(t)
	threshold := 250 * time.Millisecond
	for name, c := range map[string]struct {
		sli   slo.SLI
		exact bool
	}{
		"counters of bad events": {slo.Events{Bad: slo.Query{Selector: "errors"}, Total: slo.Query{Selector: `requests{job="x"}`}}, true},
		"PromQL of bad events":   {slo.Events{Bad: slo.Query{Expr: "sum(rate(errors[$window]))"}, Total: slo.Query{Expr: "sum(rate(requests[$window]))"}}, false},
		"a classic histogram":    {slo.Latency{Good: `seconds_bucket{le="0.25"}`, Total: "seconds_count", Threshold: threshold}, true},
		"a native histogram":     {slo.Latency{Native: "native", Threshold: threshold}, false},
	} {
		t.Run(name, func(t *testing.T) {
			promise := slo.SLO{Name: "a", Service: "b", Objective: 0.99, SLI: c.sli, Window: slo.Window{Rolling: days * 24 * time.Hour}}
			got, warnings, err := collector.ReadSLI(context.Background(), w.source, promise, promise.Window.At(end))
			require.NoError(t, err)
			assert.Empty(t, warnings)
			require.Len(t, got, 1)
			assert.Equal(t, c.exact, got[0].Exact)
			l, err := slo.NewLedger(slo.DefaultTiers())
			require.NoError(t, err)
			l.Append(got[0].Steps)
			st := promise.StatusAt(l, end, slo.StatusOptions{})
			assert.InDelta(t, 1-w.bad/w.total/0.01, st.BudgetRemaining.Value, 0.001)
			assert.InDelta(t, w.total, st.Tally.Total, w.total*0.001)
			assert.Greater(t, st.Tally.Coverage(), 0.99)
		})
	}
}

func TestProbesSlicesAndRatios(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		sli  slo.SLI
		want float64 // error ratio
	}{
		"a probe counts time":           {slo.Probe{Selector: "probe"}, 3.0 / (days * 24)},
		"slices count time":             {slo.Slices{Of: slo.Events{Bad: slo.Query{Selector: "errors"}, Total: slo.Query{Selector: "requests"}}, Length: 5 * time.Minute, Target: 0.9}, 3.0 / (days * 24)},
		"a ratio weighs all time alike": {slo.Ratio{Expr: "sum(rate(errors[$window])) / sum(rate(requests[$window]))"}, 3.0 / (days * 24)},
	} {
		t.Run(name, func(t *testing.T) {
			promise := slo.SLO{Name: "a", Service: "b", Objective: 0.99, SLI: c.sli, Window: slo.Window{Rolling: days * 24 * time.Hour}}
			got, _, err := collector.ReadSLI(context.Background(), w.source, promise, promise.Window.At(end))
			require.NoError(t, err)
			require.Len(t, got, 1)
			var bad, total float64
			for i := range got[0].Steps.Total {
				bad, total = bad+got[0].Steps.Bad[i], total+got[0].Steps.Total[i]
			}
			assert.InDelta(t, c.want, bad/total, 0.0002)
		})
	}
}

func TestAnSLOWithoutSeriesIsUnknown(t *testing.T) {
	w := newWorld(t)
	for _, sli := range []slo.SLI{slo.Probe{Selector: "nothing"}, slo.Ratio{Expr: "nothing"}, slo.Latency{Native: "nothing", Threshold: time.Second}} {
		got, _, err := collector.ReadSLI(context.Background(), w.source, slo.SLO{SLI: sli, Objective: 0.99}, slo.Interval{From: end.Add(-time.Hour), To: end})
		require.NoError(t, err)
		assert.Empty(t, got)
	}
}

func TestGroupsAreKeptApart(t *testing.T) {
	w := newWorld(t)
	promise := slo.SLO{SLI: slo.Probe{Selector: "probe"}, GroupBy: []string{"job"}, Objective: 0.99}
	got, _, err := collector.ReadSLI(context.Background(), w.source, promise, slo.Interval{From: end.Add(-time.Hour), To: end})
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, labels.FromStrings("job", "x"), got[0].Group)
}
