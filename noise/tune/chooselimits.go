package tune

import (
	"math"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// setLimits finds by when each incident is caught today, and by when it has to be.
// Where a catch that chance does not explain follows one that it does, that one
// counts: a rule that fires every hour anyway is no warning.
func (h *history) setLimits(subjects []Subject, w slo.Interval) error {
	h.limits = make([]time.Time, len(h.incidents))
	known := make([]time.Time, len(h.incidents))
	quiet := h.quiet(w)
	for _, s := range subjects {
		score, err := Tally(s.Views[0].Samples, s.shape(s.Views[0]), Options{Incidents: h.incidents, Lead: h.options.Lead, Window: w})
		if err != nil {
			return err
		}
		rate := float64(score.Outside) / max(1, quiet.Hours())
		for i, at := range score.CaughtAt {
			if at.IsZero() {
				continue
			}
			h.limits[i] = earlier(h.limits[i], at)
			if h.chance(s, i, at, rate) < credible {
				known[i] = earlier(known[i], at)
			}
		}
	}
	for i, at := range h.limits {
		if at.IsZero() {
			continue
		}
		if !known[i].IsZero() {
			at = known[i]
		}
		incident := h.incidents[i]
		if at.Before(incident.From) {
			at = incident.From
		}
		h.limits[i] = at.Add(h.options.later(incident.Duration()))
	}
	return nil
}

// credible is the chance under which a catch is taken to be one.
const credible = 0.05

// chance is how likely a rule would have begun to fire by an instant if it knew
// nothing of the incident: its needless episodes taken as a Poisson process, from
// where an episode counts as the onset. That it began early is luck too, so at
// least the time counts in which it would have been early.
func (h *history) chance(s Subject, incident int, at time.Time, perHour float64) float64 {
	all := s.Views[0].Samples.Series
	mine := 0
	for _, series := range all {
		if h.incidents[incident].Concerns(series.Labels) {
			mine++
		}
	}
	waited := h.options.Lead + max(h.options.LaterBy, at.Sub(h.incidents[incident].From))
	return 1 - math.Exp(-perHour*waited.Hours()*float64(mine)/float64(max(1, len(all))))
}

// quiet is the time in a window outside of all incidents.
func (h *history) quiet(w slo.Interval) time.Duration {
	taken := make([]slo.Interval, len(h.incidents))
	for i, incident := range h.incidents {
		taken[i] = incident.Interval
	}
	var out time.Duration
	for _, rest := range w.Minus(taken) {
		out += rest.Duration()
	}
	return out
}

// earlier is the earlier of two instants that are set.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
