package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

// remedy is what the advice of a kind does to the notifications of its rule.
type remedy struct {
	kind noise.Kind
	// mark is on the episodes that the advice would do away with; 0 where only a
	// number of them is known.
	mark mark
}

// remedies are in the order in which they are credited. First comes what does
// away with the rule as a whole, then what repairs it, the narrowest repair
// first. Kinds that are not here point at a rule and repair nothing themselves.
func remedies() []remedy {
	return []remedy{
		{noise.KindDuplicate, markAny},
		{noise.KindSubsumed, markAny},
		{noise.KindRedundant, markAny},
		{noise.KindNonActionable, markAny},
		{noise.KindValueInLabel, markMinted},
		{noise.KindStale, markStale},
		{noise.KindFlapping, markRestart},
		{noise.KindFleeting, markFleeting},
		{noise.KindTightThreshold, 0},
		{noise.KindCascading, 0},
		{noise.KindRepeating, markRepeating},
	}
}

// settle sees to it that an episode is saved once only. Several findings may
// want to do away with the same episodes: a rule that is redundant, flaps and is
// fleeting. Each episode is credited to the first of the remedies that would do
// away with it; the others keep what is left to them and say where the rest is
// counted. So the sum over the findings of a rule never exceeds what the rule
// sends.
func settle(m *measured, findings []noise.Finding) {
	byRule := map[noise.RuleKey][]*noise.Finding{}
	for i := range findings {
		if f := &findings[i]; f.Saves != nil && m.rule(f.Rule.RuleKey) != nil {
			byRule[f.Rule.RuleKey] = append(byRule[f.Rule.RuleKey], f)
		}
	}
	order := remedies()
	place := func(f *noise.Finding) int {
		return slices.IndexFunc(order, func(r remedy) bool { return r.kind == f.Kind })
	}
	for key, of := range byRule {
		of = slices.DeleteFunc(of, func(f *noise.Finding) bool { return place(f) < 0 || *f.Saves <= 0 })
		slices.SortFunc(of, func(a, b *noise.Finding) int {
			return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.ID, b.ID))
		})
		c := credit{m: m, r: m.rule(key), left: m.rate(m.rule(key))}
		for _, f := range of {
			c.give(f, order[place(f)].mark)
		}
	}
}

// credit is what of a rule's notifications is not credited yet.
type credit struct {
	m     *measured
	r     *ruleFacts
	left  float64 // a week
	taken mark
	to    noise.Kind // of the rule's finding that was credited first; empty until one was
}

func (c *credit) give(f *noise.Finding, with mark) {
	own, got := *f.Saves, *f.Saves
	if with != 0 {
		got = min(got, c.m.weight(c.r, with, c.taken))
		c.taken |= with
	}
	got = max(0, min(got, c.left))
	c.left -= got
	if own-got > 1e-9 {
		f.Saves = &got
		f.Why += fmt.Sprintf(" By itself it would save %s a week", figure(own))
		if c.to != "" {
			f.Why += "; the rest of that is counted under " + strings.ReplaceAll(string(c.to), "_", " ")
		}
		f.Why += "."
	}
	if c.to == "" && got > 0 {
		c.to = f.Kind
	}
}

// rate is the notifications a week that the rule alone is behind: those that
// were replayed and name no other rule, without the share of the pipeline's
// episodes; where nothing was replayed, its firing starts.
func (m *measured) rate(r *ruleFacts) float64 { return m.weight(r, markAny, 0) }

// weight is the part of the rate that the episodes with one of the marks and
// none of the others make.
func (m *measured) weight(r *ruleFacts, with, without mark) float64 {
	if m.counts == nil {
		if m.weeks <= 0 {
			return 0
		}
		return float64(r.count(with, without|markCarried)) / m.weeks
	}
	c := m.counts[r.ref.RuleKey]
	if c == nil {
		return 0
	}
	return float64(c.Sole) / m.routeWeeks * float64(r.count(with, without)) / float64(len(r.starts)+len(r.dirty))
}

// saving is the saving by doing away with the episodes that have the mark, and
// the sentence that says what it is counted in.
func (m *measured) saving(r *ruleFacts, with mark) *float64 {
	if m.weeks <= 0 {
		return nil
	}
	v := m.weight(r, with, 0)
	return &v
}

// part is a share of the rule's rate.
func (m *measured) part(r *ruleFacts, share float64) *float64 {
	if m.weeks <= 0 {
		return nil
	}
	v := m.rate(r) * min(1, max(0, share))
	return &v
}

// unit says what savings are counted in.
func (m *measured) unit() string {
	if m.counts == nil {
		return " What it saves is counted in firing starts a week, since no notifications were replayed."
	}
	return " What it saves is counted in replayed notifications a week that name this rule alone."
}
