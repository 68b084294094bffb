package overlap

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/burnish-sre/burnish/noise"
)

// Measure compares all pairs of rules that fired in the history and gives those
// of which chance is ruled out. It asks of each ordered pair whether A starts
// while B fires, when B starts, and soon after B starts more often than under
// circular shifts of A against B; all these questions together keep the
// false-discovery rate. The result does not depend on the order of the episodes
// or the number of processors.
//
// A rule is known by its place in the history's rules where those are known,
// else by name, group, file and severity.
func Measure(h noise.History, o Options) Result {
	o = o.withDefaults(h)
	m := measure{o: o, record: read(h, o)}
	m.res.Options = o
	m.names = make([]uint64, len(m.record.rows))
	for i, r := range m.record.rows {
		m.names[i] = r.names
	}
	m.joins = m.record.joins()
	m.scan()
	m.test()
	m.conclude()
	m.res.Clusters = clusters(m.res.Pairs, o.Precision)
	return m.res
}

// measure is one run.
type measure struct {
	o      Options
	record *record
	names  []uint64
	joins  []join
	laid   int // the join that frame is of
	frame  *frame
	found  findings
	tested []tested
	res    Result
}

// tests is how many questions were asked: three of each ordered pair.
func (m *measure) tests() int { return max(1, 2*int(kinds)*m.found.compared) }

// lay builds the frame of a join; the last one is kept.
func (m *measure) lay(number int) *frame {
	if m.frame == nil || m.laid != number {
		m.frame, m.laid = nil, number
		m.frame = newFrame(m.record, m.joins[number], m.o)
	}
	return m.frame
}

// scan goes from the rarest join to the commonest, so that the latter's frame is
// still there when it is needed again.
func (m *measure) scan() {
	for i := len(m.joins) - 1; i >= 0; i-- {
		m.found.add(scan(m.lay(i), m.names, i, m.o))
		m.found.kept = strongest(m.found.kept, mostTested)
	}
	// The chance can only grow when bursts and the time of day are looked at, so
	// what would not be claimed now will not be claimed then.
	kept := strongest(m.found.kept, mostTested)
	found := make([]float64, len(kept))
	for i := range kept {
		found[i] = kept[i].logP
	}
	m.found.kept = slices.Clone(kept[:discoveries(found, m.tests(), m.o.FDR)])
	if len(m.found.kept) == mostTested {
		m.res.Untested = m.found.seen - mostTested
	}
	m.res.Compared = m.found.compared
}

// tested is a pair of lanes with the answers to its questions.
type tested struct {
	join    int16
	a, b    int32      // a < b
	answers [2]answers // of a beside b, of b beside a
}

// answers are by kind; nil where the answer can't be significant.
type answers [kinds]*answer

type answer struct {
	candidate
	mean  float64 // hits expected by chance
	plain float64 // the same over all shifts
	q     float64
}

// test judges the candidates under all shifts, on all processors.
func (m *measure) test() {
	kept := make([]answer, len(m.found.kept))
	for i, c := range m.found.kept {
		kept[i].candidate = c
	}
	m.found.kept = nil
	slices.SortFunc(kept, func(a, b answer) int { return cmp.Compare(a.join, b.join) })
	for from := 0; from < len(kept); {
		to := from
		for to < len(kept) && kept[to].join == kept[from].join {
			to++
		}
		m.judge(m.lay(int(kept[from].join)), kept[from:to])
		from = to
	}
	slices.SortFunc(kept, func(a, b answer) int { return a.compare(b.candidate) })
	kept = kept[:discoveries(logs(kept), m.tests(), m.o.FDR)]
	for i, q := range adjusted(logs(kept), m.tests()) {
		kept[i].q = q
	}
	m.pairUp(kept)
}

func logs(answers []answer) []float64 {
	out := make([]float64, len(answers))
	for i := range answers {
		out[i] = answers[i].logP
	}
	return out
}

// pairUp brings the answers about one pair together.
func (m *measure) pairUp(kept []answer) {
	place := map[[3]int32]int{}
	for i := range kept {
		c := &kept[i]
		a, b, turn := c.a, c.b, 0
		if a > b {
			a, b, turn = b, a, 1
		}
		key := [3]int32{int32(c.join), a, b}
		n, ok := place[key]
		if !ok {
			n = len(m.tested)
			place[key] = n
			m.tested = append(m.tested, tested{join: c.join, a: a, b: b})
		}
		m.tested[n].answers[turn][c.kind] = c
	}
}

func (m *measure) judge(f *frame, cs []answer) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range max(1, min(runtime.GOMAXPROCS(0), len(cs))) {
		group.Go(func() {
			n := newNull(&m.record.axis, m.o)
			for i := next.Add(1) - 1; i < int64(len(cs)); i = next.Add(1) - 1 {
				n.judge(f, &cs[i], m.o)
			}
		})
	}
	group.Wait()
}

// conclude says what each significant pair is.
func (m *measure) conclude() {
	slices.SortStableFunc(m.tested, func(a, b tested) int { return cmp.Compare(a.join, b.join) })
	type ranked struct {
		Pair
		logP float64
	}
	var all []ranked
	for i := range m.tested {
		t := &m.tested[i]
		r := relater{m: m, f: m.lay(int(t.join)), t: t}
		if p, logP, ok := r.relate(); ok {
			p.On = m.record.list(m.joins[t.join].names)
			all = append(all, ranked{p, logP})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.Relation.rank(), b.Relation.rank()), cmp.Compare(a.logP, b.logP),
			compareRefs(a.A, b.A), compareRefs(a.B, b.B))
	})
	m.res.Unlisted = max(0, len(all)-m.o.Limit)
	for _, r := range all[:min(len(all), m.o.Limit)] {
		m.res.Pairs = append(m.res.Pairs, r.Pair)
	}
}

// rank orders the relations by how much they say.
func (r Relation) rank() int {
	return slices.Index([]Relation{Duplicate, Redundant, Cascading, Together}, r)
}

func compareRefs(a, b noise.RuleRef) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// better is the stronger of two answers, either of which may be missing.
func better(a, b *answer) *answer {
	if a == nil || b != nil && b.logP < a.logP {
		return b
	}
	return a
}
