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

// change is how much of a text changes with the alert's value.
type change int

const (
	steady  change = iota
	decided        // it is one of a few
	figure         // it is another at every evaluation
)

// place is where in a template the walk is.
type place struct {
	root   bool // the dot is the template's data
	figure bool // the dot is a figure
	asking bool // inside the condition of an if or with
}

// scriptWalk walks the nodes of a template.
type scriptWalk struct {
	s        *script
	figures  map[string]bool // variables that hold a figure
	shadowed map[string]bool // variables of the preamble that are set anew
	asked    map[string]bool // labels that are asked about before they are shown
}

// shadow finds the variables of the preamble that the template sets itself.
func (w *scriptWalk) shadow(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		var pipe *parse.PipeNode
		switch n := n.(type) {
		case *parse.ActionNode:
			pipe = n.Pipe
		case *parse.IfNode:
			pipe = n.Pipe
			w.shadow(n.List)
			w.shadow(n.ElseList)
		case *parse.WithNode:
			pipe = n.Pipe
			w.shadow(n.List)
			w.shadow(n.ElseList)
		case *parse.RangeNode:
			pipe = n.Pipe
			w.shadow(n.List)
			w.shadow(n.ElseList)
		}
		if pipe != nil {
			for _, v := range pipe.Decl {
				w.shadowed[v.Ident[0]] = true
			}
		}
	}
}

func (w *scriptWalk) list(l *parse.ListNode, at place) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			w.action(n, at)
		case *parse.IfNode:
			w.branch(n.Pipe, at)
			w.list(n.List, at)
			w.list(n.ElseList, at)
		case *parse.WithNode:
			shown := w.branch(n.Pipe, at)
			w.list(n.List, place{figure: shown == figure})
			w.list(n.ElseList, at)
		case *parse.RangeNode:
			shown := w.branch(n.Pipe, at)
			w.list(n.List, place{figure: shown == figure})
			w.list(n.ElseList, at)
		case *parse.TemplateNode:
			if n.Pipe != nil && w.pipe(n.Pipe, at) == figure {
				w.s.shows = true
			}
		}
	}
}

func (w *scriptWalk) action(n *parse.ActionNode, at place) {
	c := w.pipe(n.Pipe, at)
	if len(n.Pipe.Decl) > 0 {
		return
	}
	w.s.shows = w.s.shows || c == figure
	w.s.decides = w.s.decides || c == decided
}

// branch reads the pipeline of an if, with or range.
func (w *scriptWalk) branch(p *parse.PipeNode, at place) change {
	at.asking = true
	c := w.pipe(p, at)
	w.s.decides = w.s.decides || c != steady
	return c
}

func (w *scriptWalk) pipe(p *parse.PipeNode, at place) change {
	worst, piped := steady, false
	for _, cmd := range p.Cmds {
		c := w.command(cmd, at, piped)
		worst = max(worst, c)
		if isComparison(cmd) || (len(cmd.Args) > 0 && isFunction(cmd.Args[0], "len", "not")) {
			worst = min(worst, decided)
		}
		piped = len(cmd.Args) == 1 && w.isValue(cmd.Args[0], at)
	}
	for _, v := range p.Decl {
		w.figures[v.Ident[0]] = w.figures[v.Ident[0]] || worst == figure
	}
	return worst
}

// command reads one command of a pipeline; piped tells that what comes down the
// pipe is the alert's value.
func (w *scriptWalk) command(cmd *parse.CommandNode, at place, piped bool) change {
	w.judge(cmd, at, piped)
	inside := at
	if len(cmd.Args) > 0 && isFunction(cmd.Args[0], "or", "and", "not", "len") {
		inside.asking = true
	}
	if len(cmd.Args) > 2 && isFunction(cmd.Args[0], "index") {
		w.indexed(cmd, inside)
	}
	worst := steady
	for _, arg := range cmd.Args {
		worst = max(worst, w.node(arg, inside))
	}
	return worst
}

// indexed reads `index $labels "name"`.
func (w *scriptWalk) indexed(cmd *parse.CommandNode, at place) {
	name, ok := cmd.Args[2].(*parse.StringNode)
	if path := w.path(cmd.Args[1], at); ok && len(path) == 1 && path[0] == "Labels" {
		w.label(name.Text, at)
	}
}

func (w *scriptWalk) node(n parse.Node, at place) change {
	switch n := n.(type) {
	case *parse.PipeNode:
		return w.pipe(n, at)
	case *parse.ChainNode:
		return w.node(n.Node, at)
	case *parse.IdentifierNode:
		if n.Ident == "now" || n.Ident == "value" {
			return figure
		}
	case *parse.DotNode:
		if at.figure {
			return figure
		}
	case *parse.VariableNode:
		if w.figures[n.Ident[0]] {
			return figure
		}
	case *parse.FieldNode:
		if !at.root && n.Ident[len(n.Ident)-1] == "Value" {
			return figure // the value of a sample of a query
		}
	}
	return w.data(n, at)
}

// data reads what is taken from the template's data.
func (w *scriptWalk) data(n parse.Node, at place) change {
	path := w.path(n, at)
	if len(path) == 0 {
		return steady
	}
	switch path[0] {
	case "Value":
		return figure
	case "Labels":
		if len(path) > 1 {
			w.label(path[1], at)
		}
		if len(path) > 2 {
			w.fault("$labels." + strings.Join(path[1:], ".") + " fails: a name with dots needs index $labels \"" + strings.Join(path[1:], ".") + "\"")
		}
	case "ExternalLabels", "ExternalURL":
	default:
		w.fault("." + path[0] + " fails: there are .Labels, .ExternalLabels, .ExternalURL and .Value")
	}
	return steady
}

func (w *scriptWalk) label(name string, at place) {
	if at.asking {
		w.asked[name] = true
	}
	w.s.reads = append(w.s.reads, name)
}

func (w *scriptWalk) fault(says string) { w.s.faults = append(w.s.faults, says) }

// path is where in the template's data a node points to; nil for what is not
// taken from there.
func (w *scriptWalk) path(n parse.Node, at place) []string {
	switch n := n.(type) {
	case *parse.FieldNode:
		if at.root {
			return n.Ident
		}
	case *parse.VariableNode:
		if w.shadowed[n.Ident[0]] {
			return nil
		}
		switch n.Ident[0] {
		case "$":
			return n.Ident[1:]
		case "$labels":
			return append([]string{"Labels"}, n.Ident[1:]...)
		case "$externalLabels":
			return append([]string{"ExternalLabels"}, n.Ident[1:]...)
		case "$value":
			return append([]string{"Value"}, n.Ident[1:]...)
		}
	}
	return nil
}

// isValue tells whether a node is the alert's value itself.
func (w *scriptWalk) isValue(n parse.Node, at place) bool {
	path := w.path(n, at)
	return len(path) == 1 && path[0] == "Value"
}
