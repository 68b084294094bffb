package detect

// Options are the limits of the detectors. The zero value of each field means
// its default.
type Options struct{}

func (o Options) withDefaults() Options { return o }
