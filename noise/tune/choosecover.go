package tune

import (
	"cmp"
	"math"
	"slices"
)

// problem is one choice to make: a candidate for each menu, such that together
// they make little noise and keep catching the incidents.
type problem struct {
	menus  []menu
	blocks []bool    // that count
	weight []float64 // by incident; 0 for those that don't count
	people int       // how many receivers there are; 1 where all reach the same
	// By incident and receiver, one after the other: the chance that today's rules
	// do not tell that receiver of another incident like it.
	today  []float64
	price  float64 // needless episodes that a missed incident is worth
	policy Policy
	groups [][]int // menus by group
	weeks  float64 // how long the blocks are that count
}

// never is added to the chance of a miss where nothing catches an incident that
// is caught today. No number of episodes outweighs it.
const never = 1e6

// choice is the place of the chosen candidate in each menu.
type choice []int

func newProblem(menus []menu, blocks []bool, weight []float64) *problem {
	p := &problem{menus: menus, blocks: blocks, weight: weight}
	for i, m := range menus {
		p.people = max(p.people, slices.Max(m.reach)+1)
		for len(p.groups) <= m.group {
			p.groups = append(p.groups, nil)
		}
		p.groups[m.group] = append(p.groups[m.group], i)
	}
	p.today = p.misses(make(choice, len(menus)))
	return p
}

// misses is the chance, by incident and receiver, that all rules miss one like
// it. Rules that look at the same metric miss together; those that look at others
// are taken as independent.
func (p *problem) misses(c choice) []float64 {
	out := make([]float64, len(p.weight)*p.people)
	for i := range out {
		out[i] = 1
	}
	for g := range p.groups {
		for i, best := range p.best(c, g, -1) {
			out[i] *= 1 - best
		}
	}
	return out
}

// best is the best chance, by incident and receiver, among the rules of a group
// but one.
func (p *problem) best(c choice, group, but int) []float64 {
	out := make([]float64, len(p.weight)*p.people)
	for _, i := range p.groups[group] {
		if i == but {
			continue
		}
		m := &p.menus[i]
		for n, g := range m.candidates[c[i]].grades {
			for _, r := range m.reach {
				at := m.incidents[n]*p.people + r
				out[at] = max(out[at], g.chance())
			}
		}
	}
	return out
}

// solve improves a choice rule by rule until no single change makes it better.
// It starts with today's rules, which catch all that counts, and never goes
// where something is not caught.
func (p *problem) solve(price float64) choice {
	p.price = price
	c := make(choice, len(p.menus))
	order := p.order()
	for range 12 {
		changed := false
		for _, i := range order {
			if to := p.improve(c, i); to != c[i] {
				c[i], changed = to, true
			}
		}
		if !changed {
			break
		}
	}
	p.settle(c)
	p.spare(c)
	return c
}

// settle leaves rules as they are whose change is not worth a review: it saves less
// than a notification a week, and as the rule is it catches as well. To go back
// takes nothing from what all catch together.
func (p *problem) settle(c choice) {
	for i, at := range c {
		m := &p.menus[i]
		if at == 0 || at == m.plain || p.noise(&m.candidates[0])-p.noise(&m.candidates[at]) >= p.weeks {
			continue
		}
		if !slices.ContainsFunc(m.candidates[at].change.Remedies, func(r Remedy) bool { return r == RemedyLabel }) && p.atLeast(m, at) {
			c[i] = 0
		}
	}
}

// atLeast tells whether a rule as it is catches each incident as surely as in
// another form.
func (p *problem) atLeast(m *menu, at int) bool {
	for n, g := range m.candidates[at].grades {
		if p.weight[m.incidents[n]] > 0 && m.candidates[0].grades[n].chance() < g.chance() {
			return false
		}
	}
	return true
}

// order is the menus, the noisiest first.
func (p *problem) order() []int {
	out := make([]int, len(p.menus))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int {
		return cmp.Compare(p.noise(&p.menus[b].candidates[0]), p.noise(&p.menus[a].candidates[0]))
	})
	return out
}

// noise is the cost of a candidate's episodes, in notifications. Those within
// incidents are some too, but of some use.
func (p *problem) noise(c *candidate) float64 {
	out := 0.0
	for b, on := range p.blocks {
		if on {
			out += float64(c.outside[b]) + c.repeats[b] + insideCost*float64(c.inside[b])
		}
	}
	return out
}

const insideCost = 0.1

// improve is the best candidate of a menu, given all others.
func (p *problem) improve(c choice, i int) int {
	m := &p.menus[i]
	if m.silent || m.heartbeat {
		return 0
	}
	v := p.vicinity(c, m, i)
	before := p.noise(&m.candidates[0])
	bestAt, bestCost := 0, math.Inf(1)
	for at := range m.candidates {
		cand := &m.candidates[at]
		cost := p.noise(cand)
		if cost > before || p.barred(m, at) {
			continue
		}
		if at != 0 {
			cost += p.reluctance(m, cand, before)
		}
		if cost < bestCost {
			cost += p.risk(m, cand, v)
		}
		if cost < bestCost {
			bestAt, bestCost = at, cost
		}
	}
	return bestAt
}

// helps tells whether a form tells of an incident in time.
func (p *problem) helps(m *menu, at int) bool {
	for n, g := range m.candidates[at].grades {
		if g >= inTime && p.weight[m.incidents[n]] > 0 {
			return true
		}
	}
	return false
}

// vicinity is what other rules do, by incident and receiver: the chance that all
// groups but a rule's own miss, and the best chance in the rest of its own.
type vicinity struct{ others, rest []float64 }

func (p *problem) vicinity(c choice, m *menu, i int) vicinity {
	v := vicinity{p.misses(c), p.best(c, m.group, i)}
	for n, own := range p.best(c, m.group, -1) {
		if own < 1 {
			v.others[n] /= 1 - own
		}
	}
	return v
}

// risk is the cost of the incidents that might be missed with a candidate.
func (p *problem) risk(m *menu, cand *candidate, v vicinity) float64 {
	cost := 0.0
	for n, g := range cand.grades {
		w := p.weight[m.incidents[n]]
		if w == 0 {
			continue
		}
		for _, r := range m.reach {
			if at := m.incidents[n]*p.people + r; p.today[at] < 1 {
				cost += p.price * w * p.loss(v.others[at], max(v.rest[at], g.chance()))
			}
		}
	}
	return cost
}

// loss is the chance of a miss, and beyond all measure where there is no catch.
func (p *problem) loss(others, own float64) float64 {
	miss := others * (1 - own)
	if miss >= 1 {
		return never
	}
	return miss
}

// reluctance is what a change has to save: one standard error of today's count,
// and a trifle the further it goes, so that of equals the smaller change wins.
func (p *problem) reluctance(m *menu, c *candidate, before float64) float64 {
	if c.change.Delete {
		return math.Sqrt(before) + 0.5
	}
	now, then := m.candidates[0].change.Shape, c.change.Shape
	waits := (then.For - now.For).Abs() + (then.KeepFiringFor - now.KeepFiringFor).Abs()
	far := min(c.strict, farthest) + min(waits.Minutes()/10, farthest)
	return math.Sqrt(before) + 0.05*float64(len(c.change.Remedies)) + 0.01*far
}

// farthest is beyond what distance changes count as equal: in scales of the
// threshold and in tens of minutes.
const farthest = 10

// drops tells whether a candidate no longer catches what the rule catches today.
func (p *problem) drops(m *menu, c *candidate) bool {
	for n, g := range m.candidates[0].grades {
		if p.weight[m.incidents[n]] > 0 && g >= inTime && c.grades[n] < inTime {
			return true
		}
	}
	return false
}
