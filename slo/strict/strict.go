// Package strict reads small YAML documents key by key and tells everything that
// is wrong with them at once, each fault with its line and column: a key that is
// unknown or there twice, a value of the wrong kind, a number out of range.
//
// A [Mapping] answers with a default where a key is absent or wrong, so that a
// reader runs straight through; [Reader.Err] has what it met. Texts are hostile:
// size, depth and the number of faults told are bounded, and aliases, which a few
// lines can multiply into millions of nodes, are refused.
package strict

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo/spelling"
)

// Bounds of what is read.
const (
	maxText   = 4 << 20 // bytes
	maxFaults = 100     // told; more are counted
	maxDepth  = 32
	maxNodes  = 200_000
)

// Fault is one thing that is wrong. Line and Column are 1-based; 0 where the
// place is not known.
type Fault struct {
	File         string
	Line, Column int
	Message      string
}

// Error is file:line:column: message, as far as the place is known.
func (f Fault) Error() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.File, f.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
}

// Reader gathers what is wrong with one text.
type Reader struct {
	file   string
	faults []Fault
	count  int
}

// Mapping is a mapping that is being read. Its methods never fail: what is wrong
// is told to the reader.
type Mapping struct {
	reader *Reader
	name   string // what it is, for people
	at     *yaml.Node
	values map[string]*yaml.Node
	keys   []string // in the order of the text
}

// Open reads the one document of a text, whose top is a mapping of the keys. The
// mapping is never nil; it is empty where the text is no such thing.
func Open(file string, text []byte, name string, keys []string) (*Mapping, *Reader) {
	r := &Reader{file: file}
	empty := &Mapping{reader: r, name: name, values: map[string]*yaml.Node{}}
	if len(text) > maxText {
		r.fail(nil, "%d bytes are too many: at most %d", len(text), maxText)
		return empty, r
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		r.fail(nil, "%v", err)
		return empty, r
	}
	if len(doc.Content) == 0 {
		r.fail(nil, "nothing is in it: a mapping with %s is expected", name)
		return empty, r
	}
	if nodes := 0; !r.sound(&doc, 0, &nodes) {
		return empty, r
	}
	return r.mapping(doc.Content[0], name, keys), r
}

// sound tells whether a tree is small enough and free of aliases.
func (r *Reader) sound(n *yaml.Node, depth int, nodes *int) bool {
	*nodes++
	switch {
	case n.Kind == yaml.AliasNode:
		r.fail(n, "aliases are not read: write it out")
		return false
	case depth > maxDepth || *nodes > maxNodes:
		r.fail(n, "too deep or too much to read")
		return false
	}
	for _, c := range n.Content {
		if !r.sound(c, depth+1, nodes) {
			return false
		}
	}
	return true
}

func (r *Reader) fail(at *yaml.Node, format string, args ...any) {
	if r.count++; r.count > maxFaults {
		return
	}
	f := Fault{File: r.file, Message: fmt.Sprintf(format, args...)}
	if at != nil {
		f.Line, f.Column = at.Line, at.Column
	}
	r.faults = append(r.faults, f)
}

// Err joins a [Fault] for each thing that was wrong, in the order of the text; nil
// where nothing was.
func (r *Reader) Err() error {
	slices.SortStableFunc(r.faults, func(a, b Fault) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	errs := make([]error, 0, len(r.faults)+1)
	for _, f := range r.faults {
		errs = append(errs, f)
	}
	if more := r.count - len(r.faults); more > 0 {
		errs = append(errs, fmt.Errorf("and %d faults more", more))
	}
	return errors.Join(errs...)
}

// mapping opens a node; with keys nil any key is known.
func (r *Reader) mapping(n *yaml.Node, name string, keys []string) *Mapping {
	m := &Mapping{reader: r, name: name, at: n, values: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s must be a mapping", name)
		return m
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if _, twice := m.values[key.Value]; twice {
			r.fail(key, "%s: key %q is there twice", name, key.Value)
			continue
		}
		if keys != nil && !slices.Contains(keys, key.Value) {
			r.unknown(key, name, keys)
			continue
		}
		m.values[key.Value] = value
		m.keys = append(m.keys, key.Value)
	}
	return m
}

func (r *Reader) unknown(key *yaml.Node, name string, keys []string) {
	hint := ""
	if near := spelling.Nearest(key.Value, keys); near != "" {
		hint = "; did you mean " + near + "?"
	}
	r.fail(key, "%s: unknown key %.60q%s", name, key.Value, hint)
}
