package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// trendsView is how things went week by week.
type trendsView struct {
	Intro  string
	Charts []trendChart
	Head   []string
	Table  [][]string
}

// trendChart is one figure over the weeks.
type trendChart struct {
	Label, Title, Last, Range string
	Width, Height             int
	Bars, Latest, Unknown     string // path data: earlier weeks, the last one, and those that nobody knows
	Ticks                     []tick
}

// trendHeight is the height of the drawings of trends, in units.
const trendHeight = 40

func newTrendsView(t *Trends) trendsView {
	if t == nil || len(t.Weeks) == 0 {
		return trendsView{}
	}
	v := trendsView{Intro: trendsIntro(t)}
	for _, c := range []struct {
		label string
		value func(*Week) *float64
	}{
		{"Episodes a week", func(w *Week) *float64 { return whole(w.Episodes) }},
		{"Notifications a week", func(w *Week) *float64 { return whole(w.Notifications) }},
		{"Pages a week", func(w *Week) *float64 { return whole(w.Pages) }},
	} {
		if chart, any := newTrendChart(t, c.label, c.value, figure); any {
			chart.Ticks = trendTicks(t)
			v.Charts = append(v.Charts, chart)
		}
	}
	v.Head, v.Table = trendTable(t)
	return v
}

func whole(n *int) *float64 {
	if n == nil {
		return nil
	}
	return new(float64(*n))
}

func trendsIntro(t *Trends) string {
	unknown := 0
	for _, w := range t.Weeks {
		if !w.Known {
			unknown++
		}
	}
	out := fmt.Sprintf("The last %s, the last one on the right.", plural(len(t.Weeks), "week"))
	if unknown > 0 {
		out += fmt.Sprintf(" Of %s nothing is known: the source does not reach back, or nobody watched.", count(unknown))
	}
	return out
}

// newTrendChart draws a figure over the weeks; any is false where it is known of
// none.
func newTrendChart(t *Trends, label string, value func(*Week) *float64, say func(float64) string) (c trendChart, any bool) {
	most := 0.0
	values := make([]*float64, len(t.Weeks))
	var said []string
	for i := range t.Weeks {
		values[i] = value(&t.Weeks[i])
		text := unknown
		if v := values[i]; v != nil {
			most, any = math.Max(most, *v), true
			text = say(*v)
		}
		said = append(said, text)
	}
	c = trendChart{Label: label, Width: len(values), Height: trendHeight, Title: label + ", week by week: " + strings.Join(said, ", "), Last: said[len(said)-1]}
	c.Range = "highest " + say(most)
	for i, v := range values {
		c.draw(i, v, cmp.Or(most, 1))
	}
	return c, any
}

func (c *trendChart) draw(i int, v *float64, most float64) {
	x := short(float64(i) + 0.1)
	if v == nil {
		c.Unknown += fmt.Sprintf("M%s %dh.8", x, trendHeight-1)
		return
	}
	h := short(math.Max(1, *v/most*(trendHeight-2)))
	bar := fmt.Sprintf("M%s %dv-%sh.8v%sz", x, trendHeight, h, h)
	if i == c.Width-1 {
		c.Latest = bar
	} else {
		c.Bars += bar
	}
}

func trendTicks(t *Trends) []tick {
	var out []tick
	for i := 0; i < len(t.Weeks); i += 3 {
		x := float64(i) / float64(len(t.Weeks)) * 100
		out = append(out, tick{strconv.FormatFloat(x, 'f', 2, 64), t.Weeks[i].From.Format("2 Jan"), t.Weeks[i].From.Format("2/1")})
	}
	return out
}

// trendTable is the weeks as rows, with the figures that are shown large.
func trendTable(t *Trends) (head []string, rows [][]string) {
	head = []string{"Week", "Episodes:", "Notifications:", "Pages:", "Most in 10 min:", "In flood:", "Top 10:", "Stale:"}
	for _, w := range slices.Backward(t.Weeks) {
		row := []string{dates(slo.Interval{From: w.From, To: w.To})}
		for _, n := range []*int{w.Episodes, w.Notifications, w.Pages} {
			row = append(row, figureOrDash(whole(n), figure))
		}
		row = append(row, figureOrDash(w.KPIs[noise.KPIMostInTen], figure), figureOrDash(w.KPIs[noise.KPIFlood], percent),
			figureOrDash(w.KPIs[noise.KPITopTen], percent), figureOrDash(w.KPIs[noise.KPIStale], figure))
		rows = append(rows, row)
	}
	return head, rows
}

func figureOrDash(v *float64, say func(float64) string) string {
	if v == nil {
		return "–"
	}
	return say(*v)
}

// kpiTrend is one figure over the weeks, for its row; nil where it is known of no
// more than one.
func kpiTrend(t *Trends, k noise.KPIID, label string, unit noise.Unit) *trendChart {
	if t == nil {
		return nil
	}
	n := 0
	for _, w := range t.Weeks {
		if w.KPIs[k] != nil {
			n++
		}
	}
	if n < 2 {
		return nil
	}
	say := figure
	if unit == noise.UnitRatio {
		say = percent
	}
	c, _ := newTrendChart(t, label, func(w *Week) *float64 { return w.KPIs[k] }, say)
	return &c
}
