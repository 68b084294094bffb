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

// Extras are what a report tells beside its own window. The zero value tells
// nothing more.
type Extras struct {
	// Earlier is the report whose advice is followed up.
	Earlier *report.Earlier
	// Past is a longer history, by which trends are shown.
	Past *report.Past
	// Trends are weeks that were counted before, in place of Past; nil for none.
	Trends *report.Trends
	// TeamLabel is the label whose value is an alert's team; "team" by default.
	// Team keeps to what is of one team.
	TeamLabel, Team string
}

// Past reads the alert history of the weeks that o.Weeks asks for, which end with
// the reading's window, and replays what was sent. It is nil where the source holds nothing of
// them. Silences that Alertmanager has forgotten count as not made.
func (r *Reading) Past(ctx context.Context, src collector.Source, o Options, by JudgeOptions) (*report.Past, error) {
	if o.Weeks <= 0 {
		return nil, nil
	}
	o.Window = slo.Interval{From: r.Window.To.Add(-time.Duration(o.Weeks) * 7 * 24 * time.Hour), To: r.Window.To}
	o.SLOs, o.Before = nil, false
	long, err := Read(ctx, src, o)
	if errors.Is(err, collector.ErrNoData) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the weeks before: %w", err)
	}
	cfg := by.Alertmanager
	if cfg == nil {
		cfg = route.Default()
	}
	sent := route.Replay(cfg, long.Episodes, route.Options{Window: long.Window, Silences: by.Silences, Paging: by.Paging})
	return &report.Past{History: long.History, Reach: long.Reach, Route: &sent}, nil
}
