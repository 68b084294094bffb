package implies

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// text writes a normal tree. Every operand that is an operation itself gets
// parentheses, so the text does not depend on precedence.
func text(e parser.Expr) string {
	w := writer{}
	w.expr(e)
	return w.b.String()
}

// writer writes expressions. With skeleton set it leaves out what a proof may
// differ in: all matchers but the metric's name.
type writer struct {
	b        strings.Builder
	skeleton bool
}

func (w *writer) put(parts ...string) {
	for _, p := range parts {
		w.b.WriteString(p)
	}
}

func (w *writer) expr(e parser.Expr) {
	switch e := e.(type) {
	case *parser.AggregateExpr:
		w.aggregate(e)
	case *parser.BinaryExpr:
		w.operand(e.LHS)
		w.put(" ", operator(e), " ")
		w.operand(e.RHS)
	case *parser.Call:
		w.put(e.Func.Name, "(")
		w.list(e.Args)
		w.put(")")
	case *parser.NumberLiteral:
		w.put(number(e.Val))
	case *parser.StringLiteral:
		w.put(strconv.Quote(e.Val))
	case *parser.UnaryExpr:
		w.put(e.Op.String())
		w.operand(e.Expr)
	case *parser.SubqueryExpr:
		w.operand(e.Expr)
		w.put("[", duration(e.Range), ":")
		if e.Step != 0 {
			w.put(duration(e.Step))
		}
		w.put("]", at(e.Timestamp, e.StartOrEnd), offset(e.OriginalOffset))
	case *parser.MatrixSelector:
		s := e.VectorSelector.(*parser.VectorSelector)
		w.selector(s)
		w.put("[", duration(e.Range), "]", modifiers(s))
	case *parser.VectorSelector:
		w.selector(e)
		w.put(modifiers(e))
	default:
		w.put(e.String())
	}
}

func number(v float64) string {
	if abs := math.Abs(v); abs >= 1e-6 && abs < 1e15 || v == 0 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func (w *writer) operand(e parser.Expr) {
	simple := true
	switch e := e.(type) {
	case *parser.BinaryExpr, *parser.UnaryExpr:
		simple = false
	case *parser.NumberLiteral:
		// A sign binds less than a power, and a range follows no number.
		simple = e.Val >= 0 && !(1/e.Val < 0)
	}
	if simple {
		w.expr(e)
		return
	}
	w.put("(")
	w.expr(e)
	w.put(")")
}

func (w *writer) list(es []parser.Expr) {
	for i, e := range es {
		if i > 0 {
			w.put(", ")
		}
		w.expr(e)
	}
}

func (w *writer) aggregate(e *parser.AggregateExpr) {
	w.put(e.Op.String())
	switch {
	case e.Without:
		w.put(" without (", names(e.Grouping), ") ")
	case len(e.Grouping) > 0:
		w.put(" by (", names(e.Grouping), ") ")
	}
	w.put("(")
	if e.Param != nil {
		w.expr(e.Param)
		w.put(", ")
	}
	w.expr(e.Expr)
	w.put(")")
}

func (w *writer) selector(s *parser.VectorSelector) {
	name := metric(s)
	bareName := model.LegacyValidation.IsValidMetricName(name) && !keyword(name)
	if bareName {
		w.put(name)
	}
	var rest []string
	for _, m := range s.LabelMatchers {
		isName := m.Name == labels.MetricName && m.Type == labels.MatchEqual
		if isName && bareName && m.Value == name || w.skeleton && !isName {
			continue
		}
		rest = append(rest, m.String())
	}
	if len(rest) > 0 || !bareName {
		w.put("{", strings.Join(rest, ","), "}")
	}
}

// keyword tells whether the lexer would not read a metric's name as one.
func keyword(name string) bool {
	name = strings.ToLower(name)
	if name == "inf" || name == "nan" {
		return true
	}
	if len(name) < 2 || strings.Contains(name, "_") {
		return false
	}
	for item, word := range parser.ItemTypeStr {
		if word == name && (item.IsKeyword() || item.IsOperator() || item.IsAggregator()) {
			return true
		}
	}
	return name == "start" || name == "end"
}

// operator is the operator with its modifiers.
func operator(e *parser.BinaryExpr) string {
	s := e.Op.String()
	if e.ReturnBool {
		s += " bool"
	}
	if on := matching(e.VectorMatching); on != "" {
		s += " " + on
	}
	return s
}

// matching is how the labels of two vectors are matched; empty for all labels.
func matching(m *parser.VectorMatching) string {
	if m == nil {
		return ""
	}
	var parts []string
	grouped := m.Card == parser.CardManyToOne || m.Card == parser.CardOneToMany
	switch {
	case m.On:
		parts = append(parts, "on ("+names(m.MatchingLabels)+")")
	case len(m.MatchingLabels) > 0 || grouped:
		parts = append(parts, "ignoring ("+names(m.MatchingLabels)+")")
	}
	switch m.Card {
	case parser.CardManyToOne:
		parts = append(parts, "group_left ("+names(m.Include)+")")
	case parser.CardOneToMany:
		parts = append(parts, "group_right ("+names(m.Include)+")")
	case parser.CardOneToOne, parser.CardManyToMany:
	}
	return strings.Join(parts, " ")
}

func names(ls []string) string {
	ls = slices.Clone(ls)
	for i, l := range ls {
		if !model.LegacyValidation.IsValidLabelName(l) {
			ls[i] = strconv.Quote(l)
		}
	}
	return strings.Join(ls, ", ")
}

func modifiers(s *parser.VectorSelector) string {
	return at(s.Timestamp, s.StartOrEnd) + offset(s.OriginalOffset)
}

func at(ms *int64, edge parser.ItemType) string {
	switch {
	case ms != nil:
		return " @ " + strconv.FormatFloat(float64(*ms)/1000, 'f', 3, 64)
	case edge == parser.START:
		return " @ start()"
	case edge == parser.END:
		return " @ end()"
	}
	return ""
}

func offset(d time.Duration) string {
	switch {
	case d > 0:
		return " offset " + duration(d)
	case d < 0:
		return " offset -" + duration(-d)
	}
	return ""
}

func duration(d time.Duration) string { return model.Duration(d).String() }
