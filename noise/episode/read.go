package episode

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// segment is a run of the pending or the firing series.
type segment struct {
	run
	firing bool
}

// segments are the runs of an alert in time order, pending and firing mixed, cut
// wherever ALERTS_FOR_STATE takes another value and where two lone samples lie
// further apart than evaluations do.
func (a *alert) segments(interval int64) []segment {
	var out []segment
	for _, t := range []struct {
		track  *Track
		firing bool
	}{{a.pending, false}, {a.firing, true}} {
		if t.track == nil {
			continue
		}
		cuts := a.cuts()
		for _, r := range t.track.runs {
			if r.count == 2 && r.step > interval*3/2 {
				first := run{from: r.from, to: r.from, count: 1}
				out = append(out, segment{first, t.firing})
				r.from, r.count = r.to, 1
			}
			for _, part := range r.split(cuts) {
				out = append(out, segment{part, t.firing})
			}
			cuts = dropBefore(cuts, r.to)
		}
	}
	slices.SortFunc(out, func(x, y segment) int { return int(x.from - y.from) })
	return out
}

// cut is a place where ALERTS_FOR_STATE changes: the last sample of the old
// value and the first of the new one.
type cut struct{ last, first int64 }

func (a *alert) cuts() []cut {
	if a.state == nil {
		return nil
	}
	var out []cut
	for i := 1; i < len(a.state.runs); i++ {
		prev, next := a.state.runs[i-1], a.state.runs[i]
		if prev.value != next.value {
			out = append(out, cut{prev.to, next.from})
		}
	}
	return out
}

// dropBefore is the cuts that lie after ts.
func dropBefore(cuts []cut, ts int64) []cut {
	for len(cuts) > 0 && cuts[0].first <= ts {
		cuts = cuts[1:]
	}
	return cuts
}

// split is the run in pieces, cut where the cuts fall inside it. The marker
// stays with the last piece.
func (r run) split(cuts []cut) []run {
	out := []run{r}
	for _, c := range cuts {
		last := &out[len(out)-1]
		if c.first > last.to {
			break
		}
		begin := last.sampleFrom(c.first)
		if begin <= last.from || begin > last.to {
			continue
		}
		rest := *last
		rest.from = begin
		last.marker, last.to = 0, last.sampleFrom(begin-last.step)
		out = append(out, rest)
	}
	return out
}

// sampleFrom is the run's first sample that is not before ts, or only by as
// little as its spacing is uneven.
func (r run) sampleFrom(ts int64) int64 {
	if ts <= r.from || r.step == 0 {
		return r.from
	}
	n := (ts - r.from - slack(r.step) + r.step - 1) / r.step
	return r.from + n*r.step
}

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

// verdict is what lies between two segments of one alert.
type verdict int

const (
	handover    verdict = iota // no evaluation without a sample between them
	bridged                    // nobody looked between them, and it is the same episode
	ended                      // a marker shows the end
	endedUnseen                // it ended; the source shows no markers
	lost                       // the pipeline went away, and what came after is another episode
)

// verdict weighs the evidence between the last segment and s: first markers,
// then the length of the hole, then what ALERTS_FOR_STATE says after it. Without
// markers an activity that begins at s itself is a new one even at the very next
// evaluation, since the interval may only look that long.
func (r *reader) verdict(s segment, at float64, known bool) verdict {
	if m := r.prev.marker; m != 0 && m < s.from {
		return ended
	}
	anew := known && at != r.prevAt && r.slotsBack(s.from, at) == 0 && !r.restored(s.from, at)
	if r.prev.marker != 0 && !anew || r.next(s) && (r.o.Markers || !anew) {
		return handover
	}
	unlike := lost
	if !r.o.Markers {
		unlike = endedUnseen
	}
	if !known || !r.hasAt {
		if r.o.Markers && r.short(s) {
			return bridged
		}
		return unlike
	}
	if at == r.prevAt {
		return bridged
	}
	if r.bornAfter(s, at) || !r.short(s) || r.endedBefore(s) {
		return unlike
	}
	return bridged
}

// next tells whether s begins at the evaluation after the last segment.
func (r *reader) next(s segment) bool {
	return s.from-r.prev.to <= r.interval*3/2
}

// short tells whether the hole before s is one that may be bridged.
func (r *reader) short(s segment) bool {
	return millis(s.from-r.prev.to) <= r.o.BridgeLimit
}

// bornAfter tells whether the alert was seen inactive after the last segment
// although nothing was written: its activity began at s itself, or at the second
// evaluation of a new process, whose first one must have found it inactive. An
// alert that was pending may have its activity rewritten to about that second
// evaluation by the restore (rules/group.go RestoreForState) if its `for` is
// long enough to be restored.
func (r *reader) bornAfter(s segment, at float64) bool {
	evaluationsAgo := r.slotsBack(s.from, at)
	if evaluationsAgo >= unwrittenAtStart || r.restored(s.from, at) {
		return false
	}
	if evaluationsAgo == 0 {
		return true
	}
	if hold, known := r.hold[r.alert.name]; known && hold >= 0 {
		return hold < restorableHold.Milliseconds()
	}
	return r.prev.firing
}

// restored tells whether the activity lies after the evaluation that records it,
// which only a restore brings about: it shifts by the downtime, and takes a
// query_offset for a part of that.
func (r *reader) restored(ts int64, at float64) bool {
	return int64(at) > (ts+r.offset)/1000
}

// slotsBack is how many evaluations before the sample at ts the alert became
// active, by the value of ALERTS_FOR_STATE, which is cut to whole seconds.
func (r *reader) slotsBack(ts int64, at float64) int64 {
	back := ts + r.offset - int64(at*1000) - 999
	if back <= 0 {
		return 0
	}
	return (back + r.interval - 1) / r.interval
}

// endedBefore tells whether rules were evaluated between the last segment and
// the hole before s, so that the alert was inactive then although no marker
// tells. The witnesses are the rule's other alerts, and where the samples are
// one server's own (only then are there markers) every other rule's alerts.
func (r *reader) endedBefore(s segment) bool {
	began := s.from - (unwrittenAtStart+1)*r.interval
	if r.alive[r.alert.name].within(r.prev.to+r.interval/2, began) {
		return true
	}
	return r.o.Markers && r.everyone.within(r.prev.to+r.interval*3/2, began)
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
