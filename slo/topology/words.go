package topology

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// TargetText writes a level that somebody wrote down, as it was written.
func TargetText(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e12)/1e10, 'f', -1, 64) + "%"
}

// LevelText writes a level as a percentage, with two digits of what it lacks.
func LevelText(v float64) string {
	lost := 1 - v
	digits := 1
	if lost > 0 {
		digits = min(8, max(1, 2+int(math.Floor(-math.Log10(lost*100)))))
	}
	text := strconv.FormatFloat(v*100, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "100" && lost > 1e-12 {
		return "over 99.999999%"
	}
	return text + "%"
}

// ShareText writes a share of three digits.
func ShareText(v float64) string {
	if v > 0 && v < 0.00001 {
		return "under 0.001%"
	}
	p := v * 100
	if math.Abs(p) >= 100 {
		return strconv.FormatFloat(p, 'f', 0, 64) + "%"
	}
	return strconv.FormatFloat(p, 'g', 3, 64) + "%"
}

// spanText writes a duration in its largest unit that keeps it over 1.
func spanText(d time.Duration) string {
	in := func(unit time.Duration, name string) string {
		return strconv.FormatFloat(math.Round(10*d.Seconds()/unit.Seconds())/10, 'f', -1, 64) + " " + name
	}
	switch {
	case d >= 48*time.Hour:
		return in(24*time.Hour, "d")
	case d >= 2*time.Hour:
		return in(time.Hour, "h")
	case d >= 2*time.Minute:
		return in(time.Minute, "min")
	}
	return fmt.Sprintf("%d s", int(d.Seconds()))
}

// plain keeps a text from outside on one line and free of control characters.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

// short cuts a text to so many characters.
func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
