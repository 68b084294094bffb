package episode

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// reader reads the life of one alert from its segments.
type reader struct {
	*survey
	alert    *alert
	interval int64
	offset   int64
	forState cursor
	done     []noise.Episode

	cur    *noise.Episode // the episode under way, nil between episodes
	prev   segment        // its last segment
	prevAt float64        // ALERTS_FOR_STATE at the end of prev
	hasAt  bool           // whether prevAt is known
}

// read rebuilds the episodes of one alert.
func (w *survey) read(a *alert, into []noise.Episode) []noise.Episode {
	r := &reader{
		survey: w, alert: a, interval: w.intervalOf(a), offset: w.offset[a.name],
		forState: cursor{track: a.state}, done: into,
	}
	for _, s := range a.segments(r.interval) {
		r.take(s)
	}
	if r.cur != nil {
		r.finish()
	}
	return r.done
}

// take adds the next segment: to the episode under way or as a new one.
func (r *reader) take(s segment) {
	at, ok := r.activity(s.from)
	hole := false
	if r.cur != nil {
		hole = r.join(s, at, ok) == bridged
	}
	if r.cur == nil {
		r.begin(s, at, ok)
	} else if s.firing && !r.cur.Fired() {
		r.fire(s)
		if hole && at != r.prevAt {
			r.firedUnseen(s, at)
		}
	}
	r.prev = s
	r.prevAt, r.hasAt = r.activity(s.to)
}

// activity is the value of ALERTS_FOR_STATE at a sample. One that lies before the
// unix epoch or a day ahead of the sample was not written by a rule engine.
func (r *reader) activity(ts int64) (at float64, known bool) {
	at, known = r.forState.at(ts)
	return at, known && at >= 0 && at*1000 <= float64(ts)+float64(24*time.Hour/time.Millisecond)
}

// join decides whether a segment goes on with the episode under way, and ends
// that episode where it does not.
func (r *reader) join(s segment, at float64, known bool) verdict {
	gap, v := s.from-r.prev.to, r.verdict(s, at, known)
	switch v {
	case handover:
	case bridged:
		r.cur.Certainty.Gaps++
		r.cur.Certainty.Bridged += millis(gap - r.interval)
	case ended:
		r.close(r.prev.marker, noise.EdgeExact)
	case endedUnseen:
		r.close(r.prev.to+r.interval, noise.EdgeWithinInterval)
	case lost:
		r.close(r.prev.to+r.interval, noise.EdgeLost)
	}
	return v
}

// begin starts an episode at a segment.
func (r *reader) begin(s segment, at float64, known bool) {
	r.cur = &noise.Episode{
		Rule: r.alert.name, Labels: r.alert.labels,
		ActiveAt:  r.time(s.from),
		Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeNone, Replicas: 1},
	}
	earlier := known && r.slotsBack(s.from, at) > 0
	if earlier {
		r.cur.ActiveAt = r.onGrid(s.from, at)
	}
	cut := r.cutAtStart(s, at, known)
	if cut {
		r.cur.Certainty.Active = noise.EdgeCut
	}
	if !s.firing {
		return
	}
	r.fire(s)
	switch {
	case cut:
		r.cur.Certainty.Fired = noise.EdgeCut
	case earlier:
		r.firedUnseen(s, at)
	}
}

// cutAtStart tells whether an episode may have begun before the data do.
func (r *reader) cutAtStart(s segment, at float64, known bool) bool {
	if known {
		return r.slotsBack(s.from, at) > 0 && int64(at*1000) < r.start
	}
	return s.from-r.start < r.interval
}

// fire records the first firing sample of the episode under way.
func (r *reader) fire(s segment) {
	r.cur.FiredAt = r.time(s.from)
	r.cur.Certainty.Fired = noise.EdgeExact
}

// firedUnseen dates the firing of an alert that was active for longer than its
// first firing sample says: a start of Prometheus hid the evaluations between.
// The rule's `for`, where known, gives the evaluation at which it fired.
func (r *reader) firedUnseen(s segment, at float64) {
	hold, known := r.hold[r.alert.name]
	if !known || hold < 0 {
		r.cur.Certainty.Fired = noise.EdgeWithinGap
		return
	}
	waited := (hold + r.interval - 1) / r.interval * r.interval
	if fired := r.onGrid(s.from, at).Add(millis(waited)); fired.Before(r.cur.FiredAt) {
		r.cur.FiredAt = fired
	}
}

// finish ends the episode whose last segment has no successor.
func (r *reader) finish() {
	due := r.prev.to + r.interval
	switch {
	case r.prev.marker != 0:
		r.close(r.prev.marker, noise.EdgeExact)
	case due >= r.end || r.o.Markers && due+r.interval >= r.end:
		r.close(0, noise.EdgeOpen)
	case r.o.Markers:
		r.close(due, noise.EdgeLost)
	default:
		r.close(due, noise.EdgeWithinInterval)
	}
}

// close ends the episode under way at ts, or leaves it open if ts is 0.
func (r *reader) close(ts int64, edge noise.Edge) {
	if ts != 0 {
		r.cur.ResolvedAt = r.time(ts)
	}
	r.cur.Certainty.Resolved = edge
	if hole := ts - r.prev.to - r.interval; edge == noise.EdgeExact && hole > r.interval/2 {
		// Evaluations failed before the one that saw the end.
		r.cur.Certainty.Gaps++
		r.cur.Certainty.Bridged += millis(hole)
	}
	r.done = append(r.done, *r.cur)
	r.cur = nil
}

// time is the evaluation that wrote a sample: samples are set back by the
// group's query_offset.
func (r *reader) time(ts int64) time.Time {
	return time.UnixMilli(ts + r.offset).UTC()
}

// onGrid is the instant of an ALERTS_FOR_STATE value. Values are whole seconds;
// where the evaluation grid through the sample at ts has a slot in that second,
// it is that slot.
func (r *reader) onGrid(ts int64, at float64) time.Time {
	value := int64(at) * 1000
	slot := ts + r.offset - r.slotsBack(ts, at)*r.interval
	if slot/1000*1000 == value {
		return time.UnixMilli(slot).UTC()
	}
	return time.UnixMilli(value).UTC()
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }
