package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts from outside that are shown; the rest is cut off.
const (
	nameLimit  = 90
	titleLimit = 600
	// sentenceLimit is for the sentences of findings, which hold names.
	sentenceLimit = 360
)

// text is something from outside, as it is shown and, where that was cut, in
// full as far as a title goes.
type text struct {
	Shown string
	Parts []string // Shown, split where a line may break
	Title string   // empty where Shown says it all
}

// clean makes text from outside fit to be shown on one line: no control
// characters (they could drive a terminal), no invisible ones that reorder
// text, no broken UTF-8, and no more runes than the limit.
func clean(s string, limit int) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n == limit {
			b.WriteRune('…')
			break
		}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			b.WriteRune('\uFFFD')
		case unicode.IsSpace(r) || unicode.IsControl(r):
			b.WriteByte(' ')
		case unicode.Is(unicode.Cf, r):
			continue
		default:
			b.WriteRune(r)
		}
		n++
	}
	return strings.TrimSpace(b.String())
}

func newText(s string, limit int) text {
	t := text{Shown: clean(s, limit)}
	t.Parts = breakable(t.Shown)
	if full := clean(s, titleLimit); full != t.Shown {
		t.Title = full
	}
	return t
}

// newSentence is a sentence with text from outside in it; its lines break
// between words.
func newSentence(s string, limit int) text {
	t := newText(s, limit)
	t.Parts = []string{t.Shown}
	return t
}

// breakable splits a name where its words meet: HighLatency, disk_full.
func breakable(s string) []string {
	var parts []string
	from, last := 0, ' '
	for i, r := range s {
		camel := unicode.IsLower(last) && unicode.IsUpper(r)
		if i > from && (camel || strings.ContainsRune("_/:.-=,", last)) {
			parts = append(parts, s[from:i])
			from = i
		}
		last = r
	}
	return append(parts, s[from:])
}
