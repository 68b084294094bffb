package rulefile

import (
	"bytes"
	"errors"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

var errFlowRules = errors.New("the rules are written in brackets, where a comment can't take one's place")

// remove takes a key and its value out of a rule.
func (p *plan) remove(rule *yaml.Node, key string) error {
	k, v := ownPair(rule, key)
	switch {
	case v == nil:
		return errors.New("it is not there")
	case p.lay.shared(rule) || v.Kind != yaml.AliasNode && p.lay.shared(v):
		return errShared
	case merged(rule, key) != nil:
		return errors.New("a merge key brings in another one, which would take its place")
	case len(rule.Content) <= 2:
		return errors.New("nothing else would be left")
	}
	start, end, err := p.pairSpan(rule, k, v)
	if err != nil {
		return err
	}
	p.patch(start, end, "", Field(key))
	p.gone[v] = true
	return nil
}

// pairSpan is the bytes to cut for a pair to go: its lines, or in brackets its
// comma too. The first pair shares its line with the dash, so that the next one
// moves up.
func (p *plan) pairSpan(m, k, v *yaml.Node) (start, end int, err error) {
	in := within(m)
	start = p.lay.offset(k.Line, k.Column)
	if start < 0 {
		return 0, 0, errNotFound
	}
	if m.Content[0] == k {
		next := p.lay.offset(m.Content[2].Line, m.Content[2].Column)
		if next < start {
			return 0, 0, errNotFound
		}
		return start, next, nil
	}
	if end, err = p.lay.end(v, in); err != nil {
		return 0, 0, err
	}
	if in.flow {
		for i := 3; i < len(m.Content); i += 2 {
			if m.Content[i] == v {
				start, err = p.lay.end(m.Content[i-2], in)
			}
		}
		return start, end, err
	}
	if !p.lay.startsLine(start) {
		return 0, 0, errNotFound
	}
	if !p.lay.afterBreak(end) {
		end = p.lay.lineAfter(end)
	}
	return p.lay.lines[p.lay.lineOf(start)], end, nil
}

// disable makes a comment of a rule's lines.
func (p *plan) disable(at place, reason []string, lists map[*yaml.Node]int) error {
	switch {
	case isFlow(at.list):
		return errFlowRules
	case p.lay.shared(at.list) || at.item == at.rule && p.sharesBelow(at.item):
		return errShared
	}
	span, err := p.lay.item(at)
	if err != nil {
		return err
	}
	from := p.lay.lines[p.lay.lineOf(span.Start)]
	end := span.End
	if !p.lay.afterBreak(end) {
		end = p.lay.lineEnd(end)
	}
	indent := string(p.text[from:span.Start])
	p.patch(from, end, p.commentLines(indent, reason)+p.asComment(from, end, span.Start-from), "")
	p.gone[at.item] = true
	if lists[at.list]++; lists[at.list] == len(at.list.Content) {
		return p.emptyList(at)
	}
	return nil
}

// sharesBelow tells whether an anchor within a node is used.
func (p *plan) sharesBelow(n *yaml.Node) bool {
	if n.Anchor != "" && p.lay.shared(n) {
		return true
	}
	for _, c := range n.Content {
		if p.sharesBelow(c) {
			return true
		}
	}
	return false
}

// asComment is lines of the text behind "# ", which stands where the dash is.
func (p *plan) asComment(from, end, indent int) string {
	var b strings.Builder
	for at := from; at < end; {
		next := min(p.lay.lineAfter(at), end)
		line := p.text[at:next]
		lead := 0
		if len(bytes.TrimSpace(line)) == 0 {
			b.WriteString(strings.Repeat(" ", indent) + "#" + string(bytes.TrimLeft(line, " \t")))
			at = next
			continue
		}
		for lead < min(indent, len(line)) && isBlank(line[lead]) {
			lead++
		}
		b.Write(line[:lead])
		b.WriteString("# ")
		b.Write(line[lead:])
		at = next
	}
	return b.String()
}

// emptyList gives a group whose rules are all commented out an empty list.
func (p *plan) emptyList(at place) error {
	if at.key == nil || at.list.Anchor != "" || at.list.Style&yaml.TaggedStyle != 0 {
		return errNotFound
	}
	end, err := p.lay.end(at.key, around{indent: -1})
	if err != nil {
		return err
	}
	end += len(p.lay.indentOf(end))
	if end >= len(p.text) || p.text[end] != ':' {
		return errNotFound
	}
	p.patch(end+1, end+1, " []", "")
	return nil
}

// comment puts lines above a rule.
func (p *plan) comment(at place, lines []string) error {
	span, err := p.lay.item(at)
	if err != nil {
		return err
	}
	if !p.lay.startsLine(span.Start) {
		return errors.New("the rule does not begin a line")
	}
	from := p.lay.lines[p.lay.lineOf(span.Start)]
	p.patch(from, from, p.commentLines(string(p.text[from:span.Start]), lines), "")
	return nil
}

// Comments are bounded, since what they say comes from outside.
const (
	maxCommentLines = 40
	maxCommentRunes = 300
)

// commentLines writes lines as comments.
func (p *plan) commentLines(indent string, lines []string) string {
	var b strings.Builder
	for _, line := range lines[:min(len(lines), maxCommentLines)] {
		b.WriteString(strings.TrimRight(indent+"# "+oneLine(line, maxCommentRunes), " "))
		b.WriteString(p.lay.eol)
	}
	return b.String()
}

// oneLine is text without line breaks and control characters, of a bounded
// number of characters.
func oneLine(text string, most int) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > most {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
