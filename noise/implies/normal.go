package implies

import (
	"cmp"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// normal brings a syntax tree into its canonical form, in place.
func normal(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return normal(e.Expr)
	case *parser.NumberLiteral:
		return &parser.NumberLiteral{Val: e.Val}
	case *parser.UnaryExpr:
		return normalUnary(e)
	case *parser.BinaryExpr:
		return normalBinary(e)
	case *parser.AggregateExpr:
		e.Expr = normal(e.Expr)
		if e.Param != nil {
			e.Param = normal(e.Param)
		}
		e.Grouping = sorted(e.Grouping)
	case *parser.Call:
		normalCall(e)
	case *parser.SubqueryExpr:
		e.Expr = normal(e.Expr)
	case *parser.MatrixSelector:
		e.VectorSelector = normal(e.VectorSelector)
	case *parser.VectorSelector:
		e.LabelMatchers = normalMatchers(e.LabelMatchers)
	}
	return e
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

func normalUnary(e *parser.UnaryExpr) parser.Expr {
	e.Expr = normal(e.Expr)
	if e.Op == parser.ADD {
		return e.Expr
	}
	if n, ok := e.Expr.(*parser.NumberLiteral); ok {
		return &parser.NumberLiteral{Val: -n.Val}
	}
	return e
}

// normalCall normalises the arguments. Some functions look at the text of an
// argument: timestamp() treats a bare selector differently from +selector, and
// absent() takes its labels from the matchers, of one label from the first. So a
// unary plus stays there, and of matchers only those of different labels are
// sorted.
func normalCall(e *parser.Call) {
	for i, arg := range e.Args {
		arg = bare(arg)
		plus, isPlus := arg.(*parser.UnaryExpr)
		switch {
		case isPlus && plus.Op == parser.ADD:
			plus.Expr = normal(plus.Expr)
		case readsMatchers(e.Func.Name):
			arg = normalArgument(arg)
		default:
			arg = normal(arg)
		}
		e.Args[i] = arg
	}
}

func readsMatchers(name string) bool {
	return name == "absent" || name == "absent_over_time" || name == "info"
}

func normalArgument(arg parser.Expr) parser.Expr {
	switch s := arg.(type) {
	case *parser.VectorSelector:
		slices.SortStableFunc(s.LabelMatchers, func(a, b *labels.Matcher) int { return cmp.Compare(a.Name, b.Name) })
		return s
	case *parser.MatrixSelector:
		s.VectorSelector = normalArgument(s.VectorSelector)
		return s
	}
	return normal(arg)
}

func bare(e parser.Expr) parser.Expr {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = p.Expr
	}
}

func normalBinary(e *parser.BinaryExpr) parser.Expr {
	e.LHS, e.RHS = normal(e.LHS), normal(e.RHS)
	if m := e.VectorMatching; m != nil {
		m.MatchingLabels, m.Include = sorted(m.MatchingLabels), sorted(m.Include)
	}
	l, lNumber := e.LHS.(*parser.NumberLiteral)
	r, rNumber := e.RHS.(*parser.NumberLiteral)
	if lNumber && rNumber {
		if v, ok := fold(e.Op, l.Val, r.Val); ok {
			return &parser.NumberLiteral{Val: v}
		}
		return e
	}
	if turned, ok := turn(e.Op); ok && turnable(e) {
		e.Op, e.LHS, e.RHS = turned, e.RHS, e.LHS
	}
	return e
}

// turn is the operator with which the operands can change places.
func turn(op parser.ItemType) (parser.ItemType, bool) {
	switch op {
	case parser.ADD, parser.MUL, parser.EQLC, parser.NEQ:
		return op, true
	case parser.GTR:
		return parser.LSS, true
	case parser.LSS:
		return parser.GTR, true
	case parser.GTE:
		return parser.LTE, true
	case parser.LTE:
		return parser.GTE, true
	}
	return op, false
}

// turnable tells whether the operands stand the wrong way round. A scalar goes
// to the right of a vector, and a number to the right of a scalar; a comparison
// keeps the vector's value on either side. Two vectors are sorted where no
// matching can fail, and then only in sums and products: a comparison returns
// its left side.
func turnable(e *parser.BinaryExpr) bool {
	lVector, rVector := isVector(e.LHS), isVector(e.RHS)
	switch {
	case lVector && rVector:
		return (e.Op == parser.ADD || e.Op == parser.MUL) && safeMatch(e) && text(e.LHS) > text(e.RHS)
	case lVector != rVector:
		return rVector
	}
	_, lNumber := e.LHS.(*parser.NumberLiteral)
	return lNumber
}

func isVector(e parser.Expr) bool { return e.Type() == parser.ValueTypeVector }

// fold computes what the engine computes for two numbers.
func fold(op parser.ItemType, l, r float64) (float64, bool) {
	switch op {
	case parser.ADD:
		return l + r, true
	case parser.SUB:
		return l - r, true
	case parser.MUL:
		return l * r, true
	case parser.DIV:
		return l / r, true
	case parser.MOD:
		return math.Mod(l, r), true
	case parser.POW:
		return math.Pow(l, r), true
	}
	return foldComparison(op, l, r)
}

func foldComparison(op parser.ItemType, l, r float64) (float64, bool) {
	var holds bool
	switch op {
	case parser.EQLC:
		holds = l == r
	case parser.NEQ:
		holds = l != r
	case parser.GTR:
		holds = l > r
	case parser.LSS:
		holds = l < r
	case parser.GTE:
		holds = l >= r
	case parser.LTE:
		holds = l <= r
	default:
		return 0, false
	}
	if holds {
		return 1, true
	}
	return 0, true
}
