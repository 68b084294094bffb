package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// Options says what to read of a source.
type Options struct {
	// Window is what to read; where it is the zero value, Last counts.
	Window slo.Interval
	// Last is how far back to look from the newest data; 0 means all there is.
	Last time.Duration
	// Before asks for the window before as well, for comparison.
	Before bool
	// Weeks is how many weeks back a report shows trends; 0 for none.
	Weeks int
	// Extras are what Report tells beside; Past comes of Weeks.
	Extras Extras
	// Now is the present.
	Now time.Time
	// RuleFiles are globs of rule files that are in force; where there are none
	// the source is asked.
	RuleFiles []string
	// ReplicaLabels tell the members of an HA pair apart.
	ReplicaLabels []string
	// SLOs are the promises that are looked at too, each over its own window as
	// it is at the end of the window that is read.
	SLOs []slo.SLO
	// Events asks to keep what the SLOs counted.
	Events bool
}

// Reading is what a source knows of a window.
type Reading struct {
	noise.History
	Source string
	// Previous is the window before; empty where it was not asked for or where
	// the history does not reach back over it.
	Previous slo.Interval
	// Reach is from the first to the last alert sample that was read.
	Reach slo.Interval
	// Newest is where the source's data end.
	Newest time.Time
	Info   collector.AlertsInfo
	// SLOs is how the promises stand that were asked for, and Truth what their
	// events tell of the window.
	SLOs  report.SLOStatus
	Truth Truth
}

// Read asks a source for the alert history of a window, the rules in force and
// the pipeline's health. Where the source holds nothing of the window at all it
// fails with collector.ErrNoData: no data is not the same as no alerts.
func Read(ctx context.Context, src collector.Source, o Options) (Reading, error) {
	r := Reading{Source: src.Name()}
	var err error
	if r.Newest, err = src.Newest(ctx, o.Now); err != nil {
		return r, err
	}
	if r.Window, err = window(o, r.Newest, src.Name()); err != nil {
		return r, err
	}
	if err := r.readRules(ctx, src, o); err != nil {
		return r, err
	}
	asked := r.Window
	if o.Before {
		asked.From = r.Window.Before().From
	}
	if recorded, ok := src.(collector.HistoryReader); ok {
		err := r.recall(ctx, src, recorded, asked, o)
		return r, err
	}
	var b episode.Builder
	if r.Info, err = src.Alerts(ctx, asked, &b); err != nil {
		return r, err
	}
	r.Reach, r.Markers = b.Reach(), r.Info.Route.Markers()
	r.Episodes = b.Episodes(episode.Options{
		Window: asked, DataEnd: r.Newest, Markers: r.Markers,
		ReplicaLabels: o.ReplicaLabels, Rules: r.Rules,
	})
	noise.Assign(r.Rules, r.Episodes)
	if err := r.readHealth(ctx, src, asked); err != nil {
		return r, err
	}
	err = r.finish(ctx, src, asked, o)
	return r, err
}

// finish is the rest of a reading, once its episodes and spells are known.
func (r *Reading) finish(ctx context.Context, src collector.Source, asked slo.Interval, o Options) error {
	slices.SortFunc(r.Episodes, noise.Compare)
	if o.Before && r.covers(asked) {
		r.Previous = r.Window.Before()
	}
	if err := r.check(); err != nil {
		return err
	}
	return r.readSLOs(ctx, src, o)
}

// readSLOs looks at the promises as they stand at the window's end, or at the
// newest data where that is before it.
func (r *Reading) readSLOs(ctx context.Context, src collector.Source, o Options) error {
	if len(o.SLOs) == 0 {
		return nil
	}
	at := r.Window.To
	if r.Newest.Before(at) {
		at = r.Newest
	}
	judged := r.Window
	if !r.Reach.Empty() && judged.From.Before(r.Reach.From) {
		judged.From = r.Reach.From // a window from the beginning of time
	}
	status, told, warnings, err := standing(ctx, src, o.SLOs, SLOOptions{At: at, Now: o.Now, BurnWindows: DefaultBurnWindows(), Judged: judged, Events: o.Events})
	r.SLOs, r.Truth, r.Info.Warnings = status, told, append(r.Info.Warnings, warnings...)
	return err
}

// window is what is read: what was asked for, or the last stretch of the data.
func window(o Options, newest time.Time, source string) (slo.Interval, error) {
	w := o.Window
	if w.To.IsZero() {
		w.To = newest
	}
	switch {
	case !w.From.IsZero():
	case o.Last == 0:
		w.From = time.Unix(0, 0)
	default:
		w.From = w.To.Add(-o.Last)
	}
	if w.Empty() {
		return w, fmt.Errorf("%w: the newest sample of %s is of %s, and the window begins at %s; look further back",
			collector.ErrNoData, source, newest.Format(time.RFC3339), w.From.Format(time.RFC3339))
	}
	return slo.Interval{From: w.From.UTC(), To: w.To.UTC()}, nil
}

// readRules takes the rules from the files that were given, else from the
// source; a source that does not list rules leaves them unknown.
func (r *Reading) readRules(ctx context.Context, src collector.Source, o Options) error {
	var err error
	if len(o.RuleFiles) > 0 {
		r.Rules, err = collector.ReadRuleFiles(o.RuleFiles)
		r.RulesKnown = err == nil
		return err
	}
	r.Rules, err = src.Rules(ctx)
	if errors.Is(err, collector.ErrRulesUnknown) {
		return nil
	}
	r.RulesKnown = err == nil && len(r.Rules) > 0
	return err
}

// readHealth asks for the pipeline's health from the first alert sample on; a
// window from the beginning of time would be too many steps otherwise.
func (r *Reading) readHealth(ctx context.Context, src collector.Source, asked slo.Interval) error {
	if r.Reach.From.After(asked.From) && asked.Duration() > maxHealth {
		asked.From = r.Reach.From
	}
	if asked.Duration() > maxHealth {
		asked.From = asked.To.Add(-maxHealth)
	}
	h, err := collector.ReadHealth(ctx, src, asked)
	if err != nil {
		return err
	}
	r.Spells, r.HealthKnown = h.Spells, h.Known
	r.Info.Warnings = append(r.Info.Warnings, h.Warnings...)
	noise.Blame(r.Episodes, r.Spells)
	return nil
}

// maxHealth is the longest window over which the pipeline's health is asked.
const maxHealth = 400 * 24 * time.Hour

// covers tells whether the alert samples reach back over a window, but for a
// tenth of it in which nothing may have been active.
func (r *Reading) covers(asked slo.Interval) bool {
	return !r.Reach.Empty() && r.Reach.From.Sub(asked.From) <= asked.Duration()/20
}

// check tells a source that knows nothing of the window from a quiet one: some
// alert sample, a rule in force, or the pipeline's own metrics must be there.
func (r *Reading) check() error {
	seen := slo.Interval{From: r.Window.From, To: r.Newest}
	if len(r.Episodes) > 0 || r.HealthKnown && !seen.Empty() || r.RulesKnown && !seen.Empty() {
		return nil
	}
	return fmt.Errorf("%w: %s holds no alert history between %s and %s; check the window, and that this server evaluates the alerting rules",
		collector.ErrNoData, r.Source, r.Window.From.Format(time.RFC3339), r.Window.To.Format(time.RFC3339))
}
