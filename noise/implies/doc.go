// Package implies proves from the text of two PromQL conditions that whenever
// one fires the other does too.
//
// What it can't prove it leaves open: "unknown" is not "no". It evaluates
// nothing and is pure.
package implies
