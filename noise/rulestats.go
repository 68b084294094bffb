package noise

import (
	"cmp"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// RuleKey is what a rule is known by in a report. Where the rules in force are
// not known, Group and File are empty, and rules that share an alertname and a
// severity count as one.
type RuleKey struct {
	Name, Group, File string
	Severity          string // of its alerts; as written, for a rule that was silent
}

func (k RuleKey) compare(o RuleKey) int {
	return cmp.Or(
		cmp.Compare(k.Name, o.Name),
		cmp.Compare(k.Group, o.Group),
		cmp.Compare(k.Severity, o.Severity),
		cmp.Compare(k.File, o.File),
	)
}

// RuleStats is how noisy a rule was in a window. Counts are of firing starts,
// not of notifications.
type RuleStats struct {
	RuleKey
	Line int // of the rule in its file; 0 where unknown

	Episodes    int // began to fire in the window
	CarriedOver int // fired at the window's start already
	PendingOnly int // became active in the window and had not fired by its end
	PendingNow  int // those of PendingOnly that are still pending at the end
	OpenNow     int // fire at the window's end
	LabelSets   int // alerts (label sets) of it that were active

	Firing    time.Duration // within the window, summed over label sets
	AnyFiring time.Duration // within the window, at least one label set
	Longest   time.Duration // longest firing of one episode within the window

	// Duration is of the episodes that began and ended in the window and whose
	// two ends are known; Between is from start to start of one label set.
	Duration, Between Spread
	// Fleeting is the share, of the episodes that Duration counts, that fired
	// no longer than Options.Fleeting.
	Fleeting slo.Proportion
	// Refires is the share of starts that come no later than Options.Refire
	// after the known end of the episode before of the same label set.
	Refires slo.Proportion
	// PendingOnlyShare is the share of all activations that did not fire.
	PendingOnlyShare slo.Proportion
	// ShareOfAll is its share of the episodes of all rules.
	ShareOfAll slo.Proportion
	// Flapping is how many of its label sets started three times within
	// Options.FlapWithin.
	Flapping int

	// Touched counts the episodes, carried over ones included, in which the
	// pipeline had a hand: a bridged gap, or an edge in a spell.
	Touched int
	// Ends counts how well the ends of its firing episodes are known.
	Ends EdgeCounts

	Timeline Timeline
}

// EdgeCounts counts edges by how well they are known. An edge beyond the
// window's start counts as cut, one beyond its end as open.
type EdgeCounts struct {
	Exact, WithinInterval, WithinGap, Lost, Cut, Open int
}

func (c *EdgeCounts) add(e Edge) {
	switch e {
	case EdgeExact:
		c.Exact++
	case EdgeWithinInterval:
		c.WithinInterval++
	case EdgeWithinGap:
		c.WithinGap++
	case EdgeLost:
		c.Lost++
	case EdgeCut:
		c.Cut++
	case EdgeOpen:
		c.Open++
	case EdgeNone, EdgeUnsaid:
	}
}

func (c *EdgeCounts) sum(o EdgeCounts) {
	c.Exact += o.Exact
	c.WithinInterval += o.WithinInterval
	c.WithinGap += o.WithinGap
	c.Lost += o.Lost
	c.Cut += o.Cut
	c.Open += o.Open
}

// isKnown tells whether the time of an edge can be measured from. A source that
// says nothing of certainty is taken at its word.
func (e Edge) isKnown() bool {
	return e == EdgeExact || e == EdgeWithinInterval || e == EdgeUnsaid
}

// row gathers what becomes a RuleStats.
type row struct {
	RuleStats
	durations, between []int64
	spans              []span
	starts             []int
}

func (r *row) finish(b buckets, all int, o Options) RuleStats {
	s := r.RuleStats
	s.Duration, s.Between = spreadOf(r.durations), spreadOf(r.between)
	fleeting, _ := slices.BinarySearch(r.durations, o.Fleeting.Milliseconds()+1)
	s.Fleeting = slo.Proportion{Count: fleeting, Of: len(r.durations)}
	s.Refires.Of = s.Episodes
	s.PendingOnlyShare = slo.Proportion{Count: s.PendingOnly, Of: s.PendingOnly + s.Episodes}
	s.ShareOfAll = slo.Proportion{Count: s.Episodes, Of: all}
	disjoint := union(r.spans)
	r.spans = disjoint
	s.AnyFiring = length(disjoint)
	s.Timeline = Timeline{Step: b.step(), Starts: r.starts, Firing: b.shares(disjoint)}
	if s.Timeline.Starts == nil {
		s.Timeline.Starts = make([]int, b.n)
	}
	return s
}

// noisiest orders rules by how often they fired, then by how long.
func noisiest(a, b RuleStats) int {
	return cmp.Or(
		cmp.Compare(b.Episodes, a.Episodes),
		cmp.Compare(b.Firing, a.Firing),
		a.compare(b.RuleKey),
	)
}
