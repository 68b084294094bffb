package lint

import (
	"strings"
	"text/template/parse"
)

func isFunction(n parse.Node, names ...string) bool {
	id, ok := n.(*parse.IdentifierNode)
	if !ok {
		return false
	}
	for _, name := range names {
		if id.Ident == name {
			return true
		}
	}
	return false
}

func isComparison(cmd *parse.CommandNode) bool {
	return len(cmd.Args) > 0 && isFunction(cmd.Args[0], "eq", "ne", "lt", "le", "gt", "ge")
}

// judge looks for calls that certainly fail or print nonsense, since the alert's
// value is a float.
func (w *scriptWalk) judge(cmd *parse.CommandNode, at place, piped bool) {
	switch {
	case isComparison(cmd):
		w.judgeComparison(cmd, at, piped)
	case len(cmd.Args) > 1 && isFunction(cmd.Args[0], "printf"):
		w.judgePrintf(cmd, at, piped)
	}
}

// judgeComparison: text/template refuses to compare a float with an integer, and
// a number without a point or an exponent is one.
func (w *scriptWalk) judgeComparison(cmd *parse.CommandNode, at place, piped bool) {
	value, whole := piped, ""
	for _, arg := range cmd.Args[1:] {
		value = value || w.isValue(arg, at)
		if n, ok := arg.(*parse.NumberNode); ok && n.IsInt && !strings.ContainsAny(n.Text, ".eEpP'") {
			whole = n.Text
		}
	}
	if value && whole != "" {
		w.fault("comparing $value with " + whole + " fails: $value is a float, so write " + whole + ".0")
	}
}

// The verbs of printf that take a float, and those that don't.
const (
	floatVerbs = "beEfFgGxXv"
	otherVerbs = "tcdoOqUsp"
)

func (w *scriptWalk) judgePrintf(cmd *parse.CommandNode, at place, piped bool) {
	format, ok := cmd.Args[1].(*parse.StringNode)
	if !ok {
		return
	}
	verbs, ok := verbsOf(format.Text)
	if !ok {
		return
	}
	args := len(cmd.Args) - 2
	if piped {
		args++
	}
	for i := range min(args, len(verbs)) {
		value := piped && i == args-1
		if !value {
			value = w.isValue(cmd.Args[2+i], at)
		}
		if value && strings.ContainsRune(otherVerbs, verbs[i]) {
			w.fault("printf prints $value as %!" + string(verbs[i]) + "(float64=…): it is a float, so use %.0f or %g")
		}
	}
}

// verbsOf is the verbs of a format in order; ok is false where it names its
// arguments in another way, or holds a verb that is not known.
func verbsOf(format string) (verbs []rune, ok bool) {
	inside := false
	for _, c := range format {
		switch {
		case !inside:
			inside = c == '%'
		case c == '%':
			inside = false
		case strings.ContainsRune("+-# 0123456789.", c):
		case strings.ContainsRune(floatVerbs+otherVerbs, c):
			verbs = append(verbs, c)
			inside = false
		default:
			return nil, false
		}
	}
	return verbs, true
}
