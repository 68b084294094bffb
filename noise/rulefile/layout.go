package rulefile

import (
	"bytes"
	"errors"

	"go.yaml.in/yaml/v3"
)

// The reasons for which a place in a file can't be found or changed.
var (
	errNotFound = errors.New("its place in the text can't be told for certain")
	errAlias    = errors.New("it is an alias of a value elsewhere")
	errShared   = errors.New("an anchor shares it with other places, which would change too")
	errNoScalar = errors.New("it is not a single value")
)

// layout finds the bytes of YAML nodes in their text.
type layout struct {
	*source
	uses map[*yaml.Node]int // how often aliases and merge keys lead to a node; nil where there are none
}

// around is what a scalar's reading depends on.
type around struct {
	flow   bool
	indent int // column of the block mapping or list around it; -1 at the top
}

// within is the surroundings of the values of a mapping or list. What stands in
// brackets is itself written with brackets.
func within(n *yaml.Node) around {
	switch {
	case isFlow(n):
		return around{flow: true}
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		return around{indent: n.Content[0].Column - 1}
	}
	return around{indent: n.Column - 1}
}

// start is where a node's own text begins, after its anchor and tag; -1 where
// there is no such place.
func (l *layout) start(n *yaml.Node) int {
	at := l.offset(n.Line, n.Column)
	for at >= 0 && at < len(l.text) && (l.text[at] == '&' || l.text[at] == '!') {
		for at < len(l.text) && !isBlank(l.text[at]) && breakWidth(l.text, at) == 0 {
			at++
		}
		next := l.skipSpace(at)
		if n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&^yaml.TaggedStyle == 0 {
			return at
		}
		at = next
	}
	return at
}

// scalar reads a scalar node in the text. It must give the value that the YAML
// parser read there, else its place is not certain.
func (l *layout) scalar(n *yaml.Node, in around, places bool) (scalar, error) {
	if n.Kind != yaml.ScalarNode {
		return scalar{}, errNoScalar
	}
	at := l.start(n)
	if at < 0 {
		return scalar{}, errNotFound
	}
	if n.Value == "" && n.Style&^yaml.TaggedStyle == 0 {
		return scalar{start: at, end: at}, nil
	}
	c := scan{t: l.text, at: at, flow: in.flow, indent: in.indent, places: places}
	const written = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if !c.read() || string(c.s.value) != n.Value || c.s.style != n.Style&written {
		return scalar{}, errNotFound
	}
	return c.s, nil
}

// end is where a node's text ends. What a block scalar keeps of the lines after
// it belongs to it.
func (l *layout) end(n *yaml.Node, in around) (int, error) {
	switch {
	case n.Kind == yaml.ScalarNode:
		s, err := l.scalar(n, in, false)
		return s.end, err
	case n.Kind == yaml.AliasNode:
		at := l.offset(n.Line, n.Column)
		name := []byte("*" + n.Value)
		if at < 0 || !bytes.HasPrefix(l.text[at:], name) {
			return 0, errNotFound
		}
		return at + len(name), nil
	case len(n.Content) == 0 && !isFlow(n):
		return 0, errNotFound
	}
	return l.collectionEnd(n)
}

func (l *layout) collectionEnd(n *yaml.Node) (int, error) {
	at := l.start(n)
	if at < 0 {
		return 0, errNotFound
	}
	if len(n.Content) > 0 {
		last, err := l.end(n.Content[len(n.Content)-1], within(n))
		if err != nil || !isFlow(n) {
			return last, err
		}
		at = last
	} else {
		at++ // the opening bracket
	}
	closing := byte('}')
	if n.Kind == yaml.SequenceNode {
		closing = ']'
	}
	for at = l.skipSpace(at); at < len(l.text) && (l.text[at] == ',' || l.text[at] == ':'); {
		at = l.skipSpace(at + 1)
	}
	if at >= len(l.text) || l.text[at] != closing {
		return 0, errNotFound
	}
	return at + 1, nil
}

// item is a rule's entry in its group's list: from its dash, or in brackets from
// its own first byte, to its end.
func (l *layout) item(at place) (Span, error) {
	start := l.offset(at.item.Line, at.item.Column)
	if start < 0 || start >= len(l.text) {
		return Span{}, errNotFound
	}
	end, err := l.end(at.item, within(at.list))
	if err != nil {
		return Span{}, err
	}
	if isFlow(at.list) {
		return Span{start, end}, nil
	}
	for start > 0 && l.text[start-1] != '-' {
		if start--; !isBlank(l.text[start]) && l.text[start] != '\n' && l.text[start] != '\r' {
			return Span{}, errNotFound
		}
	}
	if start == 0 || !l.startsLine(start-1) {
		return Span{}, errNotFound
	}
	return Span{start - 1, end}, nil
}

// insertAt is where a key may be put that is to follow a value: after its line,
// or in brackets after the value itself.
func (l *layout) insertAt(value *yaml.Node, in around) (int, error) {
	end, err := l.end(value, in)
	if err != nil || in.flow || l.afterBreak(end) {
		return end, err
	}
	return l.lineAfter(end), nil
}

// afterBreak tells whether a value ends with a line break, as those do that keep
// the lines after them.
func (l *layout) afterBreak(end int) bool {
	return end > 0 && end <= len(l.text) && (l.text[end-1] == '\n' || l.text[end-1] == '\r')
}
