// Package overlap measures which rules say the same: how much of a rule's firing
// lies within another's, whether that is more than chance explains, and which
// comes first.
//
// [Measure] compares all pairs of rules in a [noise.History], joined on the
// labels that they share, and gives a [Result] with significant pairs only: raw
// containment is never shown by itself. It proposes nothing and is pure.
package overlap
