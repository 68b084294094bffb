package slo

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/value"
)

// stale is how long a series may go without a sample before the time between is
// unknown: Prometheus' lookback.
const stale = 5 * time.Minute

// long is how long a series may be away for what it then shows to be counted at
// its return; what happened in a longer absence is spread over it.
const long = time.Hour

// plausibleBirth is how much a counter may show when it is first seen, in
// multiples of the events that its siblings counted in the same step, and
// alwaysPlausible what it may show in any case. More is taken for the history of
// a series that only changed its labels.
const (
	plausibleBirth  = 10
	alwaysPlausible = 100
)

// Counting turns the raw samples of an SLI's series into its steps: the exact
// number of events that the counters show, each in the step of the sample that
// first shows it. It is not safe for concurrent use.
//
// A counter that falls was reset, and what it shows then is new. A series that
// is born while its siblings are watched counts from zero, as a counter of
// errors does that appears with the first error. What happened while a series
// was away for over an hour is spread over that time.
type Counting struct {
	steps  *Steps
	good   []float64
	roles  [RoleBuckets + 1]bool
	births []birth
	before bool // totals were seen before the interval
	seen   seen
}

// birth is a series that appears after the beginning.
type birth struct {
	step  int
	role  Role
	value float64
}

// seen counts what is odd about samples.
type seen struct{ resets, notNumbers, negatives, ignoredBirths, tooMany int }

// NewCounting counts over an interval in steps. It should be given the samples
// of the hour before the interval too, so that a series that goes on into it is
// told from one that is born in it.
func NewCounting(over Interval, step time.Duration) *Counting {
	s := NewSteps(over, step)
	return &Counting{steps: s, good: make([]float64, s.Len())}
}

// Series begins a raw series.
func (c *Counting) Series(role Role) *CountedSeries {
	c.roles[role] = true
	return &CountedSeries{counting: c, role: role}
}

// CountedSeries takes the samples of one raw series in time order.
type CountedSeries struct {
	counting *Counting
	role     Role
	started  bool
	ended    bool // a staleness marker came last
	lastT    time.Time
	lastV    float64
}

// Add takes a sample: unix milliseconds and value, staleness markers included. A
// sample that is not after the last one is ignored.
func (s *CountedSeries) Add(ts int64, v float64) {
	t := time.UnixMilli(ts)
	switch {
	case s.started && !t.After(s.lastT):
		return
	case value.IsStaleNaN(v):
		s.ended = true
		return
	case math.IsNaN(v) || math.IsInf(v, 0):
		s.counting.seen.notNumbers++
		return
	case v < 0:
		s.counting.seen.negatives++
		return
	}
	if s.role == RoleProbe {
		s.probe(t, v)
	} else {
		s.count(t, v)
	}
	s.started, s.ended, s.lastT, s.lastV = true, false, t, v
}

// probe counts a sample of a gauge as an event.
func (s *CountedSeries) probe(t time.Time, v float64) {
	c := s.counting
	since := Interval{From: t, To: t}
	if s.started && !s.ended && t.Sub(s.lastT) <= stale {
		since.From = s.lastT
	}
	c.know(RoleTotal, since)
	c.add(RoleTotal, t, 1)
	if v == 0 {
		c.add(RoleBad, t, 1)
	}
}

// count takes a sample of a counter.
func (s *CountedSeries) count(t time.Time, v float64) {
	c := s.counting
	if !s.started {
		c.first(t, s.role, v)
		return
	}
	delta := v - s.lastV
	if delta < 0 {
		delta = v
		c.seen.resets++
	}
	away := Interval{From: s.lastT, To: t}
	if away.Duration() <= stale && !s.ended {
		c.know(s.role, away)
	} else {
		c.know(s.role, Interval{From: t, To: t})
	}
	if away.Duration() <= long {
		c.add(s.role, t, delta)
	} else {
		c.spread(s.role, away, delta)
	}
}

// first takes the first sample of a series. Before the interval it is a base
// line; in it it is a birth, which is judged when all series have been seen.
func (c *Counting) first(t time.Time, role Role, v float64) {
	c.know(role, Interval{From: t, To: t})
	if c.steps.Interval().Contains(t) {
		c.births = append(c.births, birth{c.steps.index(t), role, v})
	}
}

// know marks the steps that a series of totals was watched in. The time of good
// or bad events alone tells nothing.
func (c *Counting) know(role Role, over Interval) {
	if role != RoleTotal {
		return
	}
	if over.From.Before(c.steps.From) {
		c.before = true
	}
	if over.To.Before(c.steps.From) || !over.From.Before(c.steps.Interval().To) {
		return
	}
	for i := c.steps.index(over.From); i <= c.steps.index(over.To); i++ {
		c.steps.Known[i] = true
	}
}

// add counts events at a time; those before the interval are not its own.
func (c *Counting) add(role Role, t time.Time, n float64) {
	if c.steps.Interval().Contains(t) {
		c.of(role)[c.steps.index(t)] += n
	}
}

func (c *Counting) of(role Role) []float64 {
	switch role {
	case RoleGood:
		return c.good
	case RoleBad:
		return c.steps.Bad
	default:
		return c.steps.Total
	}
}

// spread counts events that happened at unknown times of an interval evenly over
// its steps.
func (c *Counting) spread(role Role, over Interval, n float64) {
	inside := over.Intersect(c.steps.Interval())
	if n == 0 || inside.Empty() {
		return
	}
	n *= inside.Duration().Seconds() / over.Duration().Seconds()
	for t := inside.From; t.Before(inside.To); {
		next := c.steps.at(c.steps.index(t) + 1)
		if next.After(inside.To) {
			next = inside.To
		}
		c.of(role)[c.steps.index(t)] += n * next.Sub(t).Seconds() / inside.Duration().Seconds()
		t = next
	}
}

// Steps is what was counted. It is called once, when all series have been added.
func (c *Counting) Steps() *Steps {
	c.takeBirths()
	for i := range c.good {
		if c.roles[RoleGood] {
			c.steps.Bad[i] = c.steps.Total[i] - c.good[i]
		}
		// Counters of one request are scraped one after the other, so that a
		// step may show a little more bad events than events.
		if c.steps.Bad[i] < 0 || c.steps.Bad[i] > c.steps.Total[i] && c.roles[RoleTotal] {
			c.seen.tooMany++
		}
		c.steps.Bad[i] = max(0, c.steps.Bad[i])
	}
	c.steps.Notes = c.seen.notes()
	return c.steps
}

// takeBirths counts the series that were born, from zero, where siblings were
// watched already and what it shows is plausible beside what they counted in the
// same step. Where nobody watched, a first sample is a base line.
func (c *Counting) takeBirths() {
	slices.SortFunc(c.births, func(a, b birth) int { return int(b.role) - int(a.role) })
	siblings := slices.Clone(c.steps.Total)
	for _, b := range c.births {
		switch {
		case !c.watched(b.step):
		case b.value > alwaysPlausible && b.value > plausibleBirth*siblings[b.step]:
			c.seen.ignoredBirths++
		default:
			c.of(b.role)[b.step] += b.value
		}
	}
}

// watched tells whether a total was seen within the lookback before a step.
func (c *Counting) watched(step int) bool {
	back := int(stale / c.steps.Step)
	for i := step - 1; i >= max(0, step-back-1); i-- {
		if c.steps.Known[i] {
			return true
		}
	}
	return step <= back && c.before
}

func (s seen) notes() []string {
	var out []string
	for _, n := range []struct {
		count int
		text  string
	}{
		{s.notNumbers, "%d samples are not numbers and were left out"},
		{s.negatives, "%d samples of counters are negative and were left out"},
		{s.ignoredBirths, "%d series appear with a count too high to be new and were counted from there on"},
		{s.tooMany, "%d steps show more bad events than events, or more good ones"},
	} {
		if n.count > 0 {
			out = append(out, fmt.Sprintf(n.text, n.count))
		}
	}
	return out
}
