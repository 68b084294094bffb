package rulefile

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// insertAfter is the value of a rule that a missing field follows: the nearest
// that is there of those that go before it, else the last.
func insertAfter(rule *yaml.Node, field Field) *yaml.Node {
	order := []Field{Annotation, Label, KeepFiringFor, For, Expr}
	for i, f := range order {
		if f != field {
			continue
		}
		for _, before := range order[i+1:] {
			if _, v := ownPair(rule, string(before)); v != nil {
				return v
			}
		}
	}
	if len(rule.Content) == 0 {
		return nil
	}
	return rule.Content[len(rule.Content)-1]
}

// insert puts a key and its value into a mapping, after one of its values.
func (p *plan) insert(target fieldOf, m, after *yaml.Node, value string) error {
	if after == nil {
		return errNotFound
	}
	key := target.key
	if key == "" {
		key = string(target.field)
	}
	in := within(m)
	pair := p.key(m, key) + inline(value, p.styleFor(target, m), in.flow)
	return p.put(addition{target, m, after, addedPair{text(key), text(value), rankOf(target.field)}}, pair, value)
}

// addition is a pair that goes into a mapping after the pair of a value.
type addition struct {
	target   fieldOf
	m, after *yaml.Node
	pair     addedPair
}

// put writes an addition, whose text may have several lines. They are indented
// as the mapping's keys are.
func (p *plan) put(a addition, written, value string) error {
	if p.lay.shared(a.m) {
		return errShared
	}
	in := within(a.m)
	at, err := p.lay.insertAt(a.after, in)
	if err != nil {
		return err
	}
	written = strings.ReplaceAll(written, "\n", p.lay.eol)
	switch {
	case in.flow:
		written = "," + p.beforeKey(a.m, a.after) + written
	case at > 0 && !p.lay.afterBreak(at):
		written = p.lay.eol + strings.Repeat(" ", in.indent) + written
	default:
		written = strings.Repeat(" ", in.indent) + written + p.lay.eol
	}
	p.patch(at, at, written, a.target.field)
	p.added[a.after] = append(p.added[a.after], a.pair)
	p.values[a.target] = &value
	return nil
}

// beforeKey is the white space that stands before the keys of a mapping in
// brackets: a line of their own, or a space.
func (p *plan) beforeKey(m, value *yaml.Node) string {
	for i := 1; i < len(m.Content); i += 2 {
		if m.Content[i] != value {
			continue
		}
		at := p.lay.offset(m.Content[i-1].Line, m.Content[i-1].Column)
		if at > 0 && p.lay.startsLine(at) {
			return p.lay.eol + string(p.lay.indentOf(p.lay.lines[p.lay.lineOf(at)]))
		}
	}
	return " "
}

// key writes a key as the mapping's own are written.
func (p *plan) key(m *yaml.Node, key string) string {
	var style yaml.Style
	if len(m.Content) > 0 {
		style = m.Content[0].Style & (yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle)
	}
	return inline(key, style, isFlow(m)) + ": "
}

// styleFor is how a new value is quoted: as its siblings in the mapping all are,
// else as the field is elsewhere in the file.
func (p *plan) styleFor(target fieldOf, m *yaml.Node) yaml.Style {
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	if len(m.Content) > 0 && isFlow(m) && m.Content[0].Style&yaml.DoubleQuotedStyle != 0 {
		return yaml.DoubleQuotedStyle
	}
	if target.key == "" || len(m.Content) == 0 {
		return p.fileStyle(target.field)
	}
	style := m.Content[1].Style & quotes
	for i := 3; i < len(m.Content); i += 2 {
		if m.Content[i].Style&quotes != style {
			return 0
		}
	}
	return style
}

// fileStyle is how the first rule that has a field quotes its value.
func (p *plan) fileStyle(field Field) yaml.Style {
	if style, ok := p.styles[field]; ok {
		return style
	}
	p.styles[field] = 0
	for _, at := range p.where {
		_, v := ownPair(at.rule, string(field))
		if v != nil && v.Kind == yaml.MappingNode && len(v.Content) > 1 {
			v = v.Content[1]
		}
		if v != nil && v.Kind == yaml.ScalarNode {
			p.styles[field] = v.Style & (yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle)
			break
		}
	}
	return p.styles[field]
}

// insertMapping adds labels or annotations to a rule that has none, with their
// first key. What else goes into them is added to the same patch.
func (p *plan) insertMapping(target fieldOf, rule *yaml.Node, value string) error {
	after := insertAfter(rule, target.field)
	if after == nil {
		return errNotFound
	}
	child := []*yaml.Node{text(target.key), text(value)}
	written := inline(target.key, 0, isFlow(rule)) + ": " + inline(value, p.fileStyle(target.field), isFlow(rule))
	if p.extend(target, rule, child, written) {
		p.values[target] = &value
		return nil
	}
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: child}
	head := p.key(rule, string(target.field))
	if isFlow(rule) {
		if strings.HasPrefix(head, `"`) {
			written = doubleQuoted(target.key) + ": " + doubleQuoted(value)
		}
		written = head + "{" + written + "}"
	} else {
		written = strings.TrimSuffix(head, " ") + "\n" + p.childIndent(rule) + written
	}
	return p.put(addition{target, rule, after, addedPair{text(string(target.field)), m, rankOf(target.field)}}, written, value)
}

// extend adds a pair to a mapping that an earlier edit of the same rule inserts.
func (p *plan) extend(target fieldOf, rule *yaml.Node, pair []*yaml.Node, written string) bool {
	for _, added := range p.added[insertAfter(rule, target.field)] {
		if added.rank != rankOf(target.field) || added.value.Kind != yaml.MappingNode {
			continue
		}
		added.value.Content = append(added.value.Content, pair...)
		p.extendPatch(insertAfter(rule, target.field), rule, target, written)
		return true
	}
	return false
}

// extendPatch adds a line, or in brackets a pair, to the patch that inserts a
// field after a value.
func (p *plan) extendPatch(after, rule *yaml.Node, target fieldOf, written string) {
	in := within(rule)
	at, _ := p.lay.insertAt(after, in)
	rank := rankOf(target.field)
	for i := len(p.patches) - 1; i >= 0; i-- {
		old := &p.patches[i]
		if old.start != at || old.rank != rank {
			continue
		}
		if in.flow {
			old.text = strings.TrimSuffix(old.text, "}") + ", " + written + "}"
			return
		}
		line := p.childIndent(rule) + written
		if strings.HasSuffix(old.text, p.lay.eol) {
			old.text += line + p.lay.eol
		} else {
			old.text += p.lay.eol + line
		}
		return
	}
}

// childIndent is the indentation of the keys within a rule's labels or
// annotations, as the file has it.
func (p *plan) childIndent(rule *yaml.Node) string {
	own := within(rule).indent
	for _, at := range append([]place{{rule: rule}}, p.where[:min(len(p.where), 50)]...) {
		for _, field := range []Field{Annotation, Label} {
			_, m := ownPair(at.rule, string(field))
			if m == nil || m.Kind != yaml.MappingNode || isFlow(m) || isFlow(at.rule) || len(m.Content) == 0 {
				continue
			}
			if deeper := within(m).indent - within(at.rule).indent; deeper > 0 && deeper <= 8 {
				return strings.Repeat(" ", own+deeper)
			}
		}
	}
	return strings.Repeat(" ", own+2)
}

// fillEmpty puts the first pair into {}.
func (p *plan) fillEmpty(target fieldOf, m *yaml.Node, value string) error {
	if p.lay.shared(m) {
		return errShared
	}
	at := p.lay.start(m)
	if at < 0 || at >= len(p.text) || p.text[at] != '{' {
		return errNotFound
	}
	written := p.firstPair(target, value)
	if len(p.filled[m]) > 0 {
		written = ", " + written
	}
	p.patch(at+1, at+1, written, target.field)
	p.filled[m] = append(p.filled[m], text(target.key), text(value))
	p.values[target] = &value
	return nil
}

// firstPair is the first pair of labels or annotations in brackets. Within JSON
// both are quoted as JSON wants it.
func (p *plan) firstPair(target fieldOf, value string) string {
	rule := p.where[target.rule].rule
	style := p.fileStyle(target.field)
	var keys yaml.Style
	if isFlow(rule) && rule.Content[0].Style&yaml.DoubleQuotedStyle != 0 {
		keys, style = yaml.DoubleQuotedStyle, yaml.DoubleQuotedStyle
	}
	return inline(target.key, keys, true) + ": " + inline(value, style, true)
}

// fillNull gives a key without a value its first pair, in brackets. A second one
// goes into the same patch.
func (p *plan) fillNull(target fieldOf, m *yaml.Node, value string) error {
	if p.lay.shared(m) {
		return errShared
	}
	s, err := p.lay.scalar(m, within(p.where[target.rule].rule), false)
	if err != nil {
		return err
	}
	pair := p.firstPair(target, value)
	node := p.becomes[m]
	if node == nil {
		p.patch(s.start, s.end, " {"+pair+"}", target.field)
		node = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Anchor: m.Anchor}
		p.becomes[m] = node
	} else {
		for i := range p.patches {
			if p.patches[i].start == s.start && p.patches[i].rank == rankOf(target.field) {
				p.patches[i].text = strings.TrimSuffix(p.patches[i].text, "}") + ", " + pair + "}"
			}
		}
	}
	node.Content = append(node.Content, text(target.key), text(value))
	p.values[target] = &value
	return nil
}
