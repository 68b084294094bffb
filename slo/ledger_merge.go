package slo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Merge adds the events of another ledger, such as that of another group of the
// SLO. Both must have the same tiers. Of the merged ledger the coverage is the
// mean of its parts'.
func (l *Ledger) Merge(o *Ledger) error {
	if !slices.EqualFunc(l.rings, o.rings, func(a, b ring) bool { return a.step == b.step && len(a.bad) == len(b.bad) }) {
		return errors.New("merge ledgers: they keep different tiers")
	}
	switch {
	case o.begin.IsZero():
		l.parts += o.parts
		return nil
	case l.begin.IsZero():
		parts := l.parts
		*l = o.clone()
		l.parts += parts
		return nil
	}
	merged := l.clone()
	for i := range merged.rings {
		merged.rings[i].add(l, o)
	}
	if o.begin.Before(l.begin) {
		merged.begin = o.begin
	}
	if o.end.After(l.end) {
		merged.end = o.end
	}
	merged.sum = l.sum.plus(o.sum)
	merged.parts += o.parts
	*l = merged
	return nil
}

func (m mark) plus(o mark) mark {
	return mark{m.bad + o.bad, m.total + o.total, m.covered + o.covered}
}

// add fills the ring with what two ledgers have at its slots together.
func (r *ring) add(a, b *Ledger) {
	step := time.Duration(r.step) * time.Second
	begin, end := a.begin, a.end
	if b.begin.Before(begin) {
		begin = b.begin
	}
	if b.end.After(end) {
		end = b.end
	}
	first := (begin.Unix() + r.step - 1) / r.step
	last := end.Unix() / r.step
	r.first, r.last = 0, -1
	for slot := max(first, last-int64(len(r.bad))+1); slot <= last; slot++ {
		at := time.Unix(0, 0).Add(time.Duration(slot) * step)
		r.put(slot, a.at(at).plus(b.at(at)))
	}
}

func (l *Ledger) clone() Ledger {
	out := *l
	out.rings = slices.Clone(l.rings)
	for i := range out.rings {
		r := &out.rings[i]
		r.bad, r.total, r.covered = slices.Clone(r.bad), slices.Clone(r.total), slices.Clone(r.covered)
	}
	return out
}

// Bytes is about how much memory the ledger takes.
func (l *Ledger) Bytes() int {
	n := 0
	for _, r := range l.rings {
		n += 8*len(r.bad) + 8*len(r.total) + 4*len(r.covered)
	}
	return n
}

// ledgerVersion is the first byte of a serialised ledger.
const ledgerVersion = 1

// MarshalBinary writes the ledger for UnmarshalBinary.
func (l *Ledger) MarshalBinary() ([]byte, error) {
	out := []byte{ledgerVersion}
	put := func(v int64) { out = binary.LittleEndian.AppendUint64(out, uint64(v)) }
	putMark := func(m mark) {
		put(int64(math.Float64bits(m.bad)))
		put(int64(math.Float64bits(m.total)))
		out = binary.LittleEndian.AppendUint32(out, m.covered)
	}
	empty := int64(0)
	if l.begin.IsZero() {
		empty = 1
	}
	for _, v := range []int64{empty, l.begin.UnixNano(), l.end.UnixNano(), l.parts, int64(len(l.rings))} {
		put(v)
	}
	putMark(l.sum)
	for i := range l.rings {
		r := &l.rings[i]
		put(r.step)
		put(int64(len(r.bad)))
		put(r.first)
		put(r.last)
		for slot := r.first; slot <= r.last; slot++ {
			putMark(r.get(slot))
		}
	}
	return out, nil
}

// The bounds of a serialised ledger, so that a broken one can't ask for memory
// without end.
const (
	mostRings = 4
	mostSlots = 1_000_000
)

// errBrokenLedger: the bytes are no ledger that MarshalBinary wrote.
var errBrokenLedger = errors.New("read ledger: the bytes are cut short or are no ledger")

// UnmarshalBinary reads what MarshalBinary wrote. After an error the ledger is
// as it was.
func (l *Ledger) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != ledgerVersion {
		return fmt.Errorf("%w: not of version %d", errBrokenLedger, ledgerVersion)
	}
	d := &ledgerReader{rest: b[1:]}
	empty, begin, end := d.int(), d.int(), d.int()
	out := Ledger{parts: d.int()}
	rings := d.int()
	out.sum = d.mark()
	if d.broken || rings < 1 || rings > mostRings || out.parts < 1 {
		return errBrokenLedger
	}
	if empty == 0 {
		out.begin, out.end = time.Unix(0, begin).UTC(), time.Unix(0, end).UTC()
	}
	for range rings {
		out.rings = append(out.rings, d.ring())
	}
	if d.broken || len(d.rest) > 0 {
		return errBrokenLedger
	}
	*l = out
	return nil
}

// ledgerReader takes values off the front of bytes; once they run out it is
// broken and gives zeros.
type ledgerReader struct {
	rest   []byte
	broken bool
}

func (d *ledgerReader) int() int64 {
	if len(d.rest) < 8 {
		d.broken = true
		return 0
	}
	v := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return int64(v)
}

func (d *ledgerReader) mark() mark {
	bad, total := d.int(), d.int()
	if len(d.rest) < 4 {
		d.broken = true
		return mark{}
	}
	covered := binary.LittleEndian.Uint32(d.rest)
	d.rest = d.rest[4:]
	return mark{math.Float64frombits(uint64(bad)), math.Float64frombits(uint64(total)), covered}
}

func (d *ledgerReader) ring() ring {
	step, slots, first, last := d.int(), d.int(), d.int(), d.int()
	held := last - first + 1
	if d.broken || step < 1 || slots < 1 || slots > mostSlots || last < -1 || first < 0 || held > slots || held > int64(len(d.rest)) {
		d.broken = true
		return ring{}
	}
	r := ring{step: step, bad: make([]float64, slots), total: make([]float64, slots), covered: make([]uint32, slots), last: -1}
	for slot := first; slot <= last; slot++ {
		r.put(slot, d.mark())
	}
	return r
}
