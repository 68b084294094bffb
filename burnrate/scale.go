package burnrate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/slo"
)

// Period is the length by which burn rates of an SLO window are measured. A
// calendar window has that of its longest instance.
func Period(w slo.Window) time.Duration {
	switch w.Calendar {
	case slo.CalendarDay:
		return day
	case slo.CalendarWeek:
		return 7 * day
	case slo.CalendarMonth:
		return 31 * day
	case slo.CalendarQuarter:
		return 92 * day
	case slo.CalendarYear:
		return 366 * day
	}
	return w.Rolling
}

// Terms are what a policy is fitted to.
type Terms struct {
	Objective float64       // ratio in (0,1)
	Period    time.Duration // of the SLO
	// Shortest is the least window that means anything: two scrapes and two
	// evaluations.
	Shortest time.Duration
}

func (t Terms) budget() float64 { return round12(1 - t.Objective) }

// humane are the lengths that shrunk windows are rounded to.
var humane = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 20 * time.Minute,
	30 * time.Minute, 45 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour,
	8 * time.Hour, 12 * time.Hour, 18 * time.Hour, day, 36 * time.Hour, 2 * day, 3 * day,
}

// nearest is the humane length that is nearest to d by ratio.
func nearest(d time.Duration) time.Duration {
	distance := func(h time.Duration) float64 { return math.Abs(math.Log(h.Seconds() / d.Seconds())) }
	return slices.MinFunc(humane, func(a, b time.Duration) int {
		if distance(a) < distance(b) {
			return -1
		}
		return 1
	})
}

const (
	// shrinkBelow is the share of BookPeriod under which windows shrink with
	// the period: kept as they are, their factors would fall under 1.
	shrinkBelow = 0.9
	// leastLong is the shortest long window, so that a page rests on more than
	// a moment.
	leastLong = 5 * time.Minute
	// reach is the error ratio at which a condition fires at the latest.
	reach = 0.8
)

// Scaled fits the policy to another SLO window and objective. Each condition
// keeps the share of the budget at which it fires; see [FactorFor]. What can't
// be kept is changed or left out, and the notes say what and why:
//
//   - A period much shorter than BookPeriod shrinks the windows, else the slow
//     conditions would fire while the budget is kept.
//   - A factor under 1 is raised to 1 for the same reason.
//   - A factor that a total outage doesn't reach is lowered.
//   - A condition that a faster one always precedes is left out.
func (p Policy) Scaled(t Terms) (Policy, []string) {
	var notes []string
	var out []slo.AlertWindow
	for _, w := range p.Windows {
		scaled := p.scale(w, t)
		fitted, note := fit(scaled, t)
		if note != "" {
			notes = append(notes, fmt.Sprintf("%s: %s", Tier(w), note))
		}
		if fitted.Factor == 0 {
			continue
		}
		out = append(out, fitted)
	}
	out, dropped := withoutDominated(out)
	notes = append(notes, dropped...)
	if t.Period < time.Duration(shrinkBelow*float64(BookPeriod)) {
		notes = append(notes, fmt.Sprintf("the windows are shrunk to an SLO window of %s, each at the same share of the budget", length(t.Period)))
	}
	p.Windows = out
	return p, notes
}

// scale keeps the budget share of a condition in another period.
func (p Policy) scale(w slo.AlertWindow, t Terms) slo.AlertWindow {
	share := BudgetShare(w.Factor, w.Long, BookPeriod)
	k := t.Period.Seconds() / BookPeriod.Seconds()
	if k < shrinkBelow {
		w.Long = max(nearest(time.Duration(k*float64(w.Long))), leastLong, 2*t.Shortest)
		if w.Short > 0 {
			w.Short = max(nearest(w.Long/12), t.Shortest)
		}
		w.For = time.Duration(k * float64(w.For)).Round(time.Minute)
	}
	w.Factor = round12(FactorFor(share, w.Long, t.Period))
	return w
}

// fit makes sure that a condition can fire, and only when the budget is at risk.
// A factor of 0 leaves the condition out.
func fit(w slo.AlertWindow, t Terms) (slo.AlertWindow, string) {
	switch {
	case w.Factor < 1:
		note := fmt.Sprintf("the factor %s is raised to 1, since under 1 the budget is kept", number(round6(w.Factor)))
		w.Factor = 1
		return w, note
	case w.Factor*t.budget() < 1:
		return w, ""
	}
	low := math.Floor(reach/t.budget()*10) / 10
	if low < 1 {
		note := fmt.Sprintf("left out, since at an objective of %s not even a total outage burns %s times too fast",
			percent(t.Objective), number(round6(w.Factor)))
		w.Factor = 0
		return w, note
	}
	note := fmt.Sprintf("the factor %s is lowered to %s, since a total outage burns only %s times too fast",
		number(round6(w.Factor)), number(low), number(round6(1/t.budget())))
	w.Factor = low
	return w, note
}

// withoutDominated leaves out what always starts after a faster condition of no
// lower factor and the same or a higher severity: such a condition adds nothing.
func withoutDominated(all []slo.AlertWindow) ([]slo.AlertWindow, []string) {
	var out []slo.AlertWindow
	var notes []string
	for _, w := range all {
		i := slices.IndexFunc(out, func(o slo.AlertWindow) bool {
			atLeast := o.Severity == slo.SeverityPage || o.Severity == w.Severity
			return atLeast && o.Long <= w.Long && o.Short <= w.Short && o.For <= w.For && o.Factor <= w.Factor
		})
		if i >= 0 {
			notes = append(notes, fmt.Sprintf("%s: left out, since %s always fires before it", Tier(w), Tier(out[i])))
			continue
		}
		out = append(out, w)
	}
	return out, notes
}

// For is the policy of an SLO, fitted to it: its own windows where it has any,
// else the policy that it names. The notes say what was changed and what to
// know. An unknown name is an error that lists the names there are.
func For(s slo.SLO, shortest time.Duration) (Policy, []string, error) {
	p, ok := PolicyNamed(s.Alerting.Policy)
	if !ok {
		return Policy{}, nil, fmt.Errorf("find policy %q of SLO %s: there are %s", s.Alerting.Policy, s.ID(), policyNames())
	}
	t := Terms{Objective: s.Objective, Period: Period(s.Window), Shortest: shortest}
	var notes []string
	if len(s.Alerting.Windows) > 0 {
		p.Name, p.Title = "custom", "The windows of the SLO"
		p.Windows, notes = checked(s.Alerting.Windows, t)
	} else {
		p, notes = p.Scaled(t)
	}
	if s.Alerting.MinFailures > 0 {
		p.MinFailures = s.Alerting.MinFailures
	}
	p.Windows = slices.DeleteFunc(slices.Clone(p.Windows), func(w slo.AlertWindow) bool {
		return w.Severity == slo.SeverityPage && s.Alerting.Page.Disabled || w.Severity == slo.SeverityTicket && s.Alerting.Ticket.Disabled
	})
	return p, notes, nil
}

// checked takes custom windows as they are, without those that can't fire.
func checked(in []slo.AlertWindow, t Terms) (out []slo.AlertWindow, notes []string) {
	for _, w := range in {
		name := Tier(w)
		switch {
		case w.Factor <= 0 || w.Long <= 0 || w.Short >= w.Long:
			notes = append(notes, name+": left out, since a window and a factor over 0 and a short window under the long one are needed")
			continue
		case w.Factor*t.budget() >= 1:
			notes = append(notes, fmt.Sprintf("%s: left out, since a total outage burns only %s times too fast and never reaches %s",
				name, number(round6(1/t.budget())), number(w.Factor)))
			continue
		case w.Factor < 1:
			notes = append(notes, fmt.Sprintf("%s: fires while the budget is kept, since its factor %s is under 1", name, number(round6(w.Factor))))
		}
		if least := min(w.Long, max(w.Short, t.Shortest)); w.Short > 0 && w.Short < least {
			notes = append(notes, fmt.Sprintf("%s: the short window is raised to %s, two scrapes and two evaluations", name, length(least)))
			w.Short = least
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b slo.AlertWindow) int { return cmp.Compare(a.Long, b.Long) })
	return out, notes
}

func policyNames() string {
	var names []string
	for _, p := range Policies() {
		names = append(names, p.Name)
	}
	return join(names)
}

// Tier names a condition by its windows, as in 1h/5m.
func Tier(w slo.AlertWindow) string {
	if w.Short == 0 {
		return length(w.Long)
	}
	return length(w.Long) + "/" + length(w.Short)
}

func length(d time.Duration) string { return model.Duration(d).String() }
