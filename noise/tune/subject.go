package tune

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Whole stands for an atom's place where the whole expression is meant: there is
// no threshold, only `for` and keep_firing_for.
const Whole = -1

// View is one way to look at a rule: the values that one of its comparisons
// decides on, or the samples of the whole expression.
type View struct {
	Atom    int // place in Form.Atoms, or Whole
	Samples Samples
}

// Subject is a rule that may be changed, with its history.
type Subject struct {
	Rule noise.Rule
	Form Form
	// Views are what may be changed, one at a time: at least one. All have the
	// same grid.
	Views []View
	// ValueLabels are the rule's labels that hold the sample's value. The first
	// view is then the whole expression, set [Samples.Apart]; the others are what
	// may be changed once these labels are gone.
	ValueLabels []string
	// Receivers are whom its alerts reach; a rule may stand in for another only
	// where it reaches all of the other's. Empty means everybody.
	Receivers []string
	// Wakes tells whether its alerts wake somebody. An incident for which somebody
	// is woken today is one for which somebody still has to be.
	Wakes bool
	// Implies are the places of the subjects that fire, as they are today, for
	// the same thing whenever this one does: proven from the text of both.
	Implies []int
}

// shape is the rule as it is, seen through a view.
func (s Subject) shape(v View) Shape {
	out := Shape{For: s.Rule.For, KeepFiringFor: s.Rule.KeepFiringFor}
	if v.Atom != Whole {
		out.Op, out.Threshold = s.Form.Atoms[v.Atom].Op, s.Form.Atoms[v.Atom].Threshold
	}
	return out
}

// Policy is how much is risked for less noise.
type Policy string

// The policies.
const (
	// Conservative keeps every incident with the very rules that catch it today.
	Conservative Policy = "conservative"
	// Balanced keeps every incident with the set of rules.
	Balanced Policy = "balanced"
	// Aggressive asks for less margin and less redundancy.
	Aggressive Policy = "aggressive"
)

// Remedy is a kind of change.
type Remedy string

// The remedies.
const (
	RemedyThreshold Remedy = "threshold"
	RemedyFor       Remedy = "for"
	RemedyKeep      Remedy = "keep_firing_for"
	RemedyDelete    Remedy = "delete"
	// RemedyLabel takes away labels that hold the sample's value.
	RemedyLabel Remedy = "label"
)

// Remedies are all of them.
func Remedies() []Remedy {
	return []Remedy{RemedyThreshold, RemedyFor, RemedyKeep, RemedyLabel, RemedyDelete}
}

// ChooseOptions say what is asked of a choice. The zero value of each field but
// Window takes the default.
type ChooseOptions struct {
	// Window is the history: all of it.
	Window slo.Interval
	// Split parts it into what is chosen on and what it is proven on; by default
	// where 60% of the incidents have begun.
	Split time.Time
	// Incidents are the truth. Judged tells that they are complete, be there
	// none; else nothing that needs truth is proposed.
	Incidents []noise.Incident
	Judged    bool
	// Lead is how long before an incident an episode may begin and still be its
	// onset; 10 minutes.
	Lead time.Duration

	Policy Policy
	Only   []Remedy // all by default

	// Price is how many times the episodes outside incidents per incident that is
	// caught today a missed incident counts; by default it is found by
	// cross-validation.
	Price float64

	// LaterBy and LaterShare bound how much later than today an incident may be
	// noticed: by a duration (5 minutes) and by a share of its length (0.25).
	LaterBy    time.Duration
	LaterShare float64
	// LongestFor and LongestKeep bound what is tried; both one hour.
	LongestFor, LongestKeep time.Duration
}

func (o ChooseOptions) defaults() ChooseOptions {
	if o.Lead == 0 {
		o.Lead = 10 * time.Minute
	}
	if o.Policy == "" {
		o.Policy = Balanced
	}
	if len(o.Only) == 0 {
		o.Only = Remedies()
	}
	if o.LaterBy == 0 {
		o.LaterBy = 5 * time.Minute
	}
	if o.LaterShare == 0 {
		o.LaterShare = 0.25
	}
	if o.LongestFor == 0 {
		o.LongestFor = time.Hour
	}
	if o.LongestKeep == 0 {
		o.LongestKeep = time.Hour
	}
	return o
}

func (o ChooseOptions) may(r Remedy) bool { return slices.Contains(o.Only, r) }

// Change is a rule's new form. Where Delete is set nothing else counts.
type Change struct {
	Delete bool
	View   int // place in Subject.Views
	Shape  Shape
	// Written is the number to write in the place of the view's atom.
	Written float64
	// DropLabels are those of Subject.ValueLabels, where they go.
	DropLabels []string
	// Remedies are what it changes, in the order of [Remedies].
	Remedies []Remedy
}
