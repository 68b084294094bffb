package rulefile

import (
	"bytes"
	"regexp"
)

// Marks of templates, and what their statements begin with.
var (
	actionMark = [][2]string{{"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}}
	statement  = regexp.MustCompile(`^-?\s*(/\*|if\b|else\b|end\b|range\b|with\b|define\b|block\b|break\b|continue\b|\$\w*\s*:?=)`)
	textBlock  = regexp.MustCompile(`^-?\s*(include|template|toYaml|tpl)\b`)
	valuesPath = regexp.MustCompile(`\.Values((?:\.\w+)+)`)
	lonePath   = regexp.MustCompile(`^-?\s*\$?(\.?\w+(?:\.\w+)*)`)
)

// templateActions are the parts of a text between a template's marks. What is in
// quotes within one does not end it.
func templateActions(text []byte) []span {
	var out []span
	for at := 0; at < len(text); at++ {
		if text[at] != '{' || at+1 >= len(text) {
			continue
		}
		for _, mark := range actionMark {
			if text[at+1] != mark[0][1] {
				continue
			}
			end := actionEnd(text, at+2, mark[1])
			inner := text[at+2 : max(end-2, at+2)]
			s := span{Span: Span{at, end}, statement: mark[0] != "{{" || statement.Match(inner) || textBlock.Match(inner)}
			out = append(out, s)
			at = end - 1
			break
		}
	}
	return out
}

// maxAction bounds what stands between a template's marks, in bytes.
const maxAction = 4 << 10

// actionEnd is the place after the closing mark; where there is none, the end of
// the line.
func actionEnd(text []byte, at int, closing string) int {
	comment := closing == "#}" || bytes.HasPrefix(bytes.TrimLeft(text[at:min(at+8, len(text))], "- \t"), []byte("/*"))
	last := min(at+maxAction, len(text))
	for i := at; i < last; i++ {
		switch b := text[i]; {
		case !comment && (b == '"' || b == '`' || b == '\''):
			i = quoteEnd(text[:last], i)
		case bytes.HasPrefix(text[i:], []byte(closing)):
			return i + len(closing)
		}
	}
	return at + indexOr(text[at:], "\n", len(text)-at)
}

// quoteEnd is the byte of the quote that ends what a quote begins; the quote
// itself where none does.
func quoteEnd(text []byte, at int) int {
	for i := at + 1; i < len(text) && text[i] != '\n'; i++ {
		if text[i] == '\\' && text[at] != '`' {
			i++
		} else if text[i] == text[at] {
			return i
		}
	}
	return at
}

// action masks an action of a template within a value: what gives text is a hole,
// and with a branch the value is not simple.
func (w *written) action(a span, text []byte) {
	inner := text[2:]
	var b byte = holeByte
	if a.statement && !textBlock.Match(inner) {
		b = ' '
		w.simple = w.simple && isRemark(text)
	}
	for i := a.Start; i < a.End; i++ {
		w.masked[i] = b
	}
	if b == holeByte {
		w.holes = append(w.holes, hole{w.start + a.Start, w.start + a.End, actionKey(inner), -1})
	}
}

// isRemark tells whether an action is a comment.
func isRemark(text []byte) bool {
	return bytes.HasPrefix(text, []byte("{#")) || bytes.HasPrefix(bytes.TrimLeft(text[2:], "- \t\n"), []byte("/*"))
}

// actionKey names what an action is filled from.
func actionKey(inner []byte) string {
	if m := valuesPath.FindSubmatch(inner); m != nil {
		return ".Values" + string(m[1])
	}
	if m := lonePath.FindSubmatch(inner); m != nil {
		return string(m[1])
	}
	return ""
}
