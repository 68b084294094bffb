package implies

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// restricts tells whether a's result is b's, value for value, cut down to the
// elements whose labels satisfy more matchers. Those matchers are on the labels
// named in changed. It is stronger than having some of b's elements: that it
// depends on labels alone lets it pass through ranges, subqueries, and through
// aggregations that keep these labels, since then a group is either all there or
// gone.
func restricts(a, b parser.Expr) (changed []string, ok bool) {
	switch a := a.(type) {
	case *parser.VectorSelector:
		if b, same := b.(*parser.VectorSelector); same {
			return restrictsSelector(a, b)
		}
	case *parser.MatrixSelector:
		if b, same := b.(*parser.MatrixSelector); same && a.Range == b.Range {
			return restricts(a.VectorSelector, b.VectorSelector)
		}
	case *parser.SubqueryExpr:
		if b, same := b.(*parser.SubqueryExpr); same && frame(a) == frame(b) {
			return restricts(a.Expr, b.Expr)
		}
	case *parser.UnaryExpr:
		if b, same := b.(*parser.UnaryExpr); same && a.Op == b.Op && unique(b.Expr) {
			return restricts(a.Expr, b.Expr)
		}
	case *parser.Call:
		if b, same := b.(*parser.Call); same && a.Func.Name == b.Func.Name {
			return restrictsCall(a, b)
		}
	case *parser.AggregateExpr:
		if b, same := b.(*parser.AggregateExpr); same {
			return restrictsAggregate(a, b)
		}
	case *parser.BinaryExpr:
		if b, same := b.(*parser.BinaryExpr); same && operator(a) == operator(b) {
			return restrictsBinary(a, b)
		}
	}
	return nil, text(a) == text(b)
}

// frame is what a subquery says of time.
func frame(e *parser.SubqueryExpr) string {
	return duration(e.Range) + ":" + duration(e.Step) + at(e.Timestamp, e.StartOrEnd) + offset(e.OriginalOffset)
}

func restrictsCall(a, b *parser.Call) ([]string, bool) {
	i := argument(b)
	if i < 0 || i != argument(a) || !elementwise(a.Func.Name) || !unique(b.Args[i]) || len(a.Args) != len(b.Args) {
		return nil, text(a) == text(b)
	}
	for k := range a.Args {
		if k != i && text(a.Args[k]) != text(b.Args[k]) {
			return nil, false
		}
	}
	changed, ok := restricts(a.Args[i], b.Args[i])
	if a.Func.Name == "histogram_quantile" && slices.Contains(changed, labels.BucketLabel) {
		return nil, false
	}
	return changed, ok
}

func restrictsAggregate(a, b *parser.AggregateExpr) ([]string, bool) {
	if a.Op != b.Op || a.Without != b.Without || !slices.Equal(a.Grouping, b.Grouping) || (a.Param == nil) != (b.Param == nil) {
		return nil, false
	}
	if a.Param != nil && text(a.Param) != text(b.Param) {
		return nil, false
	}
	changed, ok := restricts(a.Expr, b.Expr)
	if !ok || len(changed) == 0 {
		return changed, ok
	}
	switch a.Op {
	case parser.SUM, parser.AVG, parser.MIN, parser.MAX, parser.COUNT, parser.GROUP, parser.STDDEV, parser.STDVAR, parser.QUANTILE:
	default:
		return nil, false
	}
	return changed, !slices.ContainsFunc(changed, func(l string) bool { return slices.Contains(a.Grouping, l) == a.Without })
}

func restrictsBinary(a, b *parser.BinaryExpr) ([]string, bool) {
	l, lok := restricts(a.LHS, b.LHS)
	r, rok := restricts(a.RHS, b.RHS)
	switch {
	case !lok || !rok:
		return nil, false
	case len(l) == 0 && len(r) == 0:
		return nil, true
	case isVector(b.LHS) != isVector(b.RHS):
		// Scalars restrict each other only where they are equal.
		return append(l, r...), unique(b)
	case b.Op == parser.LAND || b.Op == parser.LUNLESS:
		return l, len(r) == 0
	}
	return sorted(append(l, r...)), !b.Op.IsSetOperator() && safeMatch(b) && safeMatch(a)
}
