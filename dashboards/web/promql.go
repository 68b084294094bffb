package web

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// token is a piece of an expression and what kind of word it is, as a class of
// the style sheet; empty for what stands between.
type token struct{ Class, Text string }

// exprLimit is the longest expression that is coloured; longer ones are shown as
// they are.
const exprLimit = 10_000

// highlight splits an expression into its words. The pieces together are the text
// itself, whatever it is.
func highlight(expr string) []token {
	expr = block(expr)
	if len(expr) > exprLimit {
		return []token{{Text: expr}}
	}
	var out []token
	at := 0
	lex := parser.Lex(expr)
	for {
		var item parser.Item
		lex.NextItem(&item)
		from := int(item.Pos)
		if item.Typ == parser.EOF || item.Typ == parser.ERROR || from < at || from+len(item.Val) > len(expr) || item.Val == "" ||
			expr[from:from+len(item.Val)] != item.Val {
			break
		}
		if from > at {
			out = append(out, token{Text: expr[at:from]})
		}
		out = append(out, token{classOf(item, expr[from+len(item.Val):]), item.Val})
		at = from + len(item.Val)
	}
	if at < len(expr) {
		out = append(out, token{Text: expr[at:]})
	}
	return out
}

func classOf(i parser.Item, rest string) string {
	switch {
	case i.Typ == parser.STRING:
		return "str"
	case i.Typ == parser.NUMBER || i.Typ == parser.DURATION:
		return "num"
	case i.Typ == parser.COMMENT:
		return "com"
	case i.Typ.IsAggregator():
		return "fun"
	case i.Typ.IsOperator(), i.Typ.IsKeyword():
		return "op"
	case i.Typ == parser.IDENTIFIER && strings.HasPrefix(strings.TrimLeft(rest, " \t\n"), "("):
		return "fun"
	case i.Typ == parser.IDENTIFIER || i.Typ == parser.METRIC_IDENTIFIER:
		return "id"
	}
	return ""
}
