package gather_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/gather"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

const corpus = "cloudmon"

// clock is set by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// failing is a store that refuses every so often, before or after it stored.
type failing struct {
	*history.Store
	r *dice
}

// dice are thrown by many at once.
type dice struct {
	mtx sync.Mutex
	r   *rand.Rand
}

// IntN is a number in [0,n).
func (d *dice) IntN(n int) int {
	d.mtx.Lock()
	defer d.mtx.Unlock()
	return d.r.IntN(n)
}

func (f failing) Commit(ctx context.Context, b history.Batch) error {
	switch f.r.IntN(6) {
	case 0:
		return assert.AnError
	case 1: // stored, but nobody was told: killed just then
		if err := f.Store.Commit(ctx, b); err != nil {
			return err
		}
		return assert.AnError
	}
	return f.Store.Commit(ctx, b)
}

// TestGatheringInPiecesEqualsReadingAtOnce lets a gatherer go over days of real
// alert history in rounds of any length, killed and refused at random, and holds
// the store against one undisturbed reading.
func TestGatheringInPiecesEqualsReadingAtOnce(t *testing.T) {
	dir, data := realserver.TSDB(t), realserver.Data(t)
	open := func(context.Context) (collector.Source, error) { return tsdbdir.Open(tsdbdir.Options{Path: dir}) }
	src, err := open(t.Context())
	require.NoError(t, err)
	defer func() { _ = src.Close() }()
	end, err := src.Newest(t.Context(), time.Now())
	require.NoError(t, err)
	from := end.Add(-3 * 24 * time.Hour)

	rules := []string{filepath.Join(data, "rules", corpus+".rules.yml")}
	c := &clock{at: from.Add(time.Hour)}
	store, err := history.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), history.Options{Now: c.now})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	r := &dice{r: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // a test
	g := gather.New(gather.Options{
		Source: "data", Open: open, RuleFiles: rules, Backfill: 30 * time.Hour, Chunk: 5 * time.Hour, Interval: time.Minute,
		SLOs: func() ([]slo.SLO, error) { return nil, nil }, Now: c.now, Logger: slog.New(slog.DiscardHandler),
	}, failing{store, r})
	failed := 0
	for c.at.Before(end) {
		if g.Round(t.Context()) != nil {
			failed++
		}
		c.at = c.at.Add(time.Duration(r.IntN(int(9 * time.Hour))))
	}
	c.at = end.Add(time.Hour) // the source writes no more
	for g.Round(t.Context()) != nil {
		failed++
	}
	assert.Positive(t, failed)

	o := pipeline.Options{Window: slo.Interval{From: from.Add(30 * time.Minute), To: end}, Now: c.at, RuleFiles: rules}
	want, err := pipeline.Read(t.Context(), src, o)
	require.NoError(t, err)
	kept, err := history.NewSource(t.Context(), store, history.SourceOptions{Source: "data"})
	require.NoError(t, err)
	got, err := pipeline.Read(t.Context(), kept, o)
	require.NoError(t, err)
	require.NotEmpty(t, want.Episodes)
	assert.Len(t, got.Episodes, len(want.Episodes))
	same(t, want.Episodes, got.Episodes)
	assert.Equal(t, want.Spells, got.Spells)
}

// same holds two lists of episodes together and shows what is in one only.
func same(t *testing.T, want, got []noise.Episode) {
	t.Helper()
	left := map[string]bool{}
	for _, e := range got {
		left[fmt.Sprintf("%+v", e)] = true
	}
	missing := 0
	for _, e := range want {
		key := fmt.Sprintf("%+v", e)
		if !left[key] && missing < 5 {
			missing++
			assert.Fail(t, "missing", key)
		}
		delete(left, key)
	}
	for key := range left {
		if missing++; missing < 10 {
			assert.Fail(t, "too many", key)
		}
	}
}
