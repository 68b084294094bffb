package implies

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// world is one way in which a condition can be true of a row: everything in it
// holds at once. A condition is true where one of its worlds is.
type world struct {
	leaves  []leaf   // hold of the row itself
	matched []beside // some row that matches has it
	absent  []beside // no row that matches has it
	void    string   // why this can't be; empty if it can
}

// beside is a form of other rows, those that match the row by the join.
type beside struct {
	join join
	form *form
}

// maxWorlds bounds how often "or" may split a condition.
const maxWorlds = 32

// worlds are all ways in which f can be true; ok is false where there are too many.
func worlds(f *form, r ranges) (ws []world, ok bool) {
	ws, ok = expand(f)
	for i := range ws {
		ws[i].settle(r)
	}
	return ws, ok
}

func expand(f *form) ([]world, bool) {
	switch f.kind {
	case either:
		l, lok := expand(f.left)
		r, rok := expand(f.right)
		return append(l, r...), lok && rok && len(l)+len(r) <= maxWorlds
	case both:
		return expandBoth(f)
	case except:
		ws, ok := expand(f.left)
		for i := range ws {
			ws[i].absent = append(ws[i].absent, beside{f.join, f.right})
		}
		return ws, ok
	case isLeaf:
	}
	return []world{{leaves: weaker(f.leaf)}}, true
}

func expandBoth(f *form) ([]world, bool) {
	ws, ok := expand(f.left)
	if !f.join.plain() {
		for i := range ws {
			ws[i].matched = append(ws[i].matched, beside{f.join, f.right})
		}
		return ws, ok
	}
	others, rok := expand(f.right)
	if !ok || !rok || len(ws)*len(others) > maxWorlds {
		return nil, false
	}
	var out []world
	for _, w := range ws {
		for _, o := range others {
			out = append(out, world{
				leaves:  slices.Concat(w.leaves, o.leaves),
				matched: slices.Concat(w.matched, o.matched),
				absent:  slices.Concat(w.absent, o.absent),
			})
		}
	}
	return out, true
}

// weaker is the leaf and what follows from it: a comparison that was left as it
// is still passes its left side on, value and all.
func weaker(l leaf) []leaf {
	out := []leaf{l}
	e, ok := l.core.(*parser.BinaryExpr)
	if !ok || !e.Op.IsComparisonOperator() || e.ReturnBool || !isVector(e.LHS) {
		return out
	}
	if isVector(e.RHS) && matching(e.VectorMatching) != "" {
		return out
	}
	if f := (&builder{}).build(e.LHS, l.set); f.kind == isLeaf {
		return append(out, weaker(f.leaf)...)
	}
	return out
}

// settle joins what a world says of one core, and finds out whether it can be.
func (w *world) settle(r ranges) {
	for i := range w.leaves {
		l := &w.leaves[i]
		w.gather(l)
		for _, no := range w.absent {
			if no.join.plain() {
				l.exclude(no.form)
			}
		}
		if w.void == "" {
			w.void = r.refute(*l)
		}
		l.set = l.set.intersect(r.of(l.core))
	}
}

// gather takes into a leaf what other leaves say of the same series.
func (w *world) gather(l *leaf) {
	if !l.unique {
		return
	}
	for _, other := range w.leaves {
		if other.text == l.text {
			l.set = l.set.intersect(other.set)
		}
	}
}

// exclude takes out of the leaf the values that the form, which does not hold,
// would have had.
func (l *leaf) exclude(f *form) {
	switch f.kind {
	case either:
		l.exclude(f.left)
		l.exclude(f.right)
	case isLeaf:
		if l.unique && f.leaf.text == l.text {
			l.set = l.set.intersect(f.leaf.set.complement())
		}
	case both, except:
	}
}
