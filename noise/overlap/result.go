package overlap

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Options are the limits of what counts as overlap. The zero value of each field
// means its default.
type Options struct {
	Window slo.Interval  // by default the history's own
	Slot   time.Duration // resolution; 1 minute
	// Containment is the least share of a rule's firing that has to lie within
	// another's to call it redundant; 0.95.
	Containment float64
	// Lift is the least lift; 2.
	Lift float64
	// Support is the least number of separate clusters of starts; 5.
	Support int
	// FDR is the false-discovery rate over all pairs; 0.05.
	FDR float64
	// Storm is how close starts lie that count as one cluster; 10 minutes.
	Storm time.Duration
	// Cascade is how long after another rule a cascading one starts; 10 minutes.
	Cascade time.Duration
	// Shifts is how many circular shifts, evenly spread over the window, make the
	// null where the closed form of its mean does not serve; 4,000.
	Shifts int
	// Ignore names labels that say who is told rather than what it is about, so
	// that alerts are not joined on them; by default severity, priority, team,
	// owner, squad, receiver and channel. Static labels of known rules are never
	// joined on.
	Ignore []string
	// Limit is how many pairs are listed at most, the strongest; 10,000.
	Limit int
	// Precision tells how often a rule was right, in [0,1], where that is known.
	// It only chooses the name of a cluster; nil knows nothing.
	Precision func(noise.RuleKey) (share float64, known bool) `json:"-"`
}

// Result is what was found in a history.
type Result struct {
	Options  Options // as applied
	Compared int     // pairs of rules that fired and were compared
	Pairs    []Pair  // significant ones, the strongest relation first
	Clusters []Cluster
	// Untested counts directions of pairs that looked related and were left out
	// because there were too many of them; nothing is claimed of those.
	Untested int
	// Unlisted counts pairs beyond Options.Limit.
	Unlisted int
}

// Relation is what a pair of rules is to one another.
type Relation string

// The relations.
const (
	// Redundant: A fires only within B, is never first and never alone.
	Redundant Relation = "redundant"
	// Duplicate: A and B fire together, each within the other.
	Duplicate Relation = "duplicate"
	// Cascading: A starts soon after B.
	Cascading Relation = "cascading"
	// Together: more often at the same time than chance explains, and no more.
	Together Relation = "together"
)

// Pair is one rule, A, seen beside another, B. All figures are joined on the
// labels in On, so that only alerts about the same thing are compared.
type Pair struct {
	A, B     noise.RuleRef
	Relation Relation
	On       []string // labels that both carry, sorted; empty: as a whole

	Both, FiringA, FiringB time.Duration // summed over joined alerts
	Containment            float64       // Both / FiringA
	Jaccard                float64
	// Lift is Both over Expected, the firing time that the two would share by
	// chance. Expected is over all shifts, or where A starts while B fires more
	// often under shifts by whole days or weeks, raised by as much.
	Lift     float64
	Expected time.Duration
	P, Q     float64 // chance under the null; after false-discovery control

	// Starts are A's clusters of starts, and how many of them came while B fired;
	// After those of them that come within Cascade after a start of B. Median is
	// B's start to A's start, negative where A is first.
	Starts, After slo.Proportion
	Median        time.Duration
	// First counts A's clusters that began before any of B's, Alone those in
	// which B did not fire at all.
	First, Alone int
}

// Cluster is a set of rules that say the same, named by the member that comes
// first and is right most often.
type Cluster struct {
	Name    noise.RuleRef
	Members []noise.RuleRef // Name included, by key
}
