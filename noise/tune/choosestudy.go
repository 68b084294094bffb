package tune

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// study makes the menus over a stretch of the history.
func study(subjects []Subject, o ChooseOptions, w slo.Interval) (*history, []menu, error) {
	h := &history{options: o, incidents: o.Incidents, policy: o.Policy}
	starts := o.begins(w)
	last := w.From
	for k := 1; k < folds; k++ {
		if at := quantile(starts, w, float64(k)/folds); at.After(last) && at.Before(w.To) {
			h.blocks = append(h.blocks, slo.Interval{From: last, To: at})
			last = at
		}
	}
	h.blocks = append(h.blocks, slo.Interval{From: last, To: w.To})
	cut := make([]Subject, len(subjects))
	for i, s := range subjects {
		cut[i] = s.until(w.To)
	}
	var err error
	if h.limits, err = Limits(cut, o, w); err != nil {
		return nil, nil, err
	}
	if h.caught() < fewIncidents && h.policy == Balanced {
		h.policy = Conservative
	}
	menus := make([]menu, len(subjects))
	errs := make([]error, len(subjects))
	forEach(len(subjects), func(i int) { menus[i], errs[i] = h.menu(cut[i]) })
	group(subjects, menus)
	within(subjects, menus)
	reach(subjects, menus)
	return h, menus, errors.Join(errs...)
}

// folds is the number of blocks, fewIncidents how many have to be caught today
// for rules to stand in for one another.
const (
	folds        = 10
	fewIncidents = 5
)

// until is the subject without what comes later.
func (s Subject) until(t time.Time) Subject {
	s.Views = slices.Clone(s.Views)
	for i := range s.Views {
		g := s.Views[i].Samples.Grid
		s.Views[i].Samples = s.Views[i].Samples.Slice(0, min(max(0, g.Slot(t)), g.Slots))
	}
	return s
}

// later is how much later an incident of a length may be noticed.
func (o ChooseOptions) later(length time.Duration) time.Duration {
	return min(o.LaterBy, time.Duration(o.LaterShare*float64(length)))
}

// patience is how much later an alert may come that no incident speaks for: as
// much as an incident of the usual length allows.
func (h *history) patience() time.Duration {
	var lengths []time.Duration
	for i, incident := range h.incidents {
		if h.block(i) >= 0 {
			lengths = append(lengths, incident.Duration())
		}
	}
	if len(lengths) == 0 {
		return h.options.LaterBy
	}
	slices.Sort(lengths)
	return h.options.later(lengths[len(lengths)/2])
}

// group puts menus together whose rules look at the same metrics.
func group(subjects []Subject, menus []menu) {
	places := map[string]int{}
	for i, s := range subjects {
		key := strings.Join(s.Form.Metrics(), ",")
		at, seen := places[key]
		if !seen {
			at = len(places)
			places[key] = at
		}
		menus[i].group = at
	}
}

// reach numbers the receivers. A rule of which none is named reaches them all. To be
// woken is like one receiver more.
func reach(subjects []Subject, menus []menu) {
	var names []string
	for _, s := range subjects {
		names = append(names, s.Receivers...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for i, s := range subjects {
		for at, name := range names {
			if len(s.Receivers) == 0 || slices.Contains(s.Receivers, name) {
				menus[i].reach = append(menus[i].reach, at)
			}
		}
		if len(names) == 0 {
			menus[i].reach = []int{0}
		}
		if s.Wakes {
			menus[i].reach = append(menus[i].reach, max(1, len(names)))
		}
	}
}
