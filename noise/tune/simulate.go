package tune

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// Span is one firing episode as slots. Resolved is the number of slots where it
// still fires at the last one.
type Span struct {
	Active, Fired, Resolved int
}

// Simulate runs the alert state machine of Prometheus (rules/alerting.go,
// AlertingRule.Eval) over the values of one alert, slot by slot: an alert that is
// true becomes pending; it fires at the first slot at which it has been true for
// `for`; it ends at the first at which it is not true, or, once it fires, at which
// it has not been true for keep_firing_for. Episodes that never fire are left out.
// [Outcomes] gives the same for every shape at once.
func Simulate(g Grid, values []float64, shape Shape) []Span {
	var out []Span
	const quiet = -1
	active, fired, falseSince := quiet, quiet, quiet
	for t, v := range values {
		if !shape.Op.Holds(v, shape.Threshold) {
			if fired != quiet && falseSince == quiet {
				falseSince = t
			}
			if fired != quiet && time.Duration(t-falseSince)*g.Step < shape.KeepFiringFor {
				continue
			}
			if fired != quiet {
				out = append(out, Span{active, fired, t})
			}
			active, fired, falseSince = quiet, quiet, quiet
			continue
		}
		falseSince = quiet
		if active == quiet {
			active = t
		}
		if fired == quiet && time.Duration(t-active)*g.Step >= shape.For {
			fired = t
		}
	}
	if fired != quiet {
		out = append(out, Span{active, fired, len(values)})
	}
	return out
}

// Episode is the span as an episode of a rule, exact at both ends; it is open if
// it still fires at the last slot.
func (s Span) Episode(g Grid, rule noise.Rule, series Series) noise.Episode {
	e := noise.Episode{
		Rule: rule.Name, Group: rule.Group, File: rule.File, Labels: series.Labels,
		ActiveAt: g.At(s.Active), FiredAt: g.At(s.Fired), ResolvedAt: g.At(s.Resolved),
		Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact, Replicas: 1},
	}
	if s.Resolved >= g.Slots {
		e.ResolvedAt, e.Certainty.Resolved = time.Time{}, noise.EdgeOpen
	}
	return e
}

// Score is the outcome of one candidate and when it caught which incident.
type Score struct {
	Outcome
	// Caught is, by the incident's place in the options, when the first episode
	// that catches it began to fire; the zero time where none did.
	CaughtAt []time.Time
	// Bears tells which of the incidents the outcome counts.
	Bears []bool
}

// Tally scores a single candidate, episode by episode. It says the same as the
// curves of [Outcomes], and serves where there is one candidate only, as on
// held-out history.
func Tally(samples Samples, shape Shape, o Options) (Score, error) {
	if err := samples.Check(); err != nil {
		return Score{}, err
	}
	score := Score{CaughtAt: make([]time.Time, len(o.Incidents)), Bears: make([]bool, len(o.Incidents))}
	for _, series := range samples.Series {
		watches := o.watches(samples.Grid, series.Labels)
		for _, w := range watches {
			score.Bears[w.incident] = o.counts(o.Incidents[w.incident])
		}
		for _, span := range Simulate(samples.Grid, series.Values, shape) {
			score.add(samples.Grid, span, watches, o)
		}
	}
	for i, bears := range score.Bears {
		if bears {
			score.Incidents++
		}
		if !score.CaughtAt[i].IsZero() {
			score.Outcome.Caught++
		}
	}
	return score, nil
}

func (s *Score) add(g Grid, span Span, watches []watch, o Options) {
	from, to := o.slots(g)
	fires := stretch{span.Fired, span.Resolved}.clip(stretch{from, to})
	if !fires.empty() {
		s.Firing += time.Duration(fires.to-fires.from) * g.Step
	}
	if span.Fired < from || span.Fired >= to {
		return
	}
	s.Episodes++
	outside := true
	for _, w := range watches {
		outside = outside && fires.clip(w.overlap).empty()
		caught := &s.CaughtAt[w.incident]
		if at := g.At(span.Fired); span.Fired >= w.onset.from && span.Fired < w.onset.to && (caught.IsZero() || at.Before(*caught)) {
			*caught = at
		}
	}
	if outside {
		s.Outside++
	}
}
