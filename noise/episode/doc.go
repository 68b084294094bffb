// Package episode rebuilds the episodes of alerts from the samples that
// Prometheus' rule engine leaves behind: ALERTS with its pending and firing
// series, and ALERTS_FOR_STATE.
//
// A [Builder] takes raw samples, staleness markers included, as a source
// streams them, and keeps only runs of them; [Builder.Episodes] then reads off
// each alert's life. It never fetches, never judges a rule, and never calls a
// hole in the samples an end where the evidence says that nobody looked.
package episode
