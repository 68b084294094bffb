package topology

import (
	"slices"

	"github.com/burnish-sre/burnish/slo"
)

// Attainable is the level that a component can reach at best: if all that it depends
// on keeps just what is expected of it, and its own part fails as Own says, or never.
type Attainable struct {
	Component string
	Target    slo.Figure
	// Level is the attainable level, in [0,1]. Failures of different components are
	// taken as independent; one that is reached on several ways fails on all of them
	// at once, unless there are too many of those (Exact is then false, and they are
	// taken as independent on each way, which is too low in series and too high
	// where it is redundant).
	Level float64
	Exact bool
	// OwnNeeded is the level that its own part needs to reach the target; unknown
	// without a target, and over 1 where no own part is good enough.
	OwnNeeded slo.Figure
	// Unrated are those on the way of whom nobody says what to expect; they are taken
	// never to fail by themselves.
	Unrated []string
	// Contributors are what costs level, the costliest first.
	Contributors []Contributor
}

// Kept tells whether the target can be kept; known is false without one.
func (a Attainable) Kept() (kept, known bool) {
	return a.Level >= a.Target.Value-1e-12, a.Target.Known
}

// Contributor is a component below another.
type Contributor struct {
	Component string
	// Loss is by how much the level would rise if the component never failed by
	// itself: its improvement potential (W. E. Vesely).
	Loss float64
	// OfBudget is the loss as a share of the budget of the target; unknown without.
	OfBudget slo.Figure
	// Path is the way on which most requests reach it, both ends included, and Share
	// how many do.
	Path  []string
	Share float64
}

// maxShared bounds how many components may be reached on several ways for an exact
// result, and maxStates how many states times components: the time doubles with each.
const (
	maxShared = 12
	maxStates = 1 << 17
)

// Attain tells the attainable level of every component, by name.
func (g *Graph) Attain() []Attainable {
	own := g.ownLevels()
	out := make([]Attainable, 0, len(g.components))
	for i := range g.components {
		out = append(out, g.attain(i, own))
	}
	return out
}

// ownLevels are the levels of each component's own part: what is said, else what is
// left to it of what is expected once its dependencies took their part, else 1.
func (g *Graph) ownLevels() []float64 {
	own := make([]float64, len(g.components))
	for _, i := range g.order {
		c := g.components[i]
		own[i] = 1
		switch target := c.target(); {
		case c.Own.Known:
			own[i] = c.Own.Value
		case target.Known:
			if below, _ := g.level(i, own); below > 0 {
				own[i] = min(1, target.Value/below)
			}
		}
	}
	return own
}

func (g *Graph) attain(i int, own []float64) Attainable {
	c := g.components[i]
	out := Attainable{Component: c.Name, Target: c.target()}
	levels := slices.Clone(own)
	levels[i] = 1
	if c.Own.Known {
		levels[i] = c.Own.Value
	}
	out.Level, out.Exact = g.level(i, levels)
	if out.Target.Known && out.Level > 0 {
		out.OwnNeeded = slo.Figure{Value: out.Target.Value / (out.Level / levels[i]), Known: true}
	}
	ways := g.ways(i)
	for k, share := range ways.share {
		if share == 0 || k == i {
			continue
		}
		below := g.components[k]
		if !below.Own.Known && !below.target().Known {
			out.Unrated = append(out.Unrated, below.Name)
		}
		out.Contributors = append(out.Contributors, g.contributor(out, contribution{of: i, by: k, levels: levels, ways: ways}))
	}
	slices.SortStableFunc(out.Contributors, func(a, b Contributor) int {
		switch {
		case a.Loss > b.Loss:
			return -1
		case a.Loss < b.Loss:
			return 1
		}
		return 0
	})
	return out
}

// contribution is what one component costs another.
type contribution struct {
	of, by int
	levels []float64
	ways   ways
}

func (g *Graph) contributor(a Attainable, c contribution) Contributor {
	without := slices.Clone(c.levels)
	without[c.by] = 1
	better := a.Level
	if c.levels[c.by] < 1 {
		better, _ = g.level(c.of, without)
	}
	out := Contributor{
		Component: g.components[c.by].Name, Loss: max(0, better-a.Level), Path: g.path(c.ways, c.by), Share: c.ways.share[c.by],
	}
	if a.Target.Known && a.Target.Value < 1 {
		out.OfBudget = slo.Figure{Value: out.Loss / (1 - a.Target.Value), Known: true}
	}
	return out
}

// level is the level of a component given those of all own parts. It sums over what
// the components that are reached on several ways may do, up or down.
func (g *Graph) level(i int, own []float64) (level float64, exact bool) {
	shared := g.shared(i, own)
	if len(shared) > maxShared || len(g.components)<<len(shared) > maxStates {
		return g.independent(i, own), false
	}
	levels := slices.Clone(own)
	for states := range 1 << len(shared) {
		weight := 1.0
		for bit, k := range shared {
			levels[k] = 0
			part := 1 - own[k]
			if states>>bit&1 == 1 {
				levels[k], part = 1, own[k]
			}
			weight *= part
		}
		if weight > 0 {
			level += weight * g.independent(i, levels)
		}
	}
	return level, true
}

// independent is the level where each way fails by itself: components in series
// multiply, of redundant ones enough have to work, and a soft one costs its share.
func (g *Graph) independent(i int, own []float64) float64 {
	below := g.reached(i)
	at := make([]float64, len(g.components))
	for _, k := range g.order {
		if !below[k] {
			continue
		}
		at[k] = own[k]
		for _, d := range g.components[k].DependsOn {
			works := make([]float64, 0, len(d.On))
			for _, on := range d.On {
				works = append(works, at[g.index[on]])
			}
			at[k] *= 1 - d.Share*(1-atLeast(d.Needs, works))
		}
	}
	return at[i]
}

// atLeast is the probability that at least k of independent things work.
func atLeast(k int, works []float64) float64 {
	exactly := make([]float64, len(works)+1) // by how many work
	exactly[0] = 1
	for n, p := range works {
		for j := n + 1; j > 0; j-- {
			exactly[j] = exactly[j]*(1-p) + exactly[j-1]*p
		}
		exactly[0] *= 1 - p
	}
	sum := 0.0
	for j := k; j <= len(works); j++ {
		sum += exactly[j]
	}
	return min(1, sum)
}
