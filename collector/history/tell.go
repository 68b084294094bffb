package history

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// toldStretch is the stretch of an episode that is told alone.
func toldStretch(e noise.Episode) stretch {
	from := e.ActiveAt.UnixMilli()
	last := from + 1
	if e.Fired() {
		last = max(last, e.FiredAt.UnixMilli()+1)
	}
	return seen(e, window{from, max(last, e.ResolvedAt.UnixMilli())})
}

// tell is what is known of one alert after an episode of it was told. It does
// not matter in which order episodes are told, or how often.
func tell(known []stretch, e stretch) []stretch {
	var out []stretch
	for _, k := range known {
		switch {
		case !k.Open() && k.to <= e.from, !e.Open() && e.to <= k.from:
			out = append(out, k)
		case k.unended() && k.ActiveAt.Before(e.ActiveAt) && e.Certainty.Active != noise.EdgeCut:
			out = append(out, k.endedUnseen(e.from))
		case e.unended() && e.ActiveAt.Before(k.ActiveAt) && k.Certainty.Active != noise.EdgeCut:
			out, e = append(out, k), e.endedUnseen(k.from)
		default:
			e = sameTold(k, e)
		}
	}
	return append(out, e)
}

// endedUnseen is an open stretch that must have ended before another began.
func (s stretch) endedUnseen(at int64) stretch {
	s = s.before(max(at, s.from+1))
	s.Certainty.Resolved = noise.EdgeWithinGap
	return s
}

// unended tells whether the end was not told: it is open, or ends only because
// another began.
func (s stretch) unended() bool {
	return s.Open() || s.Certainty.Resolved == noise.EdgeWithinGap
}

// sameTold is an episode that was told twice: an end counts more than none, and
// then what was told last.
func sameTold(known, told stretch) stretch {
	best, other := told, known
	if told.unended() && !known.unended() {
		best, other = known, told
	}
	if other.ActiveAt.Before(best.ActiveAt) {
		best.from, best.ActiveAt, best.Certainty.Active = other.from, other.ActiveAt, other.Certainty.Active
	}
	if other.Fired() && (!best.Fired() || best.Certainty.Fired == noise.EdgeCut && other.FiredAt.Before(best.FiredAt)) {
		best.FiredAt, best.Certainty.Fired = other.FiredAt, other.Certainty.Fired
	}
	if best.Group == "" && best.File == "" {
		best.Group, best.File = other.Group, other.File
	}
	best.to = max(best.to, best.from+1)
	return best
}

// orZero is a time in unix milliseconds.
func orZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
