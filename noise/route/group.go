package route

// phase is where an alert stands in a group.
type phase uint8

const (
	absent   phase = iota
	firing         // told of and not ended
	resolved       // ended, and not yet flushed
	// lingering: ended, flushed and deleted, while Prometheus still tells of the
	// end, which puts it back into the group.
	lingering
)

// slot is the state of one alert in a group.
type slot struct {
	phase phase
	span  *span
	// gone is when it was deleted, for a lingering one.
	gone int64
}

// group is one aggregation group while it is replayed: dispatch.aggrGroup.
type group struct {
	members
	mutes   []stretch // by the route's time intervals
	slots   []slot    // by place in the unit
	present []int32   // places whose phase is not absent
	events  []event
	done    int // of events

	exists  bool
	created int64
	flushed int64 // the last flush; before created if there was none
	wake    int64 // the next flush that can change anything; never if !exists
	revive  int64 // when word of an end makes a new group; never if it does not
}

// event is an alert's start or end.
type event struct {
	at    int64
	place int32
	span  *span
	end   bool
}

// next is when something happens to the group.
func (g *group) next() int64 {
	t := min(g.wake, g.revive)
	if g.done < len(g.events) {
		t = min(t, g.events[g.done].at)
	}
	return t
}

// take applies the next event. A resolved alert stays in its group until it was
// flushed; one that fires again before that is as if nothing had been.
func (g *group) take() {
	e := g.events[g.done]
	g.done++
	s := &g.slots[e.place]
	if e.end {
		if s.phase == firing && s.span == e.span {
			s.phase = resolved
			g.rouse(e.at)
		}
		return
	}
	if s.phase == absent {
		g.present = append(g.present, e.place)
	}
	*s = slot{phase: firing, span: e.span}
	if !g.exists {
		g.create(e.at, e.at+g.route.wait.Milliseconds())
		return
	}
	g.rouse(e.at)
}

// create begins a group whose first flush is due at a time.
func (g *group) create(now, due int64) {
	g.exists, g.created, g.flushed, g.wake, g.revive = true, now, now-1, due, never
}

// rouse makes sure that the first flush from a time on is not skipped.
func (g *group) rouse(t int64) {
	if g.flushed >= g.created { // otherwise the first flush is still to come
		g.wake = min(g.wake, g.tick(t))
	}
}

// tick is the first time from t on at which the group is flushed.
func (g *group) tick(t int64) int64 {
	if t >= never {
		return never
	}
	every := g.every()
	n := max(1, (t-g.flushed+every-1)/every)
	return g.flushed + n*every
}

// every is the group interval, of which less than a second is taken for a second:
// nobody means it, and it would be a flood of flushes.
func (g *group) every() int64 { return max(1000, g.route.interval.Milliseconds()) }

// toldAgain tells whether Prometheus told of a lingering alert's end in (after,
// upTo].
func toldAgain(s *slot, every, after, upTo int64) bool {
	at := nextTold(s, every, after)
	return at <= upTo
}

// nextTold is when Prometheus tells of an alert's end again, later than a time;
// never if it does not.
func nextTold(s *slot, every, after int64) int64 {
	n := max(1, (after-s.span.to)/every+1)
	at := s.span.to + n*every
	if after < s.span.to {
		at = s.span.to + every
	}
	if at >= s.span.until {
		return never
	}
	return at
}
