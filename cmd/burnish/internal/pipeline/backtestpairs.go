package pipeline

import (
	"cmp"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/implies"
)

// rulePair is a rule as it is in force and as it is proposed; one of them is nil
// where it was added or removed.
type rulePair struct {
	old, now *noise.Rule
	diff     RuleDiff
	// episodes are those of the old and of the new rule; a rule that did not
	// change has them once, as both.
	episodes [2][]noise.Episode
	why      [2]string // why a side can't be replayed
}

// The sides of a pair.
const (
	oldSide = 0
	newSide = 1
)

func (p *rulePair) side(side int) *noise.Rule {
	if side == oldSide {
		return p.old
	}
	return p.now
}

// left tells that a side can't be replayed, so that the pair is not compared.
func (p *rulePair) left() bool { return p.why[oldSide] != "" || p.why[newSide] != "" }

// pairRules finds for each rule in force the one that takes its place: the same
// rule, else one of the same name that resembles it most. Files are compared by
// their names without the folder, since a server sees them elsewhere.
func pairRules(current, proposed []noise.Rule) []rulePair {
	out := make([]rulePair, 0, max(len(current), len(proposed)))
	for i := range current {
		out = append(out, rulePair{old: &current[i], diff: RuleRemoved})
	}
	m := &matching{pairs: out, proposed: proposed, taken: make([]bool, len(proposed)), texts: map[string]string{}}
	m.match(RuleUnchanged, m.whole)
	for _, key := range []func(*noise.Rule) string{
		func(r *noise.Rule) string { return joined(r.Name, baseOf(r.File), r.Group, r.Severity()) },
		func(r *noise.Rule) string { return joined(r.Name, r.Group, r.Labels.String()) },
		func(r *noise.Rule) string { return joined(r.Name, m.text(r.Expr)) },
		func(r *noise.Rule) string { return joined(r.Name, r.Group, r.Severity()) },
		func(r *noise.Rule) string { return joined(r.Name, r.Severity()) },
		func(r *noise.Rule) string { return joined(r.Name, r.Group) },
		func(r *noise.Rule) string { return r.Name },
	} {
		m.match(RuleChanged, key)
	}
	for i := range proposed {
		if !m.taken[i] {
			m.pairs = append(m.pairs, rulePair{now: &proposed[i], diff: RuleAdded})
		}
	}
	return m.pairs
}

// matching is the pairs while they are found.
type matching struct {
	pairs    []rulePair
	proposed []noise.Rule
	taken    []bool            // by proposed rule
	texts    map[string]string // canonical text by expression
}

// match pairs what is left and has the same key, in the order of the lists.
func (m *matching) match(diff RuleDiff, key func(*noise.Rule) string) {
	open := map[string][]int{}
	for i := range m.proposed {
		if !m.taken[i] {
			k := key(&m.proposed[i])
			open[k] = append(open[k], i)
		}
	}
	for i := range m.pairs {
		p := &m.pairs[i]
		if p.now != nil {
			continue
		}
		k := key(p.old)
		if at := open[k]; len(at) > 0 {
			p.now, p.diff, m.taken[at[0]] = &m.proposed[at[0]], diff, true
			open[k] = at[1:]
		}
	}
}

// whole is all that decides when a rule fires and what its alerts are called.
// An interval that a file leaves to the server is taken for that of the rule in
// force.
func (m *matching) whole(r *noise.Rule) string {
	return joined(r.Name, m.text(r.Expr), r.For.String(), r.KeepFiringFor.String(), r.Labels.String())
}

// text is the canonical text of an expression, so that what a server prints of
// it equals what a file says.
func (m *matching) text(expr string) string {
	if text, ok := m.texts[expr]; ok {
		return text
	}
	text, err := implies.Normalise(expr)
	if err != nil {
		text = strings.TrimSpace(expr)
	}
	m.texts[expr] = text
	return text
}

func joined(parts ...string) string { return strings.Join(parts, "\x00") }

func baseOf(file string) string { return path.Base(filepath.ToSlash(file)) }

// setIntervals gives rules whose group sets no interval the one that they are
// evaluated at, on copies of the rules, and finds pairs that differ in nothing
// but that.
func (b *backtest) setIntervals() {
	for i := range b.pairs {
		p := &b.pairs[i]
		old, now := intervalOf(p.old), intervalOf(p.now)
		given := b.options.Evaluation
		if p.old != nil {
			p.old = withInterval(*p.old, cmp.Or(old, given))
		}
		if p.now != nil {
			p.now = withInterval(*p.now, cmp.Or(now, given, old))
		}
		if p.diff == RuleUnchanged && p.old.Interval != p.now.Interval {
			p.diff = RuleChanged
		}
	}
}

func intervalOf(r *noise.Rule) time.Duration {
	if r == nil {
		return 0
	}
	return r.Interval
}

func withInterval(r noise.Rule, d time.Duration) *noise.Rule {
	r.Interval = d
	return &r
}

// tagged is a rule under a name of file that no other rule has, so that figures
// can be told apart where names, groups and files do not. The place says which
// pair it is of.
func tagged(r noise.Rule, place int) noise.Rule {
	r.File = strconv.Itoa(place)
	return r
}

// placeOf is the place that tagged gave.
func placeOf(file string) int {
	place, err := strconv.Atoi(file)
	if err != nil {
		return -1
	}
	return place
}
