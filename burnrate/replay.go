package burnrate

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Replay is what the alerts of a policy would have done as [Generate] writes them:
// as [Evaluate], but a slower condition is still about errors that a faster one
// fired about.
func Replay(p Policy, objective float64, counts Counts, over Span) []Firing {
	r := replaying{policy: p, states: make([]replayed, len(p.Windows))}
	out := make([]Firing, len(p.Windows))
	for i, w := range p.Windows {
		out[i].Window = w
		r.conditions = append(r.conditions, evaluation{policy: p, window: w, budget: round12(1 - objective), counts: counts})
		r.faster = append(r.faster, p.fasterThan(i))
	}
	for t := over.From; t.Before(over.To); t = t.Add(over.Step) {
		for i := range out {
			r.step(i, t, over.To, &out[i])
		}
	}
	return out
}

// fasterThan are the places of the conditions that keep one still.
func (p Policy) fasterThan(i int) []int {
	var out []int
	for n, f := range p.Windows[:i] {
		if f.Severity == slo.SeverityPage || f.Severity == p.Windows[i].Severity {
			out = append(out, n)
		}
	}
	return out
}

// replaying is the conditions of a policy side by side.
type replaying struct {
	policy     Policy
	conditions []evaluation
	faster     [][]int // by condition
	states     []replayed
}

// replayed is a condition as it goes.
type replayed struct {
	active time.Time // since when it is met; zero while it is not
	firing bool
	last   time.Time // when it last fired
}

func (r *replaying) step(i int, t, end time.Time, out *Firing) {
	s := &r.states[i]
	if !r.conditions[i].met(t) || r.told(i, t) {
		if s.firing {
			out.Intervals[len(out.Intervals)-1].To = t
		}
		s.active, s.firing = time.Time{}, false
		return
	}
	if s.active.IsZero() {
		s.active = t
	}
	if !s.firing && t.Sub(s.active) >= r.policy.Windows[i].For {
		s.firing = true
		out.Intervals = append(out.Intervals, slo.Interval{From: t, To: end})
	}
	if s.firing {
		s.last = t
	}
}

// told tells whether people know of the errors already: a faster condition fired
// within the time in which its windows remember them, or within that of this
// one's, and the errors do not go on.
func (r *replaying) told(i int, t time.Time) bool {
	if len(r.faster[i]) == 0 {
		return false
	}
	previous := forgets(r.policy.Windows[slices.Max(r.faster[i])])
	if r.firedWithin(i, t, previous) {
		return true
	}
	e := r.conditions[i]
	own := forgets(e.window)
	if own <= previous || !r.firedWithin(i, t, own) {
		return false
	}
	bad, total, known := e.counts.Window(t, previous)
	return !known || !(total > 0) || !e.over(min(1, bad/total))
}

func (r *replaying) firedWithin(i int, t time.Time, within time.Duration) bool {
	return slices.ContainsFunc(r.faster[i], func(n int) bool {
		last := r.states[n].last
		return !last.IsZero() && last.After(t.Add(-within))
	})
}
