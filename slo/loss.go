package slo

import (
	"fmt"
	"slices"
	"time"
)

// Loss is a loss incident: an interval in which an SLO lost budget, or one that
// somebody declared. It is the truth that alerts are judged by.
type Loss struct {
	Interval
	ID     string // the SLO's ID and the start; stable while the data are
	SLO    string // SLO.ID; empty for a declared one that names none
	Bad    float64
	Total  float64
	Share  float64 // of the window's budget, in [0,∞)
	Peak   float64 // highest burn rate of a step
	PeakAt time.Time
}

// LossOptions say what counts as a loss.
type LossOptions struct {
	// Burn is the burn rate above which a step loses budget; 0 means 1, the
	// rate that spends exactly the budget.
	Burn float64
	// Share is the least share of the window's budget that a loss costs; 0
	// means 1%.
	Share float64
	// Merge joins losses that lie no further apart; 0 means ten minutes.
	Merge time.Duration
	// Exclusions do not count: a step that begins in one loses nothing.
	Exclusions []Interval
}

func (o LossOptions) excludes(t time.Time) bool {
	return slices.ContainsFunc(o.Exclusions, func(x Interval) bool { return x.Contains(t) })
}

func (o LossOptions) withDefaults() LossOptions {
	if o.Burn == 0 {
		o.Burn = 1
	}
	if o.Share == 0 {
		o.Share = 0.01
	}
	if o.Merge == 0 {
		o.Merge = 10 * time.Minute
	}
	return o
}

// Losses finds the loss incidents in the steps of an SLI: the longest runs of
// steps that burned faster than the set rate, joined when close, that cost at
// least the set share of the budget. The budget is that of the SLO's window at
// the steps' mean traffic. Steps that nobody looked at neither begin nor end a
// loss.
func (s SLO) Losses(steps *Steps, o LossOptions) []Loss {
	o = o.withDefaults()
	budget := s.windowBudget(steps)
	if budget <= 0 {
		return nil
	}
	var out []Loss
	for i, total := range steps.Total {
		if total <= 0 || steps.Bad[i]/total/s.Budget() < o.Burn || steps.Bad[i] == 0 || o.excludes(steps.at(i)) {
			continue
		}
		at := Interval{From: steps.at(i), To: steps.at(i + 1)}
		if n := len(out); n > 0 && at.From.Sub(out[n-1].To) <= o.Merge {
			out[n-1].To = at.To
		} else {
			out = append(out, Loss{Interval: at, SLO: s.ID()})
		}
		out[len(out)-1].note(at.From, steps.Bad[i]/total/s.Budget())
	}
	return s.weigh(out, steps, budget, o)
}

// note remembers the worst step.
func (l *Loss) note(at time.Time, burn float64) {
	if burn > l.Peak {
		l.Peak, l.PeakAt = burn, at
	}
}

// weigh counts what each loss cost, the quieter steps within it included, and
// keeps those that cost enough.
func (s SLO) weigh(in []Loss, steps *Steps, budget float64, o LossOptions) []Loss {
	out := in[:0]
	for _, l := range in {
		for i := steps.index(l.From); i < steps.Len() && steps.at(i).Before(l.To); i++ {
			if o.excludes(steps.at(i)) {
				continue
			}
			l.Bad += steps.Bad[i]
			l.Total += steps.Total[i]
		}
		l.Share = l.Bad / budget
		l.ID = fmt.Sprintf("%s@%s", l.SLO, l.From.UTC().Format(time.RFC3339))
		if l.Share >= o.Share {
			out = append(out, l)
		}
	}
	return out
}

// windowBudget is the bad events that the SLO's window allows at the mean
// traffic of the steps that are known.
func (s SLO) windowBudget(steps *Steps) float64 {
	total, known := 0.0, 0
	for i, n := range steps.Total {
		total += n
		if steps.Known[i] {
			known++
		}
	}
	if known == 0 {
		return 0
	}
	perStep := total / float64(known)
	window := s.Window.Whole(steps.Interval().To).Duration()
	return perStep * (window.Seconds() / steps.Step.Seconds()) * s.Budget()
}
