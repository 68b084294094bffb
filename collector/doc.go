// Package collector is not a prometheus.Collector: it is the only room that
// reads the outside world. Its adapters (promapi, tsdbdir) answer range
// queries, list the rules in force and stream alert history into the input
// types of slo and noise. It translates and never judges.
package collector
