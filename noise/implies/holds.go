package implies

// maxSteps bounds the search of one proof.
const maxSteps = 20_000

// prover looks for a proof that a form holds in a world. It notes what the proof
// rests on.
type prover struct {
	steps  int
	ranges ranges
	used   evidence
}

// evidence is what a proof rests on.
type evidence struct{ threshold, matchers, sets bool }

func (p *prover) tired() bool {
	p.steps++
	return p.steps > maxSteps
}

// entails tells whether wherever a holds, b does.
func (p *prover) entails(a, b *form) bool {
	ws, ok := worlds(a, p.ranges)
	if !ok {
		return false
	}
	for i := range ws {
		if ws[i].void == "" && !p.holds(&ws[i], b) {
			return false
		}
	}
	return true
}

// holds tells whether f is true in the world, of the same row.
func (p *prover) holds(w *world, f *form) bool {
	if p.tired() {
		return false
	}
	before := p.used
	ok := false
	switch f.kind {
	case isLeaf:
		ok = p.holdsLeaf(w, f.leaf)
	case either:
		ok = p.holds(w, f.left) || p.holds(w, f.right)
		p.used.sets = true
	case both:
		ok = p.holds(w, f.left) && p.beside(w, f)
		p.used.sets = true
	case except:
		ok = p.holds(w, f.left) && p.excluded(w, f.join, f.right)
		p.used.sets = true
	}
	if !ok {
		p.used = before
	}
	return ok
}

func (p *prover) holdsLeaf(w *world, want leaf) bool {
	for _, have := range w.leaves {
		if p.tired() {
			return false
		}
		if !have.set.within(want.set) {
			continue
		}
		changed, ok := restricts(have.core, want.core)
		if !ok {
			continue
		}
		p.used.matchers = p.used.matchers || len(changed) > 0
		p.used.threshold = p.used.threshold || !have.set.equal(want.set)
		return true
	}
	return false
}

// beside tells whether some row that matches has the right side of f. The row
// itself matches by any labels.
func (p *prover) beside(w *world, f *form) bool {
	if p.holds(w, f.right) {
		return true
	}
	for _, m := range w.matched {
		if m.join == f.join && p.entails(m.form, f.right) {
			return true
		}
	}
	return false
}

// excluded tells whether no row that matches has f.
func (p *prover) excluded(w *world, on join, f *form) bool {
	if p.tired() {
		return false
	}
	for _, no := range w.absent {
		if no.join == on && p.entails(f, no.form) {
			return true
		}
	}
	switch f.kind {
	case either:
		return p.excluded(w, on, f.left) && p.excluded(w, on, f.right)
	case both, except:
		return p.excluded(w, on, f.left)
	case isLeaf:
	}
	return on.plain() && p.outside(w, f.leaf)
}

// outside tells whether the row's only value of the leaf's core is not in its set.
func (p *prover) outside(w *world, l leaf) bool {
	for _, have := range w.leaves {
		if have.unique && have.text == l.text && have.set.intersect(l.set).empty() {
			return true
		}
	}
	return false
}
