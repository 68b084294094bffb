package web

import (
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// The longest texts from outside that are shown on a line; the rest is cut off
// and said to be.
const (
	nameLimit = 90
	lineLimit = 400
	textLimit = 20_000
)

const dash = "–"

// text is something from outside, split where a line may break.
type text struct {
	Shown string
	Parts []string
	Title string // in full, where Shown was cut
}

func newText(s string) text { return cutText(s, nameLimit) }

// plain is a figure, which is never broken.
func plain(s string) text { return text{Shown: s, Parts: []string{s}} }

// lineText is a sentence, which breaks where its words end.
func lineText(s string) text {
	t := cutText(s, lineLimit)
	t.Parts = []string{t.Shown}
	return t
}

func cutText(s string, limit int) text {
	shown := report.CleanText(s, limit)
	t := text{Shown: shown, Parts: report.BreakableText(shown)}
	if full := report.CleanText(s, 2*lineLimit); full != shown {
		t.Title = full
	}
	return t
}

func texts(in ...string) []text {
	var out []text
	for _, s := range in {
		if s != "" {
			out = append(out, lineText(s))
		}
	}
	return out
}

func cleanName(s string) string { return report.CleanText(s, nameLimit) }

func cleanLine(s string) string { return report.CleanText(s, lineLimit) }

// block is a text of several lines as it was written, without what drives a
// terminal or reorders what is read.
func block(s string) string {
	var out []string
	left := textLimit
	for line := range strings.Lines(s) {
		clean := report.CleanText(strings.TrimRight(line, "\r\n"), left)
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		out = append(out, strings.Repeat(" ", min(indent, 40))+clean)
		if left -= len(clean) + 1; left <= 0 {
			out = append(out, "… (cut)")
			break
		}
	}
	return strings.Join(out, "\n")
}

func secondsText(s float64) string { return report.SpanText(time.Duration(s * float64(time.Second))) }

func optional(v *float64, words func(float64) string) string {
	if v == nil {
		return dash
	}
	return words(*v)
}

// shareView is a share with its denominator and its interval, drawn and said.
type shareView struct {
	Share, Of, Between string
	Low, Width, At     float64 // percent of the track
	Known              bool
}

func newShare(p *slo.Proportion) *shareView {
	if p == nil || !p.Known() {
		return &shareView{Share: dash}
	}
	low, high := p.Interval()
	return &shareView{
		Known: true, Share: report.PercentText(p.Ratio()),
		Of:      report.CountText(p.Count) + " of " + report.CountText(p.Of),
		Between: strings.TrimSuffix(report.PercentText(low), "%") + "–" + report.PercentText(high),
		Low:     tenth(low * 100), Width: max(0.5, tenth((high-low)*100)), At: tenth(p.Ratio() * 100),
	}
}

// kindText writes a snake_case name as words: flapping, bad actor.
func kindText(s string) string { return strings.ReplaceAll(s, "_", " ") }

// labelsText is a label set in a line, without names that are shown elsewhere.
func labelsText(set map[string]string, without ...string) string {
	names := make([]string, 0, len(set))
	for n := range set {
		if !slices.Contains(without, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	parts := make([]string, 0, len(names))
	for _, n := range names {
		parts = append(parts, n+"="+set[n])
	}
	return strings.Join(parts, ", ")
}

// base is the last part of a file's path.
func base(file string) string {
	if i := strings.LastIndexAny(file, `/\`); i >= 0 {
		return file[i+1:]
	}
	return file
}

// place says where a rule stands: group · file.
func place(group, file *string) string {
	parts := []string{}
	for _, p := range []string{deref(group), base(deref(file))} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}
