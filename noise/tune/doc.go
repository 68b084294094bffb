// Package tune finds better thresholds, `for` and `keep_firing_for` for a rule:
// the exact outcome of every threshold at once, and the choice among them that
// makes least noise and loses no incident.
//
// It takes the left-hand side of a rule over time as values, never queries
// anything itself, and reads no clock.
package tune
