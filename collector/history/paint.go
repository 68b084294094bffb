package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// stretch is the part of an episode's life that was looked at: in unix
// milliseconds, from the first of its instants to the one after the last. An
// episode that is open ended at the end of what was read.
type stretch struct {
	noise.Episode
	from, to int64
	// shifts are other starts that were recorded for the same episode, in order;
	// see shifts.go.
	shifts []int64
}

// window is a half-open interval in unix milliseconds.
type window struct{ from, to int64 }

func windowOf(i slo.Interval) window { return window{i.From.UnixMilli(), i.To.UnixMilli()} }

// seen is the stretch of an episode that was read in a window.
func seen(e noise.Episode, w window) stretch {
	s := stretch{Episode: e, from: max(e.ActiveAt.UnixMilli(), w.from), to: w.to}
	if !e.Open() {
		s.to = min(e.ResolvedAt.UnixMilli(), w.to)
	}
	s.to = max(s.to, s.from+1)
	return s
}

// isCut tells whether the stretch may go on before the window that showed it.
func (s stretch) isCut(w window) bool {
	return s.Certainty.Active == noise.EdgeCut || s.ActiveAt.UnixMilli() < w.from
}

// repaint is what is known of one alert after a window was read anew: what was
// known outside of the window stays, what the window shows replaces what was known
// in it, and an episode that goes on over an edge of the window is one episode.
// The known stretches are those that touch the window, and may be the last one
// before it; both lists are in time order. Evaluations lie no further apart than
// interval says, in milliseconds: what was active only before the first evaluation
// in the window is not missing in it.
func repaint(known, fresh []stretch, w window, interval int64) []stretch {
	if len(fresh) == 0 && w.to-w.from < interval {
		return known // there may have been no evaluation
	}
	var out []stretch
	var left, right *stretch
	for i := range known {
		k := &known[i]
		switch {
		case k.to < w.from, k.to == w.from && !k.Open():
			out = append(out, *k) // over before the window
		case k.from > w.to || k.from == w.to && !k.isCut(w):
			out = append(out, *k) // begins after it
		default:
			if k.from < w.from {
				left = k
			}
			if k.to > w.to || k.to == w.to && !k.Open() || k.from == w.to {
				right = k
			}
		}
	}
	fresh = slices.Clone(fresh)
	goesOn := len(fresh) > 0 && fresh[len(fresh)-1].Open()
	out = joinLeft(out, left, &fresh, window{w.from, w.from + interval})
	switch {
	case right == nil:
	case goesOn:
		fresh[len(fresh)-1] = join(fresh[len(fresh)-1], *right)
	case right.from >= w.to:
		out = append(out, *right)
	case right.to > w.to:
		out = append(out, right.after(w.to))
	}
	out = append(out, fresh...)
	slices.SortFunc(out, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	return out
}

// joinLeft joins the first of the fresh stretches with what was known before the
// window, of which the time until the first evaluation is given.
func joinLeft(out []stretch, left *stretch, fresh *[]stretch, w window) []stretch {
	cut := len(*fresh) > 0 && (*fresh)[0].isCut(w)
	switch {
	case left != nil && cut:
		(*fresh)[0] = join(*left, (*fresh)[0])
	case left != nil && !left.Open() && left.to <= w.to && (len(*fresh) == 0 || left.to <= (*fresh)[0].from):
		out = append(out, *left)
	case left != nil:
		out = append(out, left.before(w.from))
	case cut:
		out = joinLast(out, &(*fresh)[0])
	}
	return out
}

// joinLast joins a stretch whose beginning was not seen with the last one that is
// known before it, where that had no visible end and the stretch was active by
// then. Otherwise it began no earlier than that one ended.
func joinLast(out []stretch, first *stretch) []stretch {
	if len(out) == 0 {
		return out
	}
	last := out[len(out)-1]
	if last.from >= first.from || first.ActiveAt.UnixMilli() >= last.to {
		return out
	}
	if last.Certainty.Resolved == noise.EdgeExact {
		first.ActiveAt = time.UnixMilli(last.to).UTC()
		return out
	}
	hole := time.Duration(first.from-last.to) * time.Millisecond
	joined := join(last, *first)
	if hole > 0 && !last.Open() { // what was not read is no hole
		joined.Certainty.Gaps = last.Certainty.Gaps + first.Certainty.Gaps + 1
		joined.Certainty.Bridged = last.Certainty.Bridged + first.Certainty.Bridged + hole
	}
	*first = joined
	return out[:len(out)-1]
}

// join is one episode of which two stretches are known, a and a later one. What the
// earlier one says of the beginning counts.
func join(a, b stretch) stretch {
	out := b
	out.from, out.shifts = a.from, shifted(a, b)
	out.ActiveAt, out.Certainty.Active = a.ActiveAt, a.Certainty.Active
	out.FiredAt, out.Certainty.Fired = firing(a, b)
	if out.Group == "" && out.File == "" {
		out.Group, out.File = a.Group, a.File
	}
	if a.to > b.from { // both may have seen the same holes
		out.Certainty.Gaps = max(a.Certainty.Gaps, b.Certainty.Gaps)
		out.Certainty.Bridged = max(a.Certainty.Bridged, b.Certainty.Bridged)
	} else {
		out.Certainty.Gaps = a.Certainty.Gaps + b.Certainty.Gaps
		out.Certainty.Bridged = a.Certainty.Bridged + b.Certainty.Bridged
	}
	out.Certainty.Replicas = max(a.Certainty.Replicas, b.Certainty.Replicas)
	out.Certainty.Pipeline = union(a.Certainty.Pipeline, b.Certainty.Pipeline)
	return out
}

// firing is when an episode fired of which a stretch and a later one are known: of
// two instants the one that was seen counts, not the edge of what was read, and
// then the earlier one. What happened before the later stretch only the earlier
// one tells.
func firing(a, b stretch) (time.Time, noise.Edge) {
	cutA, cutB := a.Certainty.Fired == noise.EdgeCut, b.Certainty.Fired == noise.EdgeCut
	takeB := false
	switch {
	case !a.Fired() || !b.Fired():
		takeB = !a.Fired()
	case a.FiredAt.UnixMilli() < b.from:
	case a.FiredAt.Equal(b.FiredAt) || cutA != cutB:
		takeB = cutA
	default:
		takeB = b.FiredAt.Before(a.FiredAt)
	}
	if takeB {
		return b.FiredAt, b.Certainty.Fired
	}
	return a.FiredAt, a.Certainty.Fired
}

// union is the kinds of both lists, in order of appearance.
func union(a, b []noise.SpellKind) []noise.SpellKind {
	out := slices.Clone(a)
	for _, kind := range b {
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	return out
}

// before is the stretch as far as it lies before an instant at which it was found
// to be over.
func (s stretch) before(at int64) stretch {
	s.to, s.ResolvedAt, s.Certainty.Resolved = at, time.UnixMilli(at).UTC(), noise.EdgeCut
	if s.Fired() && s.FiredAt.UnixMilli() >= at {
		s.FiredAt, s.Certainty.Fired = time.Time{}, noise.EdgeNone
	}
	return s
}

// after is the stretch as far as it lies after an instant at which it was found
// not to be active.
func (s stretch) after(at int64) stretch {
	s.from, s.ActiveAt, s.Certainty.Active = at, time.UnixMilli(at).UTC(), noise.EdgeCut
	if s.Fired() && s.FiredAt.UnixMilli() < at {
		s.FiredAt, s.Certainty.Fired = s.ActiveAt, noise.EdgeCut
	}
	return s
}

// apart is the stretches in time order, those that overlap taken as one: episodes
// of one alert never overlap.
func apart(in []stretch) []stretch {
	slices.SortStableFunc(in, byStart)
	out := in[:0]
	for _, s := range in {
		if n := len(out); n > 0 && s.from < out[n-1].to {
			out[n-1] = sameTold(out[n-1], s)
			continue
		}
		out = append(out, s)
	}
	return out
}

func byStart(a, b stretch) int { return cmp.Compare(a.from, b.from) }
