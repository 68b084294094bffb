package topology

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// plan is where every box stands.
type plan struct {
	at   []point
	row  []int       // of each component
	gaps [][]float64 // of each row: where a line may pass between or beside its boxes
	top  []float64   // of each row
}

func newPlan(rows [][]int, at []point) plan {
	p := plan{at: at, row: make([]int, len(at))}
	for r, members := range rows {
		first, last := at[members[0]], at[members[len(members)-1]]
		gaps := []float64{first.x - boxGap/2}
		for _, i := range members {
			p.row[i] = r
			if i != members[len(members)-1] {
				gaps = append(gaps, at[i].x+boxWidth+boxGap/2)
			}
		}
		p.gaps = append(p.gaps, append(gaps, last.x+boxWidth+boxGap/2))
		p.top = append(p.top, first.y)
	}
	return p
}

// drawEdges draws the lines: from the lower side of a box to the upper side of the
// one it needs, and between the boxes of the rows that lie between.
func (v View) drawEdges(b *bytes.Buffer, p plan) {
	lines := v.Graph.lines()
	leaves, arrives := make([]int, len(p.at)), make([]int, len(p.at))
	for _, e := range lines {
		leaves[e.from]++
		arrives[e.to]++
	}
	left, arrived := make([]int, len(p.at)), make([]int, len(p.at))
	for k, e := range lines {
		left[e.from]++
		arrived[e.to]++
		from := point{port(p.at[e.from].x, left[e.from], leaves[e.from]), p.at[e.from].y + boxHeight}
		to := point{port(p.at[e.to].x, arrived[e.to], arrives[e.to]), p.at[e.to].y}
		class := "edge"
		if e.dep.label() != "" {
			class = "edge soft"
		}
		fmt.Fprintf(b, "<path class=\"%s\" d=\"%s\"/>\n", class, p.path(e, from, to, float64(k%3-1)*2.2))
		fmt.Fprintf(b, "<path class=\"edge\" d=\"M%.1f %.1fl3 -5m-3 5l-3 -5\"/>\n", to.x, to.y)
		if l := e.dep.label(); l != "" {
			fmt.Fprintf(b, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", to.x, to.y-8-10*float64((arrived[e.to]-1)%2), html.EscapeString(l))
		}
	}
}

// path is the way of a line: curves between rows, straight past the boxes of a row.
// Lines that share a gap stand beside one another by aside.
func (p plan) path(e edge, from, to point, aside float64) string {
	out := fmt.Sprintf("M%.1f %.1f", from.x, from.y)
	at := from
	curve := func(next point) {
		bend := (next.y - at.y) / 2
		out += fmt.Sprintf("C%.1f %.1f %.1f %.1f %.1f %.1f", at.x, at.y+bend, next.x, next.y-bend, next.x, next.y)
		at = next
	}
	for r := p.row[e.from] + 1; r < p.row[e.to]; r++ {
		straight := at.x + (to.x-at.x)*(p.top[r]-at.y)/(to.y-at.y)
		gap := p.gaps[r][0]
		for _, g := range p.gaps[r] {
			if math.Abs(g-straight) < math.Abs(gap-straight) {
				gap = g
			}
		}
		// Beside the outermost boxes there is room, so that the line need not turn.
		first, last := p.gaps[r][0], p.gaps[r][len(p.gaps[r])-1]
		if straight < first || straight > last {
			gap = straight
		}
		curve(point{gap + aside, p.top[r]})
		out += fmt.Sprintf("V%.1f", p.top[r]+boxHeight)
		at.y = p.top[r] + boxHeight
	}
	curve(to)
	return out
}

// port is where the k-th of n lines meets a box.
func port(x float64, k, n int) float64 {
	return x + boxWidth*(0.1+0.8*(float64(k)-0.5)/float64(n))
}
