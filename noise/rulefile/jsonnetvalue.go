package rulefile

import (
	"bytes"
	"regexp"
	"strings"
)

// written is the value of the words [from, to).
func (r *jsonnetReader) written(from, to int) *written {
	w := &written{simple: true}
	if from >= to {
		return w
	}
	w.start, w.end = r.words[from].start, r.words[to-1].end
	if w.end-w.start > maxValue {
		return tooLong(w)
	}
	w.masked = bytes.Repeat([]byte{noByte}, w.end-w.start)
	m := jsonnetMask{r: r, w: w, to: to}
	m.formatted = m.isFormatted(from)
	for at := from; at < to; {
		at = m.next(at)
	}
	return w
}

// jsonnetMask reads a value of jsonnet.
type jsonnetMask struct {
	r         *jsonnetReader
	w         *written
	to        int
	formatted bool
	unnamed   []int // holes of %s, which what follows the % fills
}

// isFormatted tells whether a value is text that % or std.format fills in.
func (m *jsonnetMask) isFormatted(at int) bool {
	for ; at < m.to; at++ {
		if w := m.r.words[at]; w.is(m.r.src, '%') || w.kind == jsonnetName && w.text(m.r.src) == "format" {
			return true
		}
	}
	return false
}

// next masks the word at hand and what belongs to it.
func (m *jsonnetMask) next(at int) int {
	w := m.r.words[at]
	switch {
	case w.kind == jsonnetString:
		m.text(w)
	case w.is(m.r.src, '%'):
		return m.operand(at + 1)
	case w.is(m.r.src, '+') || w.is(m.r.src, '(') || w.is(m.r.src, ')'):
	case w.kind == jsonnetName || w.is(m.r.src, '$'):
		return m.path(at)
	default:
		m.w.simple = false
	}
	return at + 1
}

// path masks a variable and what is taken of it, as a hole.
func (m *jsonnetMask) path(at int) int {
	from, key := at, m.r.words[at].text(m.r.src)
	for at++; at+1 < m.to && m.r.words[at].is(m.r.src, '.'); at += 2 {
		key = m.r.words[at+1].text(m.r.src)
	}
	if key == "if" || key == "then" || key == "else" || key == "local" || key == "function" {
		m.w.simple = false
		return at
	}
	if at < m.to && (m.r.words[at].is(m.r.src, '(') || m.r.words[at].is(m.r.src, '[')) {
		m.w.simple = false // a call
		if key == "format" {
			return at
		}
		at = m.balanced(at)
	}
	m.hole(hole{m.r.words[from].start, m.r.words[at-1].end, key, -1})
	return at
}

// balanced is the place after the bracket that closes the one at hand.
func (m *jsonnetMask) balanced(at int) int {
	open := 0
	for ; at < m.to; at++ {
		w := m.r.words[at]
		switch {
		case w.kind != jsonnetSign:
		case strings.IndexByte("([{", m.r.src[w.start]) >= 0:
			open++
		case strings.IndexByte(")]}", m.r.src[w.start]) >= 0:
			if open--; open == 0 {
				return at + 1
			}
		}
	}
	return at
}

// operand reads what fills the holes of a text: the elements of a list, one
// value, or an object, whose keys the holes name themselves.
func (m *jsonnetMask) operand(at int) int {
	from := at
	if at < m.to && m.r.words[at].kind == jsonnetSign && strings.IndexByte("([{", m.r.src[m.r.words[at].start]) >= 0 {
		at = m.balanced(at)
	}
	for at < m.to && !m.r.words[at].is(m.r.src, '+') {
		at++
	}
	if from >= at || m.r.words[from].is(m.r.src, '{') {
		return at
	}
	in := from
	if m.r.words[from].is(m.r.src, '[') || m.r.words[from].is(m.r.src, '(') {
		in++
	}
	for i := 0; in < at && i < len(m.unnamed); in++ {
		w, h := m.r.words[in], &m.w.holes[m.unnamed[i]]
		switch {
		case w.is(m.r.src, ','):
			i++
		case w.kind == jsonnetName:
			h.key = w.text(m.r.src)
		case w.kind == jsonnetNumber || w.kind == jsonnetString:
			h.given = w.start
		}
	}
	return at
}

func (m *jsonnetMask) hole(h hole) {
	m.w.holes = append(m.w.holes, h)
	for i := h.start; i < h.end; i++ {
		m.w.masked[i-m.w.start] = holeByte
	}
}

// verb is a place in a text that % fills in.
var verb = regexp.MustCompile(`%(?:\(([^()]*)\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?([diouxXeEfFgGcrsa%])`)

// text masks a string.
func (m *jsonnetMask) text(s jsonnetWord) {
	content := m.r.src[s.from:s.to]
	masked := m.w.masked[s.from-m.w.start : s.to-m.w.start]
	copy(masked, content)
	for i := 0; i < len(content) && !s.verbatim; i++ {
		if content[i] == '\\' && i+1 < len(content) {
			masked[i] = noByte
			if i++; strings.IndexByte("nrt", content[i]) >= 0 {
				masked[i] = ' '
			}
		}
	}
	if !m.formatted {
		return
	}
	for _, at := range verb.FindAllSubmatchIndex(content, -1) {
		if content[at[1]-1] == '%' && at[2] < 0 {
			masked[at[0]] = noByte // %% is a %
			continue
		}
		h := hole{s.from + at[0], s.from + at[1], "", -1}
		if at[2] >= 0 {
			h.key = string(content[at[2]:at[3]])
		} else {
			m.unnamed = append(m.unnamed, len(m.w.holes))
		}
		m.hole(h)
	}
}
