package rulefile

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// The bytes that stand in a [written] value for what is no text of its own.
const (
	holeByte = 0 // something that is filled in
	noByte   = 1 // what only delimits: quotes, operators
)

// written is a value as a template has it, at the bytes [start, end).
type written struct {
	start, end int
	masked     []byte // of the same length, with holeByte and noByte
	holes      []hole
	// simple tells that the value is text with holes: no branches, no calls.
	simple bool
}

// hole is a part of a value that is filled in.
type hole struct {
	start, end int
	// key names what fills it; empty where that can't be told.
	key string
	// given is where in the template the filling stands itself; -1 where it
	// does not.
	given int
}

// tooLong makes one hole of a value that is longer than any that is looked at.
func tooLong(w *written) *written {
	w.simple, w.masked = false, []byte{holeByte}
	w.holes = []hole{{w.start, w.end, "", -1}}
	return w
}

// literal is the value's text; false where something is filled in.
func (w *written) literal() (string, bool) {
	if w == nil || !w.simple || bytes.IndexByte(w.masked, holeByte) >= 0 {
		return "", false
	}
	return strings.TrimSpace(string(bytes.ReplaceAll(w.masked, []byte{noByte}, nil))), true
}

// matches tells whether a name that is filled in so may become another: all that
// is written out has to be there, in its order.
func (w *written) matches(name string) bool {
	text := bytes.Trim(bytes.ReplaceAll(w.masked, []byte{noByte}, nil), " \t\r\n")
	parts := bytes.Split(text, []byte{holeByte})
	longest := 0
	for i, p := range parts {
		part := string(bytes.TrimSpace(p))
		longest = max(longest, len(part))
		switch {
		case i == 0 && i == len(parts)-1:
			return name == part
		case i == 0:
			if !strings.HasPrefix(name, part) {
				return false
			}
			name = name[len(part):]
		case i == len(parts)-1:
			return strings.HasSuffix(name, part) && longest >= shortestPart
		default:
			at := strings.Index(name, part)
			if at < 0 {
				return false
			}
			name = name[at+len(part):]
		}
	}
	return false
}

// shortestPart is how much of an alert's name has to be written out for it to be
// found by that.
const shortestPart = 3

// termKind is what a term of an expression is.
type termKind int

const (
	termName termKind = iota
	termNumber
	termDuration
	termHole  // a hole outside of quotes and braces, where it may give a number
	termOther // what is none of these
)

// term is a term of an expression, at a byte of the source.
type term struct {
	kind  termKind
	text  string
	value float64 // of a number; of a duration in seconds
	at    int
	hole  *hole
}

// same tells whether two terms are numbers of one value, or durations.
func (t term) same(o term) bool {
	return t.kind == o.kind && (t.kind == termNumber || t.kind == termDuration) && math.Float64bits(t.value) == math.Float64bits(o.value)
}

// termsOf are the terms of an expression without holes.
func termsOf(expr string) []term {
	w := written{masked: []byte(expr), end: len(expr), simple: true}
	return w.terms()
}

// terms are the names, numbers and bare holes of an expression, in order.
func (w *written) terms() []term {
	l := termLexer{w: w}
	for i, b := range w.masked {
		if b != noByte {
			l.text, l.from = append(l.text, b), append(l.from, w.start+i)
		}
	}
	for l.at < len(l.text) {
		l.next()
	}
	return l.out
}

// termLexer reads terms of an expression.
type termLexer struct {
	w    *written
	text []byte
	from []int // where each byte of the text stands in the source
	at   int
	out  []term
	// braces are those that are open: what is filled in there are matchers.
	braces int
}

func (l *termLexer) next() {
	switch b := l.text[l.at]; {
	case b == '"' || b == '\'' || b == '`':
		l.quoted(b)
	case b == '#':
		l.at += indexOr(l.text[l.at:], "\n", len(l.text)-l.at)
	case isNameByte(b) || isDigit(b) || b == holeByte || b == '.' && l.at+1 < len(l.text) && isDigit(l.text[l.at+1]):
		l.word()
	default:
		switch b {
		case '{':
			l.braces++
		case '}':
			l.braces--
		}
		l.at++
	}
}

// quoted passes over a string, with the holes in it.
func (l *termLexer) quoted(quote byte) {
	for l.at++; l.at < len(l.text); l.at++ {
		switch {
		case l.text[l.at] == '\\' && quote != '`':
			l.at++
		case l.text[l.at] == quote:
			l.at++
			return
		}
	}
}

// word reads letters, digits and holes that stand together. Where a hole is
// among them the whole is one, since what it becomes can't be told.
func (l *termLexer) word() {
	from, holeAt := l.at, -1
	for l.at < len(l.text) {
		b := l.text[l.at]
		exponent := (b == '-' || b == '+') && isDigit(l.text[from]) && l.text[l.at-1]|0x20 == 'e' && !bytes.HasPrefix(l.text[from:], []byte("0x"))
		if !isNameByte(b) && !isDigit(b) && b != holeByte && b != ':' && b != '.' && !exponent {
			break
		}
		if b == holeByte && holeAt < 0 {
			holeAt = l.at
		}
		l.at++
	}
	t := term{text: string(l.text[from:l.at]), at: l.from[from]}
	switch {
	case holeAt >= 0 && l.braces > 0:
		t.kind = termOther
	case holeAt >= 0:
		t.kind, t.hole = termHole, l.w.holeAt(l.from[holeAt])
	case isDigit(l.text[from]) || l.text[from] == '.':
		t.number()
	}
	l.out = append(l.out, t)
}

// number finds a term's value.
func (t *term) number() {
	if v, err := strconv.ParseFloat(t.text, 64); err == nil {
		t.kind, t.value = termNumber, v
	} else if v, err := strconv.ParseInt(t.text, 0, 64); err == nil {
		t.kind, t.value = termNumber, float64(v)
	} else if d, err := model.ParseDuration(t.text); err == nil {
		t.kind, t.value = termDuration, time.Duration(d).Seconds()
	} else {
		t.kind = termOther
	}
}

// holeAt is the hole that holds a byte of the source.
func (w *written) holeAt(at int) *hole {
	for i := range w.holes {
		if w.holes[i].start <= at && at < w.holes[i].end {
			return &w.holes[i]
		}
	}
	return nil
}

// numberLength is how many bytes a number takes that begins a text.
func numberLength(text []byte) int {
	n := 0
	for n < len(text) {
		b := text[n]
		sign := (b == '-' || b == '+') && n > 0 && text[n-1]|0x20 == 'e'
		if !isDigit(b) && b != '.' && b|0x20 != 'e' && !sign {
			break
		}
		n++
	}
	return n
}
