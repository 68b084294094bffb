package slo

import (
	"math"
	"time"
)

// Figure is a number that may be unknown.
type Figure struct {
	Value float64
	Known bool
}

// known is a figure that is known.
func known(v float64) Figure { return Figure{v, true} }

// Status is how an SLO stands at an instant.
type Status struct {
	At     time.Time
	Window Interval // what the tally is of
	Tally  Tally    // excluded time left out
	Source []string // notes on the data, in plain words

	ErrorRatio Figure // in [0,1]
	// BudgetRemaining is the share of the budget that is left: 1 untouched, 0
	// gone, below 0 overspent. It is weighted by events.
	BudgetRemaining Figure
	// EventsRemaining is the bad events that the window's traffic so far still
	// allows, and TimeRemaining the same as time of total outage at even traffic.
	EventsRemaining Figure
	TimeRemaining   Figure // seconds
	// Burn is the burn rate over each of the windows asked for.
	Burn map[time.Duration]Figure
	// Exhaustion is when the budget will be gone.
	Exhaustion Exhaustion
}

// Exhaustion is when the budget will be gone if errors and traffic go on as they
// did over Basis, given what leaves the window meanwhile. Low and High are the
// ends of a 95% interval, from the interval of the error ratio. What is not known
// does not come about within the window, or within what is left of a calendar
// unit.
type Exhaustion struct {
	Basis           time.Duration
	Known           bool   // the basis shows events, so that something can be foretold
	Gone            bool   // the budget is gone already
	Best, Low, High Figure // seconds from now
}

// StatusOptions say what a status tells.
type StatusOptions struct {
	// BurnWindows are the windows of burn rates.
	BurnWindows []time.Duration
	// Basis is the time from whose errors exhaustion is foretold; 0 means six
	// hours.
	Basis time.Duration
	// Exclusions do not count.
	Exclusions []Interval
}

// StatusAt tells how an SLO stands. It is pure: the tallies hold what is known.
func (s SLO) StatusAt(l Tallies, now time.Time, o StatusOptions) Status {
	if o.Basis == 0 {
		o.Basis = 6 * time.Hour
	}
	window := s.Window.At(now)
	out := Status{At: now, Window: window, Tally: l.Without(window, o.Exclusions), Burn: map[time.Duration]Figure{}}
	for _, w := range o.BurnWindows {
		out.Burn[w] = s.Burn(l.Without(Interval{From: now.Add(-w), To: now}, o.Exclusions))
	}
	if !out.Tally.Known() {
		return out
	}
	budget := s.Budget()
	ratio := out.Tally.ErrorRatio()
	left := 1 - ratio/budget
	out.ErrorRatio, out.BudgetRemaining = known(ratio), known(left)
	out.EventsRemaining = known(left * budget * out.Tally.Total)
	whole := s.Window.Whole(now)
	out.TimeRemaining = known(left * budget * whole.Duration().Seconds())
	out.Exhaustion = s.exhaustion(l, out, o)
	return out
}

// Burn is the burn rate of a tally: its error ratio in budgets.
func (s SLO) Burn(t Tally) Figure {
	if !t.Known() {
		return Figure{}
	}
	return known(t.ErrorRatio() / s.Budget())
}

// exhaustion foretells when the budget is gone.
func (s SLO) exhaustion(l Tallies, st Status, o StatusOptions) Exhaustion {
	out := Exhaustion{Basis: o.Basis, Gone: st.BudgetRemaining.Value <= 0}
	recent := l.Without(Interval{From: st.At.Add(-o.Basis), To: st.At}, o.Exclusions)
	out.Known = recent.Known() && recent.Covered > 0
	if out.Gone || !out.Known {
		return out
	}
	f := forecast{slo: s, ledger: l, status: st, options: o, perSecond: recent.Total / recent.Covered.Seconds()}
	low, high := wilson(recent.ErrorRatio(), recent.Total)
	out.Best, out.Low, out.High = f.after(recent.ErrorRatio()), f.after(high), f.after(low)
	return out
}

// wilson is the Wilson score interval at 95% of a ratio of n events, which may
// be fractions of events where they were extrapolated.
func wilson(r, n float64) (low, high float64) {
	z2 := wilsonZ * wilsonZ
	centre := (r + z2/(2*n)) / (1 + z2/n)
	half := wilsonZ / (1 + z2/n) * math.Sqrt(max(0, r*(1-r)/n+z2/(4*n*n)))
	return max(0, centre-half), min(1, centre+half)
}
