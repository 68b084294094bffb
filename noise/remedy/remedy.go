package remedy

import (
	"cmp"
	"time"

	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// Kind is what is done about a rule.
type Kind string

// The remedies, the mildest first.
const (
	AsIs     Kind = "as_is"     // nothing
	Change   Kind = "change"    // another threshold, for or keep_firing_for, or a label less
	Inhibit  Kind = "inhibit"   // Alertmanager holds it back while another rule fires
	Severity Kind = "severity"  // it is seen, and wakes nobody
	BurnRate Kind = "burn_rate" // the burn-rate alerts of its service's SLOs take its place
	Delete   Kind = "delete"
)

// Waking tells whether an alert wakes somebody.
type Waking string

// The answers.
const (
	WakesUnknown Waking = ""
	Wakes        Waking = "wakes"
	WakesNobody  Waking = "wakes_nobody"
)

// Voice is whom alerts reach, and how.
type Voice struct {
	Receivers []string // empty means everybody
	Waking    Waking
}

// Lower is a severity that a rule could have instead of its own.
type Lower struct {
	From, To string
	Voice    Voice // with it
}

// Alerts are alerts that are not of a rule: a sample while one fires.
type Alerts struct {
	Samples tune.Samples
	Voice   Voice
}

// Instead is what would alert in a rule's place: the burn-rate alerts of SLOs.
type Instead struct {
	SLOs   []string // their ids
	Alerts []Alerts // by voice
	// Covered is when the events of all of them were counted.
	Covered []slo.Interval
	Note    string // what to know of it, as a sentence
}

// Rule is what is known of a subject besides its history.
type Rule struct {
	Voice   Voice
	Lower   *Lower   // nil where there is no lower one to give
	Instead *Instead // nil where there is no SLO of its service
}

// Case is what is compared. Rules are by subject, and so are the plan's.
type Case struct {
	Subjects []tune.Subject
	Plan     tune.Plan
	Rules    []Rule
	Choose   tune.ChooseOptions // as the plan was made with
	Options  Options
}

// Options are limits. The zero value of each field means its default.
type Options struct {
	// Least is how many needless notifications a week make a rule worth speaking
	// of, and how many fewer a remedy has to send to be better; 1.
	Least float64
	// Held is the share of a rule's needless episodes that an inhibition has to
	// hold back; 0.9.
	Held float64
	// Covered is the share of a part of the history in which an SLO's events have
	// to be known; 0.9.
	Covered float64
	// Most is how many rules are looked at, the noisiest; 100.
	Most int
}

func (o Options) withDefaults() Options {
	o.Least, o.Held, o.Covered, o.Most = cmp.Or(o.Least, 1), cmp.Or(o.Held, 0.9), cmp.Or(o.Covered, 0.9), cmp.Or(o.Most, 100)
	return o
}

// Figures are what a remedy comes to in a part of the history.
type Figures struct {
	Known    bool // else nothing can be said of this part, and the rest is zero
	Episodes int  // that people are told of
	// Notifications a week: one as an alert begins to fire and one for every
	// four hours that it goes on, as Alertmanager does by default, before
	// grouping. Pages are those that wake somebody; PagesKnown tells whether
	// anybody knows which do.
	Notifications, Pages float64
	PagesKnown           bool
	Outside              int // episodes outside incidents
	// Incidents concern the rule's alerts; InTime are those that the rule, or
	// what takes its place, tells of in time.
	Incidents, InTime int
	// Lost are the places of incidents that somebody is told of in time today and
	// nobody then, though somebody would be with the rule as it is or as it is
	// recommended. Fewer are those that fewer people are told of: a receiver is
	// left out, or nobody is woken who was.
	Lost, Fewer []int
	// Later is the median by which anybody is told later of what the rule tells
	// of today; nil where that is nothing.
	Later *time.Duration
}

// Row is one remedy.
type Row struct {
	Kind           Kind
	Train, HeldOut Figures
	// Change is that of the kinds Change and Delete. Whole tells that it was
	// chosen on all of the history, so that HeldOut is no proof of it. Of two
	// changes the one that is not is what was chosen on the first part alone.
	Change *tune.Change
	Whole  bool
	// Source is the place of the rule that inhibits, Inhibition the entry of
	// inhibit_rules, and Held the needless episodes in Train that it holds back.
	Source     int
	Inhibition *route.Inhibition
	Held       slo.Proportion
	Lower      *Lower
	Instead    *Instead
	// Barred says why it can't be the best, as a sentence; empty where it may be.
	Barred string
}

// Contest is the remedies of one rule.
type Contest struct {
	Subject int // place among the subjects
	Rows    []Row
	// Best is the row that costs people least of those that lose no incident on
	// either part. Planned is the row of what is recommended, -1 where none is.
	Best, Planned int
	Needless      float64 // notifications a week while no incident is under way, as it is
}
