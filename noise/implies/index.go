package implies

import (
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// index finds for a rule those that it may imply.
type index struct {
	members []member
	buckets map[string]*bucket // by what is measured
	texts   map[string][]*member
}

// bucket holds the rules that measure one thing with any matchers.
type bucket struct {
	cores   map[string]*core // by text
	byToken map[string][]*core
	complex []*member
}

// core is one measure with its matchers, and the simple conditions on it.
type core struct {
	expr   parser.Expr
	text   string
	lines  []*line
	byLine map[lineKey]*line
	others []*member // simple, but no half-line
	weaker []*core   // cores of which this one is a part, once asked for
	asked  sync.Once
}

func newIndex(book *Book) *index {
	x := &index{members: make([]member, len(book.rules)), buckets: map[string]*bucket{}, texts: map[string][]*member{}}
	for i := range book.rules {
		x.members[i].rule = i
		c := book.condition(i)
		if c == nil {
			continue
		}
		x.members[i].c = c
		x.texts[c.text] = append(x.texts[c.text], &x.members[i])
		for _, key := range c.entries {
			x.bucket(key).add(&x.members[i])
		}
	}
	for _, b := range x.buckets {
		b.settle()
	}
	return x
}

func (x *index) bucket(key string) *bucket {
	b := x.buckets[key]
	if b == nil {
		b = &bucket{cores: map[string]*core{}, byToken: map[string][]*core{}}
		x.buckets[key] = b
	}
	return b
}

// entries are the measures of which a condition has to know one to imply f.
func entries(f *form) []string {
	switch f.kind {
	case either:
		return sorted(append(entries(f.left), entries(f.right)...))
	case both, except:
		return entries(f.left)
	case isLeaf:
	}
	return []string{skeleton(f.leaf.core)}
}

func skeleton(e parser.Expr) string {
	w := writer{skeleton: true}
	w.expr(e)
	return w.b.String()
}

func (b *bucket) add(m *member) {
	f := m.c.form
	if f.kind != isLeaf {
		b.complex = append(b.complex, m)
		return
	}
	c := b.cores[f.leaf.text]
	if c == nil {
		c = &core{expr: f.leaf.core, text: f.leaf.text, byLine: map[lineKey]*line{}}
		b.cores[f.leaf.text] = c
	}
	bound, falls, ok := boundOf(f.leaf.set)
	if !ok {
		c.others = append(c.others, m)
		return
	}
	c.line(falls, timingOf(m.c.Condition)).add(lineMember{m, bound})
}

type lineKey struct {
	falls bool
	timing
}

func (c *core) line(falls bool, t timing) *line {
	key := lineKey{falls, t}
	l := c.byLine[key]
	if l == nil {
		l = &line{falls: falls, timing: t}
		c.lines = append(c.lines, l)
		c.byLine[key] = l
	}
	return l
}

func (l *line) add(m lineMember) { l.members = append(l.members, m) }

// settle sorts the lines, and files each core under its rarest token.
func (b *bucket) settle() {
	count := map[string]int{}
	for _, c := range b.cores {
		for _, t := range tokens(c.expr) {
			count[t]++
		}
	}
	for _, text := range sortedKeys(b.cores) {
		c := b.cores[text]
		for _, l := range c.lines {
			slices.SortFunc(l.members, compareInLine)
		}
		rarest := ""
		for _, t := range tokens(c.expr) {
			if rarest == "" || count[t] < count[rarest] {
				rarest = t
			}
		}
		b.byToken[rarest] = append(b.byToken[rarest], c)
	}
}

// tokens are what a stronger core has too: each matcher's label with its place,
// and its value where it is one.
func tokens(e parser.Expr) []string {
	var out []string
	place := 0
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		s, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		place++
		for _, m := range s.LabelMatchers {
			if m.Name == labels.MetricName {
				continue
			}
			t := strconv.Itoa(place) + " " + m.Name
			if m.Type == labels.MatchEqual {
				t += "=" + m.Value
			}
			out = append(out, t)
		}
		return nil
	})
	return out
}

// candidates are the rules that a may imply, nearest first.
func (x *index) candidates(a *member) []*member {
	out := x.twins(a)
	if len(a.c.worlds) == 0 {
		return out
	}
	for i, l := range a.c.worlds[0].leaves {
		b := x.buckets[a.c.measures[i]]
		if b == nil {
			continue
		}
		for _, c := range b.weaker(l) {
			out = append(out, c.below(l, a)...)
		}
		out = append(out, around(b.complex, a, maxComplex)...)
	}
	return out
}

// twins are rules with the same text, of which a condition without a threshold
// may have many.
func (x *index) twins(a *member) []*member {
	if a.c.form.kind == isLeaf {
		if _, _, ok := boundOf(a.c.form.leaf.set); ok {
			return nil
		}
	}
	return around(x.texts[a.c.text], a, maxTwins)
}

// around are the members nearest to a in the list. What is appended to the
// result does not touch the list.
func around(ms []*member, a *member, most int) []*member {
	if len(ms) <= most {
		return slices.Clip(ms)
	}
	i, _ := slices.BinarySearchFunc(ms, a.rule, func(m *member, rule int) int { return m.rule - rule })
	from := min(max(0, i-most/2), len(ms)-most)
	return slices.Clip(ms[from : from+most])
}

// weaker are the cores of which the leaf's is a part, itself first.
func (b *bucket) weaker(l leaf) []*core {
	own := b.cores[l.text]
	if own == nil {
		return b.search(l)
	}
	own.asked.Do(func() { own.weaker = append([]*core{own}, b.search(l)...) })
	return own.weaker
}

func (b *bucket) search(l leaf) []*core {
	var out []*core
	look := 0
	for _, t := range append(lookups(l.core), "") {
		for _, c := range b.byToken[t] {
			if look++; look > 4*maxCores || len(out) >= maxCores {
				return out
			}
			if c.text == l.text {
				continue
			}
			if _, ok := restricts(l.core, c.expr); ok {
				out = append(out, c)
			}
		}
	}
	return out
}

// lookups are the tokens of the cores that may be weaker: those of the core
// itself, and its labels with matchers of other kinds.
func lookups(e parser.Expr) []string {
	out := tokens(e)
	for _, t := range tokens(e) {
		for i := range len(t) {
			if t[i] == '=' {
				out = append(out, t[:i])
				break
			}
		}
	}
	return sorted(out)
}

// below are the nearest members of the core that the leaf of a may imply. Of
// equal thresholds on a's own core it takes the rule before a, else any.
func (c *core) below(from leaf, a *member) []*member {
	s, before := from.set, math.MaxInt
	if f := a.c.form; f.kind == isLeaf && f.leaf.text == c.text {
		before = a.rule
	}
	if len(s.spans) == 0 {
		return around(c.others, a, maxComplex)
	}
	up, down := s.spans[0].lo, -s.spans[len(s.spans)-1].hi
	own := timingOf(a.c.Condition)
	var out []*member
	add := func(l *line, rule int) {
		bound := up
		if l.falls {
			bound = down
		}
		if m := l.below(bound, rule); m != nil {
			out = append(out, m)
		}
	}
	for _, falls := range []bool{false, true} {
		if l := c.byLine[lineKey{falls, own}]; l != nil {
			add(l, before)
		}
	}
	for _, l := range c.lines[:min(len(c.lines), maxLines)] {
		if l.timing != own && a.c.covers(Condition{
			For: l.timing.hold, KeepFiringFor: l.timing.keep, Interval: l.timing.interval,
			QueryOffset: l.timing.offset, Restless: l.timing.restless,
		}) {
			add(l, math.MaxInt)
		}
	}
	return append(out, around(c.others, a, maxComplex)...)
}
