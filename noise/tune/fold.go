package tune

import (
	"math"
	"slices"
	"time"
)

// Fold joins the series that have the same labels, which are one alert: where
// several have a sample the first counts. It may share values with s, and leaves
// them as they are. Prometheus refuses a rule that gives one alert twice at an
// evaluation, so that happens only where the rule failed.
func (s Samples) Fold() Samples {
	out := Samples{Grid: s.Grid}
	place := make(map[string]int, len(s.Series))
	copied := map[int]bool{}
	for _, series := range s.Series {
		key := string(series.Labels.Bytes(nil))
		i, seen := place[key]
		if !seen {
			place[key] = len(out.Series)
			out.Series = append(out.Series, series)
			continue
		}
		into := &out.Series[i]
		if !copied[i] {
			into.Values, copied[i] = slices.Clone(into.Values), true
		}
		for t, v := range series.Values {
			if IsAbsent(into.Values[t]) {
				into.Values[t] = v
			}
		}
	}
	return out
}

// mostLanes bounds how many series Apart makes of one.
const mostLanes = 64

// Apart is the samples of a rule that has the value among its alerts' labels, so
// that each value is an alert of its own: as many series take turns as are needed
// for each stretch of one value to find a series that is quiet, and bears the
// labels without the value. keep is the rule's keep_firing_for; one over an hour
// of evaluations is cut short, and a value that comes back within it counts as a
// new alert.
func (s Samples) Apart(keep time.Duration) Samples {
	out := Samples{Grid: s.Grid}
	lanes := min(mostLanes, s.Grid.slots(keep)+2)
	for _, series := range s.Series {
		turns := make([][]float64, lanes)
		for i := range turns {
			turns[i] = slices.Repeat([]float64{Absent()}, len(series.Values))
		}
		turn, last := 0, Absent()
		for t, v := range series.Values {
			if !same(v, last) {
				turn, last = (turn+1)%lanes, v
			}
			turns[turn][t] = v
		}
		for _, values := range turns {
			out.Series = append(out.Series, Series{series.Labels, values})
		}
	}
	return out
}

// same tells whether two values make one label.
func same(a, b float64) bool {
	if IsAbsent(a) || IsAbsent(b) {
		return IsAbsent(a) && IsAbsent(b)
	}
	return a == b || math.IsNaN(a) && math.IsNaN(b)
}
