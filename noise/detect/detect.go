package detect

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
)

// Input is all that is known of a window. Nil pointers are what nobody looked at.
type Input struct {
	History   noise.History
	Summary   noise.Summary
	Judgement *truth.Judgement
	Overlap   *overlap.Result
	Route     *route.Result
}

// Detector finds one kind of fault.
type Detector struct {
	Kind   noise.Kind
	Title  string // what it finds, in a few words
	Action noise.ControlAction
	Source string // of the definition and of the default limits
	Find   func(in *Input, o Options) []noise.Finding
}

// Run asks every detector and orders what they find by expected effect.
func Run(in Input, o Options) []noise.Finding {
	o = o.withDefaults()
	var out []noise.Finding
	for _, d := range All() {
		out = append(out, d.Find(&in, o)...)
	}
	slices.SortStableFunc(out, Compare)
	return out
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
