package truth

import (
	"cmp"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// span is a half-open stretch of time in unix milliseconds.
type span struct{ from, to int64 }

func spanOf(i slo.Interval) span { return span{i.From.UnixMilli(), i.To.UnixMilli()} }

func (s span) clip(o span) span { return span{max(s.from, o.from), min(s.to, o.to)} }

func (s span) length() int64 { return max(0, s.to-s.from) }

// join sorts the spans, drops the empty ones and joins those that are no more
// than gap apart.
func join(spans []span, gap int64) []span {
	spans = slices.DeleteFunc(slices.Clone(spans), func(s span) bool { return s.length() == 0 })
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.from <= joined[n-1].to+gap {
			joined[n-1].to = max(joined[n-1].to, s.to)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// both is what two sorted lists of disjoint spans share.
func both(a, b []span) []span {
	var out []span
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if s := a[i].clip(b[j]); s.length() > 0 {
			out = append(out, s)
		}
		if a[i].to < b[j].to {
			i++
		} else {
			j++
		}
	}
	return out
}

// cover measures how much of a span lies in a fixed list of spans.
type cover struct {
	spans []span
	sums  []int64 // length of all spans before the one at the same place
}

// newCover takes sorted, disjoint spans.
func newCover(spans []span) cover {
	c := cover{spans, make([]int64, len(spans)+1)}
	for i, s := range spans {
		c.sums[i+1] = c.sums[i] + s.length()
	}
	return c
}

func (c cover) total() int64 { return c.sums[len(c.spans)] }

// until is how much lies before t.
func (c cover) until(t int64) int64 {
	i, _ := slices.BinarySearchFunc(c.spans, t, func(s span, t int64) int { return cmp.Compare(s.from, t) })
	if i == 0 {
		return 0
	}
	return c.sums[i-1] + min(c.spans[i-1].length(), t-c.spans[i-1].from)
}

func (c cover) within(s span) int64 { return max(0, c.until(s.to)-c.until(s.from)) }

// contains tells whether t lies in one of the spans.
func (c cover) contains(t int64) bool {
	_, ok := c.find(t)
	return ok
}

// find is the place of the span that t lies in.
func (c cover) find(t int64) (place int, ok bool) {
	i, _ := slices.BinarySearchFunc(c.spans, t, func(s span, t int64) int {
		if s.from <= t {
			return -1
		}
		return 1
	})
	return i - 1, i > 0 && t < c.spans[i-1].to
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
