package topology

import (
	"cmp"
	"slices"
)

// perRow is how many boxes stand side by side: with more, their text could not be
// read on a phone.
const perRow = 3

// edge is one line of the drawing.
type edge struct {
	from, to int
	dep      Dependency
}

// edges are all lines, in the order of the components and their dependencies.
func (g *Graph) lines() []edge {
	var out []edge
	for i, c := range g.components {
		for _, d := range c.DependsOn {
			for _, on := range d.On {
				out = append(out, edge{i, g.index[on], d})
			}
		}
	}
	return out
}

// rows lays the components out in rows from top to bottom: what nobody needs stands
// above, and everything stands below all that need it. In a layer they stand below
// those that need them (barycentre), ties by name; a layer of more than perRow takes
// several rows.
func (g *Graph) rows() [][]int {
	layer := make([]int, len(g.components))
	deepest := 0
	for _, i := range slices.Backward(g.order) {
		for _, on := range g.needs(i) {
			layer[on] = max(layer[on], layer[i]+1)
			deepest = max(deepest, layer[on])
		}
	}
	layers := make([][]int, deepest+1)
	for i := range g.components {
		layers[layer[i]] = append(layers[layer[i]], i)
	}
	parents := make([][]int, len(g.components))
	for _, e := range g.lines() {
		parents[e.to] = append(parents[e.to], e.from)
	}
	place := make([]float64, len(g.components))
	var out [][]int
	for _, members := range layers {
		out = append(out, wrap(arranged(members, parents, place), place)...)
	}
	return out
}

// arranged orders a layer by where those stand that need its members.
func arranged(members []int, parents [][]int, place []float64) []int {
	middle := map[int]float64{}
	for _, i := range members {
		sum := 0.0
		for _, p := range parents[i] {
			sum += place[p]
		}
		middle[i] = sum / max(1, float64(len(parents[i])))
	}
	slices.SortStableFunc(members, func(a, b int) int {
		return cmp.Or(cmp.Compare(middle[a], middle[b]), cmp.Compare(a, b))
	})
	return members
}

// wrap cuts a layer into rows of even length and notes where each member stands, in
// widths of the drawing. Down the columns first, so that neighbours stay near.
func wrap(members []int, place []float64) [][]int {
	rows := (len(members) + perRow - 1) / perRow
	out := make([][]int, rows)
	for k, i := range members {
		row := k % rows
		out[row] = append(out[row], i)
	}
	for _, row := range out {
		for k, i := range row {
			place[i] = (float64(k) + 0.5) / float64(len(row))
		}
	}
	return out
}
