package tune

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// constantOf is the value of an expression of numbers only, computed in the
// order in which Prometheus does, with another value in the place of a literal
// (nil: none). ok is false for an expression that is not constant.
func constantOf(e parser.Expr, literal *parser.NumberLiteral, instead float64) (v float64, ok bool) {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		if e == literal {
			return instead, true
		}
		return e.Val, true
	case *parser.ParenExpr:
		return constantOf(e.Expr, literal, instead)
	case *parser.StepInvariantExpr:
		return constantOf(e.Expr, literal, instead)
	case *parser.UnaryExpr:
		v, ok := constantOf(e.Expr, literal, instead)
		if e.Op == parser.SUB {
			v = -v
		}
		return v, ok
	case *parser.BinaryExpr:
		l, lok := constantOf(e.LHS, literal, instead)
		r, rok := constantOf(e.RHS, literal, instead)
		if !lok || !rok {
			return 0, false
		}
		return arithmetic(e.Op, l, r)
	}
	return 0, false
}

func arithmetic(op parser.ItemType, l, r float64) (v float64, ok bool) {
	switch op {
	case parser.ADD:
		return l + r, true
	case parser.SUB:
		return l - r, true
	case parser.MUL:
		return l * r, true
	case parser.DIV:
		return l / r, true
	case parser.POW:
		return math.Pow(l, r), true
	case parser.MOD:
		return math.Mod(l, r), true
	case parser.ATAN2:
		return math.Atan2(l, r), true
	default:
		return 0, false
	}
}

// place is a number in a constant, and how deep in it.
type place struct {
	literal *parser.NumberLiteral
	depth   int
}

// numbers are the literals of a constant in the order of the text.
func numbers(e parser.Expr, depth int) []place {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		return []place{{e, depth}}
	case *parser.ParenExpr:
		return numbers(e.Expr, depth)
	case *parser.StepInvariantExpr:
		return numbers(e.Expr, depth)
	case *parser.UnaryExpr:
		return numbers(e.Expr, depth)
	case *parser.BinaryExpr:
		right := depth + 1
		if e.Op == parser.POW || e.Op == parser.MOD || e.Op == parser.ATAN2 {
			return nil // no straight line: what to edit would be a guess
		}
		left := depth + 1
		if l, ok := e.LHS.(*parser.BinaryExpr); ok && sameKind(l.Op, e.Op) {
			left = depth // a * b * c is one product
		}
		return append(numbers(e.LHS, left), numbers(e.RHS, right)...)
	}
	return nil
}

func sameKind(a, b parser.ItemType) bool {
	product := func(op parser.ItemType) bool { return op == parser.MUL || op == parser.DIV }
	return product(a) == product(b)
}

// knob is the number of a constant that a person would turn: the least nested,
// of those one that is no power of ten and no unit of time or size, of those the
// first. A number whose change would not move the constant is none.
func knob(constant parser.Expr) *parser.NumberLiteral {
	all := numbers(constant, 0)
	slices.SortStableFunc(all, func(a, b place) int { return a.depth - b.depth })
	var second *parser.NumberLiteral
	for _, p := range all {
		at1, _ := constantOf(constant, p.literal, 1)
		at2, _ := constantOf(constant, p.literal, 2)
		at3, _ := constantOf(constant, p.literal, 3)
		// Dividing by it would bend the line.
		if bent := math.Abs((at3 - at2) - (at2 - at1)); at1 == at2 || !(bent <= 1e-9*math.Abs(at2-at1)) {
			continue
		}
		if !isUnit(p.literal.Val) {
			return p.literal
		}
		if second == nil {
			second = p.literal
		}
	}
	return second
}

// isUnit tells whether a number is more likely a unit than a limit.
func isUnit(v float64) bool {
	v = math.Abs(v)
	for _, unit := range [...]float64{60, 24, 3600, 86400, 1024, 1 << 20, 1 << 30, 1 << 40} {
		if v == unit {
			return true
		}
	}
	exp := math.Log10(v)
	return v > 0 && math.Abs(exp-math.Round(exp)) < 1e-12
}
