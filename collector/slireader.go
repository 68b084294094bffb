package collector

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/burnish-sre/burnish/slo"
)

// SLIReader counts the events of many SLOs again and again. Series that several
// of them count are read once and with few requests, and where a series stood is
// remembered, so that going on needs no samples from before. What it counts is
// what [ReadSLI] counts from raw samples. It is not safe for concurrent use.
type SLIReader struct {
	slos  []slo.SLO
	reads []*shared
	// stood is where each series of each read stood at an instant.
	stood []map[string]*standing
	at    time.Time // that instant; zero where nothing is remembered
}

// standing is a series and its last samples before an instant.
type standing struct {
	routes []route
	t      int64 // unix milliseconds; 0 where it had no sample
	v      float64
	stale  int64 // of a staleness marker after it; 0 for none

	last  int64 // newest sample of this reading
	sinks []*slo.CountedSeries
}

// route is an SLO's group that a series counts for.
type route struct {
	slo   int
	role  slo.Role
	group labels.Labels
	key   string
}

// Countable tells whether the events of an SLO can be counted from raw samples,
// which an [SLIReader] asks for.
func Countable(s slo.SLO) bool { return countable(unsliced(s).Selectors()) }

// unsliced is what an SLO counts, before it judges slices of it.
func unsliced(s slo.SLO) slo.SLI {
	if sliced, ok := s.SLI.(slo.Slices); ok {
		return sliced.Of
	}
	return s.SLI
}

// NewSLIReader makes a reader of SLOs that are all [Countable].
func NewSLIReader(slos []slo.SLO) (*SLIReader, error) {
	reads, err := planReads(slos)
	if err != nil {
		return nil, fmt.Errorf("plan the reading of SLIs: %w", err)
	}
	return &SLIReader{slos: slos, reads: reads}, nil
}

// Requests is how many reads a reading takes.
func (r *SLIReader) Requests() int { return len(r.reads) }

// Forget has the next reading begin as the first one did. It is for a caller that
// could not keep what it was given.
func (r *SLIReader) Forget() { r.at, r.stood = time.Time{}, nil }

// Read counts the events of a window: for each SLO its groups, as ReadSLI does.
// Where the next window begins is told as next, so that it needs no margin; another
// one may be asked for nonetheless. A source that can't stream raw samples after
// all is ErrRawUnknown.
func (r *SLIReader) Read(ctx context.Context, src RawReader, window slo.Interval, next time.Time) ([][]SLISteps, error) {
	next = next.Truncate(rawStep)
	reach := slo.Interval{From: window.From.Truncate(rawStep), To: window.To} // of a step all is counted
	if !r.at.Equal(reach.From) || r.stood == nil {
		r.stood = make([]map[string]*standing, len(r.reads))
		reach.From = window.From.Add(-margin)
	}
	r.at = time.Time{} // until all went well
	c := &sliCount{slos: r.slos, window: window, next: next.UnixMilli(), of: make([]map[string]*counted, len(r.slos))}
	for i, read := range r.reads {
		if r.stood[i] == nil {
			r.stood[i] = map[string]*standing{}
		}
		if err := c.read(ctx, src, read, r.stood[i], reach); err != nil {
			return nil, fmt.Errorf("count the events of %d SLOs: %w", len(r.slos), err)
		}
	}
	r.at = next
	return c.steps(), nil
}

// sliCount is one reading.
type sliCount struct {
	slos   []slo.SLO
	window slo.Interval
	next   int64                 // when standings are taken, in unix milliseconds
	of     []map[string]*counted // by SLO and group
}

// counted is a group that is being counted.
type counted struct {
	group    labels.Labels
	counting *slo.Counting
}

func (c *sliCount) read(ctx context.Context, src RawReader, of *shared, stood map[string]*standing, reach slo.Interval) error {
	for key, s := range stood {
		if s.newest() < c.window.From.Add(-margin).UnixMilli() {
			delete(stood, key) // as a reading from there on would not know it
			continue
		}
		c.goOn(s)
	}
	var buf []byte
	err := src.Raw(ctx, of.matchers, reach, func(ls labels.Labels) func(int64, float64) {
		buf = ls.Bytes(buf)
		s := stood[string(buf)]
		if s == nil {
			s = &standing{routes: routesOf(c.slos, of.targets(ls), ls)}
			stood[string(buf)] = s
			c.goOn(s)
		}
		return func(ts int64, v float64) { s.add(ts, v, c.next) }
	})
	for _, s := range stood {
		s.sinks, s.last = nil, 0
	}
	return err
}

func routesOf(slos []slo.SLO, targets []target, ls labels.Labels) []route {
	out := make([]route, 0, len(targets))
	for _, t := range targets {
		group := events{by: slos[t.slo].GroupBy}.group(ls).Copy()
		out = append(out, route{slo: t.slo, role: t.role, group: group, key: group.String()})
	}
	return out
}

// goOn has a series counted on from where it stood.
func (c *sliCount) goOn(s *standing) {
	s.last = max(s.t, s.stale)
	for _, r := range s.routes {
		if c.of[r.slo] == nil {
			c.of[r.slo] = map[string]*counted{}
		}
		g := c.of[r.slo][r.key]
		if g == nil {
			g = &counted{r.group, slo.NewCounting(c.window, rawStep)}
			c.of[r.slo][r.key] = g
		}
		sink := g.counting.Series(r.role)
		if s.t != 0 {
			sink.Add(s.t, s.v)
		}
		if s.stale != 0 {
			sink.Add(s.stale, math.Float64frombits(value.StaleNaN))
		}
		s.sinks = append(s.sinks, sink)
	}
}

func (s *standing) newest() int64 { return max(s.t, s.stale) }

// add takes a sample of this reading, and remembers it if it is before next.
func (s *standing) add(ts int64, v float64, next int64) {
	if ts <= s.last {
		return
	}
	s.last = ts
	for _, sink := range s.sinks {
		sink.Add(ts, v)
	}
	switch {
	case ts >= next:
	case value.IsStaleNaN(v):
		s.stale = ts
	case v >= 0 && !math.IsInf(v, 0): // others are passed over
		s.t, s.v, s.stale = ts, v, 0
	}
}

// steps are what was counted, ordered by group.
func (c *sliCount) steps() [][]SLISteps {
	out := make([][]SLISteps, len(c.slos))
	for i, groups := range c.of {
		sliced, isSliced := c.slos[i].SLI.(slo.Slices)
		for _, g := range groups {
			steps := g.counting.Steps()
			if isSliced {
				steps = steps.Slices(sliced.Length, sliced.Target)
			}
			out[i] = append(out[i], SLISteps{Group: g.group, Steps: steps, Exact: true})
		}
		slices.SortFunc(out[i], func(a, b SLISteps) int { return labels.Compare(a.Group, b.Group) })
	}
	return out
}

// Raw is a source's way to raw samples; false where it has none, or counts the
// events of SLOs itself.
func Raw(src Source) (RawReader, bool) {
	raw, ok := src.(RawReader)
	_, counts := src.(StepsReader)
	return raw, ok && !counts
}
