package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// burnDownHeight is the height of a burn-down strip, in units.
const burnDownHeight = 36

// deepest is the lowest budget that the drawings show; what is below is cut off.
const deepest = -1.0

// budgetFloor is the bottom of all bars and strips of a table, so that they can
// be compared: 0, or in quarters as far down as the lowest budget goes.
func budgetFloor(groups []SLOGroup) float64 {
	low := 0.0
	for _, g := range groups {
		if left := g.Status.BudgetRemaining; left.Known {
			low = min(low, left.Value)
		}
		for _, f := range g.BurnDown {
			if f.Known {
				low = min(low, f.Value)
			}
		}
	}
	return max(deepest, math.Floor(low*4)/4)
}

// budgetBar shows what is left of a budget, in percent of a track whose zero is
// where the table's lowest budget needs it.
type budgetBar struct {
	Zero, From, Width string
	Over, Cut         bool
}

func newBudgetBar(left slo.Figure, floor float64) *budgetBar {
	if !left.Known {
		return nil
	}
	at := func(v float64) float64 { return (v - floor) / (1 - floor) * 100 }
	v := max(floor, left.Value)
	text := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	return &budgetBar{
		Zero: text(at(0)), From: text(at(min(0, v))), Width: text(math.Abs(at(v) - at(0))),
		Over: left.Value < 0, Cut: left.Value < floor,
	}
}

// burnDownStrip is the budget left over the window as path data: what is above
// zero, what is below, the line that both end at, zero, and an even spend.
type burnDownStrip struct {
	Width, Height      int
	Above, Below, Line string
	Zero, Even, Title  string
}

func newBurnDownStrip(g SLOGroup, floor float64) burnDownStrip {
	n := len(g.BurnDown)
	out := burnDownStrip{Width: max(1, n), Height: burnDownHeight, Title: g.name() + ": the course of the budget is unknown"}
	if !g.Status.BudgetRemaining.Known || n == 0 {
		return out
	}
	y := func(v float64) float64 { return (1 - max(floor, v)) / (1 - floor) * burnDownHeight }
	var above, below, line strings.Builder
	from := []slo.Figure{{Value: 1, Known: true}}
	for _, run := range runs(append(from, g.BurnDown...)) {
		line.WriteString(polyline(run, y))
		fill(&above, run, y, func(v float64) float64 { return max(0, v) })
		fill(&below, run, y, func(v float64) float64 { return min(0, v) })
	}
	out.Above, out.Below, out.Line = above.String(), below.String(), line.String()
	out.Zero = fmt.Sprintf("M0 %sH%d", short(y(0)), n)
	out.Even = fmt.Sprintf("M0 %sL%d %s", short(y(1)), n, short(y(0)))
	out.Title = burnDownTitle(g)
	return out
}

// point is a point of the course of a budget; x counts pieces of the window.
type point struct{ x, v float64 }

// runs are the stretches in which the figures are known.
func runs(figures []slo.Figure) [][]point {
	var out [][]point
	open := false
	for i, f := range figures {
		if !f.Known {
			open = false
			continue
		}
		if !open {
			out, open = append(out, nil), true
		}
		last := &out[len(out)-1]
		*last = append(*last, point{float64(i), f.Value})
	}
	return out
}

// polyline draws a run; a piece that is known alone is a dash at its end.
func polyline(run []point, y func(float64) float64) string {
	if first := run[0]; len(run) == 1 && first.x > 0 {
		run = []point{{first.x - 1, first.v}, first}
	}
	var b strings.Builder
	for i, p := range run {
		fmt.Fprintf(&b, "%c%s %s", "ML"[min(i, 1)], short(p.x), short(y(p.v)))
	}
	return b.String()
}

// fill draws what lies between the run and zero on one side of it, which keep
// tells. Where the run crosses zero between two points a point is put in.
func fill(b *strings.Builder, run []point, y, keep func(float64) float64) {
	var edge []point
	drawn := false
	for i, p := range run {
		if i > 0 && run[i-1].v*p.v < 0 {
			before := run[i-1]
			edge = append(edge, point{before.x + before.v/(before.v-p.v), 0})
		}
		edge = append(edge, point{p.x, keep(p.v)})
		drawn = drawn || keep(p.v) != 0
	}
	if !drawn || len(run) < 2 {
		return
	}
	fmt.Fprintf(b, "M%s %s", short(edge[0].x), short(y(0)))
	for _, p := range edge {
		fmt.Fprintf(b, "L%s %s", short(p.x), short(y(p.v)))
	}
	fmt.Fprintf(b, "V%sz", short(y(0)))
}

// burnDownTitle tells the strip to those who can't see it.
func burnDownTitle(g SLOGroup) string {
	st := g.Status
	step := st.Window.Duration() / time.Duration(len(g.BurnDown))
	before, worst, at, unseen := 1.0, 0.0, -1, 0
	for i, f := range g.BurnDown {
		if !f.Known {
			unseen++
			continue
		}
		if before-f.Value > worst {
			worst, at = before-f.Value, i
		}
		before = f.Value
	}
	out := fmt.Sprintf("%s: from all of the budget on %s to %s left on %s", g.name(),
		minute(st.Window.From), budgetText(st.BudgetRemaining.Value), minute(st.Window.To))
	if at >= 0 {
		out += fmt.Sprintf("; most was burned in the %s from %s: %s", span(step), minute(st.Window.From.Add(time.Duration(at)*step)), percent(worst))
	}
	if unseen > 0 {
		out += fmt.Sprintf("; %s of the time is unknown", percent(float64(unseen)/float64(len(g.BurnDown))))
	}
	return out
}
