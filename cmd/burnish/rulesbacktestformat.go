package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
)

// writeBacktestText writes a backtest for a terminal.
func writeBacktestText(w io.Writer, b *pipeline.Backtest) error {
	v := viewOf(b)
	t := textWriter{&strings.Builder{}}
	t.lines(v.Headline)
	t.lines(v.About...)
	t.lines("")
	rows := [][]string{{"", "before", "after", "change"}}
	for _, r := range v.Totals {
		rows = append(rows, []string{r.Name, r.Before, r.After, r.Change})
	}
	t.table(rows)
	for _, r := range v.Rules {
		t.rule(r)
	}
	for _, s := range sections(v) {
		t.lines("", s.title+":")
		for _, line := range s.lines {
			t.lines("  " + line)
		}
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// section is a list of lines under a title.
type section struct {
	title string
	lines []string
	worse bool // the reader has to see it
}

// sections are the lists of a view that are not empty.
func sections(v backtestView) []section {
	var out []section
	for _, s := range []section{
		{"Incidents lost", v.Lost, true},
		{"Incidents caught too late", v.Later, true},
		{"Incidents newly caught", v.Gained, false},
		{"Left out on both sides", v.Left, true},
		{"How far the replay can be trusted", v.Check, false},
		{"Notes", v.Notes, false},
	} {
		if len(s.lines) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// figureNames and figures are the cells of a rule.
func (r ruleView) figures() [][2]string {
	var out [][2]string
	for _, f := range [][2]string{
		{"episodes", r.Episodes}, {"outside incidents", r.Outside}, {"caught at onset", r.Caught},
		{"detection median / p95", r.Detection}, {"firing", r.Firing}, {"notifications a week", r.Notifications}, {"pages a week", r.Pages},
	} {
		if f[1] != "" {
			out = append(out, f)
		}
	}
	return out
}

// textWriter writes lines without anything that drives a terminal.
type textWriter struct{ *strings.Builder }

func (t textWriter) lines(lines ...string) {
	for _, l := range lines {
		indent := l[:len(l)-len(strings.TrimLeft(l, " "))]
		t.WriteString(indent + oneLine(l, longestLine) + "\n")
	}
}

// longestLine bounds a line, in characters.
const longestLine = 1000

func (t textWriter) rule(r ruleView) {
	head := r.Diff + " " + r.Name
	if r.Where != "" {
		head += " (" + r.Where + ")"
	}
	t.lines("", head)
	if r.What != "" {
		t.lines("  " + r.What)
	}
	var cells []string
	for _, f := range r.figures() {
		cells = append(cells, f[0]+" "+f[1])
	}
	t.lines("  " + strings.Join(cells, ", "))
	if r.LostByItOwn != "" {
		t.lines("  " + r.LostByItOwn)
	}
}

// table pads cells to columns.
func (t textWriter) table(rows [][]string) {
	widths := map[int]int{}
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			line.WriteString(c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)))
		}
		t.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// mostMarkdown is how long a comment may be, in bytes: GitHub takes 65,536
// characters.
const mostMarkdown = 60_000

// backtestMark begins a comment, so that a pipeline finds its own and replaces it.
const backtestMark = "<!-- burnish rules backtest -->"

// mostOpenLines is how many lines of what got worse stand open in a comment.
const mostOpenLines = 10

// writeBacktestMarkdown writes a backtest as a comment for a pull request: the
// answer, what got worse and the totals, and the rest folded away. Lists are cut
// short before the comment becomes longer than forges take.
func writeBacktestMarkdown(w io.Writer, b *pipeline.Backtest) error {
	v := viewOf(b)
	m := mdWriter{&strings.Builder{}}
	m.printf("%s\n## Alert rules, backtested\n\n**%s**\n\n", backtestMark, mdEscape(v.Headline))
	for _, s := range sections(v) {
		if s.worse {
			m.open(s)
		}
	}
	rows := make([][]string, 0, len(v.Totals))
	for _, r := range v.Totals {
		rows = append(rows, []string{r.Name, r.Before, r.After, r.Change})
	}
	m.table([]string{"", "before", "after", "change"}, rows)
	if len(v.Rules) > 0 {
		m.fold(fmt.Sprintf("Rules (%s)", v.Diffs), func() { m.rules(v.Rules) })
	}
	for _, s := range sections(v) {
		if !s.worse || len(s.lines) > mostOpenLines {
			m.fold(fmt.Sprintf("%s (%d)", s.title, len(s.lines)), func() { m.list(s.lines) })
		}
	}
	m.printf("<sub>%s</sub>\n", mdEscape(strings.Join(v.About, " ")))
	_, err := io.WriteString(w, m.String())
	return err
}

// open writes a list that stands open, its first lines alone.
func (m mdWriter) open(s section) {
	m.printf("**%s**\n\n", mdEscape(s.title))
	m.list(s.lines[:min(mostOpenLines, len(s.lines))])
}

// mdWriter writes blocks.
type mdWriter struct{ *strings.Builder }

func (m mdWriter) printf(format string, args ...any) { _, _ = fmt.Fprintf(m, format, args...) }

// room tells whether so many bytes and what has to follow still fit.
func (m mdWriter) room(n int) bool { return m.Len()+n < mostMarkdown-4000 }

func (m mdWriter) table(head []string, rows [][]string) {
	m.printf("| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for i, row := range rows {
		line := "|"
		for _, c := range row {
			line += " " + mdEscape(c) + " |"
		}
		if !m.room(len(line)) {
			m.printf("\n%d more are left out: the comment would be too long.\n", len(rows)-i)
			break
		}
		m.printf("%s\n", line)
	}
	m.printf("\n")
}

// fold writes a block that the reader has to open.
func (m mdWriter) fold(title string, body func()) {
	if !m.room(500) {
		m.printf("%s: left out, the comment would be too long.\n\n", mdEscape(title))
		return
	}
	m.printf("<details><summary>%s</summary>\n\n", mdEscape(title))
	body()
	m.printf("</details>\n\n")
}

func (m mdWriter) list(lines []string) {
	for i, line := range lines {
		text := "- " + mdEscape(line) + "\n"
		if !m.room(len(text)) {
			m.printf("- %d more are left out: the comment would be too long.\n", len(lines)-i)
			break
		}
		m.printf("%s", text)
	}
	m.printf("\n")
}

func (m mdWriter) rules(rules []ruleView) {
	head := []string{"", "rule"}
	for _, f := range rules[0].figures() {
		head = append(head, f[0])
	}
	var rows [][]string
	for _, r := range rules {
		name := r.Name
		for _, more := range []string{r.What, r.LostByItOwn} {
			if more != "" {
				name += "; " + more
			}
		}
		row := []string{r.Diff, name}
		for _, f := range r.figures() {
			row = append(row, f[1])
		}
		rows = append(rows, row)
	}
	m.table(head, rows)
}

// mdEscape makes text from outside plain in Markdown, also within a table and
// within <details>: no markup, no HTML, no links, no mentions, one line.
func mdEscape(s string) string {
	var b strings.Builder
	text := []rune(oneLine(s, longestLine))
	for i, r := range text {
		switch {
		case r == ':' && i > 0 && unicode.IsDigit(text[i-1]) && i+1 < len(text) && unicode.IsDigit(text[i+1]):
			b.WriteRune(r) // of a time
		case r == ':' && i+1 < len(text) && text[i+1] == ' ':
			b.WriteRune(r)
		case strings.ContainsRune("&<>@:", r):
			_, _ = fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_[]|~#!$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
