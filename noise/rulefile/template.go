package rulefile

import (
	"errors"
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

// Template is a source that a template engine makes rule files from: jsonnet,
// Helm's Go templates or Jinja. It is looked through for alerts by its words, and
// not evaluated; so it can't be edited, and [Handwork] says what is to be changed
// in it, and where.
type Template struct {
	name, language string
	text           []byte
	lay            *source
	sites          []*site
	named          map[string][]*site // by name
	filled         []*site            // those whose name is filled in
	keys           map[string][]given
}

// site is a rule as a template has it, from the byte start to the byte end.
type site struct {
	of         *Template
	start, end int
	alert      *written
	name       string // where nothing of it is filled in
	// fields are its values by name; those of labels are under labels.NAME.
	fields map[string]*written
	// opaque tells that its fields could not be told apart.
	opaque bool
}

// given is where a template gives a key a value.
type given struct {
	of         *Template
	start, end int // of the value
}

// OpenTemplate reads a source that [Open] refuses with a [TemplatedError]. Any
// other text is an error.
func OpenTemplate(file string, text []byte) (*Template, error) {
	_, err := Open(file, text)
	var refused *TemplatedError
	if !errors.As(err, &refused) {
		return nil, fmt.Errorf("read template %s: it is none", file)
	}
	t := &Template{name: file, language: refused.Language, text: slices.Clone(text), lay: newSource(text), keys: map[string][]given{}}
	if t.language == languageJsonnet {
		t.readJsonnet()
	} else {
		t.readLines()
	}
	t.index()
	return t, nil
}

// Values reads what fills a chart's templates in, as values.yaml gives it: so
// that a change can name the line. It holds no rules of its own.
func Values(file string, text []byte) *Template {
	t := &Template{name: file, language: "values", text: slices.Clone(text), lay: newSource(text), keys: map[string][]given{}}
	docs, _ := documents(file, text)
	for _, d := range docs {
		t.values(resolve(d), ".Values", 0)
	}
	return t
}

// Name is the file's name.
func (t *Template) Name() string { return t.name }

// Language is jsonnet, Go templates or Jinja.
func (t *Template) Language() string { return t.language }

// Alerts is how many rules the template writes out.
func (t *Template) Alerts() int { return len(t.sites) }

// Makes tells whether the template may make a rule: whether an alert of its name
// is in it, or one whose name is filled in and may become that.
func (t *Template) Makes(r noise.Rule) bool {
	return len(t.named[r.Name]) > 0 || slices.ContainsFunc(t.filled, func(s *site) bool { return s.alert.matches(r.Name) })
}

// made are the sites that may make a rule of a name, in the order of the text.
func (t *Template) made(name string) []*site {
	out := slices.Clone(t.named[name])
	for _, s := range t.filled {
		if s.alert.matches(name) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *site) int { return a.start - b.start })
	return out
}

// index sorts the sites by name.
func (t *Template) index() {
	t.named = map[string][]*site{}
	for _, s := range t.sites {
		if name, ok := s.alert.literal(); ok {
			s.name = name
			t.named[name] = append(t.named[name], s)
		} else if len(t.filled) < maxFilled {
			t.filled = append(t.filled, s)
		}
	}
}

// line is the 1-based line of a byte.
func (t *Template) line(at int) int {
	line, _ := t.lay.place(at)
	return line
}

// The languages that a TemplatedError names.
const (
	languageJsonnet = "jsonnet"
	languageGo      = "Go templates"
	languageJinja   = "Jinja"
)

// The bounds on what is looked at in a template.
const (
	maxSites     = 20_000
	maxFilled    = 500
	maxTemplates = 200 // how deep brackets may be nested
)
