package ledgers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

var start = time.Date(2026, 10, 28, 17, 0, 0, 0, time.UTC)

// world is a store that a simulated gatherer writes to, and a book beside it.
type world struct {
	t     *testing.T
	r     *rand.Rand
	store *history.Store
	slos  []slo.SLO
	book  *Book
	at    time.Time
	// onlyNew has nothing old be corrected.
	onlyNew bool
}

func promises() []slo.SLO {
	day := 24 * time.Hour
	return []slo.SLO{
		{Service: "shop", Name: "rolling", Objective: 0.99, Window: slo.Window{Rolling: 4 * day}},
		{Service: "shop", Name: "calendar", Objective: 0.999, Window: slo.Window{Calendar: slo.CalendarMonth, Zone: time.FixedZone("", 5400)}},
		{Service: "shop", Name: "by-zone", Objective: 0.9, Window: slo.Window{Rolling: day}, GroupBy: []string{"zone"}},
		{Service: "shop", Name: "by-promql", Objective: 0.95, Window: slo.Window{Rolling: 7*day + 13*time.Minute}},
		{Service: "shop", Name: "nights-off", Objective: 0.99, Window: slo.Window{Rolling: 3 * day}, Exclusions: []slo.Exclusion{
			{Rule: "FREQ=DAILY", Start: start.AddDate(0, 0, -10).Add(-3 * time.Hour), Duration: 100 * time.Minute},
			{Interval: slo.Interval{From: start.Add(7 * time.Minute), To: start.Add(31 * time.Minute)}},
		}},
		{Service: "shop", Name: "never-seen", Objective: 0.99, Window: slo.Window{Rolling: day}},
	}
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 3)), slos: promises(), at: start}
	var err error
	w.store, err = history.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), history.Options{Now: func() time.Time { return w.at }})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.store.Close()) })
	w.book = w.newBook()
	return w
}

func (w *world) newBook() *Book {
	return New(w.store, Options{SLOs: func() ([]slo.SLO, error) { return w.slos, nil }, Windows: pipeline.DefaultBurnWindows()})
}

// commit is what a gatherer does for one SLO: events of a window, with stretches in
// which there were none, in which nobody looked, and in which the counter was reset.
func (w *world) commit(source string, s slo.SLO, over slo.Interval) {
	groups := []labels.Labels{labels.EmptyLabels()}
	if len(s.GroupBy) > 0 {
		groups = []labels.Labels{labels.FromStrings("zone", "a"), labels.FromStrings("zone", fmt.Sprint("b", w.r.IntN(2)))}
	}
	step := time.Minute
	if s.Name == "by-promql" {
		step = 5 * time.Minute
		over.To = over.To.Truncate(step)
	}
	if over.Empty() {
		return
	}
	b := history.Batch{Source: source}
	for _, g := range groups {
		b.Increments = append(b.Increments, history.Increments{SLO: s.ID(), Group: g, Window: over, Steps: w.events(over, step), Exact: step == time.Minute})
	}
	require.NoError(w.t, w.store.Commit(w.t.Context(), b))
	w.book.Changed(b.Increments)
}

func (w *world) events(over slo.Interval, step time.Duration) *slo.Steps {
	out := slo.NewSteps(over, step)
	kind := w.r.IntN(5)
	for i := range out.Total {
		if w.r.IntN(40) == 0 {
			kind = w.r.IntN(5)
		}
		switch out.Known[i] = kind != 0; kind {
		case 1: // idle
		case 2:
			out.Total[i] = 50 + 10*w.r.Float64()
			out.Bad[i] = out.Total[i] * w.r.Float64() / 50
		case 3, 4:
			out.Total[i] = float64(w.r.IntN(300))
			out.Bad[i] = float64(w.r.IntN(int(out.Total[i])/20 + 1))
		}
	}
	return out
}

// round lets some time pass and gathers it, mostly with the usual overlap.
func (w *world) round() {
	from := w.at.Add(-10 * time.Minute)
	w.at = w.at.Add(time.Duration(1+w.r.IntN(3)) * time.Minute)
	if w.r.IntN(6) == 0 {
		w.at = w.at.Add(time.Duration(w.r.IntN(1500)) * time.Minute)
	}
	for _, s := range w.slos[:len(w.slos)-1] {
		over := slo.Interval{From: from, To: w.at}
		switch n := w.r.IntN(12); {
		case n == 0: // can't be read this time
			continue
		case n == 1 && !w.onlyNew: // what is old is corrected
			over.From = from.Add(-time.Duration(w.r.IntN(8000)) * time.Minute)
			over.To = over.From.Add(time.Duration(w.r.IntN(400)) * time.Minute)
		case n == 2: // nothing is read back after an outage
			over.From = w.at.Add(-time.Minute)
		}
		w.commit("one", s, over)
		if w.r.IntN(20) == 0 {
			w.commit("another", s, over)
		}
	}
}

// recount is how the SLOs stand by all that is stored.
func (w *world) recount() report.SLOStatus {
	w.t.Helper()
	require.NoError(w.t, w.store.Commit(w.t.Context(), history.Batch{Source: "one", Alerts: &history.Alerts{
		Window: slo.Interval{From: w.at.Add(-time.Minute), To: w.at},
	}}))
	src, err := history.NewSource(w.t.Context(), w.store, history.SourceOptions{})
	require.NoError(w.t, err)
	out, _, err := pipeline.SLOStatus(w.t.Context(), src, w.slos, pipeline.SLOOptions{At: w.at, Now: w.at, BurnWindows: pipeline.DefaultBurnWindows()})
	require.NoError(w.t, err)
	return out
}

func (w *world) compare(b *Book) {
	w.t.Helper()
	require.NoError(w.t, b.Refresh(w.t.Context(), w.at))
	got, ok, err := b.Status(w.t.Context())
	require.NoError(w.t, err)
	require.True(w.t, ok)
	want := w.recount()
	require.Equal(w.t, want.At, got.At)
	require.Equal(w.t, want.Unknown, got.Unknown, w.at.String())
	require.Len(w.t, got.Groups, len(want.Groups), w.at.String())
	for i, g := range want.Groups {
		at := fmt.Sprintf("%s %s at %s", g.SLO.ID(), g.Group, w.at)
		is := got.Groups[i]
		require.Equal(w.t, g.SLO.ID(), is.SLO.ID(), at)
		require.Equal(w.t, g.Group, is.Group, at)
		require.Equal(w.t, g.Exact, is.Exact, at)
		sameStatus(w.t, g.Status, is.Status, at)
	}
}

func sameStatus(t *testing.T, want, got slo.Status, at string) {
	t.Helper()
	require.Equal(t, want.Window, got.Window, at)
	require.Equal(t, want.Tally.Length, got.Tally.Length, at)
	require.InDelta(t, want.Tally.Covered.Seconds(), got.Tally.Covered.Seconds(), 2, at)
	require.InDelta(t, want.Tally.Total, got.Tally.Total, 1e-4, at)
	require.InDelta(t, want.Tally.Bad, got.Tally.Bad, 1e-4, at)
	sameFigure(t, want.ErrorRatio, got.ErrorRatio, at)
	sameFigure(t, want.BudgetRemaining, got.BudgetRemaining, at)
	require.Len(t, got.Burn, len(want.Burn), at)
	for w, burn := range want.Burn {
		sameFigure(t, burn, got.Burn[w], at+" burn over "+w.String())
	}
	require.Equal(t, want.Exhaustion.Gone, got.Exhaustion.Gone, at)
	require.Equal(t, want.Exhaustion.Known, got.Exhaustion.Known, at)
}

func sameFigure(t *testing.T, want, got slo.Figure, at string) {
	t.Helper()
	require.Equal(t, want.Known, got.Known, at)
	require.InDelta(t, want.Value, got.Value, 1e-6, at)
}

// TestEveryRoundEqualsARecount is the property that the book stands on.
func TestEveryRoundEqualsARecount(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			for n := range 40 {
				w.round()
				w.compare(w.book)
				switch {
				case n%20 == 7: // a restart
					w.book = w.newBook()
				case n%20 == 13: // the SLOs change
					w.slos = promises()
					w.slos[0].Window.Rolling += time.Duration(w.r.IntN(4000)) * time.Minute
					w.slos[2].Objective = 0.5
				}
			}
			assert.NotZero(t, w.book.Bytes())
		})
	}
}

// TestAReplicaThatIsToldNothingFollows has another process write.
func TestAReplicaThatIsToldNothingFollows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 77)
	w.onlyNew = true
	follower := w.newBook()
	for range 30 {
		w.round()
		w.compare(follower)
	}
	// What is old it sees when it reads all anew, which takes so many refreshes.
	w.commit("one", w.slos[0], slo.Interval{From: w.at.Add(-50 * time.Hour), To: w.at.Add(-48 * time.Hour)})
	for range allWithin {
		require.NoError(t, follower.Refresh(t.Context(), w.at))
	}
	w.compare(follower)
}

// TestWhatCanNotBeReadIsReadLater has the store fail for a round.
func TestWhatCanNotBeReadIsReadLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 78)
	broken := &failing{Store: w.store}
	w.book = New(broken, Options{SLOs: func() ([]slo.SLO, error) { return w.slos, nil }, Windows: pipeline.DefaultBurnWindows()})
	_, ok, err := w.book.Status(t.Context())
	require.NoError(t, err)
	assert.False(t, ok, "before the first refresh nothing is known")
	for n := range 40 {
		w.round()
		if broken.left = w.r.IntN(4); n%3 == 1 {
			before, _ := w.book.AsOf()
			if w.book.Refresh(t.Context(), w.at) != nil {
				after, _ := w.book.AsOf()
				assert.Equal(t, before, after, "it does not claim to be newer than it is")
			}
			continue
		}
		broken.left = -1
		w.compare(w.book)
	}
}

// failing fails after so many reads; never where it is negative.
type failing struct {
	Store

	left int
}

func (f *failing) StepBlocks(ctx context.Context, slis []history.SLI, over slo.Interval, take func(history.SLI, *slo.Steps) error) error {
	if f.left--; f.left == -1 {
		return errors.New("the disk is away")
	}
	return f.Store.StepBlocks(ctx, slis, over, take)
}

// TestExhaustionIsForetoldToABlock compares what depends on closed blocks.
func TestExhaustionIsForetoldToABlock(t *testing.T) {
	t.Parallel()
	foretold := 0
	for seed := range uint64(6) {
		w := newWorld(t, seed)
		s := w.slos[0]
		over := slo.Interval{From: w.at.AddDate(0, 0, -5), To: w.at}
		steps := slo.NewSteps(over, time.Minute)
		share := 0.0
		for i := range steps.Total {
			if i%360 == 0 {
				share = w.r.Float64() * 0.012
			}
			if i > len(steps.Total)-600 {
				share = 0.03
			}
			steps.Total[i], steps.Bad[i], steps.Known[i] = 1000, 1000*share, true
		}
		require.NoError(t, w.store.Commit(t.Context(), history.Batch{Source: "one", Increments: []history.Increments{{SLO: s.ID(), Window: over, Steps: steps}}}))
		require.NoError(t, w.book.Refresh(t.Context(), w.at))
		got, err := w.book.Of(t.Context(), s, nil)
		require.NoError(t, err)
		require.Len(t, got, 1)
		want := w.recount().Groups[0].Status.Exhaustion
		is := got[0].Status.Exhaustion
		require.Equal(t, want.Best.Known, is.Best.Known)
		assert.InDelta(t, want.Best.Value, is.Best.Value, (2 * time.Hour).Seconds())
		if want.Best.Known && want.Best.Value > 0 {
			foretold++
		}
	}
	assert.Positive(t, foretold)
}
