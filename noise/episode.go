package noise

import (
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/slo"
)

// Episode is one continuous activity of one alert: one rule, one label set.
// Episodes of one label set never overlap. Times are evaluation times in UTC.
type Episode struct {
	Rule       string        // the alertname
	Group      string        // empty where the source can't tell
	File       string        // empty where the source can't tell
	Labels     labels.Labels // without alertname and alertstate
	ActiveAt   time.Time     // the expression became true
	FiredAt    time.Time     // pending became firing; zero if it never fired
	ResolvedAt time.Time     // first evaluation at which it is active no more; zero while open
	Certainty  Certainty
}

// Fired tells whether the alert ever fired; otherwise it was pending only.
func (e Episode) Fired() bool { return !e.FiredAt.IsZero() }

// Open tells whether the episode had not ended when it was last seen.
func (e Episode) Open() bool { return e.ResolvedAt.IsZero() }

// Firing is the time in which the alert fired; an open episode fires until now.
// It is empty for an episode that was pending only.
func (e Episode) Firing(now time.Time) slo.Interval {
	if !e.Fired() {
		return slo.Interval{}
	}
	if e.Open() {
		return slo.Interval{From: e.FiredAt, To: now}
	}
	return slo.Interval{From: e.FiredAt, To: e.ResolvedAt}
}

// Severity is the episode's severity label; empty where it has none.
func (e Episode) Severity() string { return e.Labels.Get("severity") }

// Edge says how well the time of an edge of an episode is known. It is a number
// because histories hold millions of them; in text it is its name.
type Edge uint8

// The certainties of an edge, from best to worst.
const (
	// EdgeUnsaid: the source says nothing of certainty and is taken at its word.
	EdgeUnsaid Edge = iota
	// EdgeExact: the source shows the very evaluation at which it happened.
	EdgeExact
	// EdgeWithinInterval: it happened after the evaluation before the given
	// time and no later than the given time. This is all that a source without
	// staleness markers can say of an end.
	EdgeWithinInterval
	// EdgeWithinGap: it happened in a hole in the samples that ends at the given
	// time, so nobody saw when.
	EdgeWithinGap
	// EdgeLost: the samples stop without a marker and do not come back in time
	// to be joined, so the pipeline went away; the given time is the first
	// evaluation that is missing.
	EdgeLost
	// EdgeCut: it lies outside the window that was read; the given time is the
	// nearest that was seen (for ActiveAt the value that Prometheus recorded).
	EdgeCut
	// EdgeOpen: it has not happened yet.
	EdgeOpen
	// EdgeNone: there is no such edge, as when an episode never fired.
	EdgeNone
)

// edgeNames are the names in the order of the constants.
func edgeNames() [8]string {
	return [8]string{"", "exact", "within_interval", "within_gap", "lost", "cut", "open", "none"}
}

// String is the edge's name as JSON has it; empty for EdgeUnsaid.
func (e Edge) String() string {
	names := edgeNames()
	if int(e) >= len(names) {
		return "unknown"
	}
	return names[e]
}

// MarshalText is String.
func (e Edge) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a name.
func (e *Edge) UnmarshalText(text []byte) error {
	for i, name := range edgeNames() {
		if name == string(text) {
			*e = Edge(i)
			return nil
		}
	}
	return fmt.Errorf("read the certainty of an edge: %.40q is none", text)
}

// Certainty says how well the edges of an episode are known, and what was
// papered over between them.
type Certainty struct {
	Active   Edge
	Fired    Edge
	Resolved Edge
	// Gaps counts the holes without a staleness marker that were bridged, and
	// Bridged is their length in all: failed or missed evaluations, restarts.
	Gaps    int
	Bridged time.Duration
	// Replicas is how many series said the same, 1 where there is no HA pair.
	Replicas int
	// Pipeline names the kinds of spell that an edge or a gap of the episode
	// falls into; empty where the pipeline was well or its health is unknown.
	Pipeline []SpellKind
}
