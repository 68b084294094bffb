package implies

import (
	"fmt"
	"sync"

	"github.com/prometheus/prometheus/promql/parser"
)

// reading is an expression that was read. Rules with one text share one reading.
type reading struct {
	expr   parser.Expr // normal; nil where it can't be read
	err    error       // why nothing can be proven of it as a condition
	form   *form
	judged bool

	text   string
	worlds []world // all that can be; empty where it can't be true or is too complex
	unique bool
	risky  []string // parts that may fail, by their text

	collected sync.Once
	parts     map[string]bool // texts of all parts, once asked for

	entries  []string // measures of which a condition has to know one to imply it
	measures []string // of each leaf of the first world
}

// read parses an expression.
func read(expr string) *reading {
	e, err := parse(expr)
	if err != nil {
		return &reading{err: err, judged: true}
	}
	return &reading{expr: e, form: newForm(e)}
}

// judge works out what proofs of the expression need, once. An error says why
// nothing can be proven of it.
func (r *reading) judge() error {
	if r.judged {
		return r.err
	}
	r.judged = true
	e := r.expr
	if e.Type() != parser.ValueTypeVector && e.Type() != parser.ValueTypeScalar {
		r.err = fmt.Errorf("read condition: %s is no condition", parser.DocumentedType(e.Type()))
		return r.err
	}
	if unsteady(e, false) {
		r.err = errUnsteady
		return r.err
	}
	r.text, r.unique, r.risky, r.entries = text(e), unique(e), fallible(e), entries(r.form)
	ws, ok := worlds(r.form, ranges{})
	if !ok {
		return nil
	}
	for _, w := range ws {
		if w.void == "" {
			r.worlds = append(r.worlds, w)
		}
	}
	if len(r.worlds) > 0 {
		for _, l := range r.worlds[0].leaves {
			r.measures = append(r.measures, skeleton(l.core))
		}
	}
	return nil
}

// contains tells whether the expression evaluates a part with this text at the
// same instant as itself.
func (r *reading) contains(part string) bool {
	r.collected.Do(func() {
		r.parts = map[string]bool{}
		collect(r.expr, r.parts)
	})
	return r.parts[part]
}

func collect(e parser.Expr, parts map[string]bool) {
	parts[text(e)] = true
	if _, ok := e.(*parser.SubqueryExpr); ok {
		return
	}
	for child := range parser.ChildrenIter(e) {
		if sub, ok := child.(parser.Expr); ok {
			collect(sub, parts)
		}
	}
}

// impossible tells why the expression can't be true.
func (r *reading) impossible() (reason string, ok bool) {
	if r.expr == nil || r.expr.Type() != parser.ValueTypeVector {
		return "", false
	}
	conventions := ranges{conventions: true}
	ws, ok := worlds(r.form, conventions)
	if !ok {
		return "", false
	}
	for i := range ws {
		why := ws[i].refuted(conventions)
		if why == "" {
			return "", false
		}
		if reason == "" {
			reason = why
		}
	}
	return reason, reason != ""
}
