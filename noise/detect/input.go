package detect

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
)

// Input is all that is known of a window. Nil pointers and nil slices are what
// nobody looked at; an empty slice was looked at and held nothing. An Input is
// for one run: what is measured of it is kept with it.
type Input struct {
	History   noise.History
	Summary   noise.Summary
	Judgement *truth.Judgement
	Overlap   *overlap.Result
	Route     *route.Result

	Ranges     []Range
	Presence   []Presence
	Impossible []Impossible
	NearMisses []NearMiss
	Proofs     []Proof
	Silences   []noise.Silence
	// Suggestions are changes of the Alertmanager's configuration, each priced by
	// replaying the window with and without it.
	Suggestions []route.Suggestion

	measured *measured
}

// Range is where the left-hand side of a rule's comparison moves while nothing
// is wrong.
type Range struct {
	Rule      noise.RuleRef
	Operator  string // >, >=, < or <=
	Threshold float64
	// Quantiles of the samples while no incident ran, counted towards the firing
	// side: half of the samples lie on the quiet side of Q50, 99.9% on that of
	// Q999. For > they are the quantiles of that order, for < those of one minus
	// it.
	Q50, Q95, Q99, Q995, Q999 float64
	// Extreme is the value of the whole window, incidents included, that goes
	// furthest towards the firing side: the largest for >, the smallest for <.
	Extreme float64
	// Samples is how many the quantiles are of.
	Samples int
	// FiringShare is the share of the time without incidents that at least one
	// series lay on the firing side.
	FiringShare float64
	// IncidentsKnown tells that the time of incidents was left out; without it
	// all time was taken.
	IncidentsKnown bool
}

// Presence is whether the series that a silent rule reads were there.
type Presence struct {
	Rule             noise.RuleRef
	Selector, Metric string
	// MetricSeen tells whether any series of the metric's name was in the
	// window, Seen whether any that the selector matches.
	MetricSeen, Seen bool
	// LastSeen is when the selector last matched anything, as far back as was
	// looked; zero where it never did.
	LastSeen time.Time
	// Matcher is the one that alone makes the selector empty; empty where none
	// does alone.
	Matcher string
	// Suggestion is the nearest metric name, or value of the matcher's label,
	// that is there; empty where nothing is near.
	Suggestion string
	// Optional tells that the rule can fire although the selector finds nothing,
	// as inside absent() or on one side of or.
	Optional bool
}

// Impossible is a rule whose text says that it can't fire.
type Impossible struct {
	Rule   noise.RuleRef
	Reason string // one plain clause: "x > 5 and x < 3 are never both true"
}

// NearMiss is an incident that nobody was told of and that a rule would have
// caught, had it been a little different.
type NearMiss struct {
	Incident string // id
	Rule     noise.RuleRef
	Change   Change
	// From and To are the threshold, or the for in seconds, that is and that
	// would have caught it. Margin is how far they are apart, as a share of
	// From.
	From, To, Margin float64
}

// Change is what would have had to be different.
type Change string

// The changes.
const (
	ChangeThreshold Change = "threshold"
	ChangeFor       Change = "for"
)

// Proof says that whenever A fires, B fires too, whatever the data.
type Proof struct {
	A, B   noise.RuleRef
	Reason ProofReason
}

// ProofReason is why one rule implies another.
type ProofReason string

// The reasons.
const (
	ProofEqual     ProofReason = "equal"     // the same condition
	ProofThreshold ProofReason = "threshold" // A's limit lies beyond B's
	ProofMatchers  ProofReason = "matchers"  // A looks at some of B's series
	ProofFor       ProofReason = "for"       // A waits longer than B
)
