package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// Drawings are paths in a space of one unit a step across; the page stretches
// them. Their words are beside them, never in them, so that they keep their
// size on a phone.

// The heights of the drawings, in units.
const (
	stripHeight = 24
	chartHeight = 120
)

// strip is the timeline of one rule.
type strip struct {
	Width, Height int
	Bars, Tint    string // path data: starts, and the share of time it fired
	Title         string
}

func newStrip(s *noise.Summary, r *noise.RuleStats) strip {
	t := r.Timeline
	most := slices.Max(append([]int{1}, t.Starts...))
	out := strip{
		Width: max(1, len(t.Starts)), Height: stripHeight,
		Bars: bars(t.Starts, most, stripHeight), Tint: tint(t.Firing, stripHeight),
	}
	name := clean(r.Name, nameLimit)
	if r.Episodes == 0 {
		out.Title = fmt.Sprintf("%s: no start in the window, fired %s", name, span(r.AnyFiring))
		return out
	}
	busiest := slices.Index(t.Starts, most)
	at := s.Window.From.Add(time.Duration(busiest) * t.Step)
	out.Title = fmt.Sprintf("%s: %s; most in %s: %s, from %s UTC; at least one alert fired for %s",
		name, plural(r.Episodes, "start"), span(t.Step), count(most), minute(at), span(r.AnyFiring))
	return out
}

// bars draws a bar for each step with starts, tall enough to be seen even where
// it is one start beside a hundred.
func bars(starts []int, most, height int) string {
	var b strings.Builder
	for i, n := range starts {
		if n == 0 {
			continue
		}
		h := math.Max(3, float64(n)/float64(most)*float64(height))
		fmt.Fprintf(&b, "M%d %dv-%sh1v%sz", i, height, short(h), short(h))
	}
	return b.String()
}

// tint draws the share of each step in which something fired.
func tint(shares []float64, height int) string {
	var b strings.Builder
	for i := 0; i < len(shares); {
		run := i + 1
		for run < len(shares) && math.Abs(shares[run]-shares[i]) < 0.005 {
			run++
		}
		if h := shares[i] * float64(height); h > 0 {
			h = math.Max(1, h)
			fmt.Fprintf(&b, "M%d %dv-%sh%dv%sz", i, height, short(h), run-i, short(h))
		}
		i = run
	}
	return b.String()
}

func short(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// chart is the timeline of all rules together.
type chart struct {
	Width, Height int
	Bars, Floods  string
	Title, Scale  string
	Step          string
	Ticks         []tick
}

// tick is a label under the chart, at a percentage of its width.
type tick struct {
	At          string
	Long, Short string
}

func newChart(s *noise.Summary) chart {
	t := s.Timeline
	if len(t.Starts) == 0 {
		return chart{}
	}
	most := slices.Max(t.Starts)
	c := chart{
		Width: len(t.Starts), Height: chartHeight, Bars: linearBars(t.Starts, most), Floods: floodBands(s),
		Step: span(t.Step), Ticks: ticks(s),
	}
	if most == 0 {
		c.Title, c.Scale = "No starts in the window", "no starts"
		return c
	}
	at := s.Window.From.Add(time.Duration(slices.Index(t.Starts, most)) * t.Step)
	c.Scale = fmt.Sprintf("tallest bar: %s, from %s", plural(most, "start"), minute(at))
	c.Title = fmt.Sprintf("Firing starts in each %s of the window; %s; %s in all", c.Step, c.Scale, plural(s.Episodes, "start"))
	return c
}

func linearBars(starts []int, most int) string {
	var b strings.Builder
	for i, n := range starts {
		if n == 0 {
			continue
		}
		h := math.Max(1, float64(n)/float64(most)*(chartHeight-4))
		fmt.Fprintf(&b, "M%s %dv-%sh.8v%sz", short(float64(i)+0.1), chartHeight, short(h), short(h))
	}
	return b.String()
}

// floodBands draws a band over each flood, at least a third of a step wide.
func floodBands(s *noise.Summary) string {
	var b strings.Builder
	step := s.Timeline.Step.Seconds()
	for _, f := range s.Floods {
		x := f.From.Sub(s.Window.From).Seconds() / step
		w := math.Max(0.33, f.Duration().Seconds()/step)
		fmt.Fprintf(&b, "M%.2f 0h%.2fv%dh-%.2fz", x, w, chartHeight, w)
	}
	return b.String()
}

// ticks are at midnights in UTC, or at full hours of a short window.
func ticks(s *noise.Summary) []tick {
	every, long, brief := tickStep(s.Window.Duration())
	var out []tick
	for t := s.Window.From.Truncate(every); t.Before(s.Window.To); t = t.Add(every) {
		if t.Before(s.Window.From) {
			continue
		}
		x := t.Sub(s.Window.From).Seconds() / s.Window.Duration().Seconds()
		if x > 0.97 {
			break
		}
		out = append(out, tick{strconv.FormatFloat(x*100, 'f', 2, 64), t.UTC().Format(long), t.UTC().Format(brief)})
	}
	return out
}

func tickStep(window time.Duration) (every time.Duration, long, brief string) {
	const day = 24 * time.Hour
	switch {
	case window <= 6*time.Hour:
		return time.Hour, "15:04", "15"
	case window <= 2*day:
		return 6 * time.Hour, "Mon 15:04", "15h"
	case window <= 10*day:
		return day, "Mon 2 Jan", "2"
	case window <= 70*day:
		return 7 * day, "2 Jan", "2/1"
	}
	return 28 * day, "2 Jan 2006", "2/1"
}

// bullet shows a figure against its target and limit, as percentages of a
// track.
type bullet struct {
	Value, Target, Limit string
	HasLimit             bool
	Over                 bool // beyond the target
	Title                string
}

func newBullet(k noise.KPI) *bullet {
	if !k.Known || k.Target == nil {
		return nil
	}
	end := math.Max(k.Value, *k.Target) * 1.08
	b := &bullet{Over: k.Value > *k.Target}
	if k.Limit != nil {
		end = math.Max(end, *k.Limit*1.08)
	}
	if end == 0 {
		end = 1
	}
	at := func(v float64) string { return strconv.FormatFloat(v/end*100, 'f', 1, 64) }
	b.Value, b.Target = at(k.Value), at(*k.Target)
	if k.Limit != nil {
		b.HasLimit, b.Limit = true, at(*k.Limit)
	}
	b.Title = fmt.Sprintf("%s: %s, target %s", k.Label, value(k, k.Value), benchmark(k))
	return b
}

// segment is a part of the severity bar, in percent.
type segment struct {
	Class, Label string
	From, Width  string
	Wide         bool // wide enough for its label
}

func newSeverityBar(m noise.SeverityMix) []segment {
	if m.Classified() == 0 {
		return nil
	}
	var out []segment
	from := 0.0
	for _, l := range []noise.Level{noise.LevelHigh, noise.LevelMedium, noise.LevelLow} {
		p := m.Share(l)
		w := p.Ratio() * 100
		out = append(out, segment{
			Class: string(l), Label: string(l) + " " + percent(p.Ratio()),
			From: strconv.FormatFloat(from, 'f', 2, 64), Width: strconv.FormatFloat(w, 'f', 2, 64), Wide: w >= 14,
		})
		from += w
	}
	return out
}
