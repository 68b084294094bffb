package tune

import (
	"math"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// grade is how well a candidate catches an incident: not at all, too late, or in
// time, with the chance that it would have caught another one like it, in
// 250ths, on top of inTime.
type grade uint8

const (
	missed grade = iota
	late
	inTime
)

// gradeOf is the grade of an incident caught in time.
func gradeOf(chance float64) grade {
	return inTime + grade(math.Round(min(1, max(0, chance))*250))
}

// chance is that another incident like it is caught.
func (g grade) chance() float64 {
	if g < inTime {
		return 0
	}
	return float64(g-inTime) / 250
}

// candidate is one form of a rule and what it does in each block of the history.
type candidate struct {
	change  Change
	today   bool
	outside []int32 // by block
	inside  []int32 // by block
	grades  []grade // by place in the menu's incidents
	strict  float64 // how far the threshold is from today's, in scales
}

// menu is the forms that a rule could take; the first is as it is today.
type menu struct {
	incidents  []int // places of the incidents that concern it
	candidates []candidate
	silent     bool  // no episode at all
	unproven   bool  // no incident speaks for or against it: only what is safe is offered
	deletion   int   // the candidate that takes the rule out, at the end of the list; 0 where there is none
	plain      int   // the candidate that only drops labels; 0 where there is none
	within     []int // rules that fire whenever this one does
	reach      []int // receivers, by their places among all
	group      int   // rules of one group look at the same metric
}

// history is what menus are made over.
type history struct {
	options   ChooseOptions
	policy    Policy // as applied
	incidents []noise.Incident
	blocks    []slo.Interval
	limits    []time.Time // by incident: by when it has to be caught; zero where nobody catches it today
}

// warm is how long rules run before a block counts.
const warm = 8 * time.Hour

// menu lists what a rule could become.
func (h *history) menu(s Subject) (menu, error) {
	var m menu
	for v, view := range s.Views {
		if v > 0 && len(s.ValueLabels) > 0 && !h.options.may(RemedyLabel) {
			break
		}
		if err := h.look(&m, s, v, view); err != nil {
			return m, err
		}
	}
	if h.options.may(RemedyDelete) {
		m.candidates = append(m.candidates, h.deletion(m))
	}
	h.restrict(&m, s)
	if last := len(m.candidates) - 1; m.candidates[last].change.Delete {
		m.deletion = last
	}
	m.plain = max(0, slices.IndexFunc(m.candidates, func(c candidate) bool { return slices.Equal(c.change.Remedies, []Remedy{RemedyLabel}) }))
	first := m.candidates[0]
	m.silent = sum(first.outside)+sum(first.inside) == 0
	return m, nil
}

// restrict leaves a rule that nothing is known of only what is safe without
// truth: to bridge gaps, and to wait a little. That no incident has concerned it
// yet does not tell that its alerts are needless.
func (h *history) restrict(m *menu, s Subject) {
	known := slices.ContainsFunc(m.incidents, func(i int) bool { return h.block(i) >= 0 })
	if h.options.Judged && (known || h.policy == Aggressive) {
		return
	}
	m.unproven = true
	patience := h.patience()
	m.candidates = slices.DeleteFunc(m.candidates, func(c candidate) bool {
		wait := c.change.Shape.For - s.Rule.For
		return !c.today && !c.change.Delete && (slices.Contains(c.change.Remedies, RemedyThreshold) ||
			wait < 0 || wait > patience || c.change.Shape.KeepFiringFor < s.Rule.KeepFiringFor)
	})
}

func (h *history) deletion(m menu) candidate {
	return candidate{
		change:  Change{Delete: true, Remedies: []Remedy{RemedyDelete}},
		outside: make([]int32, len(h.blocks)), inside: make([]int32, len(h.blocks)),
		grades: make([]grade, len(m.incidents)), strict: math.Inf(1),
	}
}

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
	}
	for i := range l.c.Fors {
		for j := range l.c.Keeps {
			for k := range l.thresholds {
				if c := l.candidate(m, i, j, k); place == 0 || !c.today {
					m.candidates = append(m.candidates, c)
				}
			}
		}
	}
	at := max(0, slices.IndexFunc(m.candidates, func(c candidate) bool { return c.today }))
	m.candidates[0], m.candidates[at] = m.candidates[at], m.candidates[0]
	return nil
}

// compute runs the engine over each block.
func (l *sighting) compute() error {
	for _, block := range l.h.blocks {
		g := l.view.Samples.Grid
		from := min(max(0, g.Slot(block.From.Add(-warm))), g.Slots)
		to := min(max(from, g.Slot(block.To)), g.Slots)
		s, err := Outcomes(l.view.Samples.Slice(from, to), l.c, Options{
			Incidents: l.h.incidents, Lead: l.h.options.Lead, Window: block, Levels: 2, Also: l.thresholds,
		})
		if err != nil {
			return err
		}
		l.surfaces = append(l.surfaces, s)
	}
	return nil
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
	c := candidate{outside: make([]int32, len(l.h.blocks)), inside: make([]int32, len(l.h.blocks))}
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
	}
	c.grades = make([]grade, len(m.incidents))
	for n, incident := range m.incidents {
		c.grades[n] = l.grade(incident, i, j, k)
	}
	return c
}

// block is the block in which an incident begins; -1 where none has it.
func (h *history) block(incident int) int {
	return slices.IndexFunc(h.blocks, func(b slo.Interval) bool { return b.Contains(h.incidents[incident].From) })
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

func sum(n []int32) int {
	out := 0
	for _, v := range n {
		out += int(v)
	}
	return out
}
