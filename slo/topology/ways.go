package topology

import "slices"

// reached tells for each component whether the i-th depends on it; itself too.
func (g *Graph) reached(i int) []bool {
	out := make([]bool, len(g.components))
	out[i] = true
	for _, k := range slices.Backward(g.order) {
		if out[k] {
			for _, on := range g.needs(k) {
				out[on] = true
			}
		}
	}
	return out
}

// shared are the components that the i-th reaches on several ways and whose own part
// may fail.
func (g *Graph) shared(i int, own []float64) []int {
	count := make([]int, len(g.components)) // ways, two standing for more
	count[i] = 1
	for _, k := range slices.Backward(g.order) {
		for _, on := range g.needs(k) {
			count[on] = min(2, count[on]+count[k])
		}
	}
	var out []int
	for k, n := range count {
		if n > 1 && own[k] > 0 && own[k] < 1 {
			out = append(out, k)
		}
	}
	return out
}

// ways are how a component reaches those below it.
type ways struct {
	share []float64 // on the way that most requests take; 0 where there is none
	from  []int     // the one before on that way; -1 at its start
}

func (g *Graph) ways(i int) ways {
	out := ways{share: make([]float64, len(g.components)), from: make([]int, len(g.components))}
	for k := range out.from {
		out.from[k] = -1
	}
	out.share[i] = 1
	for _, k := range slices.Backward(g.order) {
		for _, d := range g.components[k].DependsOn {
			g.follow(&out, k, d)
		}
	}
	return out
}

// follow goes one dependency on, where that is the way of most requests so far.
func (g *Graph) follow(w *ways, from int, d Dependency) {
	for _, name := range d.On {
		on := g.index[name]
		if share := w.share[from] * d.Share; share > w.share[on] {
			w.share[on], w.from[on] = share, from
		}
	}
}

func (g *Graph) path(w ways, to int) []string {
	var out []string
	for k := to; k >= 0; k = w.from[k] {
		out = append(out, g.components[k].Name)
	}
	slices.Reverse(out)
	return out
}
