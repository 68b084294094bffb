package tune

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
