package tune

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Options say what is counted and at which thresholds. The zero value counts
// episodes and firing time at every threshold that makes a difference.
type Options struct {
	// Incidents are the truth. One bears on an alert whose labels it concerns.
	Incidents []noise.Incident
	// Lead is how long before an incident an episode may begin, or have ended,
	// and still be about it.
	Lead time.Duration
	// Window restricts what is counted: episodes that begin to fire in it, firing
	// time in it, and the incidents that begin in it, as far as they show by its
	// end. Alerts run from the first slot on, so they are warm when it begins.
	// By default it is all of the grid.
	Window slo.Interval
	// Levels bounds the number of thresholds; 4,096 by default, 65,000 at most.
	// Where the samples have more distinct values, the thresholds are taken more
	// densely towards the firing side; each is exact, those between are not known.
	Levels int
	// Also are thresholds that have to be among the levels: today's, round ones.
	// They count over and above Levels, as far as 65,000 allow.
	Also []float64
}

// The bounds on levels: ranks are kept in 16 bits.
const (
	defaultLevels = 4096
	mostLevels    = 65_000
)

// slots is the window as slots [from, to).
func (o Options) slots(g Grid) (from, to int) {
	if o.Window.Empty() {
		return 0, g.Slots
	}
	from, to = g.Slot(o.Window.From), g.Slot(o.Window.To)
	return min(max(from, 0), g.Slots), min(max(to, 0), g.Slots)
}

// counts tells whether an incident is one of those that are counted.
func (o Options) counts(i noise.Incident) bool {
	return !i.Empty() && (o.Window.Empty() || o.Window.Contains(i.From))
}

// watch is an incident as slots: those in which an episode that catches it may
// begin, and those whose time up to the next slot overlaps it, lead included.
type watch struct {
	incident int
	onset    stretch
	overlap  stretch
}

// stretch is the slots [from, to).
type stretch struct{ from, to int }

func (s stretch) clip(o stretch) stretch {
	return stretch{max(s.from, o.from), min(s.to, o.to)}
}

func (s stretch) empty() bool { return s.from >= s.to }

// watches are the incidents that concern an alert, by place in o.Incidents. The
// overlap is given for those outside of the window too: an episode that meets
// one of them is not outside of incidents.
func (o Options) watches(g Grid, about labels.Labels) []watch {
	from, to := o.slots(g)
	all := stretch{from, to}
	var out []watch
	for i, incident := range o.Incidents {
		if incident.Empty() || !incident.Concerns(about) {
			continue
		}
		lead, end := incident.From.Add(-o.Lead), g.Slot(incident.To)
		w := watch{
			incident: i,
			onset:    stretch{g.Slot(lead), end}.clip(all),
			overlap:  stretch{g.Slot(lead.Add(1)) - 1, end}.clip(all),
		}
		if !o.counts(incident) {
			w.onset = stretch{}
		}
		out = append(out, w)
	}
	return out
}

// merge is the overlaps of watches as disjoint stretches in order.
func merge(watches []watch) []stretch {
	all := make([]stretch, 0, len(watches))
	for _, w := range watches {
		if !w.overlap.empty() {
			all = append(all, w.overlap)
		}
	}
	slices.SortFunc(all, func(a, b stretch) int { return a.from - b.from })
	out := all[:0]
	for _, s := range all {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Candidates are the rules to try: every threshold with every `for` and every
// keep_firing_for, none of which may be negative. There is at least one of each.
type Candidates struct {
	Op          Op
	Fors, Keeps []time.Duration
}

// Surface is the outcome of every threshold for each `for` and keep_firing_for.
type Surface struct {
	Candidates
	Grid      Grid
	Incidents []noise.Incident // as in the options
	levels    levels
	curves    []*Curve // of Fors[i] and Keeps[j] at i*len(Keeps)+j
}

// Curve is the outcomes for Fors[i] and Keeps[j] at all levels.
func (s *Surface) Curve(i, j int) *Curve { return s.curves[i*len(s.Keeps)+j] }

// Outcomes computes what a rule would have done, for each combination of `for`
// and keep_firing_for, at all thresholds at once. Op Present gives curves of a
// single level.
//
// It rests on threshold decomposition (Fitch, Coyle and Gallagher, IEEE Trans.
// ASSP 32(6), 1984): the alert's state machine only ever asks whether a value
// passes, so it can be run on the values' ranks once instead of on truth values
// for each threshold. With e the trailing minimum over `for`, m the trailing
// maximum over keep_firing_for, both of them with the slot itself, the level of
// firing at slot t is
//
//	f(t) = max(e(t), min(f(t-1), m(t)))
//
// and the alert fires at t for exactly the thresholds under f(t). It begins to
// fire at t for those from f(t-1) up to f(t). The time is linear in samples times
// combinations and does not depend on the number of thresholds.
func Outcomes(samples Samples, c Candidates, o Options) (*Surface, error) {
	if err := samples.Check(); err != nil {
		return nil, err
	}
	if !c.Op.known() {
		return nil, fmt.Errorf("compute outcomes: unknown comparison %q", c.Op)
	}
	if len(c.Fors) == 0 || len(c.Keeps) == 0 || slices.Min(c.Fors) < 0 || slices.Min(c.Keeps) < 0 {
		return nil, errors.New("compute outcomes: a `for` and a keep_firing_for of at least 0 are needed")
	}
	s := &Surface{Grid: samples.Grid, Candidates: c, Incidents: o.Incidents, levels: newLevels(samples, c.Op, o)}
	s.run(samples, o)
	return s, nil
}

// run spreads the series over as many workers as there are processors and adds
// up what they counted.
func (s *Surface) run(samples Samples, o Options) {
	p := newPlan(s, o)
	all := make([]*worker, max(1, workers(len(samples.Series))))
	forEach(len(all), func(i int) {
		all[i] = newWorker(p)
		for k := i; k < len(samples.Series); k += len(all) {
			all[i].add(samples.Series[k])
		}
	})
	sum := all[0]
	for _, w := range all[1:] {
		sum.merge(w)
	}
	s.curves = p.curves(sum)
}
