// Package truth judges alerts by what really happened: each rule by the loss
// incidents that were its to catch, each SLO by what it was told of, each
// incident by which alerts fired and in which order.
//
// [Judge] takes a [Case] (alert history and incidents) and gives a [Judgement].
// It claims nothing that has no denominator, it calls what no incident and no
// SLO can judge unjudged, never wrong, and it names no cause: signals are listed
// by their onset. It is pure and reads no clock.
package truth
