package implies

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// An evaluation that fails fires nothing, and some fail by the data: several
// series may match one, or two results may carry the same labels. A weaker
// condition lets more series in and may fail where the stronger does not. What
// follows tells where that can't happen.

// unique tells whether no two elements of the result have the same labels but
// for the metric's name, which alerts do not carry.
func unique(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		return true
	case *parser.VectorSelector:
		return metric(e) != ""
	case *parser.MatrixSelector:
		return unique(e.VectorSelector)
	case *parser.SubqueryExpr:
		return unique(e.Expr)
	case *parser.UnaryExpr:
		return unique(e.Expr)
	case *parser.AggregateExpr:
		return uniqueAggregate(e)
	case *parser.BinaryExpr:
		return uniqueBinary(e)
	case *parser.Call:
		return uniqueCall(e)
	}
	return false
}

func uniqueAggregate(e *parser.AggregateExpr) bool {
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return unique(e.Expr)
	case parser.COUNT_VALUES:
		label, ok := e.Param.(*parser.StringLiteral)
		if !ok || label.Val == labels.MetricName {
			return false
		}
	}
	return e.Without || !slices.Contains(e.Grouping, labels.MetricName)
}

func uniqueBinary(e *parser.BinaryExpr) bool {
	lVector, rVector := isVector(e.LHS), isVector(e.RHS)
	switch {
	case !lVector && !rVector:
		return true
	case !lVector:
		return unique(e.RHS)
	case !rVector:
		return unique(e.LHS)
	case e.Op == parser.LAND, e.Op == parser.LUNLESS:
		return unique(e.LHS)
	}
	m := e.VectorMatching
	if m.On && slices.Contains(m.MatchingLabels, labels.MetricName) || slices.Contains(m.Include, labels.MetricName) {
		return false
	}
	switch {
	case e.Op == parser.LOR:
		return unique(e.LHS) && unique(e.RHS)
	case m.Card == parser.CardOneToOne:
		return true
	}
	// Many to one: the engine itself insists on different labels, the name
	// included, which only a comparison keeps.
	return !e.Op.IsComparisonOperator() || e.ReturnBool
}

// uniqueCall: label_replace and label_join make new label sets, of which the
// engine insists that they differ; that is enough where all have one name.
func uniqueCall(e *parser.Call) bool {
	switch e.Func.Name {
	case "absent", "absent_over_time", "vector", "time", "pi", "scalar":
		return true
	case "label_replace", "label_join":
		target, ok := e.Args[1].(*parser.StringLiteral)
		return ok && target.Val != labels.MetricName && oneName(e.Args[0])
	}
	if i := argument(e); i >= 0 {
		return unique(e.Args[i])
	}
	return len(e.Args) == 0 // the date functions of now
}

// oneName tells whether all elements carry the same metric name, or none.
func oneName(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return metric(e) != ""
	case *parser.AggregateExpr:
		return unique(e)
	case *parser.Call:
		if elementwise(e.Func.Name) && e.Func.Name != "last_over_time" && e.Func.Name != "first_over_time" {
			return true
		}
		return uniqueCall(e)
	case *parser.BinaryExpr:
		return e.Op != parser.LOR && !e.Op.IsComparisonOperator() || e.Op != parser.LOR && oneName(e.LHS)
	}
	return false
}

// safeMatch tells whether two vectors are matched on all labels with nothing
// that can be ambiguous.
func safeMatch(e *parser.BinaryExpr) bool {
	m := e.VectorMatching
	return m != nil && matching(m) == "" && unique(e.LHS) && unique(e.RHS)
}

// fallible lists the smallest parts of e that may fail on some data, by their text.
func fallible(e parser.Expr) []string {
	if !sound(e) {
		return []string{text(e)}
	}
	var out []string
	for child := range parser.ChildrenIter(e) {
		if sub, ok := child.(parser.Expr); ok && sub != nil {
			out = append(out, fallible(sub)...)
		}
	}
	return out
}

// sound tells whether e can't fail if its operands don't. A subquery is
// evaluated at other times than its surroundings, so it has to be sound as a whole.
func sound(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.UnaryExpr:
		return unique(e.Expr)
	case *parser.SubqueryExpr:
		return len(fallible(e.Expr)) == 0
	case *parser.AggregateExpr:
		return soundAggregate(e)
	case *parser.BinaryExpr:
		return soundBinary(e)
	case *parser.Call:
		switch e.Func.Name {
		case "absent", "absent_over_time", "vector", "time", "pi", "scalar":
			return true
		}
		i := argument(e)
		return i < 0 && len(e.Args) == 0 || i >= 0 && elementwise(e.Func.Name) && unique(e.Args[i]) && constantBut(e, i)
	}
	return true
}

func soundAggregate(e *parser.AggregateExpr) bool {
	if e.Param == nil {
		return true
	}
	n, ok := e.Param.(*parser.NumberLiteral)
	if !ok {
		return false
	}
	return e.Op == parser.QUANTILE || e.Op != parser.LIMIT_RATIO && n.Val >= 0 && n.Val < 1e9
}

func soundBinary(e *parser.BinaryExpr) bool {
	lVector, rVector := isVector(e.LHS), isVector(e.RHS)
	switch {
	case lVector && rVector && e.Op.IsSetOperator():
		return true
	case lVector && rVector:
		return safeMatch(e)
	case lVector:
		return unique(e.LHS)
	case rVector:
		return unique(e.RHS)
	}
	return true
}

func constantBut(e *parser.Call, vector int) bool {
	for i, arg := range e.Args {
		if _, ok := arg.(*parser.NumberLiteral); i != vector && !ok {
			return false
		}
	}
	return true
}
