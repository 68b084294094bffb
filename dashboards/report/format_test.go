package report

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/slo"
)

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -12: "−12", -1200: "−1,200"} {
		assert.Equal(t, want, count(n))
	}
}

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.5: "0.5", 0.424: "0.42", 17.25: "17.2", 99.99: "100", 1203.6: "1,204", 3: "3", 2.999: "3"} {
		assert.Equal(t, want, figure(v))
	}
}

func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{0: "0%", 0.0001: "<0.1%", 0.031: "3.1%", 0.03: "3%", 0.125: "13%", 0.9999: "99.9%", 1: "100%", 1.5: "150%"} {
		assert.Equal(t, want, percent(v))
	}
	assert.Equal(t, "–", share(slo.Proportion{}), "no denominator, no share")
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 45 * time.Second: "45 s", 5 * time.Minute: "5 min", 90 * time.Second: "1 min 30 s",
		80 * time.Minute: "1 h 20 min", 47 * time.Hour: "47 h", 77 * time.Hour: "3.2 d", 48 * time.Hour: "2 d",
	} {
		assert.Equal(t, want, span(d))
	}
}

func TestDates(t *testing.T) {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name     string
		from, to time.Time
		want     string
	}{
		{"a week in a month", day(11, 9), day(11, 16), "9–15 November 2026"},
		{"across months", day(10, 28), day(11, 4), "28 October – 3 November 2026"},
		{"across years", day(12, 28), day(13, 4), "28 December 2026 – 3 January 2027"},
		{"one day", day(11, 9), day(11, 10), "9 November 2026"},
		{"not whole days", day(11, 9).Add(time.Hour), day(11, 10), "9 Nov 2026 01:00 – 10 Nov 2026 00:00 UTC"},
	} {
		assert.Equal(t, c.want, dates(slo.Interval{From: c.from, To: c.to}), c.name)
	}
}

func TestChange(t *testing.T) {
	assert.Equal(t, "+1,200", change(1300, 100))
	assert.Equal(t, "−3", change(4, 7))
	assert.Equal(t, "±0", change(4, 4))
	assert.Equal(t, "±0", change(0, 0))
	assert.Equal(t, "new", change(4, 0))
}

func TestBreakable(t *testing.T) {
	assert.Equal(t, []string{"Disk", "Full_", "on:", "CPU"}, breakable("DiskFull_on:CPU"))
	assert.Equal(t, []string{""}, breakable(""))
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[31m", "a\nb", "\u202e", "\xff", strings.Repeat("ä", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s, 50)
		assert.True(t, utf8.ValidString(got))
		assert.LessOrEqual(t, utf8.RuneCountInString(got), 51)
		for _, r := range got {
			assert.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
		}
		assert.Equal(t, got, strings.Join(breakable(got), ""))
		cell := strings.ReplaceAll(escape(got), `\\`, "")
		assert.NotContains(t, strings.ReplaceAll(cell, `\|`, ""), "|")
		assert.NotContains(t, cell, "<")
	})
}

func TestFiguresStayWithTheirUnits(t *testing.T) {
	for in, want := range map[string]string{
		"runs out in 17.4 d":          "runs out in 17.4\u00a0d",
		"after 1 h 20 min, not 45 s.": "after 1\u00a0h 20\u00a0min, not 45\u00a0s.",
		"12 starts of 3 deploys":      "12 starts of 3 deploys",
		"in 30 days":                  "in 30 days",
	} {
		assert.Equal(t, want, unbroken(in))
	}
}
