package lint

import (
	"strings"
	"text/template/parse"
)

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
