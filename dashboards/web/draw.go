package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// Drawings are paths in a space of 1000 units across, which the page stretches.
// Words stand beside them, so that they keep their size on a phone; nothing is
// placed by inline style, which the content policy forbids.

// wide is the width of all drawings, in units.
const wide = 1000

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

func short(v float64) string { return strconv.FormatFloat(tenth(v), 'f', -1, 64) }

// axis maps time to units.
type axis struct{ slo.Interval }

func (a axis) x(t time.Time) float64 {
	return min(wide, max(0, float64(t.Sub(a.From))/float64(max(1, a.Duration()))*wide))
}

// stripView is a drawing of a stretch of time: what is beneath, and what stands
// out.
type stripView struct {
	Height                   int
	Bands, Tint, Bars        string // incidents, share of time, starts
	Above, Below, Line, Zero string // of a budget
	Grid                     string // where the labels of the axis stand
	Title                    string
}

// spans draws stretches of time as boxes, each at least a unit wide.
func (a axis) spans(in []slo.Interval, y, height float64) string {
	var b strings.Builder
	for _, s := range union(in) {
		from, to := a.x(s.From), a.x(s.To)
		if s.To.Before(a.From) || !s.From.Before(a.To) {
			continue
		}
		w := max(2, to-from)
		fmt.Fprintf(&b, "M%s %sh%sv%sh-%sz", short(min(from, wide-w)), short(y), short(w), short(height), short(w))
	}
	return b.String()
}

// union joins what overlaps; the stretches are ordered by their starts.
func union(in []slo.Interval) []slo.Interval {
	var out []slo.Interval
	for _, s := range in {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// bars draws counts as bars, the tallest as high as the strip.
func bars(counts []int, height float64) string {
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	var b strings.Builder
	step := wide / float64(max(1, len(counts)))
	for i, n := range counts {
		if n == 0 {
			continue
		}
		h := max(height/10, float64(n)/float64(most)*height)
		fmt.Fprintf(&b, "M%s %sv-%sh%sv%sz", short((float64(i)+0.08)*step), short(height), short(h), short(step*0.84), short(h))
	}
	return b.String()
}

// counted sorts instants into even pieces.
func (a axis) counted(pieces int, at []time.Time) []int {
	out := make([]int, pieces)
	for _, t := range at {
		if t.Before(a.From) || !t.Before(a.To) {
			continue
		}
		out[min(pieces-1, int(a.x(t)/wide*float64(pieces)))]++
	}
	return out
}

// meterView is a budget on a track whose zero lies where the lowest needs it.
type meterView struct {
	Zero, From, Width float64
	Over              bool
	Title             string
}

// deepest is the lowest budget that is drawn; what is below is cut off.
const deepest = -1.0

func newMeter(left *float64, floor float64) *meterView {
	if left == nil {
		return nil
	}
	at := func(v float64) float64 { return tenth((v - floor) / (1 - floor) * 100) }
	v := max(floor, min(1, *left))
	return &meterView{
		Zero: at(0), From: at(min(0, v)), Width: max(0.5, tenth(math.Abs(at(v)-at(0)))),
		Over: *left < 0, Title: report.BudgetText(*left) + " of the budget is left",
	}
}

// floorOf is the bottom of all budgets of a table, so that they can be compared.
func floorOf(rows []sloRow) float64 {
	low := 0.0
	for _, r := range rows {
		low = min(low, deref(r.Remaining))
		if r.BurnDown == nil {
			continue
		}
		for _, v := range r.BurnDown.Remaining {
			low = min(low, deref(v))
		}
	}
	return max(deepest, math.Floor(low*4)/4)
}

// budgetHeight is the height of a burn-down strip, in units.
const budgetHeight = 40

// burnDown draws the budget left over a stretch of time.
func (a axis) burnDown(b *report.BurnDown, floor float64) stripView {
	out := stripView{Height: budgetHeight}
	if b == nil {
		return out
	}
	y := func(v float64) float64 { return (1 - min(1, max(floor, v))) / (1 - floor) * budgetHeight }
	out.Zero = fmt.Sprintf("M0 %sH%d", short(y(0)), wide)
	var line, above, below strings.Builder
	last := 1.0
	known, begun := true, b.From
	for i, v := range b.Remaining {
		end := b.From.Add(time.Duration((float64(i+1) * b.Step) * float64(time.Second)))
		if v != nil && known && end.After(a.From) && begun.Before(a.To) {
			x0, x1 := a.x(begun), a.x(end)
			fmt.Fprintf(&line, "M%s %sL%s %s", short(x0), short(y(last)), short(x1), short(y(*v)))
			area(&above, x0, x1, y, max(0, last), max(0, *v))
			area(&below, x0, x1, y, min(0, last), min(0, *v))
		}
		known, begun = v != nil, end
		if v != nil {
			last = *v
		}
	}
	out.Line, out.Above, out.Below = line.String(), above.String(), below.String()
	return out
}

// area draws what lies between zero and two values.
func area(b *strings.Builder, x0, x1 float64, y func(float64) float64, from, to float64) {
	if from == 0 && to == 0 || x1 <= x0 {
		return
	}
	fmt.Fprintf(b, "M%s %sL%s %sL%s %sL%s %sz", short(x0), short(y(0)), short(x0), short(y(from)), short(x1), short(y(to)), short(x1), short(y(0)))
}

// tick is a label on the axis, at a percentage of its width.
type tick struct {
	At          float64
	Long, Short string
}

func (a axis) ticks() []tick {
	every, long, brief := tickStep(a.Duration())
	var out []tick
	for t := a.From.UTC().Truncate(every); t.Before(a.To) && len(out) < 64; t = t.Add(every) {
		if x := tenth(a.x(t) / wide * 100); !t.Before(a.From) && x <= 96 {
			out = append(out, tick{x, t.Format(long), t.Format(brief)})
		}
	}
	return out
}

// grid draws a line at each label of the axis.
func (a axis) grid(height float64) string {
	var b strings.Builder
	for _, t := range a.ticks() {
		fmt.Fprintf(&b, "M%s 0v%s", short(t.At*wide/100), short(height))
	}
	return b.String()
}

func tickStep(window time.Duration) (every time.Duration, long, brief string) {
	const day = 24 * time.Hour
	switch {
	case window <= time.Hour:
		return 10 * time.Minute, "15:04", "15:04"
	case window <= 6*time.Hour:
		return time.Hour, "15:04", "15h"
	case window <= day:
		return 3 * time.Hour, "15:04", "15h"
	case window <= 2*day:
		return 6 * time.Hour, "Mon 15:04", "15h"
	case window <= 10*day:
		return day, "Mon 2 Jan", "2"
	case window <= 70*day:
		return 7 * day, "2 Jan", "2/1"
	}
	return 28 * day, "2 Jan 2006", "2/1"
}
