package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/slo"
)

// The streams whose watermarks a backfill moves: the daemon goes on from there.
const (
	alertStream = "alerts"
	sloStream   = "slos"
)

// longestBurn is the longest window of a burn rate that a report shows.
const longestBurn = 72 * time.Hour

type backfillFlags struct {
	source   sourceFlags
	window   windowFlags
	piece    string
	sloFiles []string
}

func newHistoryBackfill(g *globals) *cobra.Command {
	var f backfillFlags
	cmd := &cobra.Command{
		Use: "backfill", Short: "Read a source's history into a store", Args: noArgs,
		Long: "Reads the alert history of a source, and the events of SLOs where there are any,\n" +
			"piece by piece into a history store, which is made where it is not there. Each\n" +
			"piece is stored whole or not at all; run it again to go on, or to read anew.",
		Example: "  burnish history backfill --prometheus.url http://localhost:9090 --history.url burnish.db --last 90d\n" +
			"  burnish report --history.url burnish.db",
		RunE: func(cmd *cobra.Command, _ []string) error { return g.backfill(cmd, &f) },
	}
	f.source.register(cmd.Flags())
	f.window.register(cmd.Flags(), "", "what the store lacks, or all there is")
	cmd.Flags().StringVar(&f.piece, "piece", "7d", "How much is read and stored at once, such as 1d.")
	cmd.Flags().StringArrayVar(&f.sloFiles, "slo.files", nil, "Glob of files with SLOs whose events are stored; may be repeated. Default: those of --config.file.")
	cmd.Flag("history.url").Usage = "The history store that is filled: " + urlHelp + "."
	cmd.Flags().Lookup("history.source").Hidden = true
	return cmd
}

func (g *globals) backfill(cmd *cobra.Command, f *backfillFlags) error {
	o := pipeline.Options{Now: time.Now()}
	if err := f.window.apply(&o); err != nil {
		return err
	}
	piece, err := model.ParseDuration(f.piece)
	if err != nil || time.Duration(piece) < time.Hour {
		return badUsage("--piece %q: want an hour at least, such as 1d", f.piece)
	}
	if f.source.history.url == "" {
		return badUsage("--history.url is needed: %s", urlHelp)
	}
	log, err := g.logger()
	if err != nil {
		return err
	}
	c, err := f.source.settings()
	if err != nil {
		return err
	}
	if len(c.Sources) == 0 {
		return badUsage("say where to read from: exactly one of --prometheus.url, --tsdb.path and --config.file")
	}
	if o.SLOs, err = g.specs(&f.source, f.sloFiles); err != nil {
		return err
	}
	b := &backfilling{log: log, piece: time.Duration(piece), o: o, name: c.Sources[0].Name}
	return g.runBackfill(cmd.Context(), f, c, b)
}

// runBackfill opens both ends and fills one from the other.
func (g *globals) runBackfill(ctx context.Context, f *backfillFlags, c *config.Config, b *backfilling) (err error) {
	b.o.RuleFiles, b.o.ReplicaLabels = c.Rules.Files, c.ReplicaLabels
	if b.src, err = openSource(c, b.log); err != nil {
		return err
	}
	defer func() { _ = b.src.Close() }()
	b.name = cmp.Or(b.name, b.src.Name())
	if b.store, err = openHistory(ctx, f.source.history.url, b.log, false); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.store.Close()) }()
	done := g.spin("reading history")
	err = b.run(ctx)
	done()
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(g.stderr, "stored %d episodes and the events of %d SLOs between %s and %s in %s\n",
		b.episodes, len(b.o.SLOs), b.window.From.Format(time.RFC3339), b.window.To.Format(time.RFC3339), b.store.Name())
	return nil
}

// backfilling reads a source into a store.
type backfilling struct {
	src   collector.Source
	store *history.Store
	log   *slog.Logger
	o     pipeline.Options
	piece time.Duration
	name  string // of the source, as the daemon calls it too

	window   slo.Interval
	episodes int
}

func (b *backfilling) run(ctx context.Context) error {
	if err := b.span(ctx); err != nil {
		return err
	}
	if err := b.events(ctx); err != nil {
		return err
	}
	found := false
	for from := b.window.From; from.Before(b.window.To); from = from.Add(b.piece) {
		w := slo.Interval{From: from, To: from.Add(b.piece)}
		if w.To.After(b.window.To) {
			w.To = b.window.To
		}
		err := b.alerts(ctx, w)
		if errors.Is(err, collector.ErrNoData) {
			continue // a quiet piece, or one from before the data
		}
		if err != nil {
			return err
		}
		found = true
	}
	if !found {
		return fmt.Errorf("%w: %s holds no alert history between %s and %s", collector.ErrNoData,
			b.src.Name(), b.window.From.Format(time.RFC3339), b.window.To.Format(time.RFC3339))
	}
	return nil
}

// span is what is to be read: what was asked for, else what the store lacks, else
// all that the source has.
func (b *backfilling) span(ctx context.Context) error {
	newest, err := b.src.Newest(ctx, b.o.Now)
	if err != nil {
		return err
	}
	b.window = b.o.Window
	if b.window.To.IsZero() || newest.Before(b.window.To) {
		b.window.To = newest
	}
	switch {
	case !b.window.From.IsZero():
	case b.o.Last > 0:
		b.window.From = b.window.To.Add(-b.o.Last)
	default:
		if b.window.From, err = b.begin(ctx); err != nil {
			return err
		}
	}
	if b.window.Empty() {
		return fmt.Errorf("%w: the newest sample of %s is of %s, before the window begins", collector.ErrNoData, b.src.Name(), newest.Format(time.RFC3339))
	}
	return nil
}

// begin is where a backfill goes on, or where the source's alert history begins.
func (b *backfilling) begin(ctx context.Context) (time.Time, error) {
	at, err := b.store.Watermark(ctx, b.name, alertStream)
	if err != nil || !at.IsZero() {
		return at.Add(-history.Overlap), err
	}
	o := b.o
	o.SLOs, o.Window, o.Last = nil, slo.Interval{To: b.window.To}, 0
	r, err := pipeline.Read(ctx, b.src, o)
	if err != nil {
		return time.Time{}, err
	}
	if r.Reach.Empty() {
		return b.window.To.Add(-b.piece), nil
	}
	return r.Reach.From, nil
}

// alerts stores what is known of the alerts in a window, read from some time
// before it.
func (b *backfilling) alerts(ctx context.Context, w slo.Interval) error {
	o := b.o
	o.SLOs, o.Window = nil, w
	if w.From.After(b.window.From) {
		o.Window.From = w.From.Add(-history.Overlap)
	}
	r, err := pipeline.Read(ctx, b.src, o)
	for _, warning := range r.Info.Warnings {
		b.log.Warn("the source warned; what is stored may be partial", "warning", warning)
	}
	if err != nil {
		return err
	}
	b.episodes += len(r.Episodes)
	return b.store.Commit(ctx, history.Batch{
		Source: b.name, Stream: alertStream, Watermark: w.To,
		Alerts: &history.Alerts{
			Window: r.Window, Reach: r.Reach, Route: r.Info.Route, Episodes: r.Episodes,
			Rules: r.Rules, RulesKnown: r.RulesKnown, Spells: r.Spells, HealthKnown: r.HealthKnown,
		},
	})
}

// events stores the events of the SLOs, from so long before the window that the
// budgets at its beginning are known too.
func (b *backfilling) events(ctx context.Context) error {
	for _, s := range b.o.SLOs {
		from := s.Window.At(b.window.From).From
		if early := b.window.From.Add(-longestBurn); early.Before(from) {
			from = early
		}
		if err := b.eventsOf(ctx, s, slo.Interval{From: from, To: b.window.To}); err != nil {
			return err
		}
	}
	return nil
}

func (b *backfilling) eventsOf(ctx context.Context, s slo.SLO, over slo.Interval) error {
	for from := over.From; from.Before(over.To); from = from.Add(b.piece) {
		w := slo.Interval{From: from, To: from.Add(b.piece)}
		if w.To.After(over.To) {
			w.To = over.To
		}
		groups, warnings, err := collector.ReadSLI(ctx, b.src, s, w)
		for _, warning := range warnings {
			b.log.Warn("the source warned; what is stored may be partial", "warning", warning)
		}
		if err != nil {
			return err
		}
		err = b.store.Commit(ctx, history.Batch{
			Source: b.name, Stream: sloStream, Watermark: w.To, Increments: history.IncrementsOf(s, w, groups),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
