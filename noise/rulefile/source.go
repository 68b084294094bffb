package rulefile

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// source is a text with its lines, as YAML counts them.
type source struct {
	text  []byte
	lines []int  // where each line begins
	runes []int  // how many characters begin before each block of bytes; nil for ASCII
	eol   string // how most lines end
}

// runeBlock is how many bytes lie between two entries of source.runes.
const runeBlock = 256

var byteOrderMark = []byte("\xEF\xBB\xBF")

func newSource(text []byte) *source {
	s := &source{text: text, eol: "\n"}
	start := 0
	if bytes.HasPrefix(text, byteOrderMark) {
		start = len(byteOrderMark)
	}
	s.lines = []int{start}
	ascii := start == 0
	windows := 0
	for i := start; i < len(text); {
		w := breakWidth(text, i)
		if w == 0 {
			ascii = ascii && text[i] < utf8.RuneSelf
			i++
			continue
		}
		if w == 2 && text[i] == '\r' {
			windows++
		}
		i += w
		s.lines = append(s.lines, i)
		ascii = ascii && text[i-1] < utf8.RuneSelf
	}
	if 2*windows >= len(s.lines) {
		s.eol = "\r\n"
	}
	if !ascii {
		s.countRunes()
	}
	return s
}

func (s *source) countRunes() {
	n := 0
	for i, b := range s.text {
		if i%runeBlock == 0 {
			s.runes = append(s.runes, n)
		}
		if utf8.RuneStart(b) {
			n++
		}
	}
}

// breakWidth is how many bytes the line break at i takes; 0 where there is none.
func breakWidth(t []byte, i int) int {
	switch {
	case i >= len(t):
		return 0
	case t[i] == '\n':
		return 1
	case t[i] == '\r' && i+1 < len(t) && t[i+1] == '\n':
		return 2
	case t[i] == '\r':
		return 1
	case t[i] == 0xC2 && i+1 < len(t) && t[i+1] == 0x85: // NEL
		return 2
	case t[i] == 0xE2 && i+2 < len(t) && t[i+1] == 0x80 && t[i+2]&^1 == 0xA8: // LS and PS
		return 3
	}
	return 0
}

// offset is the byte at a 1-based line and column (in characters); -1 where the
// text has no such place.
func (s *source) offset(line, column int) int {
	if line < 1 || line > len(s.lines) || column < 1 {
		return -1
	}
	at := s.lines[line-1]
	if s.runes == nil {
		at += column - 1
	} else {
		at = s.runeOffset(s.runesBefore(at) + column - 1)
	}
	if at > len(s.text) {
		return -1
	}
	return at
}

// runesBefore counts the characters that begin before a byte.
func (s *source) runesBefore(at int) int {
	block := min(at/runeBlock, len(s.runes)-1)
	n := s.runes[block]
	for _, b := range s.text[block*runeBlock : at] {
		if utf8.RuneStart(b) {
			n++
		}
	}
	return n
}

// runeOffset is the byte at which the nth character begins.
func (s *source) runeOffset(n int) int {
	block := sort.SearchInts(s.runes, n+1) - 1
	at, left := block*runeBlock, n-s.runes[block]
	for ; at < len(s.text); at++ {
		if !utf8.RuneStart(s.text[at]) {
			continue
		}
		if left == 0 {
			return at
		}
		left--
	}
	return at + left
}

// lineOf is the 0-based line that holds a byte.
func (s *source) lineOf(at int) int {
	return max(sort.SearchInts(s.lines, at+1)-1, 0)
}

// place is the 1-based line and column (in bytes) of a byte.
func (s *source) place(at int) (line, column int) {
	l := s.lineOf(at)
	return l + 1, at - s.lines[l] + 1
}

// lineAfter is where the line that holds a byte ends, its break included.
func (s *source) lineAfter(at int) int {
	l := s.lineOf(at)
	if l+1 < len(s.lines) {
		return s.lines[l+1]
	}
	return len(s.text)
}

// lineEnd is where the text of the line that holds a byte ends.
func (s *source) lineEnd(at int) int {
	for at < len(s.text) && breakWidth(s.text, at) == 0 {
		at++
	}
	return at
}

// indentOf is the white space at a place.
func (s *source) indentOf(at int) []byte {
	end := at
	for end < len(s.text) && isBlank(s.text[end]) {
		end++
	}
	return s.text[at:end]
}

// startsLine tells whether only white space stands before a byte on its line.
func (s *source) startsLine(at int) bool {
	from := s.lines[s.lineOf(at)]
	return from+len(s.indentOf(from)) >= at
}

// skipSpace passes over white space, line breaks and comments.
func (s *source) skipSpace(at int) int {
	for at < len(s.text) {
		w := breakWidth(s.text, at)
		switch {
		case w > 0:
			at += w
		case isBlank(s.text[at]):
			at++
		case s.text[at] == '#':
			at = s.lineEnd(at)
		default:
			return at
		}
	}
	return at
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }
