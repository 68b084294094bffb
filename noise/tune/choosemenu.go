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
	outside []int32   // by block
	inside  []int32   // by block
	repeats []float64 // by block: notifications of episodes outside that go on
	grades  []grade   // by place in the menu's incidents
	strict  float64   // how far the threshold is from today's, in scales
}

// menu is the forms that a rule could take; the first is as it is today.
type menu struct {
	incidents  []int // places of the incidents that concern it
	candidates []candidate
	silent     bool          // no episode at all
	dead       bool          // it looks at series that do not exist
	heartbeat  bool          // it fires by design
	unproven   bool          // no incident speaks for or against it: only what is safe is offered
	sound      bool          // at least half of its episodes are about an incident
	thin       bool          // it told of nothing in time, but fired too little to be called useless
	deletion   int           // the candidate that takes the rule out, at the end of the list; 0 where there is none
	plain      int           // the candidate that only drops labels; 0 where there is none
	firing     time.Duration // as it is, summed over its alerts
	alerts     int           // how many of them ever fire
	within     []int         // rules that fire whenever this one does
	reach      []int         // receivers, by their places among all, and those who are woken as one more
	group      int           // rules of one group look at the same metric
}

// history is what menus are made over.
type history struct {
	options   ChooseOptions
	policy    Policy // as applied
	incidents []noise.Incident
	blocks    []slo.Interval
	limits    []time.Time // by incident: by when it has to be caught; zero where nobody catches it today
}

// repeatInterval is Alertmanager's default: an alert that goes on is told of
// again.
const repeatInterval = 4 * time.Hour

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
	m.earn()
	if last := len(m.candidates) - 1; m.candidates[last].change.Delete {
		m.deletion = last
	}
	m.plain = max(0, slices.IndexFunc(m.candidates, func(c candidate) bool { return slices.Equal(c.change.Remedies, []Remedy{RemedyLabel}) }))
	first := m.candidates[0]
	m.silent = sum(first.outside)+sum(first.inside) == 0
	m.dead = s.Views[0].Atom != Whole && len(s.Views[0].Samples.Series) == 0
	m.heartbeat = s.heartbeat()
	m.thin = h.thin(&m)
	m.sound = m.candidates[0].sound()
	return m, nil
}

func (h *history) deletion(m menu) candidate {
	return candidate{
		change:  Change{Delete: true, Remedies: []Remedy{RemedyDelete}},
		outside: make([]int32, len(h.blocks)), inside: make([]int32, len(h.blocks)), repeats: make([]float64, len(h.blocks)),
		grades: make([]grade, len(m.incidents)), strict: math.Inf(1),
	}
}

// block is the block in which an incident begins; -1 where none has it.
func (h *history) block(incident int) int {
	return slices.IndexFunc(h.blocks, func(b slo.Interval) bool { return b.Contains(h.incidents[incident].From) })
}

func sum(n []int32) int {
	out := 0
	for _, v := range n {
		out += int(v)
	}
	return out
}
