package tune

import (
	"math"
	"slices"
	"time"
)

// sighting is a view of a rule under work: the same thresholds in each block.
type sighting struct {
	h          *history
	s          Subject
	place      int
	view       View
	now        Shape
	c          Candidates
	thresholds []float64 // from today's on outwards; a single NaN where there is none
	written    []float64
	scale      float64 // a threshold's distance from ordinary values
	surfaces   []*Surface
	within     []time.Duration // by block: the time that incidents take up, summed over alerts
}

// look adds the candidates of a view.
func (h *history) look(m *menu, s Subject, place int, view View) error {
	l := &sighting{h: h, s: s, place: place, view: view, now: s.shape(view)}
	l.axes()
	if err := l.compute(); err != nil {
		return err
	}
	if m.incidents == nil {
		m.incidents = l.bearing()
		m.firing, m.alerts = l.firing(), l.alerts()
	}
	for i := range l.c.Fors {
		for j := range l.c.Keeps {
			l.rungs(m, i, j)
		}
	}
	at := max(0, slices.IndexFunc(m.candidates, func(c candidate) bool { return c.today }))
	m.candidates[0], m.candidates[at] = m.candidates[at], m.candidates[0]
	return nil
}

// rungs adds a candidate for each threshold; today's form only of the first view.
func (l *sighting) rungs(m *menu, i, j int) {
	for k := range l.thresholds {
		if c := l.candidate(m, i, j, k); l.place == 0 || !c.today {
			m.candidates = append(m.candidates, c)
		}
	}
}

// compute runs the engine over each block.
func (l *sighting) compute() error {
	for _, block := range l.h.blocks {
		g := l.view.Samples.Grid
		from := min(max(0, g.Slot(block.From.Add(-warm))), g.Slots)
		to := min(max(from, g.Slot(block.To)), g.Slots)
		samples := l.view.Samples.Slice(from, to)
		o := Options{Incidents: l.h.incidents, Lead: l.h.options.Lead, Window: block, Levels: 2, Also: l.thresholds}
		s, err := Outcomes(samples, l.c, o)
		if err != nil {
			return err
		}
		l.surfaces, l.within = append(l.surfaces, s), append(l.within, o.taken(samples))
	}
	return nil
}

// taken is the time that incidents take up, summed over alerts.
func (o Options) taken(s Samples) time.Duration {
	slots := 0
	for _, series := range s.Series {
		for _, m := range merge(o.watches(s.Grid, series.Labels)) {
			slots += m.to - m.from
		}
	}
	return time.Duration(slots) * s.Grid.Step
}

// firing is how long the rule fires as it is, summed over its alerts.
func (l *sighting) firing() time.Duration {
	var out time.Duration
	i, j := slices.Index(l.c.Fors, l.now.For), slices.Index(l.c.Keeps, l.now.KeepFiringFor)
	for b, s := range l.surfaces {
		out += s.Curve(i, j).At(l.level(b, 0)).Firing
	}
	return out
}

// alerts is how many of the rule's alerts ever fire as it is.
func (l *sighting) alerts() int {
	n := 0
	for _, s := range l.view.Samples.Series {
		if len(Simulate(l.view.Samples.Grid, s.Values, l.now)) > 0 {
			n++
		}
	}
	return n
}

// bearing are the incidents that concern one of the alerts.
func (l *sighting) bearing() []int {
	out := []int{}
	for i, incident := range l.h.incidents {
		if slices.ContainsFunc(l.view.Samples.Series, func(s Series) bool { return incident.Concerns(s.Labels) }) {
			out = append(out, i)
		}
	}
	return out
}

// level is a threshold's level in a block.
func (l *sighting) level(block, k int) int {
	if l.now.Op == Present {
		return 0
	}
	level, _ := l.surfaces[block].Level(l.thresholds[k])
	return level
}

func (l *sighting) candidate(m *menu, i, j, k int) candidate {
	n := len(l.h.blocks)
	c := candidate{outside: make([]int32, n), inside: make([]int32, n), repeats: make([]float64, n)}
	shape := Shape{Op: l.now.Op, Threshold: l.thresholds[k], For: l.c.Fors[i], KeepFiringFor: l.c.Keeps[j]}
	c.change = Change{View: l.place, Shape: shape, Written: l.written[k]}
	if l.now.Op == Present {
		c.change.Shape.Threshold = 0
	}
	if k != 0 {
		c.change.Remedies = append(c.change.Remedies, RemedyThreshold)
		c.strict = math.Abs(l.thresholds[k]-l.thresholds[0]) / l.scale
	}
	if shape.For != l.now.For {
		c.change.Remedies = append(c.change.Remedies, RemedyFor)
	}
	if shape.KeepFiringFor != l.now.KeepFiringFor {
		c.change.Remedies = append(c.change.Remedies, RemedyKeep)
	}
	if l.place > 0 && len(l.s.ValueLabels) > 0 {
		c.change.Remedies, c.change.DropLabels = append(c.change.Remedies, RemedyLabel), l.s.ValueLabels
	}
	c.today = len(c.change.Remedies) == 0
	for b, s := range l.surfaces {
		o := s.Curve(i, j).At(l.level(b, k))
		c.outside[b], c.inside[b] = int32(o.Outside), int32(o.Episodes-o.Outside)
		c.repeats[b] = l.repeats(o, b)
	}
	c.grades = make([]grade, len(m.incidents))
	for n, incident := range m.incidents {
		c.grades[n] = l.grade(incident, i, j, k)
	}
	return c
}

// repeats is how often episodes outside incidents are told of again: by their
// share of the episodes, but at least for all firing time that incidents have no
// room for.
func (l *sighting) repeats(o Outcome, b int) float64 {
	share := float64(o.Firing) * float64(o.Outside) / float64(max(1, o.Episodes))
	return max(share, float64(o.Firing-l.within[b])) / float64(repeatInterval)
}

// grade tells how well a candidate catches an incident. The chance is larger the
// more room there is: the incident would still be caught, at a threshold further
// out, and by a longer `for`.
func (l *sighting) grade(incident, i, j, k int) grade {
	b := l.h.block(incident)
	if b < 0 {
		return missed
	}
	at, ok := l.surfaces[b].Curve(i, j).Caught(incident, l.level(b, k))
	if !ok {
		return missed
	}
	limit := l.h.limits[incident]
	if limit.IsZero() || at.After(limit) {
		return late
	}
	chance := 0.4
	room, most := 0.0, 0.3
	for n := k + 1; n < len(l.thresholds); n++ {
		if _, ok := l.surfaces[b].Curve(i, j).Caught(incident, l.level(b, n)); !ok {
			break
		}
		room = math.Abs(l.thresholds[n]-l.thresholds[k]) / l.scale
	}
	if l.now.Op == Present {
		room = 0.3
	}
	chance += 0.3 * min(room, most) / most
	if n := l.longer(i); n > i {
		if _, ok := l.surfaces[b].Curve(n, j).Caught(incident, l.level(b, k)); ok {
			chance += 0.2
		}
	}
	return gradeOf(chance)
}

// longer is the first `for` that is half as long again, or the longest.
func (l *sighting) longer(i int) int {
	for n := i + 1; n < len(l.c.Fors); n++ {
		if l.c.Fors[n] >= l.c.Fors[i]+max(l.c.Fors[i]/2, l.view.Samples.Grid.Step) {
			return n
		}
	}
	return i
}
