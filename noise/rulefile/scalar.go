package rulefile

import (
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// scalar is a value as it stands in the text.
type scalar struct {
	style      yaml.Style // 0 for plain
	start, end int        // the value's bytes, without anchor and tag
	value      []byte     // what it stands for

	// from and to are, for each byte of the value, the bytes of the text that
	// it comes from. They are kept only where a scan asks for them.
	from, to []int

	// Of a block scalar: where the line after its header begins, where its last
	// line with content ends, and how far its content is indented.
	body, content, indent int
	chomp                 byte // '+', '-' or 0
}

// scan is one reading of a scalar.
type scan struct {
	t      []byte
	at     int
	flow   bool // within [] or {}
	indent int  // of the block collection around it; -1 at the top
	places bool // keep from and to
	s      scalar
}

func (c *scan) emit(text string, from, to int) {
	c.s.value = append(c.s.value, text...)
	for range len(text) {
		if !c.places {
			return
		}
		c.s.from, c.s.to = append(c.s.from, from), append(c.s.to, to)
	}
}

// copyByte takes a byte of the text as it is.
func (c *scan) copyByte() {
	c.s.value = append(c.s.value, c.t[c.at])
	if c.places {
		c.s.from, c.s.to = append(c.s.from, c.at), append(c.s.to, c.at+1)
	}
	c.at++
}

// read reads the scalar at c.at; false where there is none that ends.
func (c *scan) read() bool {
	if c.at > len(c.t) {
		return false
	}
	c.s.start = c.at
	switch c.peek() {
	case '\'':
		c.s.style = yaml.SingleQuotedStyle
		return c.quoted('\'')
	case '"':
		c.s.style = yaml.DoubleQuotedStyle
		return c.quoted('"')
	case '|', '>':
		return c.block()
	}
	c.plain()
	return true
}

// peek is the byte at hand; 0 at the end of the text.
func (c *scan) peek() byte {
	if c.at >= len(c.t) {
		return 0
	}
	return c.t[c.at]
}

func (c *scan) blankOrEnd(at int) bool {
	return at >= len(c.t) || isBlank(c.t[at]) || breakWidth(c.t, at) > 0
}

// lineStart tells whether a line begins at a byte.
func (c *scan) lineStart(at int) bool {
	return at == 0 || c.t[at-1] == '\n' || c.t[at-1] == '\r'
}

// marksDocument tells whether --- or ... stands at a byte.
func (c *scan) marksDocument(at int) bool {
	if at+3 > len(c.t) || !c.lineStart(at) {
		return false
	}
	mark := string(c.t[at : at+3])
	return (mark == "---" || mark == "...") && c.blankOrEnd(at+3)
}

// space is white space between the words of a scalar: where it is and its line
// breaks.
type space struct {
	from, to int
	breaks   []lineBreak
	last     int // where the last line of it begins
}

type lineBreak struct {
	text     string // as it is read: \n, or LS or PS
	from, to int
}

// takeBreak reads the line break at hand.
func (c *scan) takeBreak() lineBreak {
	w := breakWidth(c.t, c.at)
	b := lineBreak{"\n", c.at, c.at + w}
	if w == 3 {
		b.text = string(c.t[c.at : c.at+3])
	}
	c.at += w
	return b
}

func (c *scan) takeSpace() space {
	sp := space{from: c.at}
	for c.at < len(c.t) {
		if breakWidth(c.t, c.at) > 0 {
			sp.breaks = append(sp.breaks, c.takeBreak())
			sp.last = c.at
			continue
		}
		if !isBlank(c.t[c.at]) {
			break
		}
		c.at++
	}
	sp.to = c.at
	return sp
}

// join writes the white space between two words: as it is on one line, folded
// over several.
func (c *scan) join(sp space) {
	if len(sp.breaks) == 0 {
		for i := sp.from; i < sp.to; i++ {
			c.emit(string(c.t[i]), i, i+1)
		}
		return
	}
	rest := sp.breaks
	if rest[0].text == "\n" {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		c.emit(" ", sp.from, sp.to)
	}
	for _, b := range rest {
		c.emit(b.text, b.from, b.to)
	}
}

// plain reads a scalar without quotes.
func (c *scan) plain() {
	c.s.end = c.at
	var before space
	for !c.marksDocument(c.at) && c.peek() != '#' {
		start := c.at
		for !c.blankOrEnd(c.at) && !c.endsPlain() {
			if c.at == start {
				c.join(before)
			}
			c.copyByte()
			c.s.end = c.at
		}
		if c.at >= len(c.t) || !c.blankOrEnd(c.at) {
			return
		}
		before = c.takeSpace()
		if !c.flow && len(before.breaks) > 0 && c.at-before.last < c.indent+1 {
			return
		}
	}
}

func (c *scan) endsPlain() bool {
	switch c.t[c.at] {
	case ':':
		return c.blankOrEnd(c.at + 1)
	case ',', '?', '[', ']', '{', '}':
		return c.flow
	}
	return false
}

// quoted reads a scalar in quotes.
func (c *scan) quoted(quote byte) bool {
	c.at++
	for c.at < len(c.t) {
		b := c.t[c.at]
		switch {
		case b == '\'' && quote == b && c.at+1 < len(c.t) && c.t[c.at+1] == b:
			c.emit("'", c.at, c.at+2)
			c.at += 2
		case b == quote:
			c.at++
			c.s.end = c.at
			return true
		case b == '\\' && quote == '"':
			if !c.escape() {
				return false
			}
		case c.blankOrEnd(c.at):
			c.join(c.takeSpace())
		default:
			c.copyByte()
		}
	}
	return false
}

// escape reads \ and what follows it.
func (c *scan) escape() bool {
	from := c.at
	c.at++
	if breakWidth(c.t, c.at) > 0 {
		sp := c.takeSpace()
		for _, b := range sp.breaks[1:] {
			c.emit(b.text, b.from, b.to)
		}
		return true
	}
	letter := c.peek()
	c.at++
	if digits := hexDigits(letter); digits > 0 {
		r, ok := c.hex(digits)
		c.emit(string(r), from, c.at)
		return ok
	}
	text, ok := escapeOf(letter)
	c.emit(text, from, c.at)
	return ok
}

func hexDigits(letter byte) int {
	switch letter {
	case 'x':
		return 2
	case 'u':
		return 4
	case 'U':
		return 8
	}
	return 0
}

func (c *scan) hex(digits int) (rune, bool) {
	if c.at+digits > len(c.t) {
		return 0, false
	}
	var r rune
	for _, b := range c.t[c.at : c.at+digits] {
		switch {
		case b >= '0' && b <= '9':
			r = r<<4 | rune(b-'0')
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			r = r<<4 | rune(b|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	c.at += digits
	return r, utf8.ValidRune(r)
}

// escapeOf is what a letter after \ stands for.
func escapeOf(letter byte) (string, bool) {
	const letters, means = "0abt\tnvfre \"'\\/", "\x00\a\b\t\t\n\v\f\r\x1b \"'\\/"
	for i := range len(letters) {
		if letters[i] == letter {
			return means[i : i+1], true
		}
	}
	switch letter {
	case 'N':
		return "\u0085", true
	case '_':
		return "\u00a0", true
	case 'L':
		return "\u2028", true
	case 'P':
		return "\u2029", true
	}
	return "", false
}
