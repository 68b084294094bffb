package rulefile

import "bytes"

// jsonnetKind is what a word of jsonnet is.
type jsonnetKind int

const (
	jsonnetName jsonnetKind = iota
	jsonnetNumber
	jsonnetString
	jsonnetSign // an operator or a bracket
)

// jsonnetWord is a word of jsonnet at the bytes [start, end); of a string, the
// content is at [from, to).
type jsonnetWord struct {
	kind       jsonnetKind
	start, end int
	from, to   int
	verbatim   bool // a string in which \ is a character like others
}

func (w jsonnetWord) text(src []byte) string { return string(src[w.start:w.end]) }

// content is a string's text as it stands in the source, or a name.
func (w jsonnetWord) content(src []byte) string {
	if w.kind == jsonnetString {
		return string(src[w.from:w.to])
	}
	return w.text(src)
}

// is tells whether a word is a mark.
func (w jsonnetWord) is(src []byte, mark byte) bool {
	return w.kind == jsonnetSign && src[w.start] == mark
}

// jsonnetWords are the words of a text, comments left out. What is no jsonnet
// gives marks; a string without an end goes on to the end of the text.
func jsonnetWords(src []byte) []jsonnetWord {
	var out []jsonnetWord
	for at := 0; at < len(src); {
		if next := jsonnetSpace(src, at); next > at {
			at = next
			continue
		}
		w := jsonnetWordAt(src, at)
		out = append(out, w)
		at = w.end
	}
	return out
}

// jsonnetSpace passes over one piece of white space or a comment.
func jsonnetSpace(src []byte, at int) int {
	rest := src[at:]
	switch {
	case bytes.IndexByte([]byte(" \t\r\n"), src[at]) >= 0:
		return at + 1
	case src[at] == '#' || bytes.HasPrefix(rest, []byte("//")):
		return at + indexOr(rest, "\n", len(rest))
	case bytes.HasPrefix(rest, []byte("/*")):
		end := indexOr(rest[2:], "*/", len(rest)-2)
		return min(at+2+end+2, len(src))
	}
	return at
}

// indexOr is where a text begins in another, or what else to say.
func indexOr(in []byte, text string, otherwise int) int {
	if i := bytes.Index(in, []byte(text)); i >= 0 {
		return i
	}
	return otherwise
}

func jsonnetWordAt(src []byte, at int) jsonnetWord {
	w := jsonnetWord{kind: jsonnetSign, start: at, end: at + 1}
	b := src[at]
	switch {
	case b == '\'' || b == '"':
		return jsonnetQuoted(src, w, at)
	case b == '@' && at+1 < len(src) && (src[at+1] == '\'' || src[at+1] == '"'):
		w.verbatim = true
		return jsonnetQuoted(src, w, at+1)
	case bytes.HasPrefix(src[at:], []byte("|||")):
		return jsonnetBlock(src, w)
	case isDigit(b):
		w.kind = jsonnetNumber
		w.end = at + numberLength(src[at:])
	case isNameByte(b):
		w.kind = jsonnetName
		for w.end < len(src) && (isNameByte(src[w.end]) || isDigit(src[w.end])) {
			w.end++
		}
	}
	return w
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func isNameByte(b byte) bool { return b == '_' || b|0x20 >= 'a' && b|0x20 <= 'z' }

// jsonnetQuoted reads a string whose quote is at a byte.
func jsonnetQuoted(src []byte, w jsonnetWord, at int) jsonnetWord {
	w.kind, w.from = jsonnetString, at+1
	quote := src[at]
	for at++; at < len(src); at++ {
		switch {
		case src[at] == '\\' && !w.verbatim:
			at++
		case src[at] == quote && w.verbatim && at+1 < len(src) && src[at+1] == quote:
			at++
		case src[at] == quote:
			w.to, w.end = at, at+1
			return w
		}
	}
	w.to, w.end = len(src), len(src)
	return w
}

// jsonnetBlock reads a text between |||, which ends at a line that is indented
// less than the first one.
func jsonnetBlock(src []byte, w jsonnetWord) jsonnetWord {
	w.kind, w.verbatim = jsonnetString, true
	w.from = w.start + indexOr(src[w.start:], "\n", len(src)-w.start)
	w.from = min(w.from+1, len(src))
	indent := leadOf(src[w.from:])
	for at := w.from; at < len(src); {
		next := min(at+indexOr(src[at:], "\n", len(src)-at)+1, len(src))
		line := src[at:next]
		if text := bytes.TrimLeft(line, " \t"); len(bytes.TrimSpace(text)) > 0 && (indent == 0 || !bytes.HasPrefix(line, src[w.from:w.from+indent])) {
			w.to, w.end = at, at+len(line)-len(text)
			if bytes.HasPrefix(text, []byte("|||")) {
				w.end += 3
			}
			return w
		}
		at = next
	}
	w.to, w.end = len(src), len(src)
	return w
}

// leadOf is how much white space the first line that holds text begins with.
func leadOf(src []byte) int {
	for line := range bytes.Lines(src) {
		if text := bytes.TrimLeft(line, " \t"); len(bytes.TrimSpace(text)) > 0 {
			return len(line) - len(text)
		}
	}
	return 0
}
