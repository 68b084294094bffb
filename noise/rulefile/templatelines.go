package rulefile

import (
	"bytes"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// lineReader looks for alerts in YAML that a template engine reads first, line by
// line: it is no YAML yet.
type lineReader struct {
	t     *Template
	lines []templateLine
}

// templateLine is a line of such a text at the bytes [start, end).
type templateLine struct {
	start, end int
	indent     int
	// silent tells that it gives no line of YAML of its own: blank, a comment, or
	// nothing but the template's own statements.
	silent bool
}

// yamlKey is a key at the beginning of a line, after a dash or none.
var yamlKey = regexp.MustCompile(`^([ \t]*)(- +)?(?:"(\w+)"|'(\w+)'|(\w+))[ \t]*:(?:[ \t\r\n]|$)`)

// flowAlert is an alert within brackets.
var flowAlert = regexp.MustCompile(`[{,]\s*["']?alert["']?\s*:\s*([^,}\n]+)`)

func (t *Template) readLines() {
	r := &lineReader{t: t}
	actions := templateActions(t.text)
	for i, from := range t.lay.lines {
		end := len(t.text)
		if i+1 < len(t.lay.lines) {
			end = t.lay.lines[i+1]
		}
		r.lines = append(r.lines, r.line(from, end, &actions))
	}
	for i, l := range r.lines {
		if l.silent || len(t.sites) == maxSites {
			continue
		}
		text := t.text[l.start:l.end]
		if key := keyOfLine(text); key != nil && key.name == "alert" {
			r.site(i, key)
		} else if at := flowAlert.FindSubmatchIndex(text); at != nil {
			w := r.t.valueOf(l.start+at[2], l.start+at[3])
			t.sites = append(t.sites, &site{of: t, start: l.start, end: l.end, alert: w, opaque: true})
		}
	}
}

// line reads a line; actions are those from it on.
func (r *lineReader) line(start, end int, actions *[]span) templateLine {
	l := templateLine{start: start, end: end}
	at := start
	for ; at < end && isBlank(r.t.text[at]); at++ {
		l.indent++
	}
	for len(*actions) > 0 && (*actions)[0].End <= start {
		*actions = (*actions)[1:]
	}
	l.silent = true
	for _, a := range *actions {
		if a.Start >= end || a.Start > at && len(bytes.TrimSpace(r.t.text[at:a.Start])) > 0 {
			break
		}
		if !a.statement {
			l.silent = false
		}
		at = max(at, min(a.End, end))
	}
	rest := bytes.TrimSpace(r.t.text[at:end])
	l.silent = l.silent && (len(rest) == 0 || rest[0] == '#')
	return l
}

// span is something of a template between its marks.
type span struct {
	Span
	statement bool // it gives no text: a branch, a comment, an assignment
}

// keyAt is a key of a line.
type keyAt struct {
	name   string
	dash   int // column of the dash; -1 where there is none
	column int // of the key
	value  int // where the value begins, within the line
}

func keyOfLine(line []byte) *keyAt {
	m := yamlKey.FindSubmatchIndex(line)
	if m == nil {
		return nil
	}
	k := &keyAt{dash: -1, column: m[3], value: m[1]}
	if m[4] >= 0 {
		k.dash, k.column = m[4], m[5]
	}
	for i := 6; i < 12; i += 2 {
		if m[i] >= 0 {
			k.name = string(line[m[i]:m[i+1]])
		}
	}
	return k
}

// site notes the rule whose alert is named on a line.
func (r *lineReader) site(at int, alert *keyAt) {
	first := at
	if alert.dash < 0 {
		if first = r.dashAbove(at, alert.column); first < 0 {
			return
		}
	}
	start := r.lines[first].start
	if n := len(r.t.sites); n > 0 && r.t.sites[n-1].start == start {
		return
	}
	last := r.blockEnd(first, alert.column-1)
	s := &site{of: r.t, start: start, end: r.lines[last].end, fields: map[string]*written{}}
	for i := first; i <= last; i++ {
		r.field(s, i, alert.column, "")
	}
	if s.alert = s.fields["alert"]; s.alert != nil {
		r.t.sites = append(r.t.sites, s)
	}
}

// maxRuleLines bounds the lines of a rule.
const maxRuleLines = 1000

// dashAbove is the line with the dash of the rule whose keys stand at a column;
// -1 where it is not found.
func (r *lineReader) dashAbove(at, column int) int {
	for i := at - 1; i >= 0 && i >= at-maxRuleLines; i-- {
		l := r.lines[i]
		if l.silent || l.indent >= column {
			continue
		}
		if k := keyOfLine(r.t.text[l.start:l.end]); k != nil && k.dash >= 0 && k.column == column {
			return i
		}
		return -1
	}
	return -1
}

// blockEnd is the last line of what begins at a line and is indented by more than
// a column; the template's statements after it do not belong to it.
func (r *lineReader) blockEnd(first, column int) int {
	last := first
	for i := first + 1; i < len(r.lines) && i <= first+maxRuleLines; i++ {
		if r.lines[i].silent {
			continue
		}
		if r.lines[i].indent <= column {
			break
		}
		last = i
	}
	return last
}

// field notes the field on a line whose key stands at a column.
func (r *lineReader) field(s *site, at, column int, within string) {
	l := r.lines[at]
	if l.silent {
		return
	}
	k := keyOfLine(r.t.text[l.start:l.end])
	if k == nil || k.column != column {
		return
	}
	last := r.blockEnd(at, column)
	if k.name == "labels" && within == "" && last > at {
		deeper := r.firstIndent(at+1, last)
		for i := at + 1; i <= last; i++ {
			r.field(s, i, deeper, "labels.")
		}
		return
	}
	if s.fields[within+k.name] == nil {
		s.fields[within+k.name] = r.t.valueOf(l.start+k.value, r.lines[last].end)
	}
}

// firstIndent is how far the first line of some is indented that gives YAML.
func (r *lineReader) firstIndent(from, to int) int {
	for i := from; i <= to; i++ {
		if !r.lines[i].silent {
			return r.lines[i].indent
		}
	}
	return -1
}

// values notes the keys of a chart's values with their paths.
func (t *Template) values(n *yaml.Node, path string, depth int) {
	if depth > maxMerges*5 || n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		name := path + "." + k.Value
		if at := t.lay.offset(v.Line, v.Column); v.Kind == yaml.ScalarNode && at >= 0 {
			t.keys[name] = append(t.keys[name], given{t, at, t.lay.lineEnd(at)})
		}
		t.values(v, name, depth+1)
	}
}

// valueOf is the value at the bytes [start, end), whose style its first character
// tells.
func (t *Template) valueOf(start, end int) *written {
	for start < end && isBlank(t.text[start]) {
		start++
	}
	end = start + len(bytes.TrimRight(t.text[start:end], " \t\r\n"))
	w := &written{start: start, end: end, simple: true}
	if end-start > maxValue {
		return tooLong(w)
	}
	w.masked = bytes.Clone(t.text[start:end])
	if end == start {
		return w
	}
	w.unquote()
	for _, a := range templateActions(t.text[start:end]) {
		w.action(a, t.text[start+a.Start:start+a.End])
	}
	return w
}

// unquote masks what only delimits a value of YAML.
func (w *written) unquote() {
	text := w.masked
	mask := func(from, to int) {
		for i := from; i < to; i++ {
			text[i] = noByte
		}
	}
	switch quote := text[0]; quote {
	case '|', '>':
		mask(0, indexOr(text, "\n", len(text)))
	case '\'', '"':
		mask(0, 1)
		for i := 1; i < len(text); i++ {
			escaped := quote == '"' && text[i] == '\\' || quote == '\'' && text[i] == quote && i+1 < len(text) && text[i+1] == quote
			if escaped && i+1 < len(text) {
				mask(i, i+1)
				if i++; quote == '"' && strings.IndexByte("nt", text[i]) >= 0 {
					text[i] = ' '
				}
			} else if text[i] == quote {
				mask(i, len(text))
			}
		}
	default:
		for i := 1; i < len(text); i++ {
			if text[i] == '#' && isBlank(text[i-1]) {
				mask(i, i+indexOr(text[i:], "\n", len(text)-i))
			}
		}
	}
}
