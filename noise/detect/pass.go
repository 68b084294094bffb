package detect

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

// pass goes through the episodes in order of their start.
type pass struct {
	m      *measured
	o      *Options
	index  *noise.RuleIndex // nil where the rules are not known
	rules  []noise.Rule
	table  noise.AlertTable
	placed []placed
}

// placed is a start with its rule, before the starts are put together by rule.
type placed struct {
	start
	rule  int32
	dirty bool
}

func newPass(m *measured, h noise.History, o *Options) *pass {
	p := &pass{m: m, o: o, placed: make([]placed, 0, len(h.Episodes))}
	if h.RulesKnown && len(h.Rules) > 0 {
		p.rules, p.index = h.Rules, noise.NewRuleIndex(h.Rules)
	}
	return p
}

// add takes the next episode.
func (p *pass) add(i int32) {
	e := &p.m.episodes[i]
	if e.ActiveAt.UnixMilli() >= p.m.to || (!e.Open() && e.ResolvedAt.UnixMilli() <= p.m.from) {
		return
	}
	id := p.alert(e)
	a := &p.m.alerts[id]
	if !e.Fired() || e.FiredAt.UnixMilli() >= p.m.to {
		p.m.rules[a.rule].pending++
		return
	}
	s := start{from: e.FiredAt.UnixMilli(), to: p.m.to, episode: i, alert: id, marks: markAny}
	if s.from < p.m.from || e.Certainty.Fired == noise.EdgeCut {
		s.marks |= markCarried
	}
	if e.Open() || e.ResolvedAt.UnixMilli() >= p.m.to {
		s.marks |= markOpen
	} else {
		s.to = max(s.from, e.ResolvedAt.UnixMilli())
	}
	if !isSharp(e.Certainty.Resolved) {
		s.marks |= markLoose
	}
	dirty := isTouched(e)
	if a.lost > 0 && s.from-a.lost <= millis(p.o.Refire) {
		s.marks |= markResumed
		dirty = true
	}
	a.lost = 0
	if isEndTouched(e) {
		a.lost = s.to
	}
	p.placed = append(p.placed, placed{s, int32(a.rule), dirty})
}

// isTouched tells whether the pipeline had a hand in an episode.
func isTouched(e *noise.Episode) bool {
	c := &e.Certainty
	return len(c.Pipeline) > 0 || c.Gaps > 0 || c.Resolved == noise.EdgeLost || c.Resolved == noise.EdgeWithinGap ||
		c.Fired == noise.EdgeWithinGap || c.Active == noise.EdgeWithinGap
}

// isEndTouched tells whether the pipeline may have ended the episode, so that
// what starts soon after only goes on with it.
func isEndTouched(e *noise.Episode) bool {
	c := &e.Certainty
	return !e.Open() && (len(c.Pipeline) > 0 || c.Resolved == noise.EdgeLost || c.Resolved == noise.EdgeWithinGap)
}

// isSharp tells whether the time of an edge is known to the evaluation.
func isSharp(e noise.Edge) bool {
	return e == noise.EdgeExact || e == noise.EdgeWithinInterval || e == noise.EdgeUnsaid
}

// alert is the number of the episode's alert, entered at first sight.
func (p *pass) alert(e *noise.Episode) int32 {
	id, isNew := p.table.Number(e)
	if isNew {
		p.m.alerts = append(p.m.alerts, alert{rule: p.ruleOf(e), labels: e.Labels, hash: e.Labels.Hash()})
	}
	return id
}

// ruleOf is the place of the episode's rule in the facts.
func (p *pass) ruleOf(e *noise.Episode) int {
	ref := noise.RuleRef{RuleKey: noise.RuleKey{Name: e.Rule, Group: e.Group, File: e.File, Severity: e.Severity()}}
	var rule *noise.Rule
	if p.index != nil {
		if i, ok := p.index.Find(e); ok {
			rule = &p.rules[i]
			ref.Group, ref.File, ref.Line = rule.Group, rule.File, rule.Line
		}
	}
	return p.enter(ref, rule)
}

func (p *pass) enter(ref noise.RuleRef, rule *noise.Rule) int {
	if i, ok := p.m.byKey[ref.RuleKey]; ok {
		return i
	}
	i := len(p.m.rules)
	p.m.byKey[ref.RuleKey] = i
	p.m.rules = append(p.m.rules, ruleFacts{
		ref: ref, rule: rule, level: p.o.level(ref.Severity), standing: isStanding(ref, rule, p.o),
	})
	return i
}

// finish puts the starts together by rule, and the rules in the order of their
// keys.
func (p *pass) finish() {
	for i := range p.rules {
		p.enter(p.rules[i].Ref(), &p.rules[i])
	}
	p.sortRules()
	rules := p.m.rules
	sizes := make([]int, 2*len(rules)+1)
	for _, s := range p.placed {
		sizes[s.slot()+1]++
	}
	for i := 1; i < len(sizes); i++ {
		sizes[i] += sizes[i-1]
	}
	all, next := make([]start, len(p.placed)), slices.Clone(sizes)
	for _, s := range p.placed {
		all[next[s.slot()]] = s.start
		next[s.slot()]++
	}
	fired := make([]bool, len(p.m.alerts))
	for i := range rules {
		clean, dirty, end := sizes[2*i], sizes[2*i+1], sizes[2*i+2]
		rules[i].starts, rules[i].dirty = all[clean:dirty:dirty], all[dirty:end:end]
		byFiring(rules[i].starts)
		byFiring(rules[i].dirty)
		rules[i].countAlerts(fired)
	}
}

// slot is where the start goes: those of a rule that are clean, then the others.
func (s placed) slot() int {
	if s.dirty {
		return int(2*s.rule + 1)
	}
	return int(2 * s.rule)
}

// byFiring orders by the time of firing; the episodes came by that of activity.
func byFiring(starts []start) {
	less := func(a, b start) int { return cmp.Compare(a.from, b.from) }
	if !slices.IsSortedFunc(starts, less) {
		slices.SortStableFunc(starts, less)
	}
}

// countAlerts counts the label sets that fired; fired is scratch by alert.
func (r *ruleFacts) countAlerts(fired []bool) {
	for _, starts := range [][]start{r.starts, r.dirty} {
		for _, s := range starts {
			if !fired[s.alert] {
				fired[s.alert] = true
				r.alerts++
			}
		}
	}
}

// sortRules orders the facts by key and renames the rule of each alert and start.
func (p *pass) sortRules() {
	order := make([]int, len(p.m.rules))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return compareKeys(p.m.rules[a].ref.RuleKey, p.m.rules[b].ref.RuleKey)
	})
	place, sorted := make([]int, len(order)), make([]ruleFacts, len(order))
	for to, from := range order {
		place[from], sorted[to] = to, p.m.rules[from]
		p.m.byKey[sorted[to].ref.RuleKey] = to
	}
	p.m.rules = sorted
	for i := range p.m.alerts {
		p.m.alerts[i].rule = place[p.m.alerts[i].rule]
	}
	for i := range p.placed {
		p.placed[i].rule = int32(place[p.placed[i].rule])
	}
}
