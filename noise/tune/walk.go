package tune

import (
	"cmp"
	"slices"
)

// erode is the trailing minimum over w slots; where there are fewer it is 0,
// since an alert is inactive before the first slot. out and suffix are as long
// as v. It is van Herk's and Gil and Werman's algorithm: three steps a slot
// whatever w is.
func erode(v, out, suffix []uint16, w int) {
	n := len(v)
	if w > n {
		clear(out)
		return
	}
	for start := 0; start < n; start += w {
		end := min(start+w, n)
		low := v[end-1]
		for t := end - 1; t >= start; t-- {
			low = min(low, v[t])
			suffix[t] = low
		}
	}
	for start := 0; start < n; start += w {
		low := v[start]
		for t := start; t < min(start+w, n); t++ {
			low = min(low, v[t])
			if t < w-1 {
				out[t] = 0
				continue
			}
			out[t] = min(low, suffix[t-w+1])
		}
	}
}

// dilate is the trailing maximum over w slots, of fewer where there are fewer.
func dilate(v, out, suffix []uint16, w int) {
	n := len(v)
	w = min(w, n)
	for start := 0; start < n; start += w {
		end := min(start+w, n)
		high := uint16(0)
		for t := end - 1; t >= start; t-- {
			high = max(high, v[t])
			suffix[t] = high
		}
	}
	for start := 0; start < n; start += w {
		high := uint16(0)
		for t := start; t < min(start+w, n); t++ {
			high = max(high, v[t])
			out[t] = max(high, suffix[max(0, t-w+1)])
		}
	}
}

// walker runs the state machine on ranks, slot by slot.
type walker struct {
	eroded, dilated []uint16
	level           []uint16 // of firing; level[t+1] is that of slot t, level[0] is 0
}

// warm goes through slots of which nothing is counted.
func (w *walker) warm(s stretch) {
	prev := w.level[s.from]
	for t := s.from; t < s.to; t++ {
		prev = max(w.eroded[t], min(prev, w.dilated[t]))
		w.level[t+1] = prev
	}
}

// count goes through a stretch, and adds what begins in it to starts and how
// long it fires to firing, both of which are by rank. It gives the lowest level
// of the stretch, or lowest if that is lower.
func (w *walker) count(s stretch, starts []int32, firing []int64, lowest uint16) uint16 {
	eroded, dilated, level := w.eroded[s.from:s.to], w.dilated[s.from:s.to], w.level[s.from+1:s.to+1]
	prev, since := w.level[s.from], 0
	for t, e := range eroded {
		f := max(e, min(prev, dilated[t]))
		level[t] = f
		if f == prev {
			continue
		}
		firing[prev] += int64(t - since)
		since = t
		if f > prev {
			starts[prev]++
			starts[f]--
		}
		prev = f
		lowest = min(lowest, f)
	}
	firing[prev] += int64(len(eroded) - since)
	return lowest
}

// piece says that the levels [lo, hi) caught an incident at a slot.
type piece struct {
	lo, hi uint16
	slot   int32
}

// climb finds for every level the first slot of a stretch at which an episode
// begins. Levels wait for the alert to be quiet, then for it to fire; those that
// wait lie above the level of firing, the lowest of them last in the list.
func (w *walker) climb(s stretch, top uint16, out []piece) []piece {
	prev := w.level[s.from]
	quietest := prev
	waiting := []piece{{lo: prev, hi: top}}
	for t := s.from; t < s.to; t++ {
		f := w.level[t+1]
		for n := len(waiting); n > 0 && waiting[n-1].lo < f; n = len(waiting) {
			last := &waiting[n-1]
			out = append(out, piece{last.lo, min(last.hi, f), int32(t)})
			if last.hi > f {
				last.lo = f
				break
			}
			waiting = waiting[:n-1]
		}
		if f < quietest {
			waiting = append(waiting, piece{lo: f, hi: quietest})
			quietest = f
		}
	}
	slices.SortFunc(out, func(a, b piece) int { return cmp.Compare(a.lo, b.lo) })
	return out
}

// earliest merges two lists of disjoint pieces in order: of each level the
// earlier slot.
func earliest(a, b []piece) []piece {
	out := make([]piece, 0, len(a)+len(b))
	from := uint16(0)
	for len(a) > 0 || len(b) > 0 {
		p := nextPiece(a, b, from)
		if n := len(out); n > 0 && out[n-1].hi == p.lo && out[n-1].slot == p.slot {
			out[n-1].hi = p.hi
		} else {
			out = append(out, p)
		}
		from = p.hi
		for len(a) > 0 && a[0].hi <= from {
			a = a[1:]
		}
		for len(b) > 0 && b[0].hi <= from {
			b = b[1:]
		}
	}
	return out
}

// nextPiece is the lowest piece of either list at or above a level, as far as
// it is the earliest all along. One of the lists has one, and neither begins
// with a piece that ends at or below the level.
func nextPiece(a, b []piece, from uint16) piece {
	if len(a) == 0 || len(b) > 0 && max(b[0].lo, from) < max(a[0].lo, from) {
		a, b = b, a
	}
	p := a[0]
	p.lo = max(p.lo, from)
	switch {
	case len(b) == 0 || b[0].lo >= p.hi:
	case b[0].lo > p.lo:
		p.hi = b[0].lo
	default:
		p.hi, p.slot = min(p.hi, b[0].hi), min(p.slot, b[0].slot)
	}
	return p
}
