package overlap

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// axis divides the time that was observed into slots. Outages are cut out of it:
// nothing can fire in them, so they would make all rules look related.
type axis struct {
	from, to int64 // unix milliseconds
	slot     int64 // milliseconds
	lost     []loss
	slots    int32
}

// loss is a stretch that is cut out, in unix milliseconds, and the length of all
// that was cut out before it.
type loss struct{ from, to, before int64 }

// mostSlots bounds what a slot of a second over years would cost.
const mostSlots = 1 << 22

// newAxis spans the window, but no more of it than the episodes do: before the
// first and after the last of them perhaps nobody looked.
func newAxis(h noise.History, o Options) axis {
	a := axis{slot: max(1, o.Slot.Milliseconds())}
	seen := slo.Interval{}
	for i := range h.Episodes {
		e := &h.Episodes[i]
		end := e.ResolvedAt
		if e.Open() {
			end = o.Window.To
		}
		if seen.From.IsZero() || e.ActiveAt.Before(seen.From) {
			seen.From = e.ActiveAt
		}
		if end.After(seen.To) {
			seen.To = end
		}
	}
	seen = seen.Intersect(o.Window)
	a.from, a.to = seen.From.UnixMilli(), seen.To.UnixMilli()
	if a.to <= a.from {
		return axis{slot: a.slot}
	}
	length := a.to - a.from - a.cutOutages(h.Spells)
	a.slot = max(a.slot, length/mostSlots+1)
	a.slots = int32((length + a.slot - 1) / a.slot)
	return a
}

// cutOutages takes the outages out and gives their length within the axis.
func (a *axis) cutOutages(spells []noise.Spell) int64 {
	total := int64(0)
	for _, s := range union(spells, func(s noise.Spell) bool { return s.Kind == noise.SpellOutage && s.Group == "" }) {
		from, to := max(a.from, s.From.UnixMilli()), min(a.to, s.To.UnixMilli())
		if from < to {
			a.lost = append(a.lost, loss{from: from, to: to, before: total})
			total += to - from
		}
	}
	return total
}

// at is the slot that an instant of the axis lies in; an instant of an outage
// lies in the first slot after it.
func (a *axis) at(ms int64) int32 {
	ms = min(max(ms, a.from), a.to)
	passed := ms - a.from
	if i, _ := slices.BinarySearchFunc(a.lost, ms, func(l loss, t int64) int { return int(min(max(l.from-t, -1), 1)) }); i > 0 {
		l := a.lost[i-1]
		passed -= l.before + min(ms, l.to) - l.from
	}
	return int32(min(passed/a.slot, int64(a.slots)))
}

// length is the time that so many slots take.
func (a *axis) length(slots int) time.Duration {
	return time.Duration(int64(slots)*a.slot) * time.Millisecond
}

// slotsOf is how many slots a stretch of time touches at most, at least one.
func (a *axis) slotsOf(d time.Duration) int32 {
	return int32(max(1, min((d.Milliseconds()+a.slot-1)/a.slot, int64(a.slots))))
}

// union gives the spells that are wanted as disjoint intervals in time order.
func union(spells []noise.Spell, wanted func(noise.Spell) bool) []slo.Interval {
	var all []slo.Interval
	for _, s := range spells {
		if wanted(s) && !s.Empty() {
			all = append(all, s.Interval)
		}
	}
	slices.SortFunc(all, func(a, b slo.Interval) int { return a.From.Compare(b.From) })
	joined := all[:0]
	for _, s := range all {
		if n := len(joined); n > 0 && !s.From.After(joined[n-1].To) {
			if s.To.After(joined[n-1].To) {
				joined[n-1].To = s.To
			}
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
