package implies

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// form says, for a row, which is a label set without the metric's name, when an
// expression has an element with these labels. Values play no part in it any
// more: what a comparison, arithmetic with constants or a function asks of a
// value has been carried down to the values of the leaves.
type form struct {
	kind        formKind
	leaf        leaf
	left, right *form
	join        join // of both and except
}

type formKind int

const (
	isLeaf formKind = iota
	both            // left, and right has an element that matches
	except          // left, and right has no element that matches
	either          // left or right
)

// leaf is true where the core has an element with a value in the set.
type leaf struct {
	core   parser.Expr
	text   string
	set    set
	unique bool
}

// join says which labels make elements match.
type join struct {
	text string // empty: on all labels, so the elements lie in the same row
}

func (j join) plain() bool { return j.text == "" }

// maxForms bounds a form: a comparison of an "or" writes its left side twice.
const maxForms = 128

type builder struct{ size int }

func newForm(e parser.Expr) *form { return (&builder{}).build(e, everything()) }

// build is the form of "e has an element whose value is in s".
func (b *builder) build(e parser.Expr, s set) *form {
	b.size++
	if b.size > maxForms {
		return newLeaf(e, s)
	}
	switch e := e.(type) {
	case *parser.UnaryExpr:
		m := mapping{f: func(x float64) float64 { return -x }, falls: true, keepsHist: true}
		return b.build(e.Expr, m.preimage(s))
	case *parser.Call:
		return b.call(e, s)
	case *parser.BinaryExpr:
		switch {
		case e.Op.IsSetOperator():
			return b.setOperator(e, s)
		case isVector(e.LHS) != isVector(e.RHS):
			return b.withScalar(e, s)
		}
	}
	return newLeaf(e, s)
}

func newLeaf(e parser.Expr, s set) *form {
	return &form{leaf: leaf{core: e, text: text(e), set: s, unique: unique(e)}}
}

func (b *builder) call(e *parser.Call, s set) *form {
	i := argument(e)
	if i != 0 || e.Args[0].Type() != parser.ValueTypeVector {
		return newLeaf(e, s)
	}
	if e.Func.Name == "abs" {
		return b.build(e.Args[0], absolute(s))
	}
	if cs, ok := constants(e, i); ok {
		if m, ok := function(e.Func.Name, cs); ok {
			return b.build(e.Args[0], m.preimage(s))
		}
	}
	return newLeaf(e, s)
}

// withScalar is a comparison or arithmetic of a vector with a constant; where
// the scalar is no constant, it is a leaf.
func (b *builder) withScalar(e *parser.BinaryExpr, s set) *form {
	vector, scalar := e.LHS, e.RHS
	swapped := !isVector(vector)
	if swapped {
		vector, scalar = scalar, vector
	}
	c, ok := scalar.(*parser.NumberLiteral)
	if !ok {
		return newLeaf(e, s)
	}
	if !e.Op.IsComparisonOperator() {
		if m, ok := arithmetic(e.Op, c.Val, swapped); ok {
			return b.build(vector, m.preimage(s))
		}
		return newLeaf(e, s)
	}
	in := compared(e.Op, c.Val) // a normal comparison has its constant on the right
	if !e.ReturnBool {
		return b.build(vector, s.intersect(in))
	}
	out := set{}
	if s.has(1) {
		out = in
	}
	if s.has(0) {
		out = out.union(in.complement())
	}
	out.hist = false
	return b.build(vector, out)
}

// setOperator: a value comes from the left side, but for the elements that "or"
// adds from the right, which are those that match nothing on the left.
func (b *builder) setOperator(e *parser.BinaryExpr, s set) *form {
	m := e.VectorMatching
	if m.On && slices.Contains(m.MatchingLabels, labels.MetricName) {
		return newLeaf(e, s)
	}
	on := join{text: matching(m)}
	left, right := b.build(e.LHS, s), b.build(e.RHS, everything())
	switch e.Op {
	case parser.LAND:
		return &form{kind: both, left: left, right: right, join: on}
	case parser.LUNLESS:
		return &form{kind: except, left: left, right: right, join: on}
	}
	if on.plain() && s.equal(everything()) {
		return merge(left, right)
	}
	added := &form{kind: except, left: b.build(e.RHS, s), right: b.build(e.LHS, everything()), join: on}
	return merge(left, added)
}

// merge is either; two leaves with one core become one.
func merge(l, r *form) *form {
	if l.kind == isLeaf && r.kind == isLeaf && l.leaf.text == r.leaf.text {
		one := *l
		one.leaf.set = l.leaf.set.union(r.leaf.set)
		return &one
	}
	return &form{kind: either, left: l, right: r}
}
