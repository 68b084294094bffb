package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// unknown is what stands in for a figure that nobody can know.
const unknown = "unknown"

// count writes a whole number with thousands separated: 1,204.
func count(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// figure writes a number with no more digits than it deserves: 1,204 or 17.3 or
// 0.42.
func figure(v float64) string {
	decimals := 2
	switch size := math.Abs(v); {
	case v == math.Trunc(v) || size >= 99.95:
		return count(int(math.Round(v)))
	case size >= 9.995:
		decimals = 1
	}
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', decimals, 64), "0"), ".")
}

// percent writes a ratio in [0,1]: 12%, 3.1%, under 0.1%.
func percent(ratio float64) string {
	p := ratio * 100
	switch {
	case p == 0:
		return "0%"
	case p < 0.1:
		return "<0.1%"
	case p < 9.95 && math.Abs(p-math.Round(p)) > 0.049:
		return strconv.FormatFloat(p, 'f', 1, 64) + "%"
	case p > 99 && p < 100:
		return strconv.FormatFloat(math.Floor(p*10)/10, 'f', 1, 64) + "%"
	}
	return count(int(math.Round(p))) + "%"
}

// share writes a proportion as a percentage, or a dash where it is unknown.
func share(p slo.Proportion) string {
	if !p.Known() {
		return "–"
	}
	return percent(p.Ratio())
}

// plural writes a count with its noun, the plural by an s.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// span writes a duration as a person would: 45 s, 5 min, 1 h 20 min, 3.2 d.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return twoUnits(d, unit{time.Minute, "min"}, unit{time.Second, "s"})
	case d < 48*time.Hour:
		return twoUnits(d, unit{time.Hour, "h"}, unit{time.Minute, "min"})
	}
	return figure(math.Round(d.Hours()/24*10)/10) + " d"
}

// unit is a unit of time and its symbol.
type unit struct {
	length time.Duration
	symbol string
}

func twoUnits(d time.Duration, big, small unit) string {
	out := fmt.Sprintf("%d %s", d/big.length, big.symbol)
	if rest := d % big.length / small.length; rest > 0 {
		out += fmt.Sprintf(" %d %s", rest, small.symbol)
	}
	return out
}

// spanOrDash writes an unknown duration as a dash.
func spanOrDash(d time.Duration, isKnown bool) string {
	if !isKnown {
		return "–"
	}
	return span(d)
}

// minute writes an instant, in UTC, without its year.
func minute(t time.Time) string { return t.UTC().Format("Mon 2 Jan 15:04") }

// dates writes a window: whole days as days, others to the minute.
func dates(w slo.Interval) string {
	from, to := w.From.UTC(), w.To.UTC()
	if !from.Equal(from.Truncate(24*time.Hour)) || !to.Equal(to.Truncate(24*time.Hour)) || w.Empty() {
		return from.Format("2 Jan 2006 15:04") + " – " + to.Format("2 Jan 2006 15:04") + " UTC"
	}
	last := to.AddDate(0, 0, -1)
	switch {
	case last.Equal(from):
		return from.Format("2 January 2006")
	case from.Year() != last.Year():
		return from.Format("2 January 2006") + " – " + last.Format("2 January 2006")
	case from.Month() != last.Month():
		return from.Format("2 January") + " – " + last.Format("2 January 2006")
	}
	return from.Format("2") + "–" + last.Format("2 January 2006")
}

// length names the length of a window: week, 3 days, 12 h.
func length(w slo.Interval) string {
	d := w.Duration()
	switch {
	case d == 7*24*time.Hour:
		return "week"
	case d == 24*time.Hour:
		return "day"
	case d%(24*time.Hour) == 0 && d > 0:
		return plural(int(d/(24*time.Hour)), "day")
	}
	return span(d)
}

// this points at the window: This week, These 3 days.
func this(w slo.Interval) string {
	name := length(w)
	if name == "week" || name == "day" {
		return "This " + name
	}
	return "These " + name
}

// value writes a KPI's figure in its unit.
func value(k noise.KPI, v float64) string {
	if k.Unit == noise.UnitRatio {
		return percent(v)
	}
	return figure(v)
}

// denominator says what a KPI's figure was taken of.
func denominator(k noise.KPI) string {
	of := figure(k.Of) + " " + k.OfUnit
	switch {
	case k.ID == noise.KPIFlood && k.Known:
		return span(hours(k.Count)) + " of " + of
	case !k.Known || k.Of == 0:
		return "no " + k.OfUnit
	case k.ID == noise.KPIMostInTen || k.ID == noise.KPIStale:
		return "over " + of
	case k.Unit == noise.UnitEpisodes:
		return figure(k.Count) + " over " + of
	case k.Unit == noise.UnitRatio:
		return figure(k.Count) + " of " + of
	}
	return "of " + of
}

func hours(h float64) time.Duration {
	return time.Duration(h * float64(time.Hour)).Round(time.Second)
}

// benchmark says what a KPI is judged by.
func benchmark(k noise.KPI) string {
	word := "at most "
	if k.Below {
		word = "under "
	}
	switch {
	case k.Target == nil:
		return "none"
	case *k.Target == 0:
		return "none at all"
	case k.Limit == nil:
		return word + value(k, *k.Target)
	}
	return word + value(k, *k.Target) + ", never over " + value(k, *k.Limit)
}

// change writes how a count differs from the one before.
func change(now, before int) string {
	switch d := now - before; {
	case before == 0 && now > 0:
		return "new"
	case d > 0:
		return "+" + count(d)
	case d < 0:
		return count(d)
	}
	return "±0"
}

// days writes the length of a window: 7 days, 12 h.
func days(w slo.Interval) string {
	if d := w.Duration(); d%(24*time.Hour) == 0 {
		return plural(int(d/(24*time.Hour)), "day")
	}
	return span(w.Duration())
}

// wasCount writes a count with its verb before it: was 1 flood, were 3 floods.
func wasCount(n int, noun string) string {
	if n == 1 {
		return "was " + plural(n, noun)
	}
	return "were " + plural(n, noun)
}

// countWas writes a count with its verb after it: 1 alert was, 3 alerts were.
func countWas(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return plural(n, noun) + " were"
}
