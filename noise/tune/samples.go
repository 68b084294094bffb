package tune

import (
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/burnish-sre/burnish/slo"
)

// Absent is the value that stands for "no sample at this evaluation". It is the
// staleness marker, so a NaN that was really measured stays one.
func Absent() float64 { return math.Float64frombits(value.StaleNaN) }

// IsAbsent tells whether a value stands for "no sample at this evaluation".
func IsAbsent(v float64) bool { return value.IsStaleNaN(v) }

// Grid is the evaluations of a rule: Slots of them, Step apart, the first at
// Start. Every slot is taken to have been evaluated; alerts are inactive before
// the first one.
type Grid struct {
	Start time.Time
	Step  time.Duration
	Slots int
}

// At is the time of a slot; slots outside the grid have one too.
func (g Grid) At(slot int) time.Time {
	return g.Start.Add(time.Duration(slot) * g.Step).UTC()
}

// Slot is the first slot at or after t; it may lie outside the grid.
func (g Grid) Slot(t time.Time) int { return int(ceilDiv(t.Sub(g.Start), g.Step)) }

// Span is the time that the grid covers: up to one step after the last slot.
func (g Grid) Span() slo.Interval { return slo.Interval{From: g.At(0), To: g.At(g.Slots)} }

// slots is how many further evaluations a duration takes, rounded up: `for` and
// keep_firing_for end at the first evaluation at which they are over.
func (g Grid) slots(d time.Duration) int { return int(ceilDiv(d, g.Step)) }

// ceilDiv is a/b rounded up, for b > 0.
func ceilDiv(a, b time.Duration) int64 {
	q := int64(a / b)
	if a%b > 0 {
		q++
	}
	return q
}

// Series is the values of one alert of a rule: one for each slot, [Absent] where
// there was no sample. Labels are those of the alert: the sample's without its
// name, with the rule's own on top.
type Series struct {
	Labels labels.Labels
	Values []float64
}

// Samples is the values of all alerts of a rule on its grid.
type Samples struct {
	Grid   Grid
	Series []Series
}

// maxSlots bounds a grid: ten years at one second would be more.
const maxSlots = 1 << 28

// Check tells what is wrong with the grid or the length of a series.
func (s Samples) Check() error {
	if s.Grid.Step <= 0 || s.Grid.Slots < 0 || s.Grid.Slots > maxSlots {
		return fmt.Errorf("check grid: step %s, %d slots", s.Grid.Step, s.Grid.Slots)
	}
	for i, series := range s.Series {
		if len(series.Values) != s.Grid.Slots {
			return fmt.Errorf("check series %d: %d values on a grid of %d slots", i, len(series.Values), s.Grid.Slots)
		}
	}
	return nil
}

// Slice is the samples of the slots [from, to), which share the values. A rule
// that is run over a slice starts inactive.
func (s Samples) Slice(from, to int) Samples {
	out := Samples{Grid: Grid{Start: s.Grid.At(from), Step: s.Grid.Step, Slots: to - from}}
	for _, series := range s.Series {
		out.Series = append(out.Series, Series{series.Labels, series.Values[from:to:to]})
	}
	return out
}

// Op is how a value is compared with the threshold, the value on the left.
type Op string

// The comparisons. Where the op is Present there is no threshold: the alert is
// active wherever there is a sample, as for a whole expression.
const (
	Present Op = ""
	Above   Op = ">"
	AtLeast Op = ">="
	Below   Op = "<"
	AtMost  Op = "<="
)

// Holds tells whether the comparison is true, as Prometheus has it: never for an
// absent value, never for NaN unless all that is asked is that there is a sample.
func (op Op) Holds(v, threshold float64) bool {
	switch op {
	case Above:
		return v > threshold
	case AtLeast:
		return v >= threshold
	case Below:
		return v < threshold
	case AtMost:
		return v <= threshold
	case Present:
		return !IsAbsent(v)
	}
	return false
}

func (op Op) known() bool {
	switch op {
	case Present, Above, AtLeast, Below, AtMost:
		return true
	}
	return false
}

// down tells whether small values fire, strict whether equal ones don't.
func (op Op) down() bool   { return op == Below || op == AtMost }
func (op Op) strict() bool { return op == Above || op == Below }

// mirror is the op with its sides swapped.
func (op Op) mirror() Op {
	switch op {
	case Above:
		return Below
	case AtLeast:
		return AtMost
	case Below:
		return Above
	case AtMost:
		return AtLeast
	case Present:
	}
	return op
}

// negate is the op that holds where op does not, NaN and absent values apart.
func (op Op) negate() Op {
	switch op {
	case Above:
		return AtMost
	case AtLeast:
		return Below
	case Below:
		return AtLeast
	case AtMost:
		return Above
	case Present:
	}
	return op
}

// Shape is one candidate: how values are judged, and how long.
type Shape struct {
	Op            Op
	Threshold     float64 // nothing where Op is Present
	For           time.Duration
	KeepFiringFor time.Duration
}
