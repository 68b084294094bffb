package overlap

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
)

// TestIndependentRules: of rules that have nothing to do with one another
// anything is claimed in about one of twenty histories at most.
func TestIndependentRules(t *testing.T) {
	habits := map[string]func(w *world) habit{
		"sparse":                  func(w *world) habit { return steady(0.3+w.Float64(), 10) },
		"busy":                    func(w *world) habit { return steady(20+20*w.Float64(), 8) },
		"long":                    func(w *world) habit { return steady(0.5, 300) },
		"diurnal":                 func(w *world) habit { return diurnal(4, 10) },
		"working hours":           func(w *world) habit { return weekly(6, 15) },
		"bursty":                  func(w *world) habit { return w.bursty(1+w.IntN(6), 8, 4) },
		"by the clock":            func(w *world) habit { return w.hourly() },
		"mostly firing":           func(w *world) habit { return steady(10, 200) },
		"busy and sparse and all": nil,
	}
	kinds := []string{"sparse", "busy", "long", "diurnal", "working hours", "bursty", "by the clock", "mostly firing"}
	const seeds, rules = 40, 10
	for name, habit := range habits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong, pairs := 0, 0
			for seed := range uint64(seeds) {
				w := newWorld(seed, 14)
				for i := range rules {
					h := habit
					if h == nil {
						h = habits[kinds[i%len(kinds)]]
					}
					w.live(ruleName("R", i), h(w))
				}
				r := Measure(w.history(), Options{})
				assert.Greater(t, r.Compared, rules, "pairs of rules that fired")
				pairs += len(r.Pairs)
				if len(r.Pairs) > 0 {
					wrong++
					p := r.Pairs[0]
					t.Logf("seed %d: %d pairs, first %s %s %s lift %.1f starts %v after %v p %.2g", seed, len(r.Pairs), p.A.Name, p.Relation, p.B.Name, p.Lift, p.Starts, p.After, p.P)
				}
			}
			t.Logf("%d of %d histories have a claim, %d pairs in all", wrong, seeds, pairs)
			assert.LessOrEqual(t, wrong, 5, "above the upper 95%% limit of 40 histories at 5%%")
		})
	}
}

func TestNothingToCompare(t *testing.T) {
	assert.Empty(t, Measure(noise.History{}, Options{}).Pairs)
	w := newWorld(1, 7)
	w.live("Only", steady(10, 5))
	r := Measure(w.history(), Options{})
	assert.Zero(t, r.Compared)
	assert.Empty(t, r.Pairs)
}
