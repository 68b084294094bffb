package burnrate

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Counts are the events of an SLI over any window of the past.
type Counts interface {
	// Window counts the bad and all events of the window of length d that ends
	// at end. Where nobody looked, known is false.
	Window(end time.Time, d time.Duration) (bad, total float64, known bool)
}

// Firing is when one condition of a policy fired.
type Firing struct {
	Window slo.AlertWindow
	// Intervals are in time order. An open one ends when the evaluation does.
	Intervals []slo.Interval
}

// Span is what a policy is evaluated over: at From, then each Step until before
// To. The zero Step is not valid.
type Span struct {
	From, To time.Time
	Step     time.Duration
}

// Evaluate is what the conditions of a policy would have done: the intervals in
// which each fired, as Prometheus would have evaluated them, `for` included.
// The policy is taken as it is; see [Policy.Scaled]. Conditions are judged alone,
// so that slower ones fire beside faster ones. Where the events of a window are
// unknown, or none, the condition is not met.
func Evaluate(p Policy, objective float64, counts Counts, over Span) []Firing {
	out := make([]Firing, len(p.Windows))
	for i, w := range p.Windows {
		e := evaluation{policy: p, window: w, budget: round12(1 - objective), counts: counts}
		out[i] = Firing{Window: w, Intervals: e.run(over)}
	}
	return out
}

// Met tells whether a condition is met at an instant, apart from its `for`.
func Met(p Policy, w slo.AlertWindow, objective float64, counts Counts, at time.Time) bool {
	return evaluation{policy: p, window: w, budget: round12(1 - objective), counts: counts}.met(at)
}

type evaluation struct {
	policy Policy
	window slo.AlertWindow
	budget float64
	counts Counts
}

func (e evaluation) run(over Span) []slo.Interval {
	var out []slo.Interval
	var active time.Time
	firing := false
	for t := over.From; t.Before(over.To); t = t.Add(over.Step) {
		met := e.met(t)
		switch {
		case !met && firing:
			out[len(out)-1].To = t
			fallthrough
		case !met:
			active, firing = time.Time{}, false
			continue
		case active.IsZero():
			active = t
		}
		if !firing && t.Sub(active) >= e.window.For {
			firing = true
			out = append(out, slo.Interval{From: t, To: over.To})
		}
	}
	return out
}

func (e evaluation) met(at time.Time) bool {
	bad, total, known := e.counts.Window(at, e.window.Long)
	if !known || !(total > 0) || bad < e.policy.MinFailures {
		return false
	}
	ratio := min(1, bad/total)
	if e.policy.Confidence > 0 {
		ratio = WilsonLow(bad, total, e.policy.Confidence)
	}
	return e.over(ratio) && (e.window.Short == 0 || e.shortMet(at))
}

func (e evaluation) shortMet(at time.Time) bool {
	bad, total, known := e.counts.Window(at, e.window.Short)
	return known && total > 0 && e.over(min(1, bad/total))
}

func (e evaluation) over(ratio float64) bool {
	return round12(ratio/e.budget) >= e.window.Factor
}
