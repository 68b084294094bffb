package overlap

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// candidate is one question about one ordered pair of lanes, with the logarithm
// of the chance that it would be answered yes so often.
type candidate struct {
	a, b int32
	hits int32
	join int16
	kind kind
	logP float64
}

// mostTested bounds the time and the memory where everything looks related to
// everything: only so many of the strongest candidates are kept. What is left
// out is counted, and not claimed.
const mostTested = 50_000

// findings are what scanning gave.
type findings struct {
	kept     []candidate
	compared int
	seen     int // candidates, those that were dropped included
}

// scan asks all questions of all pairs of lanes that share a key, and keeps
// those whose answer can be significant at all.
func scan(f *frame, names []uint64, number int, o Options) findings {
	x := newIndex(f)
	workers := max(1, min(runtime.GOMAXPROCS(0), len(f.lanes)))
	found := make([]findings, workers)
	var next atomic.Int64
	var group sync.WaitGroup
	for w := range found {
		group.Go(func() {
			s := newScanner(f, x, names, o)
			s.join = int16(number)
			for a := next.Add(1) - 1; a < int64(len(f.lanes)); a = next.Add(1) - 1 {
				s.row(int32(a))
			}
			found[w] = s.findings
		})
	}
	group.Wait()
	all := findings{}
	for _, part := range found {
		all.add(part)
	}
	return all
}

func (s *findings) add(o findings) {
	s.kept = append(s.kept, o.kept...)
	s.compared += o.compared
	s.seen += o.seen
}

// scanner walks over the rows of the matrix of pairs; it never holds more than
// one of them.
type scanner struct {
	findings
	f      *frame
	x      *index
	names  []uint64 // by row of the record
	o      Options
	join   int16
	tally  tally
	common []bool
	totals [][kinds]int32 // by lane: what its tracks cover
	limit  float64
	// weakest is the least likely candidate that mostTested others beat.
	weakest float64
}

func newScanner(f *frame, x *index, names []uint64, o Options) *scanner {
	s := &scanner{f: f, x: x, names: names, o: o, common: make([]bool, len(f.lanes)), totals: make([][kinds]int32, len(f.lanes))}
	s.limit, s.weakest = math.Log(o.FDR), math.Inf(1)
	s.kept = make([]candidate, 0, 2*mostTested)
	for k := range s.tally {
		s.tally[k] = make([]int32, len(f.lanes))
	}
	for i, l := range f.lanes {
		for _, t := range f.tracks[l.first:l.last] {
			for k, slots := range t.covers {
				s.totals[i][k] += slots
			}
		}
	}
	return s
}

// row looks at all pairs of one lane.
func (s *scanner) row(a int32) {
	l := &s.f.lanes[a]
	s.markCommon(l)
	s.x.count(l.points, &s.tally)
	for b := range s.f.lanes {
		if !s.common[b] || int32(b) == a || s.names[l.row]&s.names[s.f.lanes[b].row] != s.f.names {
			continue
		}
		if int32(b) > a {
			s.compared++
		}
		for k := range s.tally {
			if hits := s.tally[k][b]; int(hits) >= s.o.Support {
				s.judge(candidate{a: a, b: int32(b), join: s.join, kind: kind(k), hits: hits})
			}
		}
	}
	for k := range s.tally {
		clear(s.tally[k])
	}
}

// markCommon finds the lanes that share a key with this one.
func (s *scanner) markCommon(l *lane) {
	clear(s.common)
	found := 0
	for _, t := range s.f.tracks[l.first:l.last] {
		if found == len(s.common) {
			return
		}
		for _, b := range s.x.lanes[t.key] {
			if !s.common[b] {
				s.common[b] = true
				found++
			}
		}
	}
}

// judge keeps what even the null without any burst could not explain.
func (s *scanner) judge(c candidate) {
	a, b := &s.f.lanes[c.a], &s.f.lanes[c.b]
	mean := 0.0
	if s.f.keys == 1 {
		mean = float64(len(a.points)) * float64(s.totals[c.b][c.kind]) / float64(s.f.slots)
	} else {
		mean = s.f.mean(a, b, c.kind)
	}
	if float64(c.hits) < s.o.Lift*mean {
		return
	}
	if c.logP = logTail(float64(c.hits), mean, 1); c.logP > s.limit {
		return
	}
	if s.seen++; c.logP > s.weakest {
		return
	}
	if s.kept = append(s.kept, c); len(s.kept) == 2*mostTested {
		s.kept = strongest(s.kept, mostTested)
		s.weakest = s.kept[mostTested-1].logP
	}
}

// strongest sorts the candidates and keeps that many of them.
func strongest(cs []candidate, n int) []candidate {
	slices.SortFunc(cs, candidate.compare)
	return cs[:min(n, len(cs))]
}

// compare puts the least likely first.
func (c candidate) compare(o candidate) int {
	return cmp.Or(cmp.Compare(c.logP, o.logP), cmp.Compare(c.join, o.join), cmp.Compare(c.a, o.a), cmp.Compare(c.b, o.b), cmp.Compare(c.kind, o.kind))
}
