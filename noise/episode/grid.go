package episode

// grid is what lone samples tell of the evaluations of a rule: the widest spacing
// that all of them fit.
type grid struct {
	first, step int64 // unix milliseconds and milliseconds
	fits        int   // samples that narrowed or confirmed the spacing
}

// The bounds of a spacing that is believed: samples of two rule groups of one
// name fit none but a tiny one, and a few samples far apart fit any.
const (
	leastGrid = 1_000
	mostGrid  = 10 * 60_000
	fewFits   = 3
)

// add takes the time of a sample.
func (g *grid) add(ts int64) {
	if g.first == 0 {
		g.first = ts
		return
	}
	if delta := max(ts-g.first, g.first-ts); delta > 0 {
		g.step = gcd(g.step, delta)
		g.fits++
	}
}

// known tells whether the spacing is to be believed.
func (g grid) known() bool {
	return g.fits >= fewFits && g.step >= leastGrid && g.step <= mostGrid
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// setGrids finds the grid of every rule none of whose alerts was seen twice in a
// row, as those whose labels change with every value.
func (w *survey) setGrids() {
	for name, seen := range w.alive {
		if w.interval[name] > 0 {
			continue
		}
		var g grid
		for _, s := range seen {
			g.add(s.from)
			g.add(s.to)
		}
		if known := w.stated[name]; known > 0 {
			g = grid{step: known, fits: fewFits}
		}
		w.grid[name] = g
	}
}
