package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/slo"
)

// WeekByWeek counts the weeks that Past would tell of one after the other, so that no
// more than one of them is in memory, and can be broken off and gone on with.
type WeekByWeek struct {
	Until time.Time // the end of the last week
	Of    int       // how many weeks
	Done  []report.Week

	reach slo.Interval // of what was read
}

// lead is what is read before a week: the groups that Alertmanager has open when it
// begins, and what it sent about them.
const lead = 24 * time.Hour

// Count goes on until all weeks are counted or ctx ends. What was counted stays,
// whatever it returns.
func (w *WeekByWeek) Count(ctx context.Context, src collector.Source, o Options, by JudgeOptions) error {
	o.SLOs, o.Before, o.Weeks = nil, false, 0
	for len(w.Done) < w.Of {
		to := w.Until.Add(-time.Duration(w.Of-len(w.Done)-1) * 7 * 24 * time.Hour)
		o.Window = slo.Interval{From: to.Add(-7*24*time.Hour - lead), To: to}
		long, err := Read(ctx, src, o)
		switch {
		case errors.Is(err, collector.ErrNoData):
			long.History.Window = o.Window
		case err != nil:
			return fmt.Errorf("read the week until %s: %w", to.Format(time.RFC3339), err)
		case w.reach.Empty():
			w.reach = long.Reach
		case !long.Reach.Empty():
			w.reach.To = long.Reach.To
		}
		cfg := by.Alertmanager
		if cfg == nil {
			cfg = route.Default()
		}
		sent := route.Replay(cfg, long.Episodes, route.Options{Window: long.Window, Silences: by.Silences, Paging: by.Paging})
		past := report.Past{History: long.History, Reach: w.reach, Route: &sent}
		w.Done = append(w.Done, past.Weeks(nil)...)
	}
	return nil
}
