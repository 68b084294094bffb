package episode

import (
	"math"

	"github.com/prometheus/prometheus/model/value"
)

// Track is one series of a [Builder]: its live samples as runs of even spacing,
// each with the staleness marker that ended it, if any. A month of a steadily
// firing alert is one run.
type Track struct {
	runs []run
	last int64
	seen bool
}

// run is a stretch of live samples of one value at an even spacing.
type run struct {
	from, to int64   // first and last sample, unix milliseconds
	step     int64   // spacing; 0 while there is one sample only
	value    float64 // 1 for ALERTS, activeAt in unix seconds for ALERTS_FOR_STATE
	marker   int64   // staleness marker that follows; 0 for none
	count    int
}

// Add takes one raw sample; ts is unix milliseconds. Samples come in time order
// within a series; one that is not after the last is ignored, so windows may
// overlap and a broken read may be repeated. Add on a nil Track does nothing.
func (t *Track) Add(ts int64, v float64) {
	if t == nil || t.seen && ts <= t.last {
		return
	}
	t.last, t.seen = ts, true
	switch {
	case value.IsStaleNaN(v):
		t.mark(ts)
	case !math.IsNaN(v):
		t.live(ts, v)
	}
}

func (t *Track) mark(ts int64) {
	if n := len(t.runs); n > 0 && t.runs[n-1].marker == 0 {
		t.runs[n-1].marker = ts
	}
}

func (t *Track) live(ts int64, v float64) {
	n := len(t.runs)
	if n == 0 || t.runs[n-1].marker != 0 || t.runs[n-1].value != v {
		t.runs = append(t.runs, run{from: ts, to: ts, value: v, count: 1})
		return
	}
	r := &t.runs[n-1]
	delta := ts - r.to
	switch {
	case r.count == 1:
		r.step = delta
	case r.count == 2 && delta < r.step-slack(r.step):
		// The first two samples had a hole between them: the second one begins
		// the even stretch.
		second := r.to
		*r = run{from: r.from, to: r.from, value: v, count: 1}
		t.runs = append(t.runs, run{from: second, to: ts, step: delta, value: v, count: 2})
		return
	case delta > r.step+slack(r.step) || delta < r.step-slack(r.step):
		t.runs = append(t.runs, run{from: ts, to: ts, value: v, count: 1})
		return
	}
	r.to, r.count = ts, r.count+1
}

// slack is how far two spacings may differ and still be called even: rule
// evaluations lie on a grid to the millisecond, but not every ruler keeps to it.
func slack(step int64) int64 { return min(step/8, 1000) }

// spacing is the closest that two evaluations of the series are seen to lie,
// 0 where it has never been seen twice. Strong evidence is an even stretch of
// three samples or more; a marker right after a sample is as good a spacing.
func (t *Track) spacing() (step int64, strong bool) {
	if t == nil {
		return 0, false
	}
	var weak, sure int64
	for _, r := range t.runs {
		if r.count >= 3 {
			sure = closest(sure, r.step)
		}
		if r.count == 2 {
			weak = closest(weak, r.step)
		}
		if r.marker != 0 {
			weak = closest(weak, r.marker-r.to)
		}
	}
	if sure != 0 && (weak == 0 || sure <= weak) {
		return sure, true
	}
	return closest(sure, weak), false
}

// closest is the smaller of two spacings, where 0 means not known.
func closest(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// cursor walks the runs of a track forward in time.
type cursor struct {
	track *Track
	next  int
}

// at is the value at an instant at which the track has a live sample, or the
// last before it. Instants must be asked in rising order.
func (c *cursor) at(ts int64) (v float64, ok bool) {
	if c.track == nil {
		return 0, false
	}
	for c.next < len(c.track.runs) && c.track.runs[c.next].from <= ts {
		c.next++
	}
	if c.next == 0 {
		return 0, false
	}
	return c.track.runs[c.next-1].value, true
}
