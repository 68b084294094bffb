package slo

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Blocks keep the events of an SLI over months in little memory: the sums of every
// block of steps, and of the blocks that are open each step as well. Open are those
// that still grow and those in which a window begins, so that the tally of such a
// window is exact. A step takes four bytes or so, a block seven. It is not safe for
// concurrent use.
type Blocks struct {
	step time.Duration
	size int

	first, n int64 // number of the oldest block since the unix epoch, and how many there are
	sums     []byte
	open     []openBlock // in time order
}

type openBlock struct {
	number int64
	steps  []byte
}

// NewBlocks is empty. A block has size steps and begins at a multiple of its length
// since the unix epoch; steps are whole seconds.
func NewBlocks(step time.Duration, size int) (*Blocks, error) {
	if step < time.Second || step%time.Second != 0 || size < 1 {
		return nil, fmt.Errorf("make blocks of %d steps of %s: want whole seconds, one step at least", size, step)
	}
	return &Blocks{step: step, size: size}, nil
}

// Length is that of a block.
func (b *Blocks) Length() time.Duration { return b.step * time.Duration(b.size) }

func (b *Blocks) number(t time.Time) int64 {
	length := int64(b.Length() / time.Second)
	n := t.Unix() / length
	if t.Unix()%length < 0 {
		n--
	}
	return n
}

func (b *Blocks) begin(number int64) time.Time {
	return time.Unix(number*int64(b.Length()/time.Second), 0).UTC()
}

// Interval is from the first block to the end of the last; empty for none.
func (b *Blocks) Interval() Interval {
	if b.n == 0 {
		return Interval{}
	}
	return Interval{From: b.begin(b.first), To: b.begin(b.first + b.n)}
}

// Put takes the steps of a whole block in place of what was known of it, and opens
// it. Blocks that were left out between others are unknown.
func (b *Blocks) Put(s *Steps) error {
	if s.Step != b.step || s.Len() != b.size || !b.begin(b.number(s.From)).Equal(s.From) {
		return fmt.Errorf("take a block: %d steps of %s from %s are none", s.Len(), s.Step, s.From)
	}
	number := b.number(s.From)
	var room [1024]byte
	steps, sum := room[:0], entry{}
	for i, total := range s.Total {
		e := entry{bad: s.Bad[i], total: total}
		if s.Known[i] {
			e.known = 1
		}
		steps = appendEntry(steps, e, 1)
		sum = entry{sum.bad + e.bad, sum.total + e.total, sum.known + e.known}
	}
	b.putSum(number, sum)
	at, found := slices.BinarySearchFunc(b.open, number, func(o openBlock, n int64) int { return cmp.Compare(o.number, n) })
	switch {
	case !found:
		b.open = slices.Insert(b.open, at, openBlock{number, slices.Clone(steps)})
	case !bytes.Equal(steps, b.open[at].steps):
		b.open[at].steps = slices.Clone(steps)
	}
	return nil
}

// putSum notes the sums of a block, and of none for those between it and the others.
func (b *Blocks) putSum(number int64, sum entry) {
	if b.n == 0 {
		b.first = number
	}
	whole := int64(b.size)
	for ; number < b.first; b.first, b.n = b.first-1, b.n+1 {
		b.sums = slices.Insert(b.sums, 0, appendEntry(nil, entry{}, whole)...)
	}
	for ; number > b.first+b.n; b.n++ {
		b.sums = appendEntry(b.sums, entry{}, whole)
	}
	if number == b.first+b.n {
		b.sums, b.n = appendEntry(b.sums, sum, whole), b.n+1
		return
	}
	from := b.offset(number)
	_, rest := cutEntry(b.sums[from:], whole)
	to := len(b.sums) - len(rest)
	b.sums = slices.Replace(b.sums, from, to, appendEntry(nil, sum, whole)...)
}

// offset is where the sums of a block lie.
func (b *Blocks) offset(number int64) int {
	rest := b.sums
	for range number - b.first {
		_, rest = cutEntry(rest, int64(b.size))
	}
	return len(b.sums) - len(rest)
}

// Forget drops the blocks that end at an instant or before.
func (b *Blocks) Forget(until time.Time) {
	gone := min(b.n, b.number(until)-b.first)
	if gone <= 0 {
		return
	}
	b.sums = slices.Clone(b.sums[b.offset(b.first+gone):])
	b.first, b.n = b.first+gone, b.n-gone
	b.open = slices.DeleteFunc(b.open, func(o openBlock) bool { return o.number < b.first })
}

// Close keeps no more than the sums of the blocks that begin before an instant, but
// for those in which one of the edges lies.
func (b *Blocks) Close(before time.Time, edges []time.Time) {
	b.open = slices.DeleteFunc(b.open, func(o openBlock) bool {
		return b.begin(o.number).Before(before) &&
			!slices.ContainsFunc(edges, func(t time.Time) bool { return b.number(t) == o.number })
	})
}

// Trim gives back memory that was set aside to grow.
func (b *Blocks) Trim() {
	b.sums = slices.Clone(b.sums)
	b.open = slices.Clone(b.open)
}

// Closed are the beginnings of the closed blocks within which one of the edges lies:
// a window from there on is exact once they were put again.
func (b *Blocks) Closed(edges []time.Time) []time.Time {
	var out []time.Time
	for _, t := range edges {
		number := b.number(t)
		from := b.begin(number)
		if number < b.first || number >= b.first+b.n || from.Equal(t) || b.isOpen(number) || slices.Contains(out, from) {
			continue
		}
		if sum, _ := cutEntry(b.sums[b.offset(number):], int64(b.size)); sum != (entry{}) {
			out = append(out, from)
		}
	}
	return out
}

func (b *Blocks) isOpen(number int64) bool {
	return slices.ContainsFunc(b.open, func(o openBlock) bool { return o.number == number })
}

// Recent are the steps of an interval; those of closed blocks are unknown.
func (b *Blocks) Recent(over Interval) *Steps {
	out := NewSteps(over, b.step)
	for _, o := range b.open {
		rest, from := o.steps, b.begin(o.number)
		for i := range b.size {
			var e entry
			e, rest = cutEntry(rest, 1)
			at := from.Add(time.Duration(i) * b.step)
			if k := int(at.Sub(out.From) / b.step); !at.Before(out.From) && k < out.Len() {
				out.Bad[k], out.Total[k], out.Known[k] = e.bad, e.total, e.known > 0
			}
		}
	}
	return out
}

// Bytes is about how much memory the blocks take.
func (b *Blocks) Bytes() int {
	n := 96 + cap(b.sums) + 32*cap(b.open)
	for _, o := range b.open {
		n += cap(o.steps)
	}
	return n
}
