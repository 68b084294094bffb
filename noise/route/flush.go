package route

// flush is one run of the notification pipeline for a group.
type flush struct {
	now              int64
	firing, resolved []int32 // places that are not muted
	ended            []int32 // places of all resolved, muted or not
	change           int64   // when a mute begins or ends
}

// held are the reasons for which an episode was kept back.
type held uint8

const (
	heldInhibited held = 1 << iota
	heldTime
	heldSilenced
	notified
)

// flush runs the pipeline: inhibition, time intervals, silences, then for each
// channel of the receiver the log and the sending. Afterwards resolved alerts are
// deleted, and with the last of them the group.
func (r *replayer) flush(g *group, now int64) {
	f := &r.scratch
	*f = flush{now: now, firing: f.firing[:0], resolved: f.resolved[:0], ended: f.ended[:0], change: never}
	since := max(g.created-1, g.flushed, now-g.every()) // the flush before, run or skipped
	if g.flushed < g.created {
		since = g.created - 1
	}
	timed, edge := at(g.mutes, now)
	f.change = edge
	for _, place := range g.present {
		s := &g.slots[place]
		if s.phase == lingering {
			if !toldAgain(s, r.resend, max(since, s.gone), now) {
				r.notMuted(place, now, f) // only for when a mute ends
				continue
			}
			s.phase = resolved
		}
		if s.phase == resolved {
			f.ended = append(f.ended, place)
		}
		r.sort(s, place, timed, f)
	}
	g.flushed = now
	r.notify(g, f)
	r.clean(g, f)
}

// sort puts an alert among those to notify of, unless it is muted.
func (r *replayer) sort(s *slot, place int32, timed bool, f *flush) {
	why := r.notMuted(place, f.now, f)
	if why&heldInhibited == 0 && timed {
		why = heldTime
	}
	switch {
	case why != 0 && s.phase == firing:
		r.fate[s.span.episode] |= why
	case why != 0:
	case s.phase == firing:
		f.firing = append(f.firing, place)
	default:
		f.resolved = append(f.resolved, place)
	}
}

// notMuted is 0 for an alert that is neither inhibited nor silenced, or else
// which of the two; it notes when that changes.
func (r *replayer) notMuted(place int32, now int64, f *flush) held {
	a := &r.alerts[r.unit.alerts[place]]
	var why held
	if len(a.inhibited) > 0 {
		in, next := anyAt(a.inhibited, now)
		f.change = min(f.change, next)
		if in {
			why = heldInhibited
		}
	}
	if len(a.silenced) > 0 {
		in, next := at(a.silenced, now)
		f.change = min(f.change, next)
		if in && why == 0 {
			why = heldSilenced
		}
	}
	return why
}

// notify asks each channel whether to notify, and notes what it sent. A flush of
// which everything is muted never gets to the log.
func (r *replayer) notify(g *group, f *flush) {
	if len(f.firing)+len(f.resolved) == 0 {
		return
	}
	repeat := g.route.repeat.Milliseconds()
	var reason Reason
	withResolved := false
	for i := range r.channels {
		c := &r.channels[i]
		why := c.decide(f, repeat)
		if why == "" {
			continue
		}
		r.number++
		c.entry.write(f, r.number, repeat)
		if !c.sendResolved && len(f.firing) == 0 {
			continue // only the log is told
		}
		withResolved = withResolved || c.sendResolved
		if reason == "" {
			reason = why
		}
	}
	if reason != "" {
		r.send(g, f, reason, withResolved)
	}
}

// clean deletes the resolved alerts that were flushed. What is left decides when
// the group is flushed next to any effect.
func (r *replayer) clean(g *group, f *flush) {
	for _, place := range f.ended {
		s := &g.slots[place]
		s.phase, s.gone = lingering, f.now
	}
	left, next := 0, f.change
	kept := g.present[:0]
	for _, place := range g.present {
		s := &g.slots[place]
		if s.phase == lingering {
			if nextTold(s, r.resend, f.now) == never {
				s.phase = absent
				continue
			}
			if r.matters(place, f) {
				next = min(next, nextTold(s, r.resend, f.now))
			}
		} else {
			left++
		}
		kept = append(kept, place)
	}
	g.present = kept
	if left == 0 {
		r.destroy(g, f.now)
		return
	}
	g.wake = g.tick(max(f.now+1, min(next, r.repeats(g, f))))
}

// matters tells whether word of an alert's end can lead to a notification: where
// a channel's entry does not name the end, or where it names alerts as firing
// while none is left that is not muted.
func (r *replayer) matters(place int32, f *flush) bool {
	for i := range r.channels {
		c := &r.channels[i]
		if c.sendResolved && !c.entry.hasResolved(place) || len(f.firing) == 0 && c.entry.firing > 0 {
			return true
		}
	}
	return false
}

// repeats is when a channel's repeat interval is over or its entry expires.
func (r *replayer) repeats(g *group, f *flush) int64 {
	next := int64(never)
	for i := range r.channels {
		e := &r.channels[i].entry
		if len(f.firing) > 0 && e.known(f.now) {
			next = min(next, e.at+g.route.repeat.Milliseconds()+1, e.expires)
		}
	}
	return next
}

// destroy ends a group that has become empty. Word of an end that comes later
// makes a new group for a moment; that matters only where the log still has an
// alert as firing, or where the new group waits for others.
func (r *replayer) destroy(g *group, now int64) {
	g.exists, g.wake, g.revive = false, never, never
	owes := false
	for i := range r.channels {
		e := &r.channels[i].entry
		owes = owes || e.known(now) && e.firing > 0
	}
	for _, place := range g.present {
		s := &g.slots[place]
		told := nextTold(s, r.resend, now)
		if owes || s.span.from+g.route.wait.Milliseconds() >= told {
			g.revive = min(g.revive, told)
		}
	}
}

// comeBack makes the group that word of an end brings about. It is flushed at
// once if an alert in it is older than the group wait.
func (r *replayer) comeBack(g *group, now int64) {
	wait := g.route.wait.Milliseconds()
	due := now + wait
	for _, place := range g.present {
		s := &g.slots[place]
		if !toldAgain(s, r.resend, now-1, now) {
			continue
		}
		s.phase = resolved
		if s.span.from+wait < now {
			due = now
		}
	}
	g.create(now, due)
}
