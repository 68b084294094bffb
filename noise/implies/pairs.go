package implies

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// Pair is a proof between two rules of a list, by their places in it: whenever A
// fires, so does B. Of equal rules A is the one that stands first.
type Pair struct {
	A, B int
	Proof
}

// Bounds on what one rule is compared with; they keep a rule set of ten thousand
// rules about one metric linear.
const (
	maxLines   = 8  // of one core: directions and timings
	maxCores   = 16 // with fewer matchers
	maxComplex = 16 // conditions of several parts, near in the list
	maxTwins   = 4  // of the same text, near in the list
)

// Pairs finds the pairs of rules that are proven. Rules are grouped by what they
// measure, with matchers and thresholds left out, and compared within a group
// only. Of many thresholds on one measure only neighbours are reported: if A
// implies B and B implies C, then A implies C is left out. Rules that can't be
// read take no part. The result is ordered by A and B.
func Pairs(rules []noise.Rule) []Pair { return Read(rules).Pairs() }

// Pairs is the function of that name, of the book's rules.
func (b *Book) Pairs() []Pair {
	x := newIndex(b)
	proven := make([][]Pair, len(x.members))
	inParallel(len(x.members), func(i int) {
		if a := &x.members[i]; a.c != nil {
			proven[i] = x.judge(a)
		}
	})
	found := map[[2]int]Proof{}
	for _, p := range slices.Concat(proven...) {
		switch {
		case found[[2]int{p.B, p.A}].Verdict == Equal: // as it was found from the other side
		case p.Verdict == Equal && p.A > p.B:
			found[[2]int{p.B, p.A}] = p.Proof
		default:
			found[[2]int{p.A, p.B}] = p.Proof
		}
	}
	var out []Pair
	for places, proof := range found {
		out = append(out, Pair{A: places[0], B: places[1], Proof: proof})
	}
	slices.SortFunc(out, func(a, b Pair) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) })
	return out
}

// judge finds what a implies.
func (x *index) judge(a *member) []Pair {
	seen := map[int]bool{a.rule: true}
	candidates := x.candidates(a)
	twin := a.twinBefore(candidates)
	var out []Pair
	for _, b := range candidates {
		if seen[b.rule] || b.rule != twin && a.same(b) {
			continue
		}
		seen[b.rule] = true
		if proof := a.c.prove(b.c); proof.Verdict != Unknown {
			out = append(out, Pair{A: a.rule, B: b.rule, Proof: proof})
		}
	}
	return out
}

// member is a rule in the index.
type member struct {
	rule int
	c    *compiled // nil where the rule can't be read
}

// same tells whether two rules have the same condition.
func (a *member) same(b *member) bool {
	return a.c.text == b.c.text && timingOf(a.c.Condition) == timingOf(b.c.Condition)
}

// twinBefore is the last rule before a with the same condition; -1 if there is
// none. Only it is linked to a, so that many copies make a chain.
func (a *member) twinBefore(ms []*member) int {
	last := -1
	for _, b := range ms {
		if b.rule < a.rule && b.rule > last && a.same(b) {
			last = b.rule
		}
	}
	return last
}

// line is a row of thresholds in one direction, with one timing, on one core:
// each of its members implies those before it.
type line struct {
	falls   bool // the condition is "below"
	timing  timing
	members []lineMember // weakest first
}

type lineMember struct {
	*member
	bound float64 // larger is stronger
}

type timing struct {
	hold, keep, interval, offset time.Duration
	restless                     bool
}

func timingOf(c Condition) timing {
	return timing{hold: c.For, keep: c.KeepFiringFor, interval: c.Interval, offset: c.QueryOffset, restless: c.Restless}
}

// boundOf is the threshold of a set that is one half-line.
func boundOf(s set) (bound float64, falls, ok bool) {
	if len(s.spans) != 1 || s.nan || s.hist {
		return 0, false, false
	}
	switch p := s.spans[0]; {
	case p.hi == infinity:
		return p.lo, false, true
	case p.lo == -infinity:
		return -p.hi, true, true
	}
	return 0, false, false
}

// below is the strongest member that a set with this bound still implies, other
// than the rule itself. Of equal bounds it is the one before it in the list, so
// that equal rules make a chain.
func (l *line) below(bound float64, rule int) *member {
	i, _ := slices.BinarySearchFunc(l.members, lineMember{bound: bound, member: &member{rule: rule}}, compareInLine)
	if i == 0 {
		return nil
	}
	return l.members[i-1].member
}

func compareInLine(a, b lineMember) int {
	return cmp.Or(cmp.Compare(a.bound, b.bound), cmp.Compare(a.rule, b.rule))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
