package simulate

import (
	"context"
	"math"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

// absentBits is the NaN that stands for "no sample here" in a series; it is
// neither the NaN of arithmetic nor Prometheus' staleness marker.
const absentBits uint64 = 0x7ff8_0000_b0b0_0001

// absent is the value of a slot without a sample.
func absent() float64 { return math.Float64frombits(absentBits) }

func isAbsent(v float64) bool { return math.Float64bits(v) == absentBits }

// series is one time series in memory. Its samples lie on a grid (base, step)
// unless times lists them one by one. Times are unix milliseconds.
type series struct {
	labels labels.Labels
	base   int64
	step   int64
	times  []int64
	values []float64
}

func (s *series) at(i int) int64 {
	if s.times != nil {
		return s.times[i]
	}
	return s.base + int64(i)*s.step
}

// first is the index of the first slot at or after t, len(values) if none is.
func (s *series) first(t int64) int {
	if s.times != nil {
		i, _ := slices.BinarySearch(s.times, t)
		return i
	}
	if t <= s.base {
		return 0
	}
	return int(min(int64(len(s.values)), (t-s.base+s.step-1)/s.step))
}

// Labels is part of storage.Series.
func (s *series) Labels() labels.Labels { return s.labels }

// Iterator is part of storage.Series.
func (s *series) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	return &cursor{series: s, i: -1}
}

// milliseconds is a unix time. Under this name go vet does not take the Seek of
// a chunk iterator for that of an io.Seeker.
type milliseconds = int64

// cursor walks over the samples of a series.
type cursor struct {
	series *series
	i      int
}

func (c *cursor) Next() chunkenc.ValueType {
	c.i++
	return c.skipAbsent()
}

func (c *cursor) Seek(t milliseconds) chunkenc.ValueType {
	if c.i >= len(c.series.values) {
		return chunkenc.ValNone
	}
	if c.i < 0 || c.series.at(c.i) < t {
		c.i = c.series.first(t)
	}
	return c.skipAbsent()
}

func (c *cursor) skipAbsent() chunkenc.ValueType {
	for c.i < len(c.series.values) {
		if !isAbsent(c.series.values[c.i]) {
			return chunkenc.ValFloat
		}
		c.i++
	}
	return chunkenc.ValNone
}

func (c *cursor) At() (int64, float64) { return c.series.at(c.i), c.series.values[c.i] }
func (c *cursor) AtT() int64           { return c.series.at(c.i) }
func (*cursor) AtST() int64            { return 0 }
func (*cursor) Err() error             { return nil }

func (*cursor) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) { return 0, nil }
func (*cursor) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return 0, nil
}

// memory is a set of series that the query engine can read. Adding is not safe
// while others read.
type memory struct {
	byName map[string][]*series
}

func newMemory(all []*series) *memory {
	m := &memory{byName: map[string][]*series{}}
	m.add(all...)
	return m
}

func (m *memory) add(all ...*series) {
	for _, s := range all {
		name := s.labels.Get(labels.MetricName)
		m.byName[name] = append(m.byName[name], s)
	}
}

// all lists the series in the order of their labels.
func (m *memory) all() []*series {
	var out []*series
	for _, of := range m.byName {
		out = append(out, of...)
	}
	sortSeries(out)
	return out
}

func sortSeries(all []*series) {
	sort.Slice(all, func(i, j int) bool { return labels.Compare(all[i].labels, all[j].labels) < 0 })
}

// Querier is part of storage.Queryable.
func (m *memory) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{memory: m, mint: mint, maxt: maxt}, nil
}

// querier selects series that have a sample in its window, as a TSDB does.
type querier struct {
	memory     *memory
	mint, maxt int64
}

func (q *querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	out := &selected{next: -1}
	for name, of := range q.memory.byName {
		if slices.ContainsFunc(ms, func(m *labels.Matcher) bool { return m.Name == labels.MetricName && !m.Matches(name) }) {
			continue
		}
		for _, s := range of {
			if q.wants(s, ms) {
				out.series = append(out.series, s)
			}
		}
	}
	sortSeries(out.series)
	return out
}

func (q *querier) wants(s *series, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(s.labels.Get(m.Name)) {
			return false
		}
	}
	c := cursor{series: s, i: -1}
	return c.Seek(q.mint) != chunkenc.ValNone && c.AtT() <= q.maxt
}

func (*querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (*querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (*querier) Close() error { return nil }

// selected is the answer of a select.
type selected struct {
	series []*series
	next   int
}

func (s *selected) Next() bool                      { s.next++; return s.next < len(s.series) }
func (s *selected) At() storage.Series              { return s.series[s.next] }
func (*selected) Err() error                        { return nil }
func (*selected) Warnings() annotations.Annotations { return nil }
