package overlap

import "github.com/burnish-sre/burnish/noise"

// relater says what one pair of rules is to one another.
type relater struct {
	m     *measure
	f     *frame
	t     *tested
	sides [2]side
}

// view is one way to look at the pair: the rule on the left is A.
type view struct {
	turn int
	side *side
	answers
}

// within is the strongest sign that A fires when B does.
func (v view) within() *answer { return better(v.answers[during], v.answers[atOnce]) }

// relate gives the strongest thing that can be said of the pair, with the
// logarithm of its chance; not ok where nothing can.
func (r *relater) relate() (p Pair, logP float64, ok bool) {
	a, b := &r.f.lanes[r.t.a], &r.f.lanes[r.t.b]
	r.sides = [2]side{r.f.figures(a, b), r.f.figures(b, a)}
	views := [2]view{{0, &r.sides[0], r.t.answers[0]}, {1, &r.sides[1], r.t.answers[1]}}
	while := better(views[0].within(), views[1].within())
	v := r.later(views)
	switch {
	case while != nil && r.isDuplicate(views):
		return r.pair(v, while, Duplicate)
	case r.isRedundant(v):
		return r.pair(v, v.within(), Redundant)
	case r.isRedundant(views[1-v.turn]):
		v = views[1-v.turn]
		return r.pair(v, v.within(), Redundant)
	}
	for _, v := range views {
		if r.isCascading(v, views[1-v.turn]) {
			return r.pair(v, v.answers[after], Cascading)
		}
	}
	if while == nil {
		return Pair{}, 0, false
	}
	if while != views[v.turn].within() {
		v = views[1-v.turn]
	}
	p, logP, _ = r.pair(v, while, Together)
	return p, logP, p.Lift >= r.m.o.Lift
}

// later is the view in which A is the one that starts later on most occasions,
// or by its name where neither does.
func (r *relater) later(views [2]view) view {
	switch a, b := views[0].side, views[1].side; {
	case a.first+a.alone != b.first+b.alone:
		if a.first+a.alone < b.first+b.alone {
			return views[0]
		}
		return views[1]
	case median(a.whileLags) != median(b.whileLags):
		if median(a.whileLags) > median(b.whileLags) {
			return views[0]
		}
		return views[1]
	case compareRefs(r.ref(0), r.ref(1)) > 0:
		return views[0]
	}
	return views[1]
}

func (r *relater) ref(turn int) noise.RuleRef {
	lane := r.t.a
	if turn == 1 {
		lane = r.t.b
	}
	return r.m.record.rows[r.f.lanes[lane].row].ref
}

// tolerance is by how many slots the two may differ for being evaluated at
// different instants.
func (r *relater) tolerance() int32 {
	return max(r.f.lanes[r.t.a].tolerance, r.f.lanes[r.t.b].tolerance)
}

func (r *relater) isContained(v view) bool {
	s := v.side
	return float64(s.both) >= r.m.o.Containment*float64(s.firing) && s.hits >= r.m.o.Support &&
		float64(s.both)*float64(r.f.slots) >= r.m.o.Lift*s.product
}

func (r *relater) isDuplicate(views [2]view) bool {
	if !r.isContained(views[0]) || !r.isContained(views[1]) {
		return false
	}
	lag := median(views[0].side.whileLags)
	return -r.tolerance() <= lag && lag <= r.tolerance()
}

func (r *relater) isRedundant(v view) bool {
	return v.within() != nil && r.isContained(v) && v.side.first == 0 && v.side.alone == 0
}

// isCascading wants A to start after B by more than the grids of the two
// explain, and more often than B after A.
func (r *relater) isCascading(v, back view) bool {
	return v.answers[after] != nil && v.side.after > back.side.after && median(v.side.afterLag) > r.tolerance()
}

// pair writes one view of the pair down.
func (r *relater) pair(v view, by *answer, what Relation) (Pair, float64, bool) {
	x := &r.m.record.axis
	lane := r.t.a
	if v.turn == 1 {
		lane = r.t.b
	}
	p := v.side.pair(x, len(r.f.lanes[lane].points))
	p.A, p.B, p.Relation = r.ref(v.turn), r.ref(1-v.turn), what
	raised := 1.0
	if by.kind == during && by.plain > 0 {
		raised = by.mean / by.plain
	}
	p.expect(v.side, x, raised)
	p.P, p.Q = chance(by.logP), by.q
	lags := v.side.whileLags
	if what == Cascading {
		lags = v.side.afterLag
	}
	p.Median = x.length(int(median(lags)))
	return p, by.logP, true
}
