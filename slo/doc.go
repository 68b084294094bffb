// Package slo holds the promises of a service and the small vocabulary that
// every judgement of them needs: half-open intervals of time and proportions
// that carry their own uncertainty.
//
// It is pure: values in, values out. It never reads a clock, a file, the
// network or a global, and it imports no other room of this project.
package slo
