package lint

import (
	"slices"
	"strings"
	"text/template/parse"

	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/util/features"
)

// preamble defines the variables that every template of a rule has, as
// Prometheus does; preambleNodes is how many nodes it makes.
const (
	preamble = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}" +
		"{{$externalURL := .ExternalURL}}{{$value := .Value}}"
	preambleNodes = 4
)

// script is what a template says, as far as it can be read without running it.
type script struct {
	err string // why it does not parse; empty where it does
	// reads are the labels that it shows whatever they are; labels that it asks
	// about first (in an if, with or or) are left out.
	reads []string
	// shows tells that the alert's value, or another figure that changes all the
	// time, is part of the text; decides that it picks between texts.
	shows, decides bool
	// faults are what fails or prints nonsense when it is reached.
	faults []string
}

// templateReader reads templates with the functions that Prometheus has.
type templateReader struct{ functions map[string]any }

func newTemplateReader() *templateReader {
	all := features.NewRegistry()
	template.RegisterFeatures(all)
	r := &templateReader{functions: map[string]any{}}
	for name := range all.Get()[features.TemplatingFunctions] {
		r.functions[name] = true
	}
	// Those that text/template has by itself.
	for _, name := range strings.Fields("and call eq ge gt html index js le len lt ne not or print printf println slice urlquery") {
		r.functions[name] = true
	}
	return r
}

// read parses and walks a template. It never runs one: a few characters of
// template can ask for any amount of text.
func (r *templateReader) read(text string) *script {
	s := &script{}
	trees, err := parse.Parse("t", preamble+text, "", "", r.functions)
	if err != nil {
		s.err = strings.TrimPrefix(err.Error(), "template: t:")
		return s
	}
	main := trees["t"]
	if main == nil || main.Root == nil || len(main.Root.Nodes) < preambleNodes {
		return s
	}
	w := &scriptWalk{s: s, figures: map[string]bool{}, shadowed: map[string]bool{}, asked: map[string]bool{}}
	main.Root.Nodes = main.Root.Nodes[preambleNodes:]
	w.shadow(main.Root)
	w.list(main.Root, place{root: true})
	s.reads = slices.DeleteFunc(s.reads, func(l string) bool { return w.asked[l] })
	slices.Sort(s.reads)
	s.reads = slices.Compact(s.reads)
	slices.Sort(s.faults)
	s.faults = slices.Compact(s.faults)
	return s
}
