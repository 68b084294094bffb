// Package exposition shows the latest results of burnish as Prometheus metrics:
// budgets and burn rates of SLOs, how noisy each rule is and how well it tells of
// incidents, the figures of the alarm standards, what was found, and how well the
// data behind all that is known.
//
// An [Exporter] is a prometheus.Collector over a [Snapshot], which the daemon swaps
// whenever it has a newer one; a scrape never waits for a refresh. Every figure is a
// gauge over the window of the report. What is not known has no series: zero would
// be a claim. The number of series is bounded by [Options], whatever labels the
// world holds, and what lies beyond a bound is summed up, never dropped silently.
// docs/metrics.md lists every metric; a test holds the page against [Metrics].
package exposition
