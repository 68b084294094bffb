package rulefile

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Diff is the change of a file as a unified diff that git apply takes; empty
// where there is none. The name is the file's path in the repository. Line ends
// are as they are in the texts.
func Diff(name string, before, after []byte) string {
	if bytes.Equal(before, after) {
		return ""
	}
	name = pathInDiff(name)
	d := newLineDiff(string(before), string(after))
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", quoted("a/"+name), quoted("b/"+name))
	for from := 0; from < len(d.changes); {
		to := from + 1
		for to < len(d.changes) && d.changes[to].a-d.changes[to-1].aEnd <= 2*shown {
			to++
		}
		d.hunk(&b, d.changes[from:to])
		from = to
	}
	return b.String()
}

// shown is how many lines that stay are shown around those that change.
const shown = 3

// lineDiff is two texts by lines, and where they differ.
type lineDiff struct {
	a, b    []string
	changes []change
}

// change is lines [a, aEnd) of the old text that become [b, bEnd) of the new.
type change struct{ a, aEnd, b, bEnd int }

// hunk writes changes that are near one another, with the lines around them.
func (d *lineDiff) hunk(out *strings.Builder, changes []change) {
	first, last := changes[0], changes[len(changes)-1]
	before := min(shown, first.a)
	after := min(shown, len(d.a)-last.aEnd)
	fmt.Fprintf(out, "@@ -%s +%s @@\n",
		lineRange(first.a-before, last.aEnd+after), lineRange(first.b-before, last.bEnd+after))
	at := first.a - before
	for _, c := range changes {
		writeLines(out, ' ', d.a[at:c.a])
		writeLines(out, '-', d.a[c.a:c.aEnd])
		writeLines(out, '+', d.b[c.b:c.bEnd])
		at = c.aEnd
	}
	writeLines(out, ' ', d.a[at:last.aEnd+after])
}

// lineRange is lines [from, to), which count from 0, as a hunk's head names them.
func lineRange(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return strconv.Itoa(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}

func writeLines(out *strings.Builder, mark byte, lines []string) {
	for _, line := range lines {
		out.WriteByte(mark)
		out.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// pathInDiff is a path as git writes it: relative, with slashes.
func pathInDiff(name string) string {
	return strings.TrimLeft(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./"), "/")
}

// quoted is a path as git quotes those that a plain line can't hold.
func quoted(name string) string {
	if !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == 0x7f }) {
		return name
	}
	return doubleQuotedC(name)
}

func doubleQuotedC(name string) string {
	const octal = "01234567"
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			b.WriteByte('\\')
			b.WriteByte(octal[c>>6])
			b.WriteByte(octal[c>>3&7])
			b.WriteByte(octal[c&7])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// How far the search for lines that are the same again goes.
const (
	maxAhead = 200 // lines
	inStep   = 3   // lines that must be the same in a row
)

// newLineDiff compares two texts. Edits of rule files are many and small: it
// walks both texts and looks a little ahead from each difference; what lies
// between is left to udiff.
func newLineDiff(before, after string) *lineDiff {
	d := &lineDiff{a: splitLines(before), b: splitLines(after)}
	i, j := 0, 0
	for i < len(d.a) || j < len(d.b) {
		if i < len(d.a) && j < len(d.b) && d.a[i] == d.b[j] {
			i, j = i+1, j+1
			continue
		}
		skipA, skipB := meet(d.a[i:], d.b[j:])
		d.compare(i, i+skipA, j, j+skipB)
		i, j = i+skipA, j+skipB
	}
	return d
}

func splitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// compare finds the changes between lines [i, iEnd) of the old text and [j, jEnd)
// of the new.
func (d *lineDiff) compare(i, iEnd, j, jEnd int) {
	was, is := strings.Join(d.a[i:iEnd], ""), strings.Join(d.b[j:jEnd], "")
	done := 0 // bytes of was
	for _, e := range udiff.Lines(was, is) {
		same := lineCount(was[done:e.Start])
		i, j = i+same, j+same
		c := change{a: i, aEnd: i + lineCount(was[e.Start:e.End]), b: j, bEnd: j + lineCount(e.New)}
		d.changes = append(d.changes, c)
		i, j, done = c.aEnd, c.bEnd, e.End
	}
}

func lineCount(text string) int {
	n := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		n++
	}
	return n
}

// meet is how many lines to pass over on either side until both go on alike.
func meet(a, b []string) (skipA, skipB int) {
	for sum := 1; sum <= maxAhead; sum++ {
		for i := 0; i <= sum; i++ {
			if alike(a, b, i, sum-i) {
				return i, sum - i
			}
		}
	}
	return len(a), len(b)
}

func alike(a, b []string, i, j int) bool {
	for k := range inStep {
		endA, endB := i+k >= len(a), j+k >= len(b)
		if endA && endB {
			return i <= len(a) && j <= len(b)
		}
		if endA != endB || a[i+k] != b[j+k] {
			return false
		}
	}
	return true
}
