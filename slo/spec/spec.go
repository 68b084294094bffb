package spec

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

// Format is who made up the way in which a document is written.
type Format string

// The formats that are read.
const (
	FormatBurnish      Format = "burnish"
	FormatSloth        Format = "Sloth"
	FormatPyrra        Format = "Pyrra"
	FormatOpenSLO      Format = "OpenSLO"
	FormatSLOGenerator Format = "slo-generator"
	// FormatMixed is several of them in one call.
	FormatMixed Format = "mixed"
)

// File is a text and the name that errors and notes give it.
type File struct {
	Name string
	Text []byte
}

// DefaultPeriod is the window of an SLO whose format leaves it to the tool.
const DefaultPeriod = 30 * 24 * time.Hour

// Options change how texts are read. The zero value is fit for use.
type Options struct {
	// Location finds a time zone by its IANA name; nil is time.LoadLocation.
	Location func(string) (*time.Location, error)
	// Period is the window of SLOs whose format leaves it to the tool, as Sloth
	// does; 0 is the period of the only AlertWindows that was read, and else
	// DefaultPeriod.
	Period time.Duration
}

// Parsed is what texts hold. It may be used beside an error: it has all that is
// sound.
type Parsed struct {
	SLOs     []slo.SLO // in the order of the text
	Policies []Policy
	Notes    []Note // by file and line
	Format   Format // empty where there is no document
}

// Policy is a set of alert windows that stands on its own, as Sloth's
// AlertWindows do. The SLOs of that format that were read beside it have its
// windows already.
type Policy struct {
	Name    string
	Period  time.Duration // the window of SLOs that the factors are meant for
	Windows []slo.AlertWindow
	File    string
	Line    int // 1-based
}

// Level is how much a note takes away.
type Level string

// The levels of notes.
const (
	LevelRefused Level = "refused" // an SLO, or an alert of one, could not be imported
	LevelLost    Level = "lost"    // a part of an SLO was not carried over
	LevelWarning Level = "warning" // it was, but look at it
)

// Note is something that was not carried over, or that can never work. Line and
// Column are 1-based; 0 where the place is not known.
type Note struct {
	Level        Level
	File         string
	Line, Column int
	Message      string
}

// String is file:line:column: level: message, as far as the place is known.
func (n Note) String() string {
	return place(n.File, n.Line, n.Column) + string(n.Level) + ": " + n.Message
}

// Error is one thing that is wrong with a text. Line and Column are 1-based; 0
// where the place is not known.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

// Error is file:line:column: message.
func (e Error) Error() string { return place(e.File, e.Line, e.Column) + e.Message }

func place(file string, line, column int) string {
	switch {
	case file == "" && line == 0:
		return ""
	case line == 0:
		return file + ": "
	case column == 0:
		return fmt.Sprintf("%s:%d: ", file, line)
	}
	return fmt.Sprintf("%s:%d:%d: ", file, line, column)
}

// Parse reads the SLOs of one text. The error joins an [Error] for each thing
// that is wrong; an SLO with a fault in it is left out.
func Parse(file string, text []byte) (Parsed, error) {
	return ParseAll([]File{{Name: file, Text: text}}, Options{})
}

// ParseAll reads several texts as one: they may refer to each other, and two
// SLOs of the same service and name are an error. The error joins an [Error]
// for each thing that is wrong; an SLO with a fault in it is left out.
func ParseAll(files []File, o Options) (Parsed, error) {
	if o.Location == nil {
		o.Location = time.LoadLocation
	}
	s := &state{
		options: o, seen: map[string]slo.SLO{}, formats: map[Format]bool{},
		promql: parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableExtendedRangeSelectors: true}),
	}
	for _, f := range files {
		d := &decoder{state: s, file: f.Name}
		d.text(f.Text)
	}
	s.finishOpenSLO()
	s.finishSloth()
	s.sort(files)
	for f := range s.formats {
		if s.out.Format = f; len(s.formats) > 1 {
			s.out.Format = FormatMixed
		}
	}
	errs := make([]error, 0, len(s.errs)+1)
	for _, e := range s.errs {
		errs = append(errs, e)
	}
	if more := s.faults - len(s.errs); more > 0 {
		errs = append(errs, fmt.Errorf("and %d errors more", more))
	}
	return s.out, errors.Join(errs...)
}

// sort brings everything into the order of the texts.
func (s *state) sort(files []File) {
	place := map[string]int{}
	for i, f := range files {
		place[f.Name] = i
	}
	slices.SortStableFunc(s.out.SLOs, func(a, b slo.SLO) int {
		return cmp.Or(cmp.Compare(place[a.File], place[b.File]), cmp.Compare(a.Line, b.Line))
	})
	slices.SortStableFunc(s.out.Notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(place[a.File], place[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	s.out.Notes = slices.Compact(s.out.Notes)
	slices.SortStableFunc(s.errs, func(a, b Error) int {
		return cmp.Or(cmp.Compare(place[a.File], place[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// state is what the documents of a call share.
type state struct {
	options Options
	promql  parser.Parser
	out     Parsed
	errs    []Error
	faults  int                // how many there were, those left out included
	seen    map[string]slo.SLO // by ID
	formats map[Format]bool
	visits  int // nodes looked at
	openslo openSLOObjects
	sloth   slothSLOs
}

// decoder reads one file. References lead to the decoders of other files, which
// share its state.
type decoder struct {
	*state
	file   string
	format Format
}

// maxErrors bounds how many errors are told: after so many, more are no help.
const maxErrors = 1000

func (d *decoder) fail(at *yaml.Node, format string, args ...any) {
	if d.faults++; d.faults > maxErrors {
		return
	}
	e := Error{File: d.file, Message: fmt.Sprintf(format, args...)}
	if at != nil {
		e.Line, e.Column = at.Line, at.Column
	}
	d.errs = append(d.errs, e)
}

func (d *decoder) note(level Level, at *yaml.Node, format string, args ...any) {
	n := Note{Level: level, File: d.file, Message: fmt.Sprintf(format, args...)}
	if at != nil {
		n.Line, n.Column = at.Line, at.Column
	}
	d.out.Notes = append(d.out.Notes, n)
}

func (d *decoder) lost(at *yaml.Node, format string, args ...any) {
	d.note(LevelLost, at, format, args...)
}

func (d *decoder) warn(at *yaml.Node, format string, args ...any) {
	d.note(LevelWarning, at, format, args...)
}

func (d *decoder) refuse(at *yaml.Node, format string, args ...any) {
	d.note(LevelRefused, at, format, args...)
}

// text reads the documents of a file.
func (d *decoder) text(text []byte) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			d.fail(nil, "%v", err)
			return
		}
		d.document(resolve(&doc), 0)
	}
}

// maxNested bounds how deep lists of documents are nested.
const maxNested = 3

// document reads a document, or each of a list.
func (d *decoder) document(root *yaml.Node, depth int) {
	if root == nil || root.Kind == 0 || isNull(root) || !d.visit(root) {
		return
	}
	items := root
	if root.Kind == yaml.MappingNode {
		items = child(root, "items")
		if items == nil {
			d.detect(root)
			return
		}
	}
	if items.Kind != yaml.SequenceNode || depth > maxNested {
		d.fail(root, "expected a mapping that begins with version or apiVersion")
		return
	}
	for _, item := range items.Content {
		d.document(resolve(item), depth+1)
	}
}

// The headers by which formats are told apart.
const (
	versionBurnish      = "burnish/v1"
	versionSloth        = "prometheus/v1"
	apiSloth            = "sloth.slok.dev/v1"
	apiPyrra            = "pyrra.dev/v1alpha1"
	apiOpenSLO          = "openslo/v1"
	apiOpenSLOAlpha     = "openslo/v1alpha"
	apiOpenSLODraft     = "openslo.com/v2alpha"
	apiSLOGenerator     = "sre.google.com/v2"
	apiPrometheusRule   = "monitoring.coreos.com/v1"
	formatsThatAreKnown = "burnish/v1, Sloth's prometheus/v1 and sloth.slok.dev/v1, pyrra.dev/v1alpha1, openslo/v1, openslo/v1alpha and sre.google.com/v2"
)

// detect finds the format of a document by its header and reads it.
func (d *decoder) detect(root *yaml.Node) {
	version, api, kind := scalar(child(root, "version")), scalar(child(root, "apiVersion")), scalar(child(root, "kind"))
	read := map[string]struct {
		format Format
		read   func(*decoder, *yaml.Node)
	}{
		versionBurnish:  {FormatBurnish, (*decoder).burnish},
		versionSloth:    {FormatSloth, (*decoder).slothFile},
		apiSloth:        {FormatSloth, (*decoder).slothResource},
		apiPyrra:        {FormatPyrra, (*decoder).pyrra},
		apiOpenSLO:      {FormatOpenSLO, (*decoder).openSLO},
		apiOpenSLOAlpha: {FormatOpenSLO, (*decoder).openSLOAlpha},
		apiSLOGenerator: {FormatSLOGenerator, (*decoder).sloGenerator},
	}
	if known, ok := read[cmp.Or(version, api)]; ok {
		d.formats[known.format] = true
		known.read(&decoder{state: d.state, file: d.file, format: known.format}, root)
		return
	}
	switch {
	case child(root, "groups") != nil || api == apiPrometheusRule:
		d.fail(root, "these are Prometheus rules, not SLOs")
	case api == apiOpenSLODraft:
		d.fail(root, "apiVersion %s is a draft that burnish does not read; write openslo/v1", api)
	case version == "" && api == "" && child(root, "slos") != nil:
		d.fail(root, "no version: burnish's own format begins with version: %s", versionBurnish)
	case version == "" && api == "":
		d.fail(root, "no version or apiVersion: expected one of %s", formatsThatAreKnown)
	default:
		d.fail(root, "%q of kind %q is not a format that burnish knows: expected one of %s", cmp.Or(version, api), kind, formatsThatAreKnown)
	}
}

// add takes an SLO over unless its place is taken, or its document has a fault
// that was told already: no service.
func (d *decoder) add(at *yaml.Node, s slo.SLO) bool {
	if s.Service == "" || s.Name == "" {
		return false
	}
	s.File, s.Line = d.file, at.Line
	if first, taken := d.seen[s.ID()]; taken {
		d.fail(at, "SLO %q of service %q is there twice: first at %s:%d", s.Name, s.Service, first.File, first.Line)
		return false
	}
	d.seen[s.ID()] = s
	d.out.SLOs = append(d.out.SLOs, s)
	return true
}

// period is the window where the format leaves it to the tool.
func (s *state) period() time.Duration { return cmp.Or(s.options.Period, DefaultPeriod) }
