package rulefile

import (
	"bytes"
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
	from, to := "a/"+name, "b/"+name
	old := string(before)
	out, err := udiff.ToUnified(quoted(from), quoted(to), old, lineEdits(old, string(after)), udiff.DefaultContextLines)
	if err != nil {
		return ""
	}
	return out
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

// lineEdits is the edits that lead from one text to the other. Edits of rule
// files are many and small: it walks both texts and looks a little ahead from
// each difference; what can't be settled so is left to udiff.
func lineEdits(before, after string) []udiff.Edit {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	var edits []udiff.Edit
	i, j, at := 0, 0, 0
	for i < len(a) || j < len(b) {
		if i < len(a) && j < len(b) && a[i] == b[j] {
			at += len(a[i])
			i, j = i+1, j+1
			continue
		}
		skipA, skipB := meet(a[i:], b[j:])
		was, is := strings.Join(a[i:i+skipA], ""), strings.Join(b[j:j+skipB], "")
		for _, e := range udiff.Lines(was, is) {
			edits = append(edits, udiff.Edit{Start: at + e.Start, End: at + e.End, New: e.New})
		}
		i, j, at = i+skipA, j+skipB, at+len(was)
	}
	return edits
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
