package detect

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

// Detector finds one kind of fault.
type Detector struct {
	Kind   noise.Kind
	Title  string // what it finds, in a few words
	Action noise.ControlAction
	Source string // of the definition and of the default limits
	// Find gives the findings of its kind, each with the whole effect of its own
	// advice in Saves; Run settles what several of them claim of one rule.
	Find func(in *Input, o Options) []noise.Finding
}

// Run asks every detector and orders what they find by expected effect. The
// order of what the input holds does not matter.
//
// What several findings would save of one rule is counted once: see settle.
func Run(in Input, o Options) []noise.Finding {
	o = in.fill(o)
	in.measured = measure(&in, &o)
	var out []noise.Finding
	for _, d := range All() {
		if slices.Contains(o.Disabled, d.Kind) {
			continue
		}
		for _, f := range d.Find(&in, o) {
			if o.Suppressed == nil || !o.Suppressed(f.Rule, f.Kind) {
				out = append(out, f)
			}
		}
	}
	settle(in.measured, out)
	slices.SortFunc(out, Compare)
	return out
}

// fill fills in the options that are not set; the summary's severities serve
// where no others are given.
func (in *Input) fill(o Options) Options {
	if o.Severities == nil {
		o.Severities = in.Summary.Options.Severities
	}
	return o.withDefaults()
}

// facts is what is measured of the input; Run measures once for all detectors.
func (in *Input) facts(o *Options) *measured {
	if in.measured == nil {
		*o = in.fill(*o)
		in.measured = measure(in, o)
	}
	return in.measured
}

// Compare orders findings by what they would save, then by gravity and id.
func Compare(a, b noise.Finding) int {
	return cmp.Or(
		cmp.Compare(saves(b), saves(a)),
		cmp.Compare(rank(a.Gravity), rank(b.Gravity)),
		cmp.Compare(a.ID, b.ID),
	)
}

func saves(f noise.Finding) float64 {
	if f.Saves == nil {
		return 0
	}
	return *f.Saves
}

func rank(g noise.Gravity) int {
	return slices.Index([]noise.Gravity{noise.GravityError, noise.GravityWarning, noise.GravityInfo}, g)
}
