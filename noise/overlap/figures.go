package overlap

import (
	"cmp"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// side is what one lane, A, is beside another, B, in slots and clusters of starts.
type side struct {
	both, firing, other int
	product             float64 // slots of A times slots of B, over their keys
	hits, after         int
	first, alone        int
	whileLags, afterLag []int32 // B's start to A's start
}

// pairing is two lanes that are read beside one another.
type pairing struct {
	*frame
	a, b  *lane
	s     side
	marks []clusterMark // by cluster of A's starts
}

// figures counts everything that is said of a pair. It takes the time of reading
// the runs of both once.
func (f *frame) figures(a, b *lane) side {
	p := pairing{frame: f, a: a, b: b, s: side{firing: f.firing(a), other: f.firing(b)}, marks: make([]clusterMark, len(a.points))}
	blank := track{}
	j := b.first
	for i := a.first; i < a.last; i++ {
		t := &f.tracks[i]
		for j < b.last && f.tracks[j].key < t.key {
			j++
		}
		beside := &blank
		if j < b.last && f.tracks[j].key == t.key {
			beside = &f.tracks[j]
			p.s.both += f.both(t, beside)
			p.s.product += float64(t.fires) * float64(beside.fires)
		}
		p.starts(t, beside)
	}
	for _, m := range p.marks {
		if m.alone {
			p.s.alone++
		} else if m.first {
			p.s.first++
		}
	}
	return p.s
}

type clusterMark struct{ first, alone bool }

func (f *frame) firing(l *lane) int {
	sum := 0
	for _, t := range f.tracks[l.first:l.last] {
		sum += int(t.fires)
	}
	return sum
}

// both is how many slots the two tracks fire in together.
func (f *frame) both(a, b *track) int {
	sum := 0
	for i, j := a.first, b.first; i < a.last && j < b.last; {
		r, s := f.runs[i], f.runs[j]
		sum += int(max(0, min(r.to(), s.to())-max(r.from, s.from)))
		if r.to() < s.to() {
			i++
		} else {
			j++
		}
	}
	return sum
}

// starts looks at each start of A in a track: was B there already, did it come
// later, or not at all?
func (p *pairing) starts(t, beside *track) {
	j := beside.first
	for i := t.first; i < t.last; i++ {
		r := p.runs[i]
		if r.unseen() {
			continue
		}
		for j < beside.last && p.runs[j].from <= r.from+p.b.tolerance {
			j++
		}
		n := clusterOf(p.a.points, r.from)
		counts := p.a.points[n] == point{at: r.from, key: t.key}
		switch p.where(beside, r, j) {
		case absent:
			p.marks[n].alone = true
		case later:
			p.marks[n].first = true
		case there:
			if counts {
				p.s.hits++
				p.s.whileLags = append(p.s.whileLags, r.from-p.runs[j-1].from)
			}
		case gone:
		}
		if lag, ok := p.wakes(p.b, beside, r.from, j); ok && counts {
			p.s.after++
			p.s.afterLag = append(p.s.afterLag, lag)
		}
	}
}

// whereabouts of B as A starts.
type whereabouts int

const (
	absent whereabouts = iota // does not fire while A does
	there                     // fires already
	later                     // starts while A fires
	gone                      // stopped just before, perhaps only for being evaluated earlier
)

// where looks for B at a run of A; next is the first of B's runs that starts
// later than tolerance allows.
func (p *pairing) where(beside *track, r stretch, next int32) whereabouts {
	if next > beside.first && p.runs[next-1].to() > r.from {
		return there
	}
	if next < beside.last && p.runs[next].from < r.to()+max(p.a.tolerance, p.b.tolerance) {
		return later
	}
	if next > beside.first && p.runs[next-1].to()+p.a.tolerance > r.from {
		return gone
	}
	return absent
}

// wakes tells whether a start of B came before the slot and no longer ago than
// cascading takes, and how long ago.
func (f *frame) wakes(b *lane, beside *track, at, next int32) (lag int32, ok bool) {
	for j := next - 1; j >= beside.first; j-- {
		if f.runs[j].from >= at {
			continue
		}
		_, hi := f.span(b, beside, j, after)
		return at - f.runs[j].from, at < hi
	}
	return 0, false
}

// clusterOf is the cluster that a start belongs to.
func clusterOf(points []point, at int32) int {
	i, found := slices.BinarySearchFunc(points, at, func(p point, t int32) int { return cmp.Compare(p.at, t) })
	if found {
		return i
	}
	return max(0, i-1)
}

// median is the middle one, the lower of two.
func median(lags []int32) int32 {
	if len(lags) == 0 {
		return 0
	}
	slices.Sort(lags)
	return lags[(len(lags)-1)/2]
}

// pair writes the figures down.
func (s *side) pair(x *axis, clusters int) Pair {
	p := Pair{
		Both: x.length(s.both), FiringA: x.length(s.firing), FiringB: x.length(s.other),
		Starts: slo.Proportion{Count: s.hits, Of: clusters},
		After:  slo.Proportion{Count: s.after, Of: clusters},
		First:  s.first, Alone: s.alone,
	}
	if s.firing > 0 {
		p.Containment = float64(s.both) / float64(s.firing)
	}
	if all := s.firing + s.other - s.both; all > 0 {
		p.Jaccard = float64(s.both) / float64(all)
	}
	return p
}

// expect says how much of it chance explains: the shifts' mean of the time that
// both fire, raised as much as the time of day raised that of the starts.
func (p *Pair) expect(s *side, x *axis, raised float64) {
	slots := s.product / float64(x.slots) * raised
	p.Expected = time.Duration(slots * float64(x.slot) * float64(time.Millisecond))
	if slots > 0 {
		p.Lift = float64(s.both) / slots
	}
}
