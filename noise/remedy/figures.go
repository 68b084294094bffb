package remedy

import (
	"slices"
	"time"
)

// Ways are the ways in which people are told: somebody at all, somebody who is
// woken, and then each receiver.
const (
	anybody = iota
	awake
	firstReceiver
)

// receivers are all that are named, in order.
func (w *work) receivers() []string {
	var out []string
	for _, r := range w.Rules {
		out = append(out, r.Voice.Receivers...)
		if r.Lower != nil {
			out = append(out, r.Lower.Voice.Receivers...)
		}
		if r.Instead != nil {
			for _, a := range r.Instead.Alerts {
				out = append(out, a.Voice.Receivers...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// hearing is, by way, when each incident is first told of.
type hearing [][]time.Time

func newHearing(ways, incidents int) hearing {
	out := make(hearing, ways)
	for i := range out {
		out[i] = make([]time.Time, incidents)
	}
	return out
}

// with adds what a form tells; the receiver is left as it is.
func (h hearing) with(f form, receivers []string) hearing {
	out := make(hearing, len(h))
	for i := range h {
		out[i] = slices.Clone(h[i])
	}
	out.add(f, receivers)
	return out
}

func (h hearing) add(f form, receivers []string) {
	for _, t := range f {
		for way := range h {
			if !t.voice.reaches(way, receivers) {
				continue
			}
			for i, at := range t.score.CaughtAt {
				h[way][i] = earlier(h[way][i], at)
			}
		}
	}
}

// reaches tells whether a voice is heard in a way.
func (v Voice) reaches(way int, receivers []string) bool {
	switch way {
	case anybody:
		return true
	case awake:
		return v.Waking == Wakes
	}
	return len(v.Receivers) == 0 || slices.Contains(v.Receivers, receivers[way-firstReceiver])
}

// sceneOf is a part as one rule finds it.
func (w *work) sceneOf(p *part, i int) *scene {
	if p.heard == nil {
		p.heard = w.hear(p, p.today, -1)
	}
	others := w.hear(p, p.now, i)
	return &scene{
		part: p, rule: i, others: others, today: p.heard,
		asItIs: others.with(p.today[i], w.heard), stands: others.with(p.now[i], w.heard),
	}
}

// hear is what all rules but one tell.
func (w *work) hear(p *part, forms []form, but int) hearing {
	out := newHearing(firstReceiver+len(w.heard), len(p.choose.Incidents))
	for i, f := range forms {
		if i != but {
			out.add(f, w.heard)
		}
	}
	return out
}

// scene is what all rules but one tell in a part, and that one as it is and as
// things stand.
type scene struct {
	part                   *part
	rule                   int
	others, asItIs, stands hearing
	today                  hearing // all rules as they are
}

// figures are those of a rule with a form instead of its own.
func (w *work) figures(s *scene, then form) Figures {
	p, today := s.part, s.part.today[s.rule]
	var f Figures
	f.PagesKnown = true
	for _, t := range then {
		f.Episodes += t.score.Episodes
		f.Outside += t.score.Outside
		f.Notifications += float64(t.sent.all) / p.weeks()
		if t.voice.Waking == Wakes {
			f.Pages += float64(t.sent.all) / p.weeks()
		}
		f.PagesKnown = f.PagesKnown && t.voice.Waking != WakesUnknown
	}
	before, after := s.asItIs, s.others.with(then, w.heard)
	var later []time.Duration
	for i := range p.choose.Incidents {
		if today[0].score.Bears[i] {
			f.Incidents++
			if p.inTime(i, then.at(i)) {
				f.InTime++
			}
		}
		f.compare(s, i, after)
		if p.inTime(i, today.at(i)) && !after[anybody][i].IsZero() {
			from := p.choose.Incidents[i].From
			later = append(later, max(0, after[anybody][i].Sub(from))-max(0, before[anybody][i].Sub(from)))
		}
	}
	if len(later) > 0 {
		slices.Sort(later)
		f.Later = &later[len(later)/2]
	}
	return f
}

// compare notes who is told no more of an incident: who is told of it in time
// today, and still would be if this rule were as it is, or as things stand.
// Whom others' changes leave untold in any case is not for this rule to tell.
func (f *Figures) compare(s *scene, i int, after hearing) {
	p, fewer := s.part, false
	for way := range after {
		told := p.inTime(i, s.today[way][i]) && (p.inTime(i, s.asItIs[way][i]) || p.inTime(i, s.stands[way][i]))
		gone := told && !p.inTime(i, after[way][i])
		if way == anybody && gone {
			f.Lost = append(f.Lost, i)
			return
		}
		fewer = fewer || gone
	}
	if fewer {
		f.Fewer = append(f.Fewer, i)
	}
}
