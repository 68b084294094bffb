package tune

import (
	"math"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// splitter walks down from the root through what keeps a comparison tunable.
type splitter struct {
	form Form
	seen int // comparisons looked at
}

// maxDepth bounds how many operators a comparison may lie under.
const maxDepth = 64

// step is one node that lies above the place where the walk is.
type step struct {
	node *parser.BinaryExpr
	left bool // the walk went into its left-hand side
}

func (s *splitter) split(e parser.Expr, above []step) {
	if len(above) > maxDepth {
		return
	}
	switch e := e.(type) {
	case *parser.ParenExpr:
		s.split(e.Expr, above)
	case *parser.StepInvariantExpr:
		s.split(e.Expr, above)
	case *parser.BinaryExpr:
		switch {
		case e.Op.IsSetOperator():
			s.split(e.LHS, extend(above, step{e, true}))
			s.split(e.RHS, extend(above, step{e, false}))
		case e.Op.IsComparisonOperator():
			s.comparison(e, above)
		}
	}
}

// extend copies, since both sides of a node go on from the same steps.
func extend(above []step, next step) []step {
	return append(above[:len(above):len(above)], next)
}

func (s *splitter) fix(e parser.Expr, why string) {
	s.form.Fixed = append(s.form.Fixed, Fixed{e.String(), why})
}

// comparison takes a comparison as an atom if it is one, and goes on into the
// vector that it filters.
func (s *splitter) comparison(e *parser.BinaryExpr, above []step) {
	if s.seen++; s.seen > maxAtoms {
		return
	}
	vector, constant, left := e.LHS, e.RHS, true
	if e.LHS.Type() == parser.ValueTypeScalar {
		vector, constant, left = e.RHS, e.LHS, false
	}
	if constant.Type() != parser.ValueTypeScalar || vector.Type() != parser.ValueTypeVector {
		s.fix(e, "both sides are vectors, or none is")
		return
	}
	if e.ReturnBool {
		s.fix(e, "bool makes it a value of 0 or 1 instead of a condition")
		return
	}
	if a, why := s.atom(e, vector, constant); why != "" {
		s.fix(e, why)
	} else if why := a.lift(above); why != "" {
		s.fix(e, why)
	} else {
		s.form.Atoms = append(s.form.Atoms, a)
	}
	s.split(vector, extend(above, step{e, left}))
}

// atom is the comparison by itself, or why it is none.
func (s *splitter) atom(e *parser.BinaryExpr, vector, constant parser.Expr) (a Atom, why string) {
	threshold, ok := constantOf(constant, nil, 0)
	if !ok {
		return a, "what it compares with is not constant"
	}
	if math.IsNaN(threshold) || math.IsInf(threshold, 0) {
		return a, "the constant is not finite"
	}
	op, ok := opOf(e.Op)
	if !ok {
		return a, "== and != have no threshold to move"
	}
	if constant == e.LHS {
		op = op.mirror()
	}
	literal := knob(constant)
	if literal == nil {
		return a, "no number in the constant moves it evenly"
	}
	a = Atom{
		Text: e.String(), Query: vector.String(), Op: op, Threshold: threshold, Written: literal.Val,
		Start: int(literal.PosRange.Start), End: int(literal.PosRange.End), constant: constant, literal: literal,
	}
	if !s.reads(a) {
		return a, "the place of the constant in the text is not certain"
	}
	return a, ""
}

// reads tells whether the bytes that are to be edited are the number.
func (s *splitter) reads(a Atom) bool {
	if a.Start < 0 || a.End > len(s.form.Expr) || a.Start >= a.End {
		return false
	}
	e, err := promqlParser().ParseExpr(s.form.Expr[a.Start:a.End])
	if err != nil {
		return false
	}
	number, ok := e.(*parser.NumberLiteral)
	return ok && number.Val == a.Written
}

func opOf(op parser.ItemType) (Op, bool) {
	switch op {
	case parser.GTR:
		return Above, true
	case parser.GTE:
		return AtLeast, true
	case parser.LSS:
		return Below, true
	case parser.LTE:
		return AtMost, true
	default:
		return Present, false
	}
}

// lift turns a query that decides on a part of the expression into one that
// decides on all of it, from the innermost node outwards; why says what can't be
// done.
func (a *Atom) lift(above []step) (why string) {
	own := true // the query's value is still the value of the expression so far
	for i := len(above) - 1; i >= 0; i-- {
		n := above[i]
		if n.node.Op.IsComparisonOperator() {
			if !own {
				return "a further comparison applies to another value"
			}
			a.filter(n)
			continue
		}
		var ok bool
		if ok, why = a.join(n); why != "" {
			return why
		}
		own = own && ok
	}
	return ""
}

// filter keeps a comparison with a constant that lies above.
func (a *Atom) filter(n step) {
	if n.left {
		a.Query = "(" + a.Query + ") " + n.node.Op.String() + " " + paren(n.node.RHS)
	} else {
		a.Query = paren(n.node.LHS) + " " + n.node.Op.String() + " (" + a.Query + ")"
	}
}

// join keeps the other side of a set operator as it is. own tells whether the
// query's value is the value of the operator's result.
func (a *Atom) join(n step) (own bool, why string) {
	m := n.node.VectorMatching
	all := m == nil || !m.On && len(m.MatchingLabels) == 0
	switch {
	case n.node.Op == parser.LOR && !all:
		return false, "`or` with on() or ignoring() lets one alert come as another goes"
	case n.node.Op == parser.LOR:
		other := n.node.RHS
		if !n.left {
			other = n.node.LHS
		}
		// Wherever the other side has a sample the alert is active in any case.
		a.Query = a.always() + " * group without () (" + other.String() + ") or max without () (" + a.Query + ")"
		return false, ""
	case n.left:
		a.Query = "(" + a.Query + ") " + n.node.Op.String() + matching(m) + " " + paren(n.node.RHS)
		return true, ""
	case n.node.Op == parser.LAND && all:
		a.Query = "(" + a.Query + ") and " + paren(n.node.LHS)
		return false, ""
	case n.node.Op == parser.LAND:
		a.Query = a.spread(m, a.Query, n.node.LHS)
		return false, ""
	}
	// On the right of unless the alert is active while the comparison is true of
	// nothing that matches: where the worst value does not pass, or there is none.
	worst := a.spread(m, "("+a.Query+") "+a.passing(), n.node.LHS)
	a.Query = worst + " or " + a.never() + " * group without () (" + n.node.LHS.String() + ")"
	a.Op = a.Op.negate()
	return false, ""
}

// spread gives each alert of the left-hand side of a set operator the value, of
// those that match it, that decides.
func (a *Atom) spread(m *parser.VectorMatching, query string, left parser.Expr) string {
	pick := "max"
	if a.Op.down() {
		pick = "min"
	}
	by, on := "without", "ignoring"
	var names []string
	if m != nil {
		names = m.MatchingLabels
		if m.On {
			by, on = "by", "on"
		}
	}
	list := " (" + labelList(names) + ") "
	return pick + " " + by + list + "(" + query + ") * " + on + list + "group_right () group without () (" + left.String() + ")"
}

// always is a value for which the comparison is true at any threshold, never one
// for which it is at none, and passing drops what is like it and NaN.
func (a *Atom) always() string {
	if a.Op.down() {
		return "-Inf"
	}
	return "+Inf"
}

func (a *Atom) never() string {
	if a.Op.down() {
		return "+Inf"
	}
	return "-Inf"
}

func (a *Atom) passing() string {
	if a.Op.down() {
		return "< +Inf"
	}
	return "> -Inf"
}

func paren(e parser.Expr) string {
	if _, ok := e.(*parser.ParenExpr); ok {
		return e.String()
	}
	return "(" + e.String() + ")"
}

// matching is the matching of a set operator as text.
func matching(m *parser.VectorMatching) string {
	switch {
	case m == nil || !m.On && len(m.MatchingLabels) == 0:
		return ""
	case m.On:
		return " on (" + labelList(m.MatchingLabels) + ")"
	}
	return " ignoring (" + labelList(m.MatchingLabels) + ")"
}

// labelList is label names as PromQL has them: quoted where they need it.
func labelList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = name
		if !model.LegacyValidation.IsValidLabelName(name) {
			quoted[i] = strconv.Quote(name)
		}
	}
	return strings.Join(quoted, ", ")
}
