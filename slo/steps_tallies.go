package slo

import "time"

// StepReader answers for one SLI's [Steps] after another, as a [Ledger] would that was
// told of nothing else, and needs memory for one of them only. The zero value is ready
// for Read.
type StepReader struct {
	of   *Steps
	sums []entry // of the steps before each, and of all
}

// Read prepares the answers for some steps, as long as these do not change.
func (r *StepReader) Read(s *Steps) {
	var sum entry
	r.of, r.sums = s, append(r.sums[:0], sum)
	for i, total := range s.Total {
		sum.bad, sum.total = sum.bad+s.Bad[i], sum.total+total
		if s.Known[i] {
			sum.known++
		}
		r.sums = append(r.sums, sum)
	}
}

// Window is the tally of an interval. Time beyond the steps is not covered.
func (r *StepReader) Window(over Interval) Tally {
	out := Tally{Length: over.Duration()}
	over = over.Intersect(r.of.Interval())
	if over.Empty() {
		return out
	}
	from, to := r.upTo(over.From), r.upTo(over.To)
	out.Bad, out.Total = max(0, to.bad-from.bad), max(0, to.total-from.total)
	out.Covered = min(out.Length, time.Duration((to.known-from.known)*r.of.Step.Seconds()+0.5)*time.Second)
	return out
}

// running is the sums before an instant; of the steps that were looked at one may be
// there in part.
type running struct{ bad, total, known float64 }

// upTo takes what happened within a step as even.
func (r *StepReader) upTo(t time.Time) running {
	into := t.Sub(r.of.From)
	i := int(into / r.of.Step)
	low := r.sums[i]
	out := running{low.bad, low.total, float64(low.known)}
	if rest := into % r.of.Step; rest > 0 {
		high, share := r.sums[i+1], float64(rest)/float64(r.of.Step)
		out.bad += (high.bad - low.bad) * share
		out.total += (high.total - low.total) * share
		out.known += float64(high.known-low.known) * share
	}
	return out
}

// Without implements [Tallies].
func (r *StepReader) Without(over Interval, exclusions []Interval) Tally {
	if len(exclusions) == 0 {
		return r.Window(over)
	}
	var out Tally
	for _, piece := range over.Minus(exclusions) {
		out = out.plus(r.Window(piece))
	}
	return out
}
