package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise"
)

func incidentText(i noise.Incident) string {
	return fmt.Sprintf("%s (%s, %s)", oneLine(i.ID, 120), i.From.Format(time.RFC3339), short(i.Duration()))
}

// after is how long after its start an incident was caught.
func after(i noise.Incident, at time.Time) string { return short(max(0, at.Sub(i.From))) }

func where(r *noise.Rule) string {
	switch {
	case r.File == "":
		return r.Group
	case r.Line == 0:
		return r.File
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// few is the first names of a list.
func few(names []string) string {
	const most = 3
	var out []string
	for _, n := range names[:min(most, len(names))] {
		out = append(out, oneLine(n, 80))
	}
	if len(names) > most {
		out = append(out, fmt.Sprintf("%d more", len(names)-most))
	}
	return strings.Join(out, ", ")
}

func spreadText(s noise.Spread, p95 bool) string {
	switch {
	case !s.Known():
		return "not known"
	case p95:
		return short(s.P95)
	}
	return short(s.Median)
}

// short is a duration as people write it, to the minute from an hour on.
func short(d time.Duration) string {
	if d.Abs() >= time.Hour {
		d = d.Round(time.Minute)
	} else if d.Abs() >= time.Second {
		d = d.Round(time.Second)
	}
	return model.Duration(d).String()
}

// rate is a number a week.
func rate(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

func percent(before, after int) string { return change(float64(before), float64(after)) }

// change is the relative difference, where it means something.
func change(before, after float64) string {
	if before == after {
		return "same"
	}
	if before <= 0 {
		return ""
	}
	p := 100 * (after - before) / before
	if math.Abs(p) < 1 {
		return fmt.Sprintf("%+.1g%%", p)
	}
	return fmt.Sprintf("%+.0f%%", p)
}

func signed(n int) string {
	if n == 0 {
		return "same"
	}
	return fmt.Sprintf("%+d", n)
}

// later is how much longer something took.
func later(before, after time.Duration) string {
	switch {
	case after == before:
		return "same"
	case after < before:
		return "-" + short(before-after)
	}
	return "+" + short(after-before)
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// oneLine is a text of a stranger that drives no terminal: printable characters
// alone, and no more than so many.
func oneLine(s string, most int) string {
	runes := 0
	for i := range s {
		if runes++; runes > most {
			s = s[:i] + "..."
			break
		}
	}
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)), " ")
}
