package tune

import (
	"math"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Limits are, by incident, by when it has to be told of in a window; the zero time
// where nobody tells of it today. That is no later than today by more than LaterBy
// and LaterShare. Where a catch that chance does not explain follows one that it
// does, that one counts as today's: a rule that fires every hour anyway is no
// warning.
func Limits(subjects []Subject, o ChooseOptions, w slo.Interval) ([]time.Time, error) {
	o = o.defaults()
	first, sure := make([]time.Time, len(o.Incidents)), make([]time.Time, len(o.Incidents))
	quiet := o.quiet(w).Hours()
	for _, s := range subjects {
		score, err := Tally(s.Views[0].Samples, s.shape(s.Views[0]), Options{Incidents: o.Incidents, Lead: o.Lead, Window: w})
		if err != nil {
			return nil, err
		}
		rate := float64(score.Outside) / max(1, quiet)
		for i, at := range score.CaughtAt {
			if at.IsZero() {
				continue
			}
			first[i] = earlier(first[i], at)
			if o.chance(s, i, at, rate) < credible {
				sure[i] = earlier(sure[i], at)
			}
		}
	}
	for i, at := range sure {
		if at.IsZero() {
			at = first[i]
		}
		if at.IsZero() {
			continue
		}
		from := o.Incidents[i].From
		if at.Before(from) {
			at = from
		}
		first[i] = at.Add(o.later(o.Incidents[i].Duration()))
	}
	return first, nil
}

// credible is the chance under which a catch is taken to be one.
const credible = 0.05

// chance is how likely a rule would have begun to fire by an instant if it knew
// nothing of the incident: its needless episodes taken as a Poisson process, from
// where an episode counts as the onset.
func (o ChooseOptions) chance(s Subject, incident int, at time.Time, perHour float64) float64 {
	all := s.Views[0].Samples.Series
	mine := 0
	for _, series := range all {
		if o.Incidents[incident].Concerns(series.Labels) {
			mine++
		}
	}
	waited := o.Lead + at.Sub(o.Incidents[incident].From)
	return 1 - math.Exp(-perHour*waited.Hours()*float64(mine)/float64(max(1, len(all))))
}

// quiet is the time in a window outside of all incidents.
func (o ChooseOptions) quiet(w slo.Interval) time.Duration {
	taken := make([]slo.Interval, len(o.Incidents))
	for i, incident := range o.Incidents {
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
