package overlap

import (
	"cmp"
	"slices"
)

// mark is a run as the index holds it: where it answers for each kind.
type mark struct {
	from, to   int32 // fires in [from,to)
	early, now int32 // starts at once with what starts in [early,now)
	wake       int32 // started just before what starts in (from,wake)
	lane       int32
}

// index finds the runs that answer for a start of another rule. For each key the
// runs lie in order of start; every so many of them there is a list of the
// earlier ones that still fire, so that a look-up reads little more than what it
// finds.
type index struct {
	marks  []mark
	keys   []bucket
	lists  []int32 // ends of the lists in active
	active []int32 // places in marks
	lanes  [][]int32
	reach  int32 // the largest tolerance
	back   int32 // slots that a start looks back
}

// bucket is a key's share of the index.
type bucket struct {
	first, last int32
	stride      int32
	lists       int32
}

// leastStride is how many runs lie between two lists at least.
const leastStride = 16

func newIndex(f *frame) *index {
	x := &index{back: f.cascade}
	x.layMarks(f)
	x.back = max(x.back, x.reach)
	fires := make([]int64, f.keys)
	for _, t := range f.tracks {
		fires[t.key] += int64(t.fires)
	}
	x.active = make([]int32, 0, len(f.runs))
	var open []int32
	for key := range x.keys {
		b := &x.keys[key]
		b.stride = int32(max(leastStride, fires[key]/int64(f.slots)))
		open = x.addLists(b, open[:0])
	}
	return x
}

// layMarks sorts the runs by key, then by start.
func (x *index) layMarks(f *frame) {
	ends := make([]int32, f.keys+1)
	for _, t := range f.tracks {
		ends[t.key+1] += t.last - t.first
	}
	for key := range f.keys {
		ends[key+1] += ends[key]
		x.keys = append(x.keys, bucket{first: ends[key], last: ends[key+1]})
	}
	x.lanes = make([][]int32, f.keys)
	x.marks = make([]mark, len(f.runs))
	for i := range f.lanes {
		l := &f.lanes[i]
		x.reach = max(x.reach, l.tolerance)
		for n := l.first; n < l.last; n++ {
			t := &f.tracks[n]
			x.lanes[t.key] = append(x.lanes[t.key], int32(i))
			for j := t.first; j < t.last; j++ {
				x.marks[ends[t.key]] = f.mark(l, t, j, int32(i))
				ends[t.key]++
			}
		}
	}
	for _, b := range x.keys {
		slices.SortFunc(x.marks[b.first:b.last], func(a, b mark) int {
			return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.lane, b.lane))
		})
	}
}

// mark never answers for a standing rule's firing: no lift could be reached.
func (f *frame) mark(l *lane, t *track, run, number int32) mark {
	m := mark{from: f.runs[run].from, lane: number}
	_, m.to = f.span(l, t, run, during)
	m.early, m.now = f.span(l, t, run, atOnce)
	_, m.wake = f.span(l, t, run, after)
	if l.standing {
		m.to = m.from
	}
	return m
}

// addLists lists for each stride of the bucket the earlier runs that still fired
// when the one before it began.
func (x *index) addLists(b *bucket, open []int32) []int32 {
	b.lists = int32(len(x.lists))
	marks := x.marks[b.first:b.last]
	for at := int32(0); ; at += b.stride {
		if at > 0 {
			for i := at - b.stride; i < at; i++ {
				open = append(open, i)
			}
			limit := marks[at-1].from
			open = slices.DeleteFunc(open, func(i int32) bool { return marks[i].to <= limit })
		}
		x.active = append(x.active, open...)
		x.lists = append(x.lists, int32(len(x.active)))
		if at+b.stride > int32(len(marks)) {
			return open
		}
	}
}

// tally counts, for each lane, the points that it answers yes for.
type tally [kinds][]int32

// count adds the answers for the points of one lane.
func (x *index) count(points []point, t *tally) {
	fires := t[during]
	for _, p := range points {
		b := &x.keys[p.key]
		marks := x.marks[b.first:b.last]
		list := lowerBound(marks, p.at-x.back) / b.stride
		from := int32(0)
		if n := b.lists + list; n > 0 {
			from = x.lists[n-1]
		}
		for _, i := range x.active[from:x.lists[b.lists+list]] {
			if m := &marks[i]; m.to > p.at {
				fires[m.lane]++
			}
		}
		t.read(marks[list*b.stride:], p.at, x.reach)
	}
}

// read adds the answers of the marks up to those that start too late. It does
// without branches where the answer can't be foreseen, for this is where nearly
// all the time goes.
func (t *tally) read(marks []mark, at, reach int32) {
	fires, starts, wakes := t[during], t[atOnce], t[after]
	i := 0
	for ; i < len(marks) && marks[i].from < at-reach; i++ {
		m := &marks[i]
		fires[m.lane] += isUnder(at-m.from, m.to-m.from)
		if at < m.wake {
			wakes[m.lane]++
		}
	}
	for ; i < len(marks) && marks[i].from <= at+reach; i++ {
		m := &marks[i]
		fires[m.lane] += isUnder(at-m.from, m.to-m.from)
		starts[m.lane] += isUnder(at-m.early, m.now-m.early)
		wakes[m.lane] += isUnder(at-m.from-1, m.wake-m.from-1)
	}
}

// isUnder is 1 where v is in [0,limit), else 0.
func isUnder(v, limit int32) int32 {
	n := int32(0)
	if uint32(v) < uint32(limit) {
		n = 1
	}
	return n
}

// lowerBound is the first mark that starts at the slot or later.
func lowerBound(marks []mark, slot int32) int32 {
	low, high := int32(0), int32(len(marks))
	for low < high {
		mid := (low + high) / 2
		if marks[mid].from < slot {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
