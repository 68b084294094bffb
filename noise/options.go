package noise

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Options are the limits that a summary measures by. The zero value of each
// field means its default.
type Options struct {
	// Window is what is summarised; by default the history's own window. What
	// lies outside it is not looked at, so that two windows of one history are
	// measured alike.
	Window slo.Interval
	// Fleeting is the firing time up to which an episode counts as fleeting;
	// 5 minutes.
	Fleeting time.Duration
	// Refire is the longest pause after which a start counts as a re-fire; 30
	// minutes.
	Refire time.Duration
	// FlapWithin is the span in which three starts of one alert are flapping;
	// 30 minutes.
	FlapWithin time.Duration
	// Stale is the firing time beyond which an alert is stale; 24 hours.
	Stale time.Duration
	// FloodStart is the number of starts in ten minutes at which a flood
	// starts, 10; FloodEnd is the number under which it ends, 5.
	FloodStart, FloodEnd int
	// PageGap is the longest gap between high-severity starts that count as one
	// incident for the person on call; 30 minutes.
	PageGap time.Duration
	// Buckets is the number of steps of the timelines; by default as many as
	// make a round step, at most 192: 168 of an hour over a week, 180 of four
	// hours over 30 days.
	Buckets int
	// Severities maps values of the severity label to levels;
	// DefaultSeverities.
	Severities map[string]Level
}

func (o Options) withDefaults(window slo.Interval) Options {
	if o.Window == (slo.Interval{}) {
		o.Window = window
	}
	orDefault(&o.Fleeting, 5*time.Minute)
	orDefault(&o.Refire, 30*time.Minute)
	orDefault(&o.FlapWithin, 30*time.Minute)
	orDefault(&o.Stale, 24*time.Hour)
	orDefault(&o.FloodStart, 10)
	orDefault(&o.FloodEnd, 5)
	orDefault(&o.PageGap, 30*time.Minute)
	orDefault(&o.Buckets, roundBuckets(o.Window.Duration()))
	if o.Severities == nil {
		o.Severities = DefaultSeverities()
	}
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
