package truth

import "time"

// limits are by when an alert has to have begun and ended, for one incident, in
// unix milliseconds.
type limits struct {
	early, late int64 // it may begin from early until late
	soon, held  int64 // it may end from soon until held
}

func (g *ground) limits(in *incident) limits {
	length := in.length()
	return limits{
		early: in.from - g.lead,
		late:  in.from + longest(g.o.Late, g.o.LateShare, length),
		soon:  in.from + int64(g.o.Soon*float64(length)),
		held:  in.to + longest(g.o.Held, g.o.HeldShare, length),
	}
}

// longest is the longer of a duration and a share of a length.
func longest(d time.Duration, share float64, length int64) int64 {
	return max(d.Milliseconds(), int64(share*float64(length)))
}

// takeTiming notes a firing that began too early or too late. It is judged by
// the incident that speaks best for it: one in time for any is in time.
func (b *bench) takeTiming(s *scoring, f *firing) {
	early := false
	for _, m := range b.met {
		l := b.g.limits(&b.g.incidents[m.incident])
		if f.fired >= l.early && f.fired <= l.late {
			return
		}
		early = early || f.fired < l.early
	}
	if early {
		s.Actions.WrongTime++
		b.eachUnit(func(u int32) { b.units[u].actions.WrongTime++ })
		return
	}
	// Late, but only if the rule had not told of it before.
	for _, m := range b.met {
		b.late = append(b.late, lateness{f, m.incident})
	}
}

// countLate counts the late firings that were the rule's first word on an
// incident, each once.
func (b *bench) countLate(s *scoring) {
	var last *firing
	for _, l := range b.late {
		if l.firing == last || b.now[l.incident].by != l.firing {
			continue
		}
		last = l.firing
		s.Actions.WrongTime++
		for _, u := range b.g.incidents[l.incident].units {
			b.units[u].actions.WrongTime++
		}
	}
}

// takeDuration notes a firing that ended too soon or was held too long, by the
// incident that speaks best for it, and how long it outlasted the last one. Of
// one whose end nobody saw only the latter can be said, and only if it fired on
// beyond what was seen.
func (b *bench) takeDuration(s *scoring, f *firing) {
	end, known := f.end()
	if !known && !f.isCut() {
		return
	}
	if !known {
		end = f.to
	}
	var last int64 = never
	wrong := true
	for _, m := range b.met {
		in := &b.g.incidents[m.incident]
		l := b.g.limits(in)
		tooSoon := known && end >= in.from && end < l.soon
		wrong = wrong && (tooSoon || end > l.held)
		last = max(last, in.to)
	}
	if wrong {
		s.Actions.WrongDuration++
		b.eachUnit(func(u int32) { b.units[u].actions.WrongDuration++ })
	}
	if known && end > last {
		s.reset = append(s.reset, end-last)
	}
}

// eachUnit calls f once with each SLO whose incidents the firing met.
func (b *bench) eachUnit(f func(u int32)) {
	if len(b.met) == 1 {
		for _, u := range b.g.incidents[b.met[0].incident].units {
			f(u)
		}
		return
	}
	units := newSet(len(b.g.units))
	for _, m := range b.met {
		for _, u := range b.g.incidents[m.incident].units {
			units.add(u)
		}
	}
	units.each(f)
}
