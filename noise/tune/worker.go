package tune

import (
	"slices"
	"time"
)

// plan is what all workers share: the combinations, those that come to the same
// number of slots only once.
type plan struct {
	surface *Surface
	o       Options
	all     stretch
	holds   []int // slots of `for`, each once
	keeps   []int // slots of keep_firing_for, each once
	hold    []int // place in holds of each of the surface's Fors
	keep    []int // place in keeps of each of its Keeps
	top     uint16
}

func newPlan(s *Surface, o Options) *plan {
	from, to := o.slots(s.Grid)
	p := &plan{surface: s, o: o, all: stretch{from, to}, top: uint16(len(s.levels.at))}
	p.holds, p.hold = once(s.Grid, s.Fors)
	p.keeps, p.keep = once(s.Grid, s.Keeps)
	return p
}

// once is the durations in slots, each once, and where each is. What is longer
// than the grid is all the same.
func once(g Grid, all []time.Duration) (slots, places []int) {
	for _, d := range all {
		n := min(g.slots(d), g.Slots+1)
		i := slices.Index(slots, n)
		if i < 0 {
			i, slots = len(slots), append(slots, n)
		}
		places = append(places, i)
	}
	return slots, places
}

// counts is what one combination adds up to, by rank: the sums over ranks give
// the figures by level.
type counts struct {
	starts, inside []int32   // changes from the level before
	firing         []int64   // slots at exactly this rank
	first          [][]piece // by incident
}

// worker counts a part of the series. Its scratch space is kept from one series
// to the next.
type worker struct {
	p              *plan
	counts         []counts // of holds[i] and keeps[j] at i*len(keeps)+j
	concerned      []bool   // by incident: some alert is concerned
	ranks, scratch []uint16
	dilated        [][]uint16 // by keep
	walk           walker
	pieces         []piece
}

func newWorker(p *plan) *worker {
	n := p.surface.Grid.Slots
	w := &worker{p: p, counts: make([]counts, len(p.holds)*len(p.keeps)), concerned: make([]bool, len(p.o.Incidents))}
	for i := range w.counts {
		w.counts[i] = counts{
			starts: make([]int32, int(p.top)+1), inside: make([]int32, int(p.top)+1), firing: make([]int64, int(p.top)+1),
			first: make([][]piece, len(p.o.Incidents)),
		}
	}
	w.ranks, w.scratch = make([]uint16, n), make([]uint16, n)
	for range p.keeps {
		w.dilated = append(w.dilated, make([]uint16, n))
	}
	w.walk = walker{eroded: make([]uint16, n), level: make([]uint16, n+1)}
	return w
}

// add runs a series through all combinations.
func (w *worker) add(s Series) {
	p := w.p
	watches := p.o.watches(p.surface.Grid, s.Labels)
	overlaps := merge(watches)
	for _, watched := range watches {
		w.concerned[watched.incident] = true
	}
	p.surface.levels.ranks(s.Values, w.ranks)
	for j, keep := range p.keeps {
		dilate(w.ranks, w.dilated[j], w.scratch, keep+1)
	}
	for i, hold := range p.holds {
		erode(w.ranks, w.walk.eroded, w.scratch, hold+1)
		for j := range p.keeps {
			w.walk.dilated = w.dilated[j]
			c := &w.counts[i*len(p.keeps)+j]
			w.count(c, overlaps)
			w.catch(c, watches)
		}
	}
}

// count counts the episodes of one combination, those that meet an incident, and
// the time that they fire.
//
// An episode meets an incident first at one slot: where it begins in it, or at
// the incident's first slot. In the latter case those levels count that were
// quiet at some time since the incident before, and, so that only episodes of
// the window count, since the slot before the window.
func (w *worker) count(c *counts, overlaps []stretch) {
	at := w.p.all.from
	w.walk.warm(stretch{0, at})
	lowest := w.walk.level[at]
	for _, s := range overlaps {
		lowest = w.walk.count(stretch{at, s.from}, c.starts, c.firing, lowest)
		lowest = w.walk.count(stretch{s.from, s.from + 1}, c.starts, c.firing, lowest)
		if first := w.walk.level[s.from+1]; lowest < first {
			c.inside[lowest]++
			c.inside[first]--
		}
		w.meet(c, stretch{s.from + 1, s.to})
		at = s.to
		lowest = w.walk.level[at]
	}
	w.walk.count(stretch{at, w.p.all.to}, c.starts, c.firing, lowest)
}

// meet counts the slots of an incident after its first: what begins there meets
// it.
func (w *worker) meet(c *counts, s stretch) {
	w.walk.count(s, c.starts, c.firing, 0)
	for t := s.from; t < s.to; t++ {
		if before, now := w.walk.level[t], w.walk.level[t+1]; now > before {
			c.inside[before]++
			c.inside[now]--
		}
	}
}

// catch notes when each incident is first caught.
func (w *worker) catch(c *counts, watches []watch) {
	for _, watched := range watches {
		if watched.onset.empty() {
			continue
		}
		w.pieces = w.walk.climb(watched.onset, w.p.top, w.pieces[:0])
		if len(w.pieces) > 0 {
			c.first[watched.incident] = earliest(c.first[watched.incident], w.pieces)
		}
	}
}

// merge adds what another worker counted.
func (w *worker) merge(o *worker) {
	for i := range w.concerned {
		w.concerned[i] = w.concerned[i] || o.concerned[i]
	}
	for i := range w.counts {
		a, b := &w.counts[i], &o.counts[i]
		for r := range a.starts {
			a.starts[r] += b.starts[r]
			a.inside[r] += b.inside[r]
			a.firing[r] += b.firing[r]
		}
		for k := range a.first {
			a.first[k] = earliest(a.first[k], b.first[k])
		}
	}
}

// curves sums the counts up to figures by level.
func (p *plan) curves(sum *worker) []*Curve {
	bear := make([]bool, len(p.o.Incidents))
	for i, incident := range p.o.Incidents {
		bear[i] = sum.concerned[i] && p.o.counts(incident)
	}
	var out []*Curve
	for i, hold := range p.surface.Fors {
		for j, keep := range p.surface.Keeps {
			c := sum.counts[p.hold[i]*len(p.keeps)+p.keep[j]]
			out = append(out, newCurve(p.surface, c, bear, Shape{For: hold, KeepFiringFor: keep}))
		}
	}
	return out
}
