// Package implies proves from the text of two PromQL conditions that whenever
// an alert of one fires, an alert of the other fires for the same thing.
//
// [Prove] judges two conditions, [Pairs] a whole rule set, [Normalise] gives the
// text by which expressions are compared, and [Impossible] and [Always] judge
// one expression alone.
//
// What it can't prove it leaves open: "unknown" is not "no". It evaluates
// nothing and is pure.
//
// A proof speaks of two rules that one Prometheus evaluates over the same
// samples. It takes for granted that neither evaluation hits a query limit, that
// the labels that a rule adds do not hide labels that tell its series apart, and
// that groups of one interval are evaluated at the same instants (in truth they
// may lie up to one interval apart).
package implies
