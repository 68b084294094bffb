package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// SLOOptions say as of when SLOs are looked at.
type SLOOptions struct {
	// At is the instant; the zero value is the newest data before Now.
	At, Now time.Time
	// BurnWindows are the windows of burn rates.
	BurnWindows []time.Duration
	// Advise asks to say where one failure costs much of a budget.
	Advise bool
}

// DefaultBurnWindows are those of the Workbook's alerts.
func DefaultBurnWindows() []time.Duration {
	return []time.Duration{
		5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour,
	}
}

// SLOStatus counts the events of SLOs over their windows and tells how they
// stand, group by group in the order of the SLOs. Warnings are the source's.
func SLOStatus(ctx context.Context, src collector.Source, slos []slo.SLO, o SLOOptions) (out report.SLOStatus, warnings []string, err error) {
	out = report.SLOStatus{At: o.At.UTC(), Source: src.Name()}
	if o.At.IsZero() {
		if out.At, err = src.Newest(ctx, o.Now); err != nil {
			return out, nil, err
		}
	}
	for _, s := range slos {
		window := reach(s, out.At, o.BurnWindows)
		groups, warned, err := collector.ReadSLI(ctx, src, s, window)
		warnings = append(warnings, warned...)
		if err != nil {
			return out, warnings, err
		}
		if len(groups) == 0 {
			out.Unknown = append(out.Unknown, s)
		}
		for _, g := range groups {
			group, err := status(s, g, out.At, o)
			if err != nil {
				return out, warnings, err
			}
			out.Groups = append(out.Groups, group)
		}
	}
	return out, warnings, nil
}

// burnDownPieces are the pieces of a window in which a burn-down is drawn: half
// days of thirty days.
const burnDownPieces = 60

// reach is the time that has to be read for a status: the window, or the longest
// burn rate where that is longer.
func reach(s slo.SLO, at time.Time, burn []time.Duration) slo.Interval {
	window := s.Window.At(at)
	for _, w := range burn {
		if from := at.Add(-w); from.Before(window.From) {
			window.From = from
		}
	}
	return window
}

// status tells how one group stands, from a ledger that keeps every step.
func status(s slo.SLO, g collector.SLISteps, at time.Time, o SLOOptions) (report.SLOGroup, error) {
	all := g.Steps.Interval()
	ledger, err := slo.NewLedger([]slo.Tier{{Step: g.Steps.Step, Keep: all.Duration() + g.Steps.Step}})
	if err != nil {
		return report.SLOGroup{}, err
	}
	excluded, err := s.Excluded(all)
	if err != nil {
		return report.SLOGroup{}, err
	}
	ledger.Append(g.Steps)
	st := s.StatusAt(ledger, at, slo.StatusOptions{BurnWindows: o.BurnWindows, Exclusions: excluded})
	st.Source = slices.Clone(g.Steps.Notes)
	if o.Advise {
		st.Source = append(st.Source, lowTraffic(s, st)...)
	}
	return report.SLOGroup{
		SLO: s, Group: g.Group, Status: st, Exact: g.Exact,
		BurnDown: s.BurnDown(ledger, st.Window, excluded, burnDownPieces),
		Losses:   within(s.Losses(g.Steps, slo.LossOptions{}), st.Window, g.Group),
	}, nil
}

// within is the losses that touch the window, each named for its group.
func within(in []slo.Loss, window slo.Interval, group labels.Labels) []slo.Loss {
	var out []slo.Loss
	for _, l := range in {
		if !l.Overlaps(window) {
			continue
		}
		if !group.IsEmpty() {
			l.ID += group.String()
		}
		out = append(out, l)
	}
	return out
}

// lowTraffic says what one failure costs where that is much.
func lowTraffic(s slo.SLO, st slo.Status) []string {
	if st.Tally.Covered <= 0 || s.Alerting.MinFailures == 1 {
		return nil
	}
	perHour := st.Tally.Total / st.Tally.Covered.Hours()
	if note := burnrate.OneFailureNote(s.Objective, perHour, burnrate.Period(s.Window)); note != "" {
		return []string{note}
	}
	return nil
}
