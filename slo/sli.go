package slo

import "time"

// SLI is how the events of a promise are counted. Its kinds are [Events],
// [Latency], [Probe], [Ratio] and [Slices]; each knows its own PromQL.
type SLI interface {
	// Counts is the PromQL that counts the events of the window that ends when
	// it is evaluated, summed by the labels. An SLI that knows only a ratio has
	// Total "" and Bad is the ratio.
	Counts(window time.Duration, by []string) Counts
	// Selectors are the raw series that the counts are made from, with what
	// each series counts. They are empty where the SLI is given as PromQL.
	Selectors() []Selector
}

// Counts is PromQL for the bad and all events of a window.
type Counts struct {
	Bad, Total string
}

// Role is what the events of a raw series are.
type Role int

// The roles of raw series.
const (
	RoleBad   Role = iota // a counter of bad events
	RoleGood              // a counter of good events
	RoleTotal             // a counter of all events
	RoleProbe             // a gauge: each sample is an event, good unless it is 0
	// RoleBuckets is a native histogram: the observations up to
	// Selector.Threshold are good, all are the total.
	RoleBuckets
)

// Selector is a vector selector of raw series and the role of their events.
type Selector struct {
	Expr      string // as in http_requests_total{code=~"5.."}
	Role      Role
	Threshold float64 // seconds, with RoleBuckets
}

// WindowPlaceholder stands for the window in the PromQL of a spec, as in
// rate(errors_total[$window]).
const WindowPlaceholder = "$window"

// Query is one side of a ratio of events: a vector selector of counters, or any
// PromQL with WindowPlaceholder that gives the events of the window or their
// rate. Exactly one is set.
type Query struct {
	Selector string
	Expr     string
}

// Events is a ratio of events: bad or good ones to all. Exactly one of Bad and
// Good is set.
type Events struct {
	Bad, Good, Total Query
}

// Latency is the share of observations of a histogram that took no longer than
// the threshold. For a classic histogram Good is the selector of the bucket, le
// included, and Total that of the count; for a native one Native is the
// histogram's selector, and Good and Total are empty.
type Latency struct {
	Good, Total string
	Native      string
	Threshold   time.Duration
}

// Probe is a gauge that is 1 while all is well and 0 while it is not; each of
// its samples is an event.
type Probe struct {
	Selector string
}

// Ratio is PromQL with WindowPlaceholder that gives a ratio in [0,1] and no
// count of events, so that every part of a window weighs the same.
type Ratio struct {
	Expr string
	Good bool // the ratio is of good events, not of bad ones
}

// Slices judges slices of time instead of events: a slice is good if at least
// Target of its events are. A slice without an event is unknown.
type Slices struct {
	Of     SLI
	Length time.Duration
	Target float64 // ratio in (0,1]
}
