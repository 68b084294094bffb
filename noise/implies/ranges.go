package implies

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// ranges knows which values an expression can have whatever the data are. With
// conventions it also takes up for 0 or 1, and what is named as a counter
// (_total, _count, _bucket) for never negative; then it is right for honest
// data only, so proofs do without.
type ranges struct{ conventions bool }

// of is a set that holds every value that e can have.
func (r ranges) of(e parser.Expr) set {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		if e.Val == e.Val {
			return between(e.Val, e.Val)
		}
		return set{nan: true}
	case *parser.AggregateExpr:
		return r.aggregate(e)
	case *parser.Call:
		return r.call(e)
	case *parser.VectorSelector:
		return r.selector(e)
	case *parser.BinaryExpr:
		return r.binary(e)
	}
	return everything()
}

func (r ranges) selector(s *parser.VectorSelector) set {
	switch {
	case !r.conventions:
		return everything()
	case metric(s) == "up":
		return between(0, 0).union(between(1, 1))
	case counter(s):
		return set{spans: []span{{0, infinity}}, nan: true, hist: true}
	}
	return everything()
}

func counter(s *parser.VectorSelector) bool {
	name := metric(s)
	return strings.HasSuffix(name, "_total") || strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_bucket")
}

func (r ranges) aggregate(e *parser.AggregateExpr) set {
	switch e.Op {
	case parser.COUNT, parser.COUNT_VALUES:
		return between(1, infinity)
	case parser.GROUP:
		return between(1, 1)
	case parser.MIN, parser.MAX, parser.TOPK, parser.BOTTOMK:
		return r.of(e.Expr)
	case parser.SUM, parser.AVG:
		return notNegative(r.of(e.Expr))
	}
	return everything()
}

// notNegative is what sums, means and products of values in s can be.
func notNegative(s set) set {
	if !s.intersect(between(-infinity, previous(0))).empty() {
		return everything()
	}
	return set{spans: []span{{0, infinity}}, nan: true, hist: s.hist}
}

func (r ranges) call(e *parser.Call) set {
	switch e.Func.Name {
	case "absent", "absent_over_time", "present_over_time":
		return between(1, 1)
	case "count_over_time":
		return between(1, infinity)
	case "changes", "resets":
		return between(0, infinity)
	case "hour":
		return between(0, 23)
	case "minute":
		return between(0, 59)
	case "day_of_week":
		return between(0, 6)
	case "day_of_month":
		return between(1, 31)
	case "days_in_month":
		return between(28, 31)
	case "month":
		return between(1, 12)
	case "vector":
		return r.of(e.Args[0])
	case "rate", "increase", "irate":
		if s, ok := counted(e); ok && r.conventions && counter(s) {
			return set{spans: []span{{0, infinity}}, nan: true, hist: true}
		}
	case "min_over_time", "max_over_time":
		if s, ok := counted(e); ok {
			return r.selector(s)
		}
	}
	return everything()
}

func counted(e *parser.Call) (*parser.VectorSelector, bool) {
	m, ok := e.Args[0].(*parser.MatrixSelector)
	if !ok {
		return nil, false
	}
	s, ok := m.VectorSelector.(*parser.VectorSelector)
	return s, ok
}

func (r ranges) binary(e *parser.BinaryExpr) set {
	switch {
	case e.ReturnBool:
		return between(0, 0).union(between(1, 1))
	case e.Op.IsComparisonOperator() && isVector(e.LHS):
		return r.of(e.LHS)
	case e.Op == parser.MUL, e.Op == parser.DIV, e.Op == parser.ADD:
		// A negative zero is no less than zero, but 1 divided by it is.
		if e.Op == parser.DIV && (!isVector(e.RHS) || !r.conventions) {
			return everything()
		}
		return notNegative(r.of(e.LHS).union(r.of(e.RHS)))
	}
	return everything()
}

// refute says why no value of the leaf's core is in its set; empty if it may be.
func (r ranges) refute(l leaf) string {
	if label, ok := emptyCore(l.core); ok {
		return fmt.Sprintf("no series has a %s that satisfies all matchers on it", label)
	}
	if l.set.empty() {
		return "no value satisfies all comparisons of " + l.text
	}
	if l.set.intersect(r.of(l.core)).empty() {
		return l.text + " is " + r.of(l.core).String()
	}
	return ""
}

// emptyCore tells whether a contradiction between matchers leaves nothing of e.
func emptyCore(e parser.Expr) (label string, ok bool) {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return contradictory(e.LabelMatchers)
	case *parser.MatrixSelector:
		return emptyCore(e.VectorSelector)
	case *parser.SubqueryExpr:
		return emptyCore(e.Expr)
	case *parser.AggregateExpr:
		return emptyCore(e.Expr)
	case *parser.UnaryExpr:
		return emptyCore(e.Expr)
	case *parser.Call:
		if i := argument(e); i >= 0 && elementwise(e.Func.Name) {
			return emptyCore(e.Args[i])
		}
	case *parser.BinaryExpr:
		if e.Op == parser.LOR {
			return "", false
		}
		if label, ok = emptyCore(e.LHS); ok || e.Op == parser.LUNLESS {
			return label, ok
		}
		return emptyCore(e.RHS)
	}
	return "", false
}
