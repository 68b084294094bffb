package tune

import (
	"math"
	"sort"
	"time"
)

// Curve is the outcomes of a rule with one `for` and one keep_firing_for at all
// thresholds. It is a step function: the thresholds are numbered as levels, from
// 0, at which all values fire, to the last, at which none does, infinite ones
// apart.
type Curve struct {
	For, KeepFiringFor time.Duration

	surface  *Surface
	episodes []int32
	inside   []int32
	firing   []int64
	caught   []int32
	first    [][]piece
	bear     []bool
	of       int
}

func newCurve(s *Surface, c counts, bear []bool, shape Shape) *Curve {
	n := len(s.levels.at)
	out := &Curve{
		For: shape.For, KeepFiringFor: shape.KeepFiringFor, surface: s, first: c.first, bear: bear,
		episodes: sums(c.starts[:n]), inside: sums(c.inside[:n]), firing: make([]int64, n),
	}
	fires := int64(0)
	for i := n - 1; i >= 0; i-- {
		fires += c.firing[i+1]
		out.firing[i] = fires
	}
	changes := make([]int32, n+1)
	for i, pieces := range c.first {
		if bear[i] {
			out.of++
		}
		for _, p := range pieces {
			changes[p.lo]++
			changes[p.hi]--
		}
	}
	out.caught = sums(changes[:n])
	return out
}

func sums(changes []int32) []int32 {
	out, sum := make([]int32, len(changes)), int32(0)
	for i, c := range changes {
		sum += c
		out[i] = sum
	}
	return out
}

// Outcome is what one candidate does.
type Outcome struct {
	Episodes int           // that began to fire
	Outside  int           // of them, those that met no incident that concerns the alert, lead included
	Firing   time.Duration // summed over alerts
	// Incidents are those that concern one of the alerts; Caught those of them
	// during which, lead included, an episode began to fire.
	Incidents, Caught int
}

// Levels is the number of thresholds at which the outcome is known. It is the
// same for all curves of a surface.
func (s *Surface) Levels() int { return len(s.levels.at) }

// Complete tells whether every threshold has the outcome of some level; else
// there are more values than levels.
func (s *Surface) Complete() bool { return s.levels.complete }

// Threshold is the threshold of a level: an infinity at either end.
func (s *Surface) Threshold(level int) float64 { return s.levels.orient(s.levels.at[level]) }

// Level is the level with the outcome of a threshold. Where exact is false it is
// not known, and the level is the nearest that fires no less.
func (s *Surface) Level(threshold float64) (level int, exact bool) {
	l := &s.levels
	if l.op == Present {
		return 0, true
	}
	t := l.orient(threshold)
	if math.IsNaN(t) {
		return len(l.at) - 1, false // nothing compares with NaN
	}
	level = sort.Search(len(l.at), func(i int) bool { return l.at[i] > t }) - 1
	if level+1 < len(l.at) && !l.parted(t, l.at[level+1], l.below[level+1]) {
		return level + 1, true
	}
	return level, !l.parted(l.at[level], t, l.above[level])
}

// parted tells whether a sample fires at the threshold a and not at b, where
// a <= b and v is the sample nearest to the other side of one of them.
func (l *levels) parted(a, b, v float64) bool {
	return l.passes(v, a) && !l.passes(v, b)
}

// Plateau is the thresholds that have a level's outcome on these samples.
func (s *Surface) Plateau(level int) Plateau {
	l := &s.levels
	p := Plateau{Lo: l.below[level], Hi: l.above[level], LoIn: l.op.strict(), HiIn: !l.op.strict()}
	if l.op.down() {
		p = Plateau{Lo: -p.Hi, Hi: -p.Lo, LoIn: p.HiIn, HiIn: p.LoIn}
	}
	return p
}

// Plateau is a range of thresholds: those between Lo and Hi, each of which
// belongs to it if LoIn and HiIn say so. Infinities are not thresholds.
type Plateau struct {
	Lo, Hi     float64
	LoIn, HiIn bool
}

// Closed is the smallest and the largest finite threshold of the plateau.
func (p Plateau) Closed() (lo, hi float64) {
	lo, hi = p.Lo, p.Hi
	if !p.LoIn || math.IsInf(lo, 0) {
		lo = math.Nextafter(lo, math.Inf(1))
	}
	if !p.HiIn || math.IsInf(hi, 0) {
		hi = math.Nextafter(hi, math.Inf(-1))
	}
	return lo, hi
}

// At is the outcome at a level.
func (c *Curve) At(level int) Outcome {
	return Outcome{
		Episodes: int(c.episodes[level]), Outside: int(c.episodes[level] - c.inside[level]),
		Firing:    time.Duration(c.firing[level]) * c.surface.Grid.Step,
		Incidents: c.of, Caught: int(c.caught[level]),
	}
}

// Caught tells when the first episode that catches an incident began to fire,
// by the incident's place in the surface's Incidents; ok is false where none did.
func (c *Curve) Caught(incident, level int) (at time.Time, ok bool) {
	pieces := c.first[incident]
	i := sort.Search(len(pieces), func(i int) bool { return int(pieces[i].hi) > level })
	if i == len(pieces) || int(pieces[i].lo) > level {
		return time.Time{}, false
	}
	return c.surface.Grid.At(int(pieces[i].slot)), true
}

// Delay is how long after its start an incident is caught, 0 where that is
// before.
func (c *Curve) Delay(incident, level int) (delay time.Duration, ok bool) {
	at, ok := c.Caught(incident, level)
	if !ok {
		return 0, false
	}
	return max(0, at.Sub(c.surface.Incidents[incident].From)), true
}

// Bears tells whether an incident is one of those that Outcome counts.
func (c *Curve) Bears(incident int) bool { return c.bear[incident] }
