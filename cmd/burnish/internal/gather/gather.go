package gather

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// Store is what a gatherer writes to.
type Store interface {
	Commit(ctx context.Context, b history.Batch) error
	Watermark(ctx context.Context, source, stream string) (time.Time, error)
}

// Options say what is gathered.
type Options struct {
	// Source is the name that history is kept under.
	Source string
	// Open opens the source; it is closed after each round, since a data
	// directory is seen as it was when it was opened.
	Open func(ctx context.Context) (collector.Source, error)
	// SLOs are the promises whose events are counted, read anew each round.
	SLOs func() ([]slo.SLO, error)
	// RuleFiles and ReplicaLabels are as in pipeline.Options.
	RuleFiles, ReplicaLabels []string
	// Backfill is how far back is read at first, and Chunk how much at once.
	Backfill, Chunk time.Duration
	Interval        time.Duration
	Now             func() time.Time
	Logger          *slog.Logger
	Metrics         *Metrics
	// Ended is called after each round with what went wrong in it; it may be nil.
	Ended func(error)
}

// Gatherer gathers from one source.
type Gatherer struct {
	o     Options
	store Store
	log   *slog.Logger
	away  time.Time // since when rounds fail; zero while they don't

	slos  []slo.SLO // as they were arranged
	sets  []*set
	alone []slo.SLO // those that PromQL counts
}

// New makes a gatherer; Run lets it work.
func New(o Options, store Store) *Gatherer {
	return &Gatherer{o: o, store: store, log: o.Logger.With("component", "gather", "source", o.Source)}
}

// alertStream is the stream of watermarks of alert history.
const alertStream = "alerts"

// retryAfter is the longest pause after a round that failed.
const retryAfter = 15 * time.Second

// Run gathers at once and then on every interval, until ctx ends. What fails is
// told and tried again soon.
func (g *Gatherer) Run(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		err := g.Round(ctx)
		g.settle(ctx, err)
		if g.o.Ended != nil && ctx.Err() == nil {
			g.o.Ended(err)
		}
		pause := g.o.Interval
		if err != nil {
			pause = min(pause, retryAfter)
		}
		next := time.NewTimer(time.Until(began.Add(pause)))
		select {
		case <-ctx.Done():
		case <-next.C:
		}
		next.Stop()
	}
}

// settle notes how a round went: the first failure and the first success after
// one are told, the ones between are counted.
func (g *Gatherer) settle(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	now := g.o.Now()
	g.o.Metrics.settled(g.o.Source, now, err)
	switch {
	case err != nil && g.away.IsZero():
		g.away = now
		g.log.WarnContext(ctx, "gathering failed; it is tried again, and nothing is lost as long as the source keeps it", "err", err)
	case err != nil:
		g.log.DebugContext(ctx, "gathering fails still", "since", g.away, "err", err)
	case !g.away.IsZero():
		g.log.InfoContext(ctx, "gathering works again", "after", now.Sub(g.away))
		g.away = time.Time{}
	}
}

// ErrAway is wrapped by a round's error where alert history could not be gathered at
// all: the source is away, or the store takes nothing. Without it some SLO could not
// be counted, and all else went well.
var ErrAway = errors.New("no alert history was gathered")

// Round reads what is new and stores it.
func (g *Gatherer) Round(ctx context.Context) error {
	src, err := g.o.Open(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	defer func() { _ = src.Close() }()
	newest, err := src.Newest(ctx, g.o.Now())
	var reached time.Time
	if err == nil {
		reached, err = g.alerts(ctx, src, newest)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	err = g.events(ctx, src, newest)
	if ctx.Err() == nil {
		// Only now, so that whoever waits for it finds the events of SLOs as well.
		g.o.Metrics.reached(g.o.Source, alertStream, reached)
	}
	return err
}

// alerts stores alert history up to the newest data, chunk by chunk, and tells how
// far it is stored.
func (g *Gatherer) alerts(ctx context.Context, src collector.Source, newest time.Time) (time.Time, error) {
	mark, err := g.store.Watermark(ctx, g.o.Source, alertStream)
	if err != nil {
		return mark, err
	}
	from := mark.Add(-history.Overlap)
	if mark.IsZero() {
		from = newest.Add(-g.o.Backfill)
	}
	for mark.Before(newest) {
		to := from.Add(history.Overlap + g.o.Chunk)
		if to.After(newest) {
			to = newest
		}
		if err := g.alertsOf(ctx, src, slo.Interval{From: from, To: to}); err != nil {
			return mark, fmt.Errorf("gather alerts of %s: %w", g.o.Source, err)
		}
		if to.Before(newest) {
			g.o.Metrics.reached(g.o.Source, alertStream, to)
		}
		mark, from = to, to.Add(-history.Overlap)
	}
	return mark, nil
}

// alertsOf stores the alert history of a window, and that it was read.
func (g *Gatherer) alertsOf(ctx context.Context, src collector.Source, window slo.Interval) error {
	r, err := pipeline.Read(ctx, src, pipeline.Options{
		Window: window, Now: g.o.Now(), RuleFiles: g.o.RuleFiles, ReplicaLabels: g.o.ReplicaLabels,
	})
	b := history.Batch{Source: g.o.Source, Stream: alertStream, Watermark: window.To}
	switch {
	case errors.Is(err, collector.ErrNoData): // before the source's time
	case err != nil:
		return err
	default:
		b.Alerts = &history.Alerts{
			Window: r.Window, Reach: r.Reach, Route: r.Info.Route, Episodes: r.Episodes,
			Rules: r.Rules, RulesKnown: r.RulesKnown, Spells: r.Spells, HealthKnown: r.HealthKnown,
		}
		for _, w := range r.Info.Warnings {
			g.log.WarnContext(ctx, "the source warned; what it gave may be partial", "warning", w)
		}
	}
	return g.store.Commit(ctx, b)
}
