package slo

import "time"

// Steps are the events of an SLI on an even grid: entry i is about the step that
// begins at From + i*Step. Bad and Total are counts, and may be fractions where
// PromQL extrapolated them. Where Known is false nobody looked: the step is
// neither good nor bad, though events that were found later may be counted in it.
type Steps struct {
	From  time.Time
	Step  time.Duration
	Bad   []float64
	Total []float64
	Known []bool
	// Notes say what had to be put right in the data, in plain words.
	Notes []string
}

// NewSteps is steps over an interval without an event, none of them known. The
// interval is widened to whole steps since the unix epoch.
func NewSteps(over Interval, step time.Duration) *Steps {
	from := over.From.UTC().Truncate(step)
	n := int((over.To.Sub(from) + step - 1) / step)
	return &Steps{
		From: from, Step: step,
		Bad: make([]float64, n), Total: make([]float64, n), Known: make([]bool, n),
	}
}

// Len is the number of steps.
func (s *Steps) Len() int { return len(s.Total) }

// Interval is what the steps cover.
func (s *Steps) Interval() Interval {
	return Interval{From: s.From, To: s.at(s.Len())}
}

func (s *Steps) at(i int) time.Time { return s.From.Add(time.Duration(i) * s.Step) }

// index is the step that holds t, clamped to the grid.
func (s *Steps) index(t time.Time) int {
	return min(max(int(t.Sub(s.From)/s.Step), 0), s.Len()-1)
}

// Slices judges slices of time: of each slice in which something happened, one
// event is counted, bad if fewer than target of its events were good. A slice
// that nobody looked at stays unknown. The slice's length is rounded down to
// whole steps, to one at least.
func (s *Steps) Slices(length time.Duration, target float64) *Steps {
	per := max(1, int(length/s.Step))
	out := NewSteps(s.Interval(), time.Duration(per)*s.Step)
	out.Notes = s.Notes
	for i := range s.Total {
		k := out.index(s.at(i))
		out.Bad[k] += s.Bad[i]
		out.Total[k] += s.Total[i]
		out.Known[k] = out.Known[k] || s.Known[i]
	}
	for k, total := range out.Total {
		if total <= 0 {
			out.Bad[k], out.Total[k] = 0, 0
			continue
		}
		bad := out.Bad[k]/total > 1-target+1e-12
		out.Bad[k], out.Total[k] = 0, 1
		if bad {
			out.Bad[k] = 1
		}
	}
	return out
}

// Covered is the time of the steps that somebody looked at, in time order.
func (s *Steps) Covered() []Interval {
	var out []Interval
	begun := -1
	for i, known := range s.Known {
		switch {
		case known && begun < 0:
			begun = i
		case !known && begun >= 0:
			out, begun = append(out, Interval{From: s.at(begun), To: s.at(i)}), -1
		}
	}
	if begun >= 0 {
		out = append(out, Interval{From: s.at(begun), To: s.at(s.Len())})
	}
	return out
}
