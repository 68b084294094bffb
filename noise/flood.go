package noise

import (
	"cmp"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// tenMinutes is the span that alarm standards count alarms in, in milliseconds.
const tenMinutes = int64(10 * time.Minute / time.Millisecond)

// Flood is a stretch in which more alerts started than a person can take in.
//
// The count is of the ten minutes up to and with each instant. The flood starts
// when it reaches Options.FloodStart and ends when it falls under
// Options.FloodEnd. Sources: ISA-18.2-2016 clause 16, EEMUA 191 as quoted by
// HSE CHIS 6.
type Flood struct {
	slo.Interval
	Starts  int         // with those of the ten minutes that set it off
	Peak    int         // most starts in any ten minutes of it
	Rules   []FloodRule // the three rules that started most often in it
	Ongoing bool        // it had not ended when the window did
}

// FloodRule is how often a rule started in a flood.
type FloodRule struct {
	RuleKey
	Starts int
}

// start is one firing start.
type start struct {
	at   int64 // unix milliseconds
	row  int32
	high bool // of high severity
}

// mostInTen is the largest number of the sorted starts that lie in any half-open
// ten minutes.
func mostInTen(sorted []start) int {
	most, first := 0, 0
	for i := range sorted {
		for sorted[i].at-sorted[first].at >= tenMinutes {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// floodSpan is a flood as places in the sorted starts: those in [first, last).
type floodSpan struct {
	span
	first, last int
	ongoing     bool
}

// floodSpans finds the floods among the sorted starts, up to the end instant.
func floodSpans(sorted []start, o Options, end int64) []floodSpan {
	w := floodWatch{sorted: sorted, o: o}
	for w.joined < len(sorted) {
		now := sorted[w.joined].at
		w.leaveUntil(now - 1)
		w.first = w.joined // the instant's own starts begin here
		for w.joined < len(sorted) && sorted[w.joined].at == now {
			w.joined++
		}
		w.leaveUntil(now)
		w.judge(now)
	}
	w.first = len(sorted)
	w.leaveUntil(end - 1)
	if w.open != nil {
		w.close(end)
		w.floods[len(w.floods)-1].ongoing = true
	}
	return w.floods
}

// floodWatch slides ten minutes over the starts: those in [left, joined) count.
type floodWatch struct {
	sorted       []start
	o            Options
	left, joined int
	first        int // the first start of the instant under way
	counted      int // the first start that belongs to no flood yet
	open         *floodSpan
	floods       []floodSpan
}

// leaveUntil drops the starts that are ten minutes old by the instant t, those
// of one instant together.
func (w *floodWatch) leaveUntil(t int64) {
	for w.left < w.joined && w.sorted[w.left].at+tenMinutes <= t {
		at := w.sorted[w.left].at
		for w.left < w.joined && w.sorted[w.left].at == at {
			w.left++
		}
		w.judge(at + tenMinutes)
	}
}

// judge opens or closes a flood by the count at an instant.
func (w *floodWatch) judge(now int64) {
	switch count := w.joined - w.left; {
	case w.open != nil && count < w.o.FloodEnd:
		w.close(now)
	case w.open == nil && count >= w.o.FloodStart:
		w.open = &floodSpan{span: span{from: now}, first: max(w.left, w.counted)}
	}
}

func (w *floodWatch) close(now int64) {
	w.open.to, w.open.last, w.counted = now, w.joined, w.joined
	if w.first < w.joined && w.sorted[w.first].at == now {
		w.open.last, w.counted = w.first, w.first // what starts as it ends is not in it
	}
	w.floods, w.open = append(w.floods, *w.open), nil
}

func (t *tally) floods() []Flood {
	var out []Flood
	perRow := make([]int, len(t.rows))
	for _, f := range floodSpans(t.starts, t.o, t.to) {
		in := t.starts[f.first:f.last]
		out = append(out, Flood{
			Interval: slo.Interval{From: instant(f.from), To: instant(f.to)},
			Starts:   len(in),
			Peak:     mostInTen(in),
			Rules:    t.topRules(in, perRow),
			Ongoing:  f.ongoing,
		})
	}
	return out
}

// topRules are the three rules with most of the starts; counts is scratch,
// all zero before and after.
func (t *tally) topRules(in []start, counts []int) []FloodRule {
	var rules []FloodRule
	for _, s := range in {
		counts[s.row]++
	}
	for _, s := range in {
		if n := counts[s.row]; n > 0 {
			rules = append(rules, FloodRule{t.rows[s.row].RuleKey, n})
			counts[s.row] = 0
		}
	}
	slices.SortFunc(rules, func(a, b FloodRule) int {
		return cmp.Or(cmp.Compare(b.Starts, a.Starts), a.compare(b.RuleKey))
	})
	return rules[:min(3, len(rules))]
}
