package gather_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/gather"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/slo"
)

var dataEnd = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

const services = 12

// counters writes most of a day of counters of services, with resets, late births and gaps.
func counters(t *testing.T, r *dice) string {
	t.Helper()
	dir := t.TempDir()
	o := tsdb.DefaultOptions()
	o.RetentionDuration = 0
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, o, nil)
	require.NoError(t, err)
	type counter struct {
		ls          labels.Labels
		v           float64
		from, until time.Time // it is away until then
	}
	var all []*counter
	begin := dataEnd.Add(-18 * time.Hour)
	for i := range services {
		for _, code := range []string{"200", "500"} {
			c := &counter{ls: labels.FromStrings("__name__", "requests_total", "service", fmt.Sprint("s", i), "code", code), from: begin}
			if code == "500" {
				c.from = begin.Add(time.Duration(r.IntN(12*60)) * time.Minute)
			}
			all = append(all, c)
		}
	}
	for at := begin; at.Before(dataEnd); at = at.Add(time.Minute) {
		app := db.Appender(t.Context())
		put(t, app, labels.FromStrings("__name__", "up", "job", "x"), at, 1)
		for _, c := range all {
			if at.Before(c.from) || at.Before(c.until) {
				continue
			}
			if c.v += float64(r.IntN(9)); r.IntN(300) == 0 {
				c.v = 0
			}
			if c.ls.Get("code") == "500" && r.IntN(300) == 0 {
				c.until = at.Add(time.Duration(r.IntN(50)) * time.Minute)
			}
			put(t, app, c.ls, at.Add(-20*time.Second), c.v)
		}
		require.NoError(t, app.Commit())
	}
	require.NoError(t, db.Close())
	return dir
}

func put(t *testing.T, app storage.Appender, ls labels.Labels, at time.Time, v float64) {
	t.Helper()
	_, err := app.Append(0, ls, at.UnixMilli(), v)
	require.NoError(t, err)
}

func promises(n int) []slo.SLO {
	var out []slo.SLO
	for i := range n {
		of := fmt.Sprintf("{service=%q", fmt.Sprint("s", i))
		one := slo.SLO{Name: fmt.Sprint(i), Service: "x", SLI: slo.Events{
			Bad: slo.Query{Selector: "requests_total" + of + `,code=~"5.."}`}, Total: slo.Query{Selector: "requests_total" + of + "}"},
		}}
		switch i % 8 {
		case 3:
			one.SLI = slo.Slices{Of: one.SLI, Length: 30 * time.Minute, Target: 0.6}
		case 5:
			one.SLI = slo.Ratio{Expr: "sum(rate(requests_total" + of + `,code="500"}[$window])) / sum(rate(requests_total` + of + "}[$window]))"}
		}
		out = append(out, one)
	}
	return out
}

// moody is a data directory whose raw samples can't be read at times, or whose
// series of one service can't.
type moody struct {
	*tsdbdir.Dir

	r      *dice
	poison string
}

func (m moody) Raw(ctx context.Context, ms []*labels.Matcher, w slo.Interval, series func(labels.Labels) func(int64, float64)) error {
	for _, one := range ms {
		if m.poison != "" && one.Name == "service" && one.Matches(m.poison) {
			return assert.AnError
		}
	}
	if m.r.IntN(15) == 0 {
		return assert.AnError
	}
	return m.Dir.Raw(ctx, ms, w, series)
}

// TestSLOsGatheredInSetsEqualReadingAtOnce lets gatherers, made anew at times, go
// over hours of counters with a source and a store that fail at random, and holds
// what is stored of each SLO against one undisturbed reading.
func TestSLOsGatheredInSetsEqualReadingAtOnce(t *testing.T) {
	r := &dice{r: rand.New(rand.NewPCG(3, 4))} //nolint:gosec // a test
	dir := counters(t, r)
	slos := promises(services)
	c := &clock{at: dataEnd.Add(-9 * time.Hour)}
	store, err := history.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), history.Options{Now: c.now})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	o := gather.Options{
		Source: "data", Backfill: 18 * time.Hour, Chunk: 5 * time.Hour, Interval: time.Minute,
		Now: c.now, Logger: slog.New(slog.DiscardHandler), SLOs: func() ([]slo.SLO, error) { return slos, nil },
	}
	poison := "s2"
	o.Open = func(context.Context) (collector.Source, error) {
		d, err := tsdbdir.Open(tsdbdir.Options{Path: dir})
		return moody{d, r, poison}, err
	}
	g, failed := gather.New(o, failing{store, r}), 0
	for c.at.Before(dataEnd) {
		if g.Round(t.Context()) != nil {
			failed++
		}
		if r.IntN(6) == 0 {
			g = gather.New(o, failing{store, r})
		}
		c.at = c.at.Add(time.Duration(1+r.IntN(4)*r.IntN(60)) * time.Minute)
		if c.at.After(dataEnd.Add(-4 * time.Hour)) {
			poison = ""
		}
	}
	c.at = dataEnd.Add(time.Hour)
	for g.Round(t.Context()) != nil {
		failed++
	}
	assert.Positive(t, failed)
	src, err := tsdbdir.Open(tsdbdir.Options{Path: dir})
	require.NoError(t, err)
	defer func() { _ = src.Close() }()
	over := slo.Interval{From: dataEnd.Add(-16 * time.Hour), To: dataEnd}
	for _, s := range slos {
		want, _, err := collector.ReadSLI(t.Context(), src, s, over)
		require.NoError(t, err)
		got, err := store.Increments(t.Context(), "data", s.ID(), over)
		require.NoError(t, err)
		require.Len(t, got, len(want), s.Name)
		for i := range want {
			assert.Equal(t, want[i].Steps.Total, got[i].Steps.Total, s.Name)
			assert.Equal(t, want[i].Steps.Bad, got[i].Steps.Bad, s.Name)
			assert.Equal(t, want[i].Steps.Known, got[i].Steps.Known, s.Name)
		}
	}
}

// watched notes the reads of the first services that go back for long.
type watched struct {
	*tsdbdir.Dir

	since time.Time
	long  *atomic.Int64
}

func (w watched) Raw(ctx context.Context, ms []*labels.Matcher, over slo.Interval, series func(labels.Labels) func(int64, float64)) error {
	for _, m := range ms {
		for i := range services {
			if m.Name == "service" && m.Matches(fmt.Sprint("s", i)) && over.From.Before(w.since) {
				w.long.Add(1)
			}
		}
	}
	return w.Dir.Raw(ctx, ms, over, series)
}

// TestANewSLOHasNoOtherReadBack adds SLOs to sets that others are in.
func TestANewSLOHasNoOtherReadBack(t *testing.T) {
	r := &dice{r: rand.New(rand.NewPCG(5, 6))} //nolint:gosec // a test
	dir := counters(t, r)
	var long atomic.Int64
	c := &clock{at: dataEnd.Add(-2 * time.Hour)}
	store, err := history.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), history.Options{Now: c.now})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	slos, since := promises(services), time.Time{}
	o := gather.Options{
		Source: "data", Backfill: 12 * time.Hour, Chunk: 5 * time.Hour, Interval: time.Minute,
		Now: c.now, Logger: slog.New(slog.DiscardHandler), SLOs: func() ([]slo.SLO, error) { return slos, nil },
	}
	o.Open = func(context.Context) (collector.Source, error) {
		d, err := tsdbdir.Open(tsdbdir.Options{Path: dir})
		return watched{d, since, &long}, err
	}
	g := gather.New(o, store)
	for range 4 {
		require.NoError(t, g.Round(t.Context()))
		c.at = c.at.Add(time.Minute)
	}
	slos, since = promises(40), c.at.Add(-3*time.Hour)
	long.Store(0)
	require.NoError(t, g.Round(t.Context()))
	assert.Zero(t, long.Load(), "what is stored of the others is not read again")
	g = gather.New(o, store)
	c.at = c.at.Add(time.Minute)
	require.NoError(t, g.Round(t.Context()))
	assert.Zero(t, long.Load(), "nor by the next process")
}
