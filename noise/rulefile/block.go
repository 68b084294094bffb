package rulefile

import "go.yaml.in/yaml/v3"

// block reads a literal (|) or folded (>) scalar.
func (c *scan) block() bool {
	folded := c.t[c.at] == '>'
	c.s.style = yaml.LiteralStyle
	if folded {
		c.s.style = yaml.FoldedStyle
	}
	c.at++
	if !c.header() {
		return false
	}
	c.s.body = c.at
	c.s.content, c.s.end = c.at, c.at
	var lead []lineBreak // the break of the last line with content
	wasBlank := false    // whether that line began with white space
	gap := c.gap()
	for c.at < len(c.t) && c.at-c.lineFrom() == c.s.indent {
		isBlankLine := isBlank(c.t[c.at])
		if folded && !wasBlank && !isBlankLine && len(lead) > 0 && lead[0].text == "\n" {
			if len(gap) == 0 {
				c.emit(" ", lead[0].from, c.at)
			}
		} else {
			c.emitBreaks(lead)
		}
		c.emitBreaks(gap)
		wasBlank = isBlankLine
		for c.at < len(c.t) && breakWidth(c.t, c.at) == 0 {
			c.copyByte()
		}
		c.s.content = c.at
		lead = nil
		if c.at < len(c.t) {
			lead = []lineBreak{c.takeBreak()}
		}
		c.s.end = c.at
		gap = c.gap()
	}
	c.chomp(lead, gap)
	return true
}

// chomp ends a block scalar as its header says.
func (c *scan) chomp(lead, gap []lineBreak) {
	if c.s.chomp != '-' {
		c.emitBreaks(lead)
	}
	if c.s.chomp != '+' {
		c.s.end = c.s.content
		return
	}
	c.emitBreaks(gap)
	if len(gap) > 0 {
		c.s.end = gap[len(gap)-1].to
	}
}

func (c *scan) emitBreaks(breaks []lineBreak) {
	for _, b := range breaks {
		c.emit(b.text, b.from, b.to)
	}
}

// header reads the indicators after | or > and the rest of their line.
func (c *scan) header() bool {
	for {
		b := c.peek()
		switch {
		case (b == '+' || b == '-') && c.s.chomp == 0:
			c.s.chomp = b
		case b >= '1' && b <= '9' && c.s.indent == 0:
			c.s.indent = max(c.indent, 0) + int(b-'0')
		default:
			return c.headerEnd()
		}
		c.at++
	}
}

// headerEnd passes over a comment and the line break. The body of a header
// without a line break begins at the end of the text.
func (c *scan) headerEnd() bool {
	for c.at < len(c.t) && isBlank(c.t[c.at]) {
		c.at++
	}
	if c.peek() == '#' {
		for c.at < len(c.t) && breakWidth(c.t, c.at) == 0 {
			c.at++
		}
	}
	if c.at < len(c.t) && breakWidth(c.t, c.at) == 0 {
		return false
	}
	c.at += breakWidth(c.t, c.at)
	return true
}

// lineFrom is where the spaces before the byte at hand begin.
func (c *scan) lineFrom() int {
	from := c.at
	for from > c.s.body && c.t[from-1] == ' ' {
		from--
	}
	return from
}

// gap reads empty lines and the indentation of the next line. It finds out how
// far the content is indented where the header does not say.
func (c *scan) gap() []lineBreak {
	var breaks []lineBreak
	deepest := 0
	for {
		column := 0
		for (c.s.indent == 0 || column < c.s.indent) && c.peek() == ' ' {
			c.at++
			column++
		}
		deepest = max(deepest, column)
		if breakWidth(c.t, c.at) == 0 {
			break
		}
		breaks = append(breaks, c.takeBreak())
	}
	if c.s.indent == 0 {
		c.s.indent = max(deepest, c.indent+1, 1)
	}
	return breaks
}
