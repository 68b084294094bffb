// Package burnrate turns budgets into alerts: policies of windows and factors,
// what they predict and what they would have done, and the recording and
// alerting rules that carry them out in Prometheus.
//
// It is pure: definitions and ledgers in, verdicts and rule text out. It never
// talks to a server, reads a file or asks the time.
package burnrate
