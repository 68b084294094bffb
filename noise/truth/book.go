package truth

import "sort"

// own is an incident that an alert is about.
type own struct {
	incident int32
	basis    Basis
}

// book is the incidents that an alert is about, by start, and a tree over their
// ends, so that those that a firing meets are found without looking at others.
type book struct {
	own  []own
	has  set // the incidents, by place
	from []int64
	ends []int64 // ends[size+i] is the end of own[i]; ends[i] the latest of ends[2i], ends[2i+1]
	size int
}

const never = -1 << 63

func newBook(incidents []incident, list []own, has set) *book {
	b := &book{own: list, has: has, size: 1}
	for b.size < len(list) {
		b.size *= 2
	}
	b.from, b.ends = make([]int64, len(list)), make([]int64, 2*b.size)
	for i := range b.ends {
		b.ends[i] = never
	}
	for i, o := range list {
		b.from[i], b.ends[b.size+i] = incidents[o.incident].from, incidents[o.incident].to
	}
	for i := b.size - 1; i > 0; i-- {
		b.ends[i] = max(b.ends[2*i], b.ends[2*i+1])
	}
	return b
}

// meet appends the places of the incidents that a firing meets: it began before
// their end, and ended no earlier than lead before their start.
func (b *book) meet(places []int32, f span, lead int64) []int32 {
	began := sort.Search(len(b.from), func(i int) bool { return b.from[i]-lead > f.to })
	for i := b.next(0, f.from); i < began; i = b.next(i+1, f.from) {
		places = append(places, int32(i))
	}
	return places
}

// next is the first place from i on whose incident ends after t; b.size or more
// where there is none.
func (b *book) next(i int, t int64) int {
	if i >= b.size {
		return b.size
	}
	n := b.size + i
	for b.ends[n] <= t {
		// Up while it is a right child, then to the right.
		for n&1 == 1 {
			n >>= 1
		}
		if n == 0 {
			return b.size
		}
		n++
	}
	for n < b.size {
		n *= 2
		if b.ends[n] <= t {
			n++
		}
	}
	return n - b.size
}
