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
	// Gathered is called after each round that brought something; it may be nil.
	Gathered func()
}

// Gatherer gathers from one source.
type Gatherer struct {
	o     Options
	store Store
	log   *slog.Logger
	away  time.Time // since when rounds fail; zero while they don't
}

// New makes a gatherer; Run lets it work.
func New(o Options, store Store) *Gatherer {
	return &Gatherer{o: o, store: store, log: o.Logger.With("component", "gather", "source", o.Source)}
}

// alertStream is the stream of watermarks of alert history.
const alertStream = "alerts"

// Run gathers at once and then on every interval, until ctx ends. What fails is
// told and tried again in the next round.
func (g *Gatherer) Run(ctx context.Context) {
	tick := time.NewTicker(g.o.Interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		g.settle(ctx, g.Round(ctx))
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
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

// Round reads what is new and stores it.
func (g *Gatherer) Round(ctx context.Context) error {
	src, err := g.o.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	newest, err := src.Newest(ctx, g.o.Now())
	if err != nil {
		return err
	}
	brought, err := g.alerts(ctx, src, newest)
	more, errSLOs := g.events(ctx, src, newest)
	if (brought || more) && g.o.Gathered != nil {
		g.o.Gathered()
	}
	return errors.Join(err, errSLOs)
}

// alerts stores alert history up to the newest data, chunk by chunk.
func (g *Gatherer) alerts(ctx context.Context, src collector.Source, newest time.Time) (brought bool, err error) {
	mark, err := g.store.Watermark(ctx, g.o.Source, alertStream)
	if err != nil {
		return false, err
	}
	from := mark.Add(-history.Overlap)
	if mark.IsZero() {
		from = newest.Add(-g.o.Backfill)
	}
	for at := mark; at.Before(newest); brought = true {
		to := from.Add(history.Overlap + g.o.Chunk)
		if to.After(newest) {
			to = newest
		}
		if err := g.alertsOf(ctx, src, slo.Interval{From: from, To: to}); err != nil {
			return brought, fmt.Errorf("gather alerts of %s: %w", g.o.Source, err)
		}
		g.o.Metrics.reached(g.o.Source, alertStream, to)
		at, from = to, to.Add(-history.Overlap)
	}
	return brought, nil
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
