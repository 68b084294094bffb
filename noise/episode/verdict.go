package episode

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
