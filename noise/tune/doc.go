// Package tune finds better thresholds, `for` and `keep_firing_for` for a rule:
// the exact outcome of every threshold at once, and the choice among them that
// makes least noise and loses no incident.
//
// [Split] takes an expression apart into comparisons with constants ([Atom]) and
// says what to query for the values that are compared. Those values, on the
// rule's evaluation grid ([Samples]), go to [Outcomes], which gives a [Surface]:
// for each `for` and `keep_firing_for` a [Curve] over all thresholds. [Simulate]
// and [Tally] do the same for a single candidate, slot by slot.
//
// The package takes values, never queries anything itself, and reads no clock.
package tune
