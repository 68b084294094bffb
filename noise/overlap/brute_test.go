package overlap

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
)

// brute answers slot by slot, alert by alert, with no index and no closed form.
// All its rules carry the label instance and nothing else.
type brute struct {
	slots     int
	fires     map[string]map[string][]bool // rule, instance, slot
	starts    map[string]map[string][]int
	instances []string
}

func newBrute(h noise.History) *brute {
	type place struct {
		rule, x string
		slot    int
	}
	seen := map[place]bool{}
	b := &brute{slots: int(h.Window.Duration() / time.Minute), fires: map[string]map[string][]bool{}, starts: map[string]map[string][]int{}}
	for _, e := range h.Episodes {
		x := e.Labels.Get("instance")
		if b.fires[e.Rule] == nil {
			b.fires[e.Rule], b.starts[e.Rule] = map[string][]bool{}, map[string][]int{}
		}
		if b.fires[e.Rule][x] == nil {
			b.fires[e.Rule][x] = make([]bool, b.slots)
		}
		if !slices.Contains(b.instances, x) {
			b.instances = append(b.instances, x)
		}
		from, to := int(e.FiredAt.Sub(h.Window.From)/time.Minute), int(e.ResolvedAt.Sub(h.Window.From)/time.Minute)
		for s := from; s < min(to, b.slots); s++ {
			b.fires[e.Rule][x][s] = true
		}
		if e.Certainty.Fired == noise.EdgeExact {
			seen[place{e.Rule, x, from}] = true
		}
	}
	slices.Sort(b.instances)
	for rule, of := range b.fires {
		for x, slots := range of {
			for s, firing := range slots {
				if firing && (s == 0 || !slots[s-1]) && seen[place{rule, x, s}] {
					b.starts[rule][x] = append(b.starts[rule][x], s)
				}
			}
		}
	}
	return b
}

func (b *brute) at(rule, x string, slot int) bool {
	s := b.fires[rule][x]
	return s != nil && s[slot]
}

// figures are containment, Jaccard and shared slots.
func (b *brute) figures(rule, other string) (containment, jaccard float64, both int) {
	firing, either := 0, 0
	for _, x := range b.instances {
		for s := range b.slots {
			a, o := b.at(rule, x, s), b.at(other, x, s)
			if a && o {
				both++
			}
			if a {
				firing++
			}
			if a || o {
				either++
			}
		}
	}
	return float64(both) / float64(firing), float64(both) / float64(either), both
}

// clusters are the first starts of storms of ten minutes, with their instance.
func (b *brute) clusters(rule string) (slots []int, instances []string) {
	last := -1000
	for s := range b.slots {
		for _, x := range b.instances {
			if slices.Contains(b.starts[rule][x], s) && s-last > 10 {
				slots, instances, last = append(slots, s), append(instances, x), s
			}
		}
	}
	return slots, instances
}

// answers tells whether B answers yes for a start of A at the slot: it fires; it
// starts no more than a slot away; it started in the ten slots before.
func (b *brute) answers(k kind, other, x string, slot int) bool {
	switch k {
	case during:
		return b.at(other, x, slot)
	case atOnce:
		return slices.ContainsFunc(b.starts[other][x], func(s int) bool { return -1 <= s-slot && s-slot <= 1 })
	}
	return slices.ContainsFunc(b.starts[other][x], func(s int) bool { return s < slot && slot-s <= 10 })
}

// hits counts A's clusters that B answers yes for, at a circular shift.
func (b *brute) hits(k kind, rule, other string, shift int) int {
	n := 0
	slots, instances := b.clusters(rule)
	for i, s := range slots {
		if b.answers(k, other, instances[i], (s+shift)%b.slots) {
			n++
		}
	}
	return n
}

func tangled(seed uint64) noise.History {
	w := newWorld(seed, 2)
	for i := range 6 {
		for x := range 3 {
			instance := fmt.Sprint("host", x)
			if i%3 == 2 && x == 2 {
				continue // a rule that does not know all instances
			}
			w.live(ruleName("R", i), steady(8, 20), "instance", instance)
		}
	}
	for _, e := range slices.Clone(w.episodes) {
		if e.Rule == "R000" && w.Float64() < 0.9 {
			from := int(e.FiredAt.Sub(epoch) / time.Minute)
			w.fires("Echo", from+w.IntN(4), 1+int(e.ResolvedAt.Sub(e.FiredAt)/time.Minute/2), "instance", e.Labels.Get("instance"))
		}
	}
	for i := range w.episodes {
		if w.Float64() < 0.1 {
			w.episodes[i].Certainty.Fired = noise.EdgeWithinGap
		}
	}
	return w.history()
}

// TestHitsAgreeWithBruteForce holds the index, the closed form of the mean and
// every shift of the null against counting.
func TestHitsAgreeWithBruteForce(t *testing.T) {
	for seed := range uint64(2) {
		h := tangled(seed)
		o := Options{Shifts: 1 << 20}.withDefaults(h)
		r, b := read(h, o), newBrute(h)
		// The axis begins with the first episode; move brute force to it.
		h.Window.From, h.Window.To = time.UnixMilli(r.axis.from), time.UnixMilli(r.axis.from).Add(time.Duration(r.axis.slots)*time.Minute)
		b = newBrute(h)
		joins := r.joins()
		require.Len(t, joins, 1)
		f := newFrame(r, joins[0], o)
		x, n := newIndex(f), newNull(&r.axis, o)
		require.EqualValues(t, 1, n.grid)
		for i := range f.lanes {
			counts := tally{make([]int32, len(f.lanes)), make([]int32, len(f.lanes)), make([]int32, len(f.lanes))}
			x.count(f.lanes[i].points, &counts)
			for j := range f.lanes {
				if i == j {
					continue
				}
				compareHits(t, b, f, n, pairOfLanes{r, i, j}, counts)
			}
		}
	}
}

type pairOfLanes struct {
	r    *record
	i, j int
}

func compareHits(t *testing.T, b *brute, f *frame, n *null, p pairOfLanes, counts tally) {
	t.Helper()
	rule, other := p.r.rows[f.lanes[p.i].row].ref.Name, p.r.rows[f.lanes[p.j].row].ref.Name
	side := f.figures(&f.lanes[p.i], &f.lanes[p.j])
	assert.GreaterOrEqual(t, side.hits, int(counts[during][p.j]), "with a slot of tolerance")
	assert.Equal(t, side.after, int(counts[after][p.j]))
	for k := range kinds {
		require.Equal(t, b.hits(k, rule, other, 0), int(counts[k][p.j]), "%s %s %d", rule, other, k)
		a := answer{candidate: candidate{a: int32(p.i), b: int32(p.j), kind: k, hits: counts[k][p.j]}}
		require.Equal(t, 1, n.lay(f, &a))
		sum := 0.0
		for shift, hits := range n.hits {
			sum += float64(hits)
			if shift%499 == 0 {
				require.Equal(t, b.hits(k, rule, other, shift), int(hits), "%s %s shift %d", rule, other, shift)
			}
		}
		assert.InDelta(t, sum/float64(len(n.hits)), f.mean(&f.lanes[p.i], &f.lanes[p.j], k), 1e-9)
	}
}

// TestFiguresAgreeWithBruteForce: whatever is claimed has the containment and
// the Jaccard index that counting slots gives, and no pair that meets the
// definition of redundant by counting is missing.
func TestFiguresAgreeWithBruteForce(t *testing.T) {
	claimed := 0
	for seed := range uint64(4) {
		h := tangled(seed)
		b, res := newBrute(h), Measure(h, Options{FDR: 1e9, Lift: 1e-9, Support: 1})
		for _, p := range res.Pairs {
			claimed++
			containment, jaccard, both := b.figures(p.A.Name, p.B.Name)
			assert.InDelta(t, containment, p.Containment, 1e-12)
			assert.InDelta(t, jaccard, p.Jaccard, 1e-12)
			assert.Equal(t, time.Duration(both)*time.Minute, p.Both)
			assert.Equal(t, []string{"instance"}, p.On)
		}
	}
	assert.Greater(t, claimed, 40, "pairs to compare")
}

// TestTailBound: the bound is above the exact tails of Poisson and binomial.
func TestTailBound(t *testing.T) {
	for _, mean := range []float64{0.01, 0.5, 3, 20} {
		term, below := math.Exp(-mean), 0.0
		for k := range 60 {
			assert.GreaterOrEqual(t, math.Exp(logTail(float64(k), mean, 1))+1e-12, 1-below)
			below += term
			term *= mean / float64(k+1)
		}
	}
	assert.Zero(t, logTail(2, 3, 1), "less than expected is no evidence")
	assert.InDelta(t, logTail(9, 3, 1)/4, logTail(9, 3, 4), 1e-12)
}

func TestControl(t *testing.T) {
	logs := []float64{math.Log(0.001), math.Log(0.008), math.Log(0.039), math.Log(0.041), math.Log(0.3)}
	// The example is small enough to check by hand: with five tests at 5% the
	// limits are 0.01, 0.02, 0.03, 0.04 and 0.05.
	assert.Equal(t, 2, discoveries(logs, 5, 0.05))
	assert.Equal(t, 1, discoveries(logs, 40, 0.05))
	assert.Zero(t, discoveries(logs, 400, 0.05))
	assert.InDeltaSlice(t, []float64{0.005, 0.02, 0.05125, 0.05125, 0.3}, adjusted(logs, 5), 1e-12)
}
