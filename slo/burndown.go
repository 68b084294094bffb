package slo

import "time"

// BurnDown is the share of the budget that was left at the ends of n even pieces
// of the window. It begins at 1, which is not among the figures; its end, where it
// is known, is [Status.BudgetRemaining] of the same window. The budget is what the
// events of the whole window allow, so that a bad event costs the same whenever it
// comes. A piece that nobody looked at is not known; what is found later to have
// happened in it shows in the pieces after it. Exclusions cost nothing.
func (s SLO) BurnDown(l Tallies, window Interval, exclusions []Interval, n int) []Figure {
	out := make([]Figure, n)
	all := l.Without(window, exclusions)
	if !all.Known() {
		return out
	}
	budget := s.Budget() * all.Total
	last := Interval{From: window.From, To: window.From}
	looked := true
	for i := range out {
		last = Interval{From: last.To, To: window.From.Add(portion(window.Duration(), i+1, n))}
		piece := l.Without(last, exclusions)
		// Of an excluded piece there is nothing to know: it stays as it was.
		looked = piece.Covered > 0 || piece.Length == 0 && looked
		if looked {
			sofar := l.Without(Interval{From: window.From, To: last.To}, exclusions)
			out[i] = known(1 - min(sofar.Bad, all.Total)/budget)
		}
	}
	return out
}

// portion is i of n even parts of a duration, exact at i = n.
func portion(d time.Duration, i, n int) time.Duration {
	return d/time.Duration(n)*time.Duration(i) + d%time.Duration(n)*time.Duration(i)/time.Duration(n)
}
