package rulefile

import (
	"errors"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise"
)

// Span is the bytes [Start, End) of a file's text. The zero Span is no place.
type Span struct{ Start, End int }

// Located is a rule with the places of its values in the text. A value that the
// rule does not hold itself (absent, or from a merge key), or whose place is not
// certain, has the zero Span.
type Located struct {
	Rule                     noise.Rule
	Item                     Span // the whole rule, from its dash or its bracket on
	Expr, For, KeepFiringFor Span
	Labels, Annotations      map[string]Span
	Insert                   int // where a missing key goes; 0 where it is not certain
}

// File is a rule file that can be edited. It never changes: Apply gives new text.
type File struct {
	name  string
	text  []byte
	docs  []*yaml.Node
	roots []*yaml.Node
	rules []noise.Rule
	where []place
	lay   *layout
}

// Open reads a rule file for editing. It must be sound: the error joins an
// [Error] for each thing that is wrong with it, or is a [TemplatedError].
func Open(file string, text []byte) (*File, error) {
	if err := jsonnet(file, text); err != nil {
		return nil, err
	}
	if err := plainText(file, text); err != nil {
		return nil, err
	}
	docs, err := documents(file, text)
	p := newFileParser(file)
	p.read(docs)
	if err = errors.Join(append(p.errs, err)...); err != nil {
		return nil, templated(file, text, err)
	}
	if t := helmObjects(file, text); t != nil {
		return nil, t
	}
	f := &File{
		name: file, text: slices.Clone(text), docs: docs, roots: p.roots, rules: p.rules, where: p.places,
		lay: &layout{source: newSource(text)},
	}
	f.lay.text = f.text
	f.lay.countUses(docs)
	return f, nil
}

// plainText refuses what YAML allows but a text editor would not: UTF-16.
func plainText(file string, text []byte) error {
	if utf8.Valid(text) && !slices.Contains(text, 0) {
		return nil
	}
	at := 0
	for at < len(text) && text[at] != 0 {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	line, column := newSource(text).place(at)
	return Error{file, line, column, "the text is not UTF-8"}
}

// Rules are the alerting rules as Parse gives them, with the places of their
// values.
func (f *File) Rules() []Located {
	out := make([]Located, len(f.rules))
	for i := range f.rules {
		out[i] = f.locate(i)
	}
	return out
}

func (f *File) locate(i int) Located {
	at := f.where[i]
	in := within(at.rule)
	located := Located{Rule: f.rules[i]}
	located.Item, _ = f.lay.item(at)
	located.Expr = f.span(at.rule, "expr", in)
	located.For = f.span(at.rule, "for", in)
	located.KeepFiringFor = f.span(at.rule, "keep_firing_for", in)
	located.Labels = f.spans(at.rule, "labels", in)
	located.Annotations = f.spans(at.rule, "annotations", in)
	if after := insertAfter(at.rule, For); after != nil {
		located.Insert, _ = f.lay.insertAt(after, in)
	}
	return located
}

func (f *File) span(rule *yaml.Node, key string, in around) Span {
	_, v := ownPair(rule, key)
	return f.valueSpan(v, in)
}

func (f *File) valueSpan(v *yaml.Node, in around) Span {
	if v == nil || v.Kind != yaml.ScalarNode {
		return Span{}
	}
	s, err := f.lay.scalar(v, in, false)
	if err != nil {
		return Span{}
	}
	return Span{s.start, s.end}
}

func (f *File) spans(rule *yaml.Node, key string, in around) map[string]Span {
	_, m := ownPair(rule, key)
	if m == nil || m.Kind != yaml.MappingNode {
		return nil
	}
	if !in.flow {
		in = within(m)
	}
	out := make(map[string]Span, len(m.Content)/2)
	for i := 0; i+1 < len(m.Content); i += 2 {
		if s := f.valueSpan(m.Content[i+1], in); s != (Span{}) {
			out[m.Content[i].Value] = s
		}
	}
	return out
}
