package lint

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// labelsOf is which labels the series of an expression may carry, as Prometheus'
// engine makes them. It never rules out a label that could be there: what it
// does not know of it leaves open.
func labelsOf(expr parser.Expr) labelset {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return labelsOf(e.Expr)
	case *parser.StepInvariantExpr:
		return labelsOf(e.Expr)
	case *parser.UnaryExpr:
		return labelsOf(e.Expr)
	case *parser.SubqueryExpr:
		return labelsOf(e.Expr)
	case *parser.MatrixSelector:
		return labelsOf(e.VectorSelector)
	case *parser.VectorSelector:
		return labelsOfSelector(e)
	case *parser.NumberLiteral, *parser.StringLiteral:
		return labelset{}
	case *parser.AggregateExpr:
		return labelsOfAggregate(e)
	case *parser.Call:
		return labelsOfCall(e)
	case *parser.BinaryExpr:
		return labelsOfBinary(e)
	}
	return anything()
}

// labelsOfSelector: series may carry anything but what the selector wants to be
// empty.
func labelsOfSelector(e *parser.VectorSelector) labelset {
	s := anything()
	for _, m := range e.LabelMatchers {
		if m.Type == labels.MatchEqual && m.Value == "" {
			s = s.without(m.Name)
		}
	}
	return s
}

func labelsOfAggregate(e *parser.AggregateExpr) labelset {
	inner := labelsOf(e.Expr)
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return inner // these pick series and leave them as they are
	}
	kept := inner.only(e.Grouping)
	if e.Without {
		kept = inner.without(e.Grouping...)
	}
	if e.Op == parser.COUNT_VALUES {
		if name, ok := textArgument(e.Param); ok {
			return kept.with(name)
		}
		return anything()
	}
	return kept
}

func labelsOfCall(e *parser.Call) labelset {
	switch e.Func.Name {
	case "scalar", "vector", "time", "pi":
		return labelset{}
	case "absent", "absent_over_time":
		return labelsOfAbsent(e.Args)
	case "info", "histogram_quantiles":
		return anything()
	}
	inner, ok := firstVector(e.Args)
	switch {
	case !ok:
		return labelset{} // hour() and its like, of time()
	case e.Func.Name == "label_replace" || e.Func.Name == "label_join":
		name, ok := textArgument(e.Args[1])
		if !ok {
			return anything()
		}
		return labelsOf(inner).with(name)
	case e.Func.Name == "histogram_quantile" || e.Func.Name == "histogram_fraction":
		return labelsOf(inner).without("le")
	}
	return labelsOf(inner)
}

// firstVector is the argument that a function takes its series from.
func firstVector(args parser.Expressions) (parser.Expr, bool) {
	for _, a := range args {
		if t := a.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			return a, true
		}
	}
	return nil, false
}

func textArgument(e parser.Expr) (string, bool) {
	for {
		switch x := e.(type) {
		case *parser.ParenExpr:
			e = x.Expr
		case *parser.StepInvariantExpr:
			e = x.Expr
		case *parser.StringLiteral:
			return x.Val, true
		default:
			return "", false
		}
	}
}

// labelsOfAbsent: absent() carries the labels that its selector fixes by
// equality, unless a later matcher of the same name takes them away; of anything
// but a selector it carries none.
func labelsOfAbsent(args parser.Expressions) labelset {
	if len(args) != 1 {
		return anything()
	}
	var matchers []*labels.Matcher
	switch x := args[0].(type) {
	case *parser.VectorSelector:
		matchers = x.LabelMatchers
	case *parser.MatrixSelector:
		if v, ok := x.VectorSelector.(*parser.VectorSelector); ok {
			matchers = v.LabelMatchers
		}
	case *parser.ParenExpr:
		return labelsOfAbsent(parser.Expressions{x.Expr})
	}
	fixed, had := labelset{}, map[string]bool{}
	for _, m := range matchers {
		switch {
		case m.Name == labels.MetricName:
		case m.Type == labels.MatchEqual && !had[m.Name]:
			had[m.Name] = true
			fixed = fixed.with(m.Name)
			if m.Value == "" {
				fixed = fixed.without(m.Name)
			}
		default:
			fixed = fixed.without(m.Name)
		}
	}
	return fixed
}

func labelsOfBinary(e *parser.BinaryExpr) labelset {
	left, right := labelsOf(e.LHS), labelsOf(e.RHS)
	switch {
	case e.LHS.Type() == parser.ValueTypeScalar:
		return right
	case e.RHS.Type() == parser.ValueTypeScalar:
		return left
	case e.Op == parser.LOR:
		return left.or(right)
	case e.Op.IsSetOperator():
		return left
	case e.VectorMatching == nil:
		return anything()
	}
	return labelsOfMatch(e.VectorMatching, left, right)
}

func labelsOfMatch(m *parser.VectorMatching, left, right labelset) labelset {
	if m.FillValues.LHS != nil || m.FillValues.RHS != nil {
		return left.or(right).with(m.Include...)
	}
	switch m.Card {
	case parser.CardOneToOne:
		if m.On {
			return left.only(m.MatchingLabels)
		}
		return left.without(m.MatchingLabels...)
	case parser.CardManyToOne:
		return included(left, right, m.Include)
	case parser.CardOneToMany:
		return included(right, left, m.Include)
	}
	return anything()
}

// included is the labels of the many side with the named ones as the one side
// has them.
func included(many, one labelset, names []string) labelset {
	for _, n := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if one.may(n) {
			many = many.with(n)
		} else {
			many = many.without(n)
		}
	}
	return many
}
