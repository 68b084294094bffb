package slo

import (
	"slices"
	"time"
)

// Interval is a half-open stretch of time: From is in it, To is not. The zero
// Interval is empty.
type Interval struct {
	From, To time.Time
}

// Duration is the length of the interval, never negative.
func (i Interval) Duration() time.Duration {
	return max(0, i.To.Sub(i.From))
}

// Empty tells whether no instant lies in the interval.
func (i Interval) Empty() bool {
	return !i.From.Before(i.To)
}

// Contains tells whether t lies in the interval.
func (i Interval) Contains(t time.Time) bool {
	return !t.Before(i.From) && t.Before(i.To)
}

// Overlaps tells whether the two intervals share an instant.
func (i Interval) Overlaps(o Interval) bool {
	return !i.Intersect(o).Empty()
}

// Intersect is what both intervals share; it is empty where they share nothing.
func (i Interval) Intersect(o Interval) Interval {
	if o.From.After(i.From) {
		i.From = o.From
	}
	if o.To.Before(i.To) {
		i.To = o.To
	}
	if i.Empty() {
		return Interval{}
	}
	return i
}

// Before is the interval of the same length that ends where this one starts.
func (i Interval) Before() Interval {
	return Interval{From: i.From.Add(-i.Duration()), To: i.From}
}

// Minus is what is left of the interval without the others, in time order.
func (i Interval) Minus(others []Interval) []Interval {
	others = slices.Clone(others)
	slices.SortFunc(others, func(a, b Interval) int { return a.From.Compare(b.From) })
	var out []Interval
	rest := i
	for _, o := range others {
		cut := rest.Intersect(o)
		if cut.Empty() {
			continue
		}
		if left := (Interval{From: rest.From, To: cut.From}); !left.Empty() {
			out = append(out, left)
		}
		rest.From = cut.To
	}
	if !rest.Empty() {
		out = append(out, rest)
	}
	return out
}
