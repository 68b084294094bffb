package overlap

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// ownership are labels that say who is told and how loudly. Two rules that
// differ in them may still be about the same thing.
const ownership = "severity priority team owner squad receiver channel"

// withDefaults fills in what is not set.
func (o Options) withDefaults(h noise.History) Options {
	if o.Window.Empty() {
		o.Window = h.Window
	}
	o.Slot = orDefault(o.Slot, time.Minute)
	o.Storm = orDefault(o.Storm, 10*time.Minute)
	o.Cascade = orDefault(o.Cascade, 10*time.Minute)
	o.Containment = orDefault(o.Containment, 0.95)
	o.Lift = orDefault(o.Lift, 2)
	o.Support = orDefault(o.Support, 5)
	o.FDR = orDefault(o.FDR, 0.05)
	o.Shifts = orDefault(o.Shifts, 4000)
	o.Limit = orDefault(o.Limit, 10_000)
	return o
}

// orDefault takes what is no positive number as not set.
func orDefault[T int | float64 | time.Duration](v, byDefault T) T {
	if v > 0 {
		return v
	}
	return byDefault
}
