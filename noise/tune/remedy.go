package tune

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// As is what a rule looks at and how, with a change; nil is as it is today. ok is
// false where the change takes it out.
func (s Subject) As(c *Change) (samples Samples, shape Shape, ok bool) {
	switch {
	case c == nil:
		return s.Views[0].Samples, s.shape(s.Views[0]), true
	case c.Delete:
		return Samples{}, Shape{}, false
	}
	return s.Views[c.View].Samples, c.Shape, true
}

// Filled is the options with the defaults that a choice takes.
func (o ChooseOptions) Filled() ChooseOptions { return o.defaults() }

// Limit is by when an incident has to be told of that is first told of today at
// an instant.
func (o ChooseOptions) Limit(i noise.Incident, today time.Time) time.Time {
	if today.Before(i.From) {
		today = i.From
	}
	return today.Add(o.later(i.Duration()))
}
