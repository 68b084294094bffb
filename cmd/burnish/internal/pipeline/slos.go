package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
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
	// Judged is the time in which losses are looked for besides the SLO's own
	// window; it may be empty.
	Judged slo.Interval
	// Events asks to keep the events as well.
	Events bool
}

// Truth is what the events of SLOs tell of what really happened.
type Truth struct {
	Incidents []noise.Incident
	Watched   []truth.Watched
	Events    []Events // by group of an SLO; none where nobody asked for them
}

// Events are those of one group of an SLO.
type Events struct {
	SLO    slo.SLO
	Labels labels.Labels // whose they are
	Steps  *slo.Steps
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
	out, _, warnings, err = standing(ctx, src, slos, o)
	return out, warnings, err
}

// standing is how SLOs stand, and what their events tell of the judged time.
func standing(ctx context.Context, src collector.Source, slos []slo.SLO, o SLOOptions) (out report.SLOStatus, told Truth, warnings []string, err error) {
	out = report.SLOStatus{At: o.At.UTC(), Source: src.Name()}
	if o.At.IsZero() {
		if out.At, err = src.Newest(ctx, o.Now); err != nil {
			return out, told, nil, err
		}
	}
	coarse := len(slos) > manySLOs && !o.Judged.Empty()
	if coarse {
		out.At = out.At.Truncate(coarseStep)
	}
	at := statusAt{out.At, o, new(slo.StepReader)}
	for _, s := range slos {
		groups, warned, err := collector.ReadSLI(ctx, src, s, reach(s, out.At, o))
		warnings = append(warnings, warned...)
		if err != nil {
			return out, told, warnings, err
		}
		if len(groups) == 0 {
			out.Unknown = append(out.Unknown, s)
		}
		for _, g := range groups {
			if coarse {
				g.Steps = coarsen(g.Steps)
			}
			excluded, err := s.Excluded(g.Steps.Interval())
			if err != nil {
				return out, told, warnings, err
			}
			group := status(s, g, excluded, at)
			losses := named(s.Losses(g.Steps, slo.LossOptions{Exclusions: excluded}), g.Group)
			group.Losses = within(losses, group.Status.Window)
			out.Groups = append(out.Groups, group)
			told.take(s, g, within(losses, o.Judged))
			told.keep(s, g, o)
		}
	}
	return out, told, warnings, nil
}

// A report of more than manySLOs looks at their events in steps of coarseStep, as of
// the end of such a step, so that its windows end where steps do: a fifth of the work,
// and only the edges of losses and of time that nobody looked at are coarser.
const (
	manySLOs   = 1000
	coarseStep = 5 * time.Minute
)

// coarsen sums steps up. A coarse step is known where half of it is.
func coarsen(s *slo.Steps) *slo.Steps {
	if s.Step >= coarseStep || coarseStep%s.Step != 0 {
		return s
	}
	out := slo.NewSteps(s.Interval(), coarseStep)
	out.Notes = s.Notes
	known := make([]int, out.Len())
	offset := int(s.From.Sub(out.From) / s.Step)
	per := int(coarseStep / s.Step)
	for i, total := range s.Total {
		k := (i + offset) / per
		out.Bad[k] += s.Bad[i]
		out.Total[k] += total
		if s.Known[i] {
			known[k]++
		}
	}
	for k, n := range known {
		out.Known[k] = 2*n >= per
	}
	return out
}

// mostEvents bounds the groups whose events are kept: a month of minutes of one is
// 0.7 MB.
const mostEvents = 500

// keep keeps the events of one group of an SLO, where that is asked for.
func (t *Truth) keep(s slo.SLO, g collector.SLISteps, o SLOOptions) {
	if o.Events && len(t.Events) < mostEvents {
		t.Events = append(t.Events, Events{SLO: s, Labels: whose(s, g.Group), Steps: g.Steps})
	}
}

// whose is the labels of what an SLO's group is about.
func whose(s slo.SLO, group labels.Labels) labels.Labels {
	b := labels.NewBuilder(group)
	if s.Service != "" && group.Get("service") == "" {
		b.Set("service", s.Service)
	}
	return b.Labels()
}

// take adds what one group of an SLO tells.
func (t *Truth) take(s slo.SLO, g collector.SLISteps, losses []slo.Loss) {
	whose := whose(s, g.Group)
	t.Watched = append(t.Watched, truth.Watched{SLO: s.ID(), Labels: whose, Covered: g.Steps.Covered()})
	for _, l := range losses {
		burned := l.Share
		t.Incidents = append(t.Incidents, noise.Incident{
			Interval: l.Interval, ID: l.ID, SLO: s.ID(), Labels: whose, Burned: &burned,
		})
	}
}

// burnDownPieces are the pieces of a window in which a burn-down is drawn: half
// days of thirty days.
const burnDownPieces = 60

// reach is the time that has to be read for a status: the window, the longest
// burn rate, and the time in which losses are looked for.
func reach(s slo.SLO, at time.Time, o SLOOptions) slo.Interval {
	window := s.Window.At(at)
	for _, w := range o.BurnWindows {
		if from := at.Add(-w); from.Before(window.From) {
			window.From = from
		}
	}
	if !o.Judged.Empty() && o.Judged.From.Before(window.From) {
		window.From = o.Judged.From
	}
	return window
}

// statusAt is when and how a group is looked at.
type statusAt struct {
	at time.Time
	SLOOptions

	reader *slo.StepReader
}

// status tells how one group stands, from every step.
func status(s slo.SLO, g collector.SLISteps, excluded []slo.Interval, o statusAt) report.SLOGroup {
	o.reader.Read(g.Steps)
	st := s.StatusAt(o.reader, o.at, slo.StatusOptions{BurnWindows: o.BurnWindows, Exclusions: excluded})
	st.Source = slices.Clone(g.Steps.Notes)
	if o.Advise {
		st.Source = append(st.Source, lowTraffic(s, st)...)
	}
	return report.SLOGroup{
		SLO: s, Group: g.Group, Status: st, Exact: g.Exact,
		BurnDown: s.BurnDown(o.reader, st.Window, excluded, burnDownPieces),
	}
}

// within is the losses that touch the window.
func within(in []slo.Loss, window slo.Interval) []slo.Loss {
	var out []slo.Loss
	for _, l := range in {
		if l.Overlaps(window) {
			out = append(out, l)
		}
	}
	return out
}

// named is the losses, each named for its group.
func named(in []slo.Loss, group labels.Labels) []slo.Loss {
	for i := range in {
		if !group.IsEmpty() {
			in[i].ID += group.String()
		}
	}
	return in
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
