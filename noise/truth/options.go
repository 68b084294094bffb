package truth

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

func (o Options) withDefaults(window slo.Interval) Options {
	if o.Window == (slo.Interval{}) {
		o.Window = window
	}
	orDefault(&o.Lead, 10*time.Minute)
	if o.Join == nil {
		o.Join = []string{"service", "job", "namespace", "cluster"}
	}
	orDefault(&o.Seen, 0.5)
	orDefault(&o.Support, 3)
	orDefault(&o.Lift, 2)
	orDefault(&o.FDR, 0.05)
	orDefault(&o.Late, 5*time.Minute)
	orDefault(&o.LateShare, 0.25)
	orDefault(&o.Soon, 0.5)
	orDefault(&o.Held, 15*time.Minute)
	orDefault(&o.HeldShare, 1)
	orDefault(&o.Signals, 500)
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
