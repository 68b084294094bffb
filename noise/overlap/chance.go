package overlap

import (
	"math"
	"time"
)

// mean is how many of A's points B answers for on average over all circular
// shifts of A against B: exactly, for each key, A's points times the share of
// the time that B covers.
func (f *frame) mean(a, b *lane, k kind) float64 {
	sum := 0.0
	f.shared(a, b, func(s, t *track) { sum += float64(s.points) * float64(t.covers[k]) })
	return sum / float64(f.slots)
}

// logTail bounds the logarithm of the chance that so many hits or more come
// where so few are expected. Hits are Poisson, or more bunched than that by the
// dispersion, the ratio of variance to mean: then there are that many times
// fewer independent ones. Source: H. Chernoff, Ann. Math. Stat. 23 (1952),
// 493-507, for the Poisson tail, which also bounds that of independent trials;
// quasi-Poisson as in P. McCullagh and J. Nelder, Generalized Linear Models, 6.2.
func logTail(hits, mean, dispersion float64) float64 {
	if hits <= mean {
		return 0
	}
	if mean <= 0 {
		return math.Inf(-1)
	}
	return -(hits*math.Log(hits/mean) - hits + mean) / dispersion
}

// null holds the hits of a pair at evenly spread circular shifts of A against B.
type null struct {
	grid      int32 // slots from shift to shift
	hits      []int32
	near      int // shifts under this are no evidence against: both still overlap
	day, hour int // in shifts; day 0 where the window is too short to tell
	boxes     []box
	mean      float64
	squares   float64
}

// box is a span on the grid: place and remainder of each end.
type box struct{ lo, loRest, hi, hiRest int32 }

// mostBoxes bounds the work for one pair; beyond it every so many of A's points
// are taken.
const mostBoxes = 1 << 16

func newNull(x *axis, o Options) *null {
	n := &null{grid: max(1, x.slots/int32(min(o.Shifts, mostSlots)))}
	n.hits = make([]int32, (x.slots+n.grid-1)/n.grid)
	steps := func(d time.Duration) int {
		return int((d.Milliseconds()/x.slot + int64(n.grid)/2) / int64(n.grid))
	}
	n.near = max(1, min(steps(24*time.Hour), len(n.hits)/8))
	if steps(72*time.Hour) <= len(n.hits) {
		n.day, n.hour = steps(24*time.Hour), max(1, steps(time.Hour))
	}
	return n
}

// judge gives the answer the chance of its hits under all shifts.
func (n *null) judge(f *frame, c *answer, o Options) {
	stride := n.lay(f, c)
	mean := f.mean(&f.lanes[c.a], &f.lanes[c.b], c.kind)
	c.plain = mean
	share := float64(stride)
	n.moments()
	spread := dispersion(n.mean, n.squares/float64(len(n.hits))-n.mean*n.mean)
	if n.day > 0 {
		daily, spreadOfDays := n.every(n.day)
		mean, spread = max(mean, daily*share), max(spread, spreadOfDays)
		if 3*7*n.day <= len(n.hits) {
			weekly, _ := n.every(7 * n.day)
			mean = max(mean, weekly*share)
		}
	}
	c.mean, c.logP = mean, 0
	if float64(c.hits) < o.Lift*mean {
		return
	}
	c.logP = min(0, max(logTail(float64(c.hits), mean, 1+(spread-1)*share), n.floor()))
}

// dispersion is variance over mean, at least 1.
func dispersion(mean, variance float64) float64 {
	if mean <= 0 {
		return 1
	}
	return max(1, variance/mean)
}

// lay counts the hits at every shift. A's point t hits B's span [lo,hi) at the
// shifts [lo-t,hi-t): a box, of which only the two ends are entered, and the sum
// over them is the count. It takes every stride-th of A's points.
func (n *null) lay(f *frame, c *answer) (stride int) {
	a, b := &f.lanes[c.a], &f.lanes[c.b]
	work := 0
	f.shared(a, b, func(s, t *track) { work += int(s.points) * int(t.last-t.first) })
	stride = 1 + work/mostBoxes
	clear(n.hits)
	byKey := map[int32][]int32{}
	for i := 0; i < len(a.points); i += stride {
		byKey[a.points[i].key] = append(byKey[a.points[i].key], a.points[i].at)
	}
	f.shared(a, b, func(s, t *track) {
		points := byKey[s.key]
		if len(points) == 0 {
			return
		}
		n.boxes = n.boxes[:0]
		for j := t.first; j < t.last; j++ {
			lo, hi := f.span(b, t, j, c.kind)
			if lo < hi {
				n.boxes = append(n.boxes, box{lo / n.grid, lo % n.grid, hi / n.grid, hi % n.grid})
			}
		}
		for _, at := range points {
			n.enter(at)
		}
	})
	sum := int32(0)
	for i, d := range n.hits {
		sum += d
		n.hits[i] = sum
	}
	return stride
}

// enter adds the ends of the boxes of one point, around the circle.
func (n *null) enter(at int32) {
	steps := int32(len(n.hits))
	place, rest := at/n.grid, at%n.grid
	for _, b := range n.boxes {
		lo, hi := b.lo-place, b.hi-place
		if b.loRest > rest {
			lo++
		}
		if b.hiRest > rest {
			hi++
		}
		if lo == hi {
			continue
		}
		if lo < 0 {
			lo, hi = lo+steps, hi+steps
		} else if lo >= steps {
			lo, hi = lo-steps, hi-steps
		}
		n.hits[lo]++
		if hi < steps {
			n.hits[hi]--
		} else if hi > steps {
			n.hits[0]++
			n.hits[hi-steps]--
		}
	}
}

// moments are the mean of the hits and of their squares.
func (n *null) moments() {
	sum, squares := 0.0, 0.0
	for _, h := range n.hits {
		sum += float64(h)
		squares += float64(h) * float64(h)
	}
	n.mean, n.squares = sum/float64(len(n.hits)), squares
}

// every is the mean and the dispersion of the hits at shifts by a multiple of
// the period, an hour more or less: what the time of day or the day of the week
// explains. Shifts over half the window are the shorter ones the other way round.
func (n *null) every(period int) (mean, spread float64) {
	sum, squares, count := 0.0, 0.0, 0.0
	steps := len(n.hits)
	for at := period; 2*at <= steps; at += period {
		for d := -n.hour; d <= n.hour; d++ {
			for _, i := range [2]int{at + d, steps - at + d} {
				h := float64(n.hits[((i%steps)+steps)%steps])
				sum, squares, count = sum+h, squares+h*h, count+1
			}
		}
	}
	if count == 0 {
		return 0, 1
	}
	mean = sum / count
	return mean, dispersion(mean, squares/count-mean*mean)
}

// floor is the logarithm of the share of the shifts, among those far from none,
// that give as many hits as none does. Rules that fire by the clock are caught
// by it.
func (n *null) floor() float64 {
	as := 0
	for _, h := range n.hits[n.near : len(n.hits)-n.near+1] {
		if h >= n.hits[0] {
			as++
		}
	}
	return math.Log(float64(as) / float64(len(n.hits)))
}
