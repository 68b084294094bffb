package topology

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// View is everything that is shown of a graph.
type View struct {
	Graph      *Graph
	Attainable []Attainable
	Excluded   []Excluded
	Worksheet  []Row
	Loops      []Loop
	Measured   Measured
}

// NewView works out everything that is shown.
func NewView(g *Graph, m Measured) View {
	v := View{Graph: g, Attainable: g.Attain(), Measured: m}
	v.Excluded = g.Exclude(v.Attainable)
	v.Worksheet = g.Worksheet(m, v.Excluded)
	v.Loops = g.Loops(m)
	return v
}

// The marks between which a page is made anew; what stands outside is kept.
const (
	markBegin = "<!-- burnish topology: what stands between these marks is made anew; edits in the worksheet's cells are kept -->"
	markEnd   = "<!-- burnish topology: end -->"
)

// WriteMarkdown writes the page: attainable levels, what is left out, the worksheet
// and the control loops.
func (v View) WriteMarkdown(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n## Attainable levels\n\n", markBegin)
	v.writeAttainable(&b)
	v.writeExcluded(&b)
	v.writeWorksheet(&b)
	v.writeLoops(&b)
	fmt.Fprintf(&b, "%s\n", markEnd)
	_, err := w.Write(b.Bytes())
	return err
}

// Replace puts a new page into the place of the old one between the marks of a text;
// a text without them gets it at its end.
func Replace(text, page []byte) []byte {
	begin := bytes.Index(text, []byte(markBegin))
	if begin < 0 {
		if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
			text = append(bytes.Clone(text), '\n')
		}
		return append(bytes.Clone(text), page...)
	}
	rest := text[begin:]
	end := bytes.Index(rest, []byte(markEnd))
	after := []byte{}
	if end >= 0 {
		after = bytes.TrimPrefix(rest[end+len(markEnd):], []byte("\n"))
	}
	return append(append(bytes.Clone(text[:begin]), page...), after...)
}

// tableRow writes cells as a row of a Markdown table.
func tableRow(b *bytes.Buffer, cells ...string) {
	b.WriteString("|")
	for _, c := range cells {
		b.WriteString(" " + escaped(c) + " |")
	}
	b.WriteString("\n")
}

func tableHead(b *bytes.Buffer, cells ...string) {
	tableRow(b, cells...)
	b.WriteString("|" + strings.Repeat(" --- |", len(cells)) + "\n")
}

// escaped keeps a text from being read as Markdown or HTML.
func escaped(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "~", `\~`,
	).Replace(plain(s))
}

// unescaped is the inverse.
func unescaped(s string) string {
	s = strings.NewReplacer(
		`\\`, `\`, `\|`, "|", `\*`, "*", `\_`, "_", "\\`", "`", `\[`, "[", `\]`, "]", `\~`, "~",
	).Replace(s)
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

func (v View) writeAttainable(b *bytes.Buffer) {
	b.WriteString("The best that each can reach if all that it needs keeps just what is expected of it.\n\n")
	tableHead(b, "Component", "Target", "Attainable", "Verdict", "Costs most", "Way")
	for _, a := range v.Attainable {
		target, most, way := "none", "nothing", ""
		if a.Target.Known {
			target = TargetText(a.Target.Value)
		}
		if len(a.Contributors) > 0 && a.Contributors[0].Loss > 0 {
			c := a.Contributors[0]
			most = c.Component
			if c.OfBudget.Known {
				most += " (" + ShareText(c.OfBudget.Value) + " of the budget)"
			}
			way = strings.Join(c.Path, " → ")
		}
		tableRow(b, a.Component, target, LevelText(a.Level), a.Verdict(), most, way)
	}
}

// Verdict says in words whether the target can be kept.
func (a Attainable) Verdict() string {
	kept, promised := a.Kept()
	note := ""
	if len(a.Unrated) > 0 {
		note = "; what is expected of " + strings.Join(a.Unrated, ", ") + "?"
	}
	if !a.Exact {
		note += "; estimated"
	}
	switch {
	case !promised:
		return "nothing is promised" + note
	case !kept:
		return "can't be kept" + note
	case a.OwnNeeded.Known && a.OwnNeeded.Value < 1 && len(a.Contributors) > 0:
		return "needs " + LevelText(a.OwnNeeded.Value) + " of its own part" + note
	}
	return "can be kept" + note
}

func (v View) writeExcluded(b *bytes.Buffer) {
	b.WriteString("\n## Left out\n\n")
	if len(v.Excluded) == 0 {
		b.WriteString("Nothing is.\n")
	}
	for _, x := range v.Excluded {
		fmt.Fprintf(b, "- **%s**: %s\n", escaped(x.Component), escaped(x.Why))
	}
}

func (v View) writeWorksheet(b *bytes.Buffer) {
	b.WriteString("\n## How it fails\n\nS, O and D rate severity, occurrence and detection from 1, the best, to 10. A question mark waits for an answer.\n\n")
	tableHead(b, columns...)
	for _, r := range v.Worksheet {
		tableRow(b, r.cells()...)
	}
}

// ReadMarkdown reads the worksheet of a page that people may have edited: the first
// table that has a column ID. A page without one holds no rows.
func ReadMarkdown(text []byte) ([]Row, error) {
	if len(text) > maxSheet {
		return nil, fmt.Errorf("read the worksheet: over %d bytes", maxSheet)
	}
	var s sheet
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		cells := splitRow(line)
		switch {
		case s.header == nil && len(cells) > 1 && cells[0] == columns[0] && cells[1] == columns[1]:
			s.header = cells
		case s.header == nil, isRule(line):
		case len(cells) == 0:
			return s.rows, nil
		default:
			if err := s.add(number, cells); err != nil {
				return nil, err
			}
		}
	}
	return s.rows, nil
}

// isRule tells whether a line is the one below a table's head.
func isRule(line string) bool {
	return strings.HasPrefix(line, "|") && strings.Trim(line, "|-: ") == "" && strings.Contains(line, "-")
}

// splitRow divides a row of a table at its bars; none where the line is no row.
func splitRow(line string) []string {
	if !strings.HasPrefix(line, "|") {
		return nil
	}
	var out []string
	start := 1
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '|':
			out = append(out, strings.TrimSpace(unescaped(strings.TrimSpace(line[start:i]))))
			start = i + 1
		}
	}
	if rest := strings.TrimSpace(line[min(start, len(line)):]); rest != "" {
		out = append(out, unescaped(rest))
	}
	return out
}
