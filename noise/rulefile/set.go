package rulefile

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// set gives a field a value, where it stands or where it is missing.
func (p *plan) set(target fieldOf, value string) error {
	rule := p.where[target.rule].rule
	if target.key == "" {
		if _, v := ownPair(rule, string(target.field)); v != nil {
			return p.replace(target, v, within(rule), value)
		}
		return p.insert(target, rule, insertAfter(rule, target.field), value)
	}
	_, m := ownPair(rule, string(target.field))
	switch {
	case m == nil && child(rule, string(target.field)) != nil:
		return errors.New("a merge key brings in the " + string(target.field))
	case m == nil:
		return p.insertMapping(target, rule, value)
	case m.Kind == yaml.AliasNode:
		return errAlias
	case isNull(m):
		return p.fillNull(target, m, value)
	case m.Kind != yaml.MappingNode:
		return errNoScalar
	}
	if _, v := ownPair(m, target.key); v != nil {
		return p.replace(target, v, within(m), value)
	}
	if len(m.Content) == 0 {
		return p.fillEmpty(target, m, value)
	}
	return p.insert(target, m, m.Content[len(m.Content)-1], value)
}

// text is the node of a value that is written.
func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func (p *plan) patch(start, end int, text string, field Field) {
	p.patches = append(p.patches, patch{start, end, text, rankOf(field)})
}

// rankOf orders the fields of a rule as people write them.
func rankOf(field Field) int {
	return slices.Index([]Field{Expr, For, KeepFiringFor, Label, Annotation}, field)
}

// becoming notes a value that is to be read from the new text.
func (p *plan) becoming(target fieldOf, v *yaml.Node, value string) {
	p.becomes[v] = text(value)
	p.becomes[v].Anchor = v.Anchor
	p.values[target] = &value
}

// replace writes a value over the old one, in its style.
func (p *plan) replace(target fieldOf, v *yaml.Node, in around, value string) error {
	if v.Kind == yaml.AliasNode {
		return errAlias
	}
	if p.lay.shared(v) {
		return errShared
	}
	s, err := p.lay.scalar(v, in, false)
	if err != nil {
		return err
	}
	if v.Value == value && v.ShortTag() == "!!str" {
		p.values[target] = &value
		return nil
	}
	if s.style == yaml.LiteralStyle || s.style == yaml.FoldedStyle {
		if block, reads, ok := blockText(value, s, p.lay.eol); ok && s.content > s.body {
			p.patch(s.body, s.content, block, target.field)
			p.becoming(target, v, reads)
			return nil
		}
	}
	written := inline(value, s.style, in.flow)
	if s.start == s.end && s.start > 0 && !isBlank(p.text[s.start-1]) {
		written = " " + written
	}
	if p.lay.afterBreak(s.end) {
		written += p.lay.eol
	}
	p.patch(s.start, s.end, written, target.field)
	p.becoming(target, v, value)
	return nil
}

// splice replaces parts of an expression. Where the text can't be put in as it
// is, the whole expression is written anew.
func (p *plan) splice(j job, edits []Edit) error {
	rule := p.where[j.rule].rule
	_, v := ownPair(rule, "expr")
	switch {
	case v == nil:
		return errors.New("a merge key brings it in")
	case v.Kind == yaml.AliasNode:
		return errAlias
	case p.lay.shared(v):
		return errShared
	}
	parts := make([]Edit, len(j.edits))
	for i, n := range j.edits {
		parts[i] = edits[n]
	}
	slices.SortFunc(parts, func(a, b Edit) int { return cmp.Compare(a.Start, b.Start) })
	value, err := spliced(v.Value, parts)
	if err != nil {
		return err
	}
	s, err := p.lay.scalar(v, within(rule), true)
	if err != nil {
		return err
	}
	if !p.spliceable(s, parts) || s.style == 0 && !plainSafe(strings.ReplaceAll(value, "\n", " "), isFlow(rule)) {
		return p.replace(j.fieldOf, v, within(rule), value)
	}
	for _, e := range parts {
		p.patch(s.from[e.Start], s.to[e.End-1], e.Value, Expr)
	}
	p.becoming(j.fieldOf, v, value)
	return nil
}

// spliced is a value with parts of it replaced.
func spliced(old string, parts []Edit) (string, error) {
	var b strings.Builder
	done := 0
	for _, e := range parts {
		if e.Start < done || e.End < e.Start || e.End > len(old) {
			return "", errors.New("the parts to replace overlap or lie outside the expression")
		}
		b.WriteString(old[done:e.Start])
		b.WriteString(e.Value)
		done = e.End
	}
	b.WriteString(old[done:])
	return b.String(), nil
}

// spliceable tells whether the parts stand in the text as they are read, and the
// new ones may too.
func (p *plan) spliceable(s scalar, parts []Edit) bool {
	for _, e := range parts {
		if e.Start == e.End || !spliceSafe(e.Value, s.style) {
			return false
		}
		was := string(s.value[e.Start:e.End])
		if was != string(p.text[s.from[e.Start]:s.to[e.End-1]]) || strings.TrimSpace(was) != was || !printable(was) {
			return false
		}
	}
	return true
}
