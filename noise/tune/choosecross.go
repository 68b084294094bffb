package tune

import (
	"math"
	"slices"
)

// Fold is what blocked cross-validation says of a price: block by block, the
// choice is made on all others and counted in that one.
type Fold struct {
	Price         float64
	Outside, From int // episodes outside incidents after and before
	Lost, Caught  int // incidents lost of those that were caught

	missing []int // places of the incidents lost
}

// prices are what is tried as the price of a missed incident, from the greediest.
func prices() []float64 { return []float64{0.3, 1, 3, 10, 30, 100} }

// least is the lowest price that a policy tries.
func (p Policy) least() float64 {
	switch p {
	case Aggressive:
		return 0.3
	case Conservative:
		return 10
	case Balanced:
	}
	return 1
}

// validate finds the price of a missed incident: the lowest whose losses in
// blocks that were left out are not significantly more than those at the highest
// price. (Breiman et al., Classification and Regression Trees, 1984, section
// 3.4.3, take the simplest that is within one standard error of the best.) The
// comparison is paired: it counts the incidents that one of the two loses alone
// (McNemar, Psychometrika 12, 1947).
func (h *history) validate(menus []menu) (float64, []Fold) {
	if h.options.Price > 0 {
		return h.options.Price, []Fold{h.leaveOut(menus, h.options.Price)}
	}
	tried := slices.DeleteFunc(prices(), func(p float64) bool { return p < h.options.Policy.least() })
	safest := h.leaveOut(menus, tried[len(tried)-1])
	var out []Fold
	for _, price := range tried[:len(tried)-1] {
		f := h.leaveOut(menus, price)
		out = append(out, f)
		if f.near(safest) {
			return price, append(out, safest)
		}
	}
	return safest.Price, append(out, safest)
}

// significant is the standard errors by which losses have to differ: two-sided, at
// 95%.
const significant = 1.96

// near tells whether a price loses no more than another, but for what chance
// makes of it.
func (f Fold) near(safest Fold) bool {
	more, fewer := 0, 0
	for _, i := range f.missing {
		if !slices.Contains(safest.missing, i) {
			more++
		}
	}
	for _, i := range safest.missing {
		if !slices.Contains(f.missing, i) {
			fewer++
		}
	}
	return float64(more-fewer) <= significant*math.Sqrt(float64(more+fewer))
}

// leaveOut leaves out block by block, chooses on the others and counts what
// becomes of it.
func (h *history) leaveOut(menus []menu, price float64) Fold {
	f := Fold{Price: price}
	for b := range h.blocks {
		p := h.problem(menus, []int{b})
		h.judge(menus, p.solve(price*h.unit(menus)), b, &f)
	}
	return f
}

// judge counts what a choice does in a block.
func (h *history) judge(menus []menu, c choice, b int, f *Fold) {
	before, after := map[int]bool{}, map[int]bool{}
	for i, m := range menus {
		f.From += int(m.candidates[0].outside[b])
		f.Outside += int(m.candidates[c[i]].outside[b])
		for n, incident := range m.incidents {
			if h.block(incident) != b {
				continue
			}
			if m.candidates[0].grades[n] != missed {
				before[incident] = true
			}
			if m.candidates[c[i]].grades[n] != missed {
				after[incident] = true
			}
		}
	}
	f.Caught += len(before)
	for i := range before {
		if !after[i] {
			f.Lost++
			f.missing = append(f.missing, i)
		}
	}
}

// problem is the choice over all blocks but some.
func (h *history) problem(menus []menu, without []int) *problem {
	blocks := make([]bool, len(h.blocks))
	for b := range blocks {
		blocks[b] = !slices.Contains(without, b)
	}
	weight := make([]float64, len(h.incidents))
	for i := range weight {
		if b := h.block(i); b >= 0 && blocks[b] && !h.limits[i].IsZero() {
			weight[i] = 1
		}
	}
	p := newProblem(menus, blocks, weight)
	p.policy = h.policy
	for b, on := range blocks {
		if on {
			p.weeks += h.blocks[b].Duration().Hours() / (7 * 24)
		}
	}
	return p
}

// cheapest is the least that an incident is worth, in needless episodes: where
// there is hardly any noise, nothing is risked to save the rest.
const cheapest = 10

// unit is how many episodes outside incidents there are today for each incident
// that is caught: prices are multiples of it.
func (h *history) unit(menus []menu) float64 {
	outside := 0
	for _, m := range menus {
		outside += sum(m.candidates[0].outside)
	}
	return max(cheapest, float64(outside)/float64(max(1, h.caught())))
}

// caught is how many incidents today's rules catch.
func (h *history) caught() int {
	n := 0
	for _, at := range h.limits {
		if !at.IsZero() {
			n++
		}
	}
	return n
}
