package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the report as Markdown with tables, in the order of the
// HTML form. It fails only where the writer does.
func (r *Report) WriteMarkdown(w io.Writer) error {
	m := markdown{w: bufio.NewWriter(w)}
	m.head(&r.view)
	m.changes(&r.view.Changes)
	m.advice(&r.view.Advice)
	m.promises(&r.view)
	m.happened(&r.view.Happened)
	m.metrics(&r.view.Metrics)
	m.teams(&r.view.Teams)
	m.noise(&r.view)
	if !r.view.NoData {
		m.floods(&r.view)
		m.standing(&r.view)
		m.kpis(&r.view)
		m.trends(&r.view.Trends)
		m.severity(&r.view)
	}
	m.watched(&r.view.Watched)
	m.actions(&r.view.Actions)
	m.quality(&r.view)
	m.terms(&r.view)
	if err := m.w.Flush(); err != nil {
		return fmt.Errorf("write the report as Markdown: %w", err)
	}
	return nil
}

// markdown writes blocks; the first error is kept by the buffer.
type markdown struct{ w *bufio.Writer }

// escape makes text from outside plain in Markdown, also within a table: no
// markup, no HTML, no links, one line.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '\n', '\r':
			b.WriteByte(' ')
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '@':
			b.WriteString("&#64;") // no mentions
		case '\\', '`', '*', '_', '[', ']', '|', '~', '#', '!', '$':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "://", ":&#47;/") // no links by themselves
}

func (m markdown) heading(s string) { fmt.Fprintf(m.w, "\n## %s\n\n", escape(s)) }

func (m markdown) paragraph(s string) {
	if s != "" {
		fmt.Fprintf(m.w, "%s\n\n", escape(s))
	}
}

// table writes a table; columns whose head ends in a colon are set right.
func (m markdown) table(head []string, rows [][]string) {
	names, rules := make([]string, len(head)), make([]string, len(head))
	for i, h := range head {
		names[i], rules[i] = strings.TrimSuffix(h, ":"), "---"
		if strings.HasSuffix(h, ":") {
			rules[i] = "--:"
		}
	}
	m.row(names)
	fmt.Fprintf(m.w, "|%s|\n", strings.Join(rules, "|"))
	for _, row := range rows {
		m.row(row)
	}
	fmt.Fprintln(m.w)
}

func (m markdown) row(cells []string) {
	for _, c := range cells {
		fmt.Fprintf(m.w, "| %s ", escape(c))
	}
	fmt.Fprintln(m.w, "|")
}

func (m markdown) head(v *view) {
	fmt.Fprintf(m.w, "# %s\n\n", escape(v.Title))
	if v.Source != "" {
		m.paragraph(v.Source + ", all times UTC")
	}
	m.paragraph(strings.Join(v.Lede, " "))
	m.plan(v.First)
	for _, w := range v.Warnings {
		fmt.Fprintf(m.w, "> **The source warned, so the history may be partial:** %s\n\n", escape(w))
	}
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
