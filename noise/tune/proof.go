package tune

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Side is what a rule, or all rules together, do in a stretch of time.
type Side struct {
	Episodes, Outside int
	Firing            time.Duration // summed over alerts
	// Incidents are those that concern an alert, Caught those at whose onset one
	// began to fire. Delays are from their start, 0 for before it, ascending.
	Incidents, Caught int
	Delays            []time.Duration

	bears []bool
	at    []time.Time
}

// Delay is the median of the delays; ok is false where nothing was caught.
func (s Side) Delay() (median time.Duration, ok bool) {
	if len(s.Delays) == 0 {
		return 0, false
	}
	return s.Delays[len(s.Delays)/2], true
}

// Sides compare today's rule with the changed one over the same time.
type Sides struct {
	Before, After Side
	// Lost are the places of the incidents that the one caught and the other
	// does not; Later is the median by which the others are caught later.
	Lost  []int
	Later time.Duration
}

// trial is a stretch of time over which figures are taken.
type trial struct {
	options ChooseOptions
	window  slo.Interval
}

// tally is what one form of a subject does.
func (t trial) tally(s Subject, c *Change) (Side, error) {
	view, shape := s.Views[0], s.shape(s.Views[0])
	switch {
	case c == nil:
	case c.Delete:
		return Side{bears: make([]bool, len(t.options.Incidents)), at: make([]time.Time, len(t.options.Incidents))}, nil
	default:
		view, shape = s.Views[c.View], c.Shape
	}
	score, err := Tally(view.Samples, shape, Options{Incidents: t.options.Incidents, Lead: t.options.Lead, Window: t.window})
	if err != nil {
		return Side{}, err
	}
	out := Side{Episodes: score.Episodes, Outside: score.Outside, Firing: score.Firing, bears: score.Bears, at: score.CaughtAt}
	return t.finish(out), nil
}

// finish counts what bears and what is caught.
func (t trial) finish(s Side) Side {
	s.Incidents, s.Caught, s.Delays = 0, 0, nil
	for i, at := range s.at {
		if s.bears[i] {
			s.Incidents++
		}
		if !at.IsZero() {
			s.Caught++
			s.Delays = append(s.Delays, max(0, at.Sub(t.options.Incidents[i].From)))
		}
	}
	slices.Sort(s.Delays)
	return s
}

// together is all rules as one.
func (t trial) together(sides []Side) Side {
	n := len(t.options.Incidents)
	out := Side{bears: make([]bool, n), at: make([]time.Time, n)}
	for _, s := range sides {
		out.Episodes += s.Episodes
		out.Outside += s.Outside
		out.Firing += s.Firing
		for i, at := range s.at {
			out.bears[i] = out.bears[i] || s.bears[i]
			if !at.IsZero() && (out.at[i].IsZero() || at.Before(out.at[i])) {
				out.at[i] = at
			}
		}
	}
	return t.finish(out)
}

// compare sets two sides beside each other.
func (t trial) compare(before, after Side) Sides {
	out := Sides{Before: before, After: after}
	var later []time.Duration
	for i := range before.at {
		switch a, b := after.at[i], before.at[i]; {
		case b.IsZero():
		case a.IsZero():
			out.Lost = append(out.Lost, i)
		default:
			from := t.options.Incidents[i].From
			later = append(later, max(0, a.Sub(from))-max(0, b.Sub(from)))
		}
	}
	if len(later) > 0 {
		slices.Sort(later)
		out.Later = later[len(later)/2]
	}
	return out
}

// sides are the figures of each rule, and of all together.
func (t trial) sides(subjects []Subject, changes []*Change) ([]Sides, Sides, error) {
	out := make([]Sides, len(subjects))
	before, after, errs := make([]Side, len(subjects)), make([]Side, len(subjects)), make([]error, len(subjects))
	forEach(len(subjects), func(i int) {
		if before[i], errs[i] = t.tally(subjects[i], nil); errs[i] != nil {
			return
		}
		after[i] = before[i]
		if changes[i] != nil {
			after[i], errs[i] = t.tally(subjects[i], changes[i])
		}
		out[i] = t.compare(before[i], after[i])
	})
	for _, err := range errs {
		if err != nil {
			return nil, Sides{}, err
		}
	}
	return out, t.compare(t.together(before), t.together(after)), nil
}
