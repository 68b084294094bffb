package implies

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// Impossible tells why a condition can't be true whatever the data are. It takes
// the metric up for 0 or 1, and metrics that are named as counters (_total,
// _count, _bucket) for never negative.
func Impossible(expr string) (reason string, ok bool) { return read(expr).impossible() }

// refuted says why the world can't be: by itself, or because it excludes what it
// has to hold.
func (w *world) refuted(r ranges) string {
	if w.void != "" {
		return w.void
	}
	p := &prover{ranges: r}
	for _, no := range w.absent {
		if p.holds(w, no.form) {
			return "unless takes away all that is left of it"
		}
	}
	for _, m := range w.matched {
		if ws, ok := worlds(m.form, r); ok && allVoid(ws) {
			return ws[0].void
		}
	}
	return ""
}

func allVoid(ws []world) bool {
	for _, w := range ws {
		if w.void == "" {
			return false
		}
	}
	return len(ws) > 0
}

// Always tells why a condition is true wherever its series exist, so that its
// comparison decides nothing. A bare selector has no comparison and is left to
// its author, and so is a comparison around something that filters by itself.
func Always(expr string) (reason string, ok bool) {
	e, err := parse(expr)
	if err != nil {
		return "", false
	}
	if e.Type() == parser.ValueTypeScalar {
		return "a scalar is an alert whatever its value", true
	}
	f := newForm(e)
	if why, ok := constantBranch(f); ok {
		return why, true
	}
	if f.kind != isLeaf || filters(f.leaf.core) || !compares(e) {
		return "", false
	}
	in := ranges{conventions: true}.of(f.leaf.core)
	in.hist = false
	if !in.within(f.leaf.set) {
		return "", false
	}
	if strings.Contains(f.leaf.text, "ALERTS") {
		return "", false
	}
	if in.nan && len(in.spans) == 1 && in.spans[0] == (span{-infinity, infinity}) {
		return "no value of " + f.leaf.text + " is left out", true
	}
	return f.leaf.text + " is " + in.String(), true
}

// constantBranch finds an alternative that holds without any data.
func constantBranch(f *form) (string, bool) {
	switch f.kind {
	case either:
		if why, ok := constantBranch(f.left); ok {
			return why, true
		}
		return constantBranch(f.right)
	case isLeaf:
		call, ok := f.leaf.core.(*parser.Call)
		if !ok || call.Func.Name != "vector" {
			return "", false
		}
		if _, ok := call.Args[0].(*parser.NumberLiteral); ok && (ranges{}).of(call).within(f.leaf.set) {
			return f.leaf.text + " needs no data", true
		}
	case both, except:
	}
	return "", false
}

// compares tells whether there is a comparison at all.
func compares(e parser.Expr) bool {
	if b, ok := e.(*parser.BinaryExpr); ok && b.Op.IsComparisonOperator() {
		return true
	}
	for child := range parser.ChildrenIter(e) {
		if sub, ok := child.(parser.Expr); ok && compares(sub) {
			return true
		}
	}
	return false
}

// filters tells whether e leaves out series by their values, or is about series
// that are not there.
func filters(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.BinaryExpr:
		if e.Op.IsSetOperator() || e.Op.IsComparisonOperator() && !e.ReturnBool {
			return true
		}
	case *parser.Call:
		if strings.HasPrefix(e.Func.Name, "absent") {
			return true
		}
	}
	for child := range parser.ChildrenIter(e) {
		if sub, ok := child.(parser.Expr); ok && filters(sub) {
			return true
		}
	}
	return false
}
