package route

import (
	"cmp"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

// replayer runs units one after the other; its buffers are used again.
type replayer struct {
	c        *Config
	alerts   []alert
	from, to int64 // the window
	resend   int64
	fate     []held // by episode
	mutes    map[*node][]stretch
	out      *collected

	unit     *unit
	channels []channel
	number   uint32 // of the last entry written
	marks    [2][]mark
	slots    []slot
	scratch  flush
}

// Replay tells which notifications an Alertmanager with this configuration would
// have sent of the episodes. It keeps the labels and nothing else of its
// arguments, and takes time in proportion to the episodes and to the alerts that
// notifications name, not to the length of the window.
func Replay(c *Config, episodes []noise.Episode, o Options) Result {
	o = o.withDefaults()
	if o.Window.Empty() {
		o.Window = reach(episodes, c)
	}
	o.Window = shorten(o.Window)
	out := newCollected(c, episodes, o)
	if o.Window.Empty() {
		return out.result(nil)
	}
	t := o.table
	if t == nil {
		t = heard(episodes, o)
	}
	t.inhibit(c.inhibit)
	r := &replayer{
		c: c, alerts: t.alerts, from: milli(o.Window.From), to: t.to, resend: o.ResendEvery.Milliseconds(),
		fate: make([]held, len(episodes)), mutes: c.mutes(t.from, t.to), out: out,
	}
	units := o.only.of(t.units(c), t.alerts)
	for i := range units {
		r.run(&units[i])
	}
	return out.result(r.fate)
}

// heard is what Alertmanager heard of the episodes, and when it was silenced.
func heard(episodes []noise.Episode, o Options) *alertTable {
	t := gather(episodes, o)
	t.silence(o.Silences)
	return t
}

// mutes is when each route is muted by its time intervals. Routes with the same
// intervals share the list.
func (c *Config) mutes(from, to int64) map[*node][]stretch {
	out, same := map[*node][]stretch{}, map[string][]stretch{}
	for _, n := range c.nodes {
		if len(n.mute)+len(n.alive) == 0 {
			continue
		}
		name := namesOf(n)
		if _, ok := same[name]; !ok {
			same[name] = c.timed(n, from, to)
		}
		out[n] = same[name]
	}
	return out
}

func namesOf(n *node) string {
	return strings.Join(n.mute, "\xff") + "\xfe" + strings.Join(n.alive, "\xff")
}

// run replays a unit to the end of the window.
func (r *replayer) run(u *unit) {
	r.unit = u
	groups := r.prepare(u)
	for {
		g, t := soonest(groups)
		if t >= r.to {
			return
		}
		switch {
		case g.done < len(g.events) && g.events[g.done].at == t:
			g.take()
		case g.wake == t:
			r.flush(g, t)
		default:
			r.comeBack(g, t)
		}
	}
}

// soonest is the group to which something happens first. There is nearly always
// one only.
func soonest(groups []group) (*group, int64) {
	first, t := &groups[0], groups[0].next()
	for i := 1; i < len(groups); i++ {
		if next := groups[i].next(); next < t {
			first, t = &groups[i], next
		}
	}
	return first, t
}

// prepare sets up the groups and the receiver's channels of a unit.
func (r *replayer) prepare(u *unit) []group {
	r.channels = r.channels[:0]
	for _, i := range r.c.receivers[u.groups[0].route.receiver].Integrations {
		if !slices.ContainsFunc(r.channels, func(c channel) bool { return c.sendResolved == i.SendResolved }) {
			marks := &r.marks[len(r.channels)]
			*marks = slices.Grow((*marks)[:0], len(u.alerts))[:len(u.alerts)]
			clear(*marks)
			r.channels = append(r.channels, channel{sendResolved: i.SendResolved, entry: entry{marks: *marks}})
		}
	}
	groups := make([]group, len(u.groups))
	r.slots = slices.Grow(r.slots[:0], len(u.alerts)*len(groups))[:len(u.alerts)*len(groups)]
	clear(r.slots)
	for i, m := range u.groups {
		groups[i] = group{
			members: m, mutes: r.mutes[m.route], events: r.events(u, m),
			slots: r.slots[i*len(u.alerts) : (i+1)*len(u.alerts)],
			wake:  never, revive: never,
		}
	}
	return groups
}

// events are the starts and ends of a group's alerts in order; of what happens
// at once, ends come first, so that an alert may go on.
func (r *replayer) events(u *unit, m members) []event {
	var out []event
	for _, place := range m.alerts {
		spans := r.alerts[u.alerts[place]].spans
		for i := range spans {
			s := &spans[i]
			out = append(out, event{at: s.from, place: place, span: s})
			if s.to < r.to {
				out = append(out, event{at: s.to, place: place, span: s, end: true})
			}
		}
	}
	slices.SortFunc(out, compareEvents)
	return out
}

func compareEvents(a, b event) int {
	switch {
	case a.at != b.at:
		if a.at < b.at {
			return -1
		}
		return 1
	case a.end != b.end:
		if a.end {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.span.episode, b.span.episode)
}
