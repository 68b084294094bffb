package slo

import (
	"errors"
	"fmt"
	"time"
)

// Tier says how finely a ledger remembers, and for how long.
type Tier struct {
	Step time.Duration
	Keep time.Duration
}

// DefaultTiers hold a window of thirty days and every shorter one in under 64
// KiB: minutes for seven hours, five minutes for four days, hours for the rest.
func DefaultTiers() []Tier {
	return []Tier{
		{time.Minute, 7 * time.Hour},
		{5 * time.Minute, 4 * 24 * time.Hour},
		{time.Hour, 32 * 24 * time.Hour},
	}
}

// Tally is the events of a stretch of time: Bad of Total, in Covered of Length.
// Where nothing was covered the tally is unknown.
type Tally struct {
	Bad, Total      float64
	Covered, Length time.Duration
}

// Known tells whether there was an event to take a ratio of.
func (t Tally) Known() bool { return t.Total > 0 }

// ErrorRatio is the share of bad events in [0,1]. It is only meaningful where
// the tally is known.
func (t Tally) ErrorRatio() float64 {
	if !t.Known() {
		return 0
	}
	return min(1, t.Bad/t.Total)
}

// Coverage is the share of the time that was looked at, in [0,1].
func (t Tally) Coverage() float64 {
	if t.Length <= 0 {
		return 0
	}
	return min(1, t.Covered.Seconds()/t.Length.Seconds())
}

func (t Tally) plus(o Tally) Tally {
	return Tally{t.Bad + o.Bad, t.Total + o.Total, t.Covered + o.Covered, t.Length + o.Length}
}

// mark is all events up to an instant.
type mark struct {
	bad, total float64
	covered    uint32 // seconds
}

// ring is the marks of a tier at multiples of its step; marks[i%len] is the one
// of slot i, and slots first to last are held.
type ring struct {
	step        int64 // seconds
	bad, total  []float64
	covered     []uint32
	first, last int64 // slots since the unix epoch; first > last while empty
}

// Ledger keeps the events of an SLI as running sums, finely for recent time and
// coarser with age, so that the tally of any window is two subtractions. Between
// its marks it takes the events as even. The zero Ledger is not usable; make one
// with NewLedger. It is not safe for concurrent use.
type Ledger struct {
	rings []ring
	begin time.Time // of the first step; zero while empty
	end   time.Time
	sum   mark
	parts int64 // ledgers that were merged into it, itself included
}

// NewLedger is an empty ledger; the tiers go from fine to coarse, and each step
// divides the next.
func NewLedger(tiers []Tier) (*Ledger, error) {
	l := &Ledger{parts: 1}
	for i, t := range tiers {
		if t.Step < time.Second || t.Step%time.Second != 0 || t.Keep < t.Step {
			return nil, fmt.Errorf("make ledger: tier of %s kept for %s: want whole seconds, kept for a step at least", t.Step, t.Keep)
		}
		if i > 0 && t.Step%tiers[i-1].Step != 0 {
			return nil, fmt.Errorf("make ledger: a step of %s is no multiple of %s", t.Step, tiers[i-1].Step)
		}
		n := int(t.Keep/t.Step) + 2
		l.rings = append(l.rings, ring{
			step: int64(t.Step / time.Second), bad: make([]float64, n), total: make([]float64, n), covered: make([]uint32, n), last: -1,
		})
	}
	if len(tiers) == 0 {
		return nil, errors.New("make ledger: no tiers")
	}
	return l, nil
}

// Interval is what the ledger has been told of; empty for an empty ledger.
func (l *Ledger) Interval() Interval { return Interval{From: l.begin, To: l.end} }

// Append takes the steps that begin at or after the ledger's end; earlier ones
// are passed over, so that overlapping reads do no harm. A hole between the end
// and the first step is unknown time.
func (l *Ledger) Append(s *Steps) {
	for i := range s.Total {
		from := s.at(i)
		if from.Before(l.end) {
			continue
		}
		if l.begin.IsZero() {
			l.begin, l.end = from, from
			l.mark()
		}
		l.advance(from, mark{})
		grow := mark{bad: s.Bad[i], total: s.Total[i]}
		if s.Known[i] {
			grow.covered = uint32(s.Step / time.Second)
		}
		l.advance(from.Add(s.Step), grow)
	}
}

// advance moves the end to an instant by which the sums have grown evenly, and
// leaves a mark at every slot on the way.
func (l *Ledger) advance(to time.Time, grow mark) {
	if !to.After(l.end) {
		return
	}
	from, before := l.end, l.sum
	span := to.Sub(from).Seconds()
	fine := time.Duration(l.rings[0].step) * time.Second
	for t := from.Truncate(fine).Add(fine); t.Before(to); t = t.Add(fine) {
		share := t.Sub(from).Seconds() / span
		l.end = t
		l.sum = mark{before.bad + grow.bad*share, before.total + grow.total*share, before.covered + uint32(float64(grow.covered)*share)}
		l.mark()
	}
	l.end = to
	l.sum = mark{before.bad + grow.bad, before.total + grow.total, before.covered + grow.covered}
	l.mark()
}

// mark leaves the sums at the end in every tier that has a slot there.
func (l *Ledger) mark() {
	at := l.end.Unix()
	for i := range l.rings {
		if r := &l.rings[i]; at%r.step == 0 {
			r.put(at/r.step, l.sum)
		}
	}
}

func (r *ring) put(slot int64, m mark) {
	if r.last < 0 || slot > r.last+int64(len(r.bad)) {
		r.first = slot
	}
	i := slot % int64(len(r.bad))
	r.bad[i], r.total[i], r.covered[i] = m.bad, m.total, m.covered
	r.last = slot
	r.first = max(r.first, slot-int64(len(r.bad))+1)
}

func (r *ring) get(slot int64) mark {
	i := slot % int64(len(r.bad))
	return mark{r.bad[i], r.total[i], r.covered[i]}
}

// at is the sums at an instant, from the finest tier that holds it. Between two
// marks they are taken to grow evenly.
func (l *Ledger) at(t time.Time) mark {
	switch {
	case l.begin.IsZero() || !t.After(l.begin):
		return mark{}
	case !t.Before(l.end):
		return l.sum
	}
	seconds := float64(t.UnixNano()) / 1e9
	for i := range l.rings {
		r := &l.rings[i]
		slot := t.Unix() / r.step
		if r.last < 0 || slot < r.first || slot > r.last {
			continue
		}
		low := r.get(slot)
		share := (seconds - float64(slot*r.step)) / float64(r.step)
		high, width := l.sum, float64(l.end.Unix()-slot*r.step)/float64(r.step)
		if slot < r.last {
			high, width = r.get(slot+1), 1
		}
		return low.towards(high, share/width)
	}
	return l.beforeFirst(t)
}

// beforeFirst is the sums at an instant between the ledger's beginning and the
// first mark of its coarsest tier.
func (l *Ledger) beforeFirst(t time.Time) mark {
	r := &l.rings[len(l.rings)-1]
	high, until := l.sum, l.end
	if r.last >= 0 {
		high, until = r.get(r.first), time.Unix(r.first*r.step, 0)
	}
	return mark{}.towards(high, t.Sub(l.begin).Seconds()/until.Sub(l.begin).Seconds())
}

// oldest is the earliest instant that the ledger still knows of.
func (l *Ledger) oldest() time.Time {
	r := &l.rings[len(l.rings)-1]
	if forgotten := r.last-r.first+1 == int64(len(r.bad)); r.last >= 0 && forgotten {
		return time.Unix(r.first*r.step, 0)
	}
	return l.begin
}

func (m mark) towards(o mark, share float64) mark {
	if share <= 0 {
		return m
	}
	return mark{
		m.bad + (o.bad-m.bad)*share,
		m.total + (o.total-m.total)*share,
		m.covered + uint32(float64(o.covered-m.covered)*share+0.5),
	}
}

// Window is the tally of an interval. Time that the ledger was not told of, or
// has forgotten, is not covered.
func (l *Ledger) Window(over Interval) Tally {
	out := Tally{Length: over.Duration()}
	over = over.Intersect(Interval{From: l.oldest(), To: l.end})
	if l.begin.IsZero() || over.Empty() {
		return out
	}
	from, to := l.at(over.From), l.at(over.To)
	out.Bad, out.Total = max(0, to.bad-from.bad), max(0, to.total-from.total)
	covered := time.Duration(int64(to.covered-from.covered)/l.parts) * time.Second
	out.Covered = min(out.Length, covered)
	return out
}

// Without is the tally of an interval with exclusions taken out of it; excluded
// time is not part of its length.
func (l *Ledger) Without(over Interval, exclusions []Interval) Tally {
	var out Tally
	for _, piece := range over.Minus(exclusions) {
		out = out.plus(l.Window(piece))
	}
	return out
}
