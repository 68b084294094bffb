package collector

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/slo"
)

// valuesAtOnce is how many values of a label one read asks for. Prometheus looks
// up to 256 of them up in its index, and tries every value it has beyond that.
const valuesAtOnce = 250

// shared is one read for the selectors of many SLOs: they differ in the value of
// one label at most.
type shared struct {
	matchers []*labels.Matcher
	label    string              // that they differ in; empty for a read of one selector
	of       map[string][]target // by its value
}

// target is a selector of an SLO that a read serves.
type target struct {
	slo  int
	role slo.Role
	rest []*labels.Matcher // what is asked of a series besides what the read asks
}

// targets are the selectors that a series is for.
func (s *shared) targets(ls labels.Labels) []target {
	value := ""
	if s.label != "" {
		value = ls.Get(s.label)
	}
	return slices.DeleteFunc(slices.Clone(s.of[value]), func(t target) bool { return !matches(t.rest, ls) })
}

func matches(ms []*labels.Matcher, ls labels.Labels) bool {
	for _, m := range ms {
		if !m.Matches(ls.Get(m.Name)) {
			return false
		}
	}
	return true
}

// wanted is what has to be read: a selector, and the other selectors of the same
// SLO that take a part of it.
type wanted struct {
	matchers []*labels.Matcher
	targets  []target
}

// planReads finds few reads that serve the selectors of all SLOs and give no series
// that none of them selects.
func planReads(slos []slo.SLO) ([]*shared, error) {
	var all []wanted
	known := interned{}
	for i, s := range slos {
		own, err := known.wantedOf(i, unsliced(s).Selectors())
		if err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	kin := map[string][]wanted{}
	for _, w := range all {
		key := shape(w.matchers, "", false)
		kin[key] = append(kin[key], w)
	}
	var out []*shared
	for _, key := range slices.Sorted(maps.Keys(kin)) {
		out = append(out, share(kin[key])...)
	}
	return out, nil
}

// interned are matchers by what they match: thousands of SLOs ask for the same
// code=~"5..", and a compiled regular expression takes a kilobyte.
type interned map[string]*labels.Matcher

func (n interned) one(m *labels.Matcher) *labels.Matcher {
	key := m.Name + "\xff" + m.Type.String() + "\xff" + m.Value
	if n[key] == nil {
		n[key] = m
	}
	return n[key]
}

// wantedOf are the selectors of one SLO. One that asks for all that another asks
// for, and more, is served by the other's read.
func (n interned) wantedOf(i int, selectors []slo.Selector) ([]wanted, error) {
	parsed := make([][]*labels.Matcher, len(selectors))
	for k, sel := range selectors {
		ms, err := matchers(sel.Expr)
		if err != nil {
			return nil, err
		}
		parsed[k] = ms
	}
	host := func(k int) int {
		for j := range parsed {
			if j != k && within(parsed[j], parsed[k]) && (j < k || !within(parsed[k], parsed[j])) {
				return j
			}
		}
		return k
	}
	at := map[int]int{}
	var out []wanted
	for k := range selectors {
		j := k
		for next := host(j); next != j; next = host(j) {
			j = next
		}
		if _, ok := at[j]; !ok {
			at[j] = len(out)
			out = append(out, wanted{matchers: parsed[j]})
		}
		var rest []*labels.Matcher
		for _, m := range parsed[k] {
			if !has(parsed[j], m) {
				rest = append(rest, n.one(m))
			}
		}
		w := &out[at[j]]
		w.targets = append(w.targets, target{slo: i, role: selectors[k].Role, rest: rest})
	}
	return out, nil
}

// within tells whether all of some matchers are among others.
func within(ms, others []*labels.Matcher) bool {
	return !slices.ContainsFunc(ms, func(m *labels.Matcher) bool { return !has(others, m) })
}

func has(ms []*labels.Matcher, m *labels.Matcher) bool {
	return slices.ContainsFunc(ms, func(o *labels.Matcher) bool {
		return o.Type == m.Type && o.Name == m.Name && o.Value == m.Value
	})
}

// variable are the labels that a selector asks one value of, each by its value.
func variable(ms []*labels.Matcher) map[string]string {
	out, seen := map[string]string{}, map[string]bool{}
	for _, m := range ms {
		if m.Type == labels.MatchEqual && m.Value != "" && !seen[m.Name] {
			out[m.Name] = m.Value
		} else {
			delete(out, m.Name)
		}
		seen[m.Name] = true
	}
	return out
}

// shape is what selectors that can share a read have in common: all but the values
// that they ask for, or all but that of one label.
func shape(ms []*labels.Matcher, label string, values bool) string {
	free := variable(ms)
	parts := make([]string, 0, len(ms))
	for _, m := range ms {
		_, varies := free[m.Name]
		text := m.Name + "\xff" + m.Type.String()
		if m.Name != label && (values || !varies) {
			text += "\xff" + m.Value
		}
		parts = append(parts, text)
	}
	slices.Sort(parts)
	return strings.Join(parts, "\xfe")
}

// share makes reads of selectors of one shape, by the label in which they differ
// most.
func share(kin []wanted) []*shared {
	values := map[string]map[string]bool{}
	for _, w := range kin {
		for name, value := range variable(w.matchers) {
			if values[name] == nil {
				values[name] = map[string]bool{}
			}
			values[name][value] = true
		}
	}
	label := ""
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if label == "" || len(values[name]) > len(values[label]) {
			label = name
		}
	}
	alike := map[string][]wanted{}
	for _, w := range kin {
		key := shape(w.matchers, label, true)
		alike[key] = append(alike[key], w)
	}
	var out []*shared
	for _, key := range slices.Sorted(maps.Keys(alike)) {
		out = append(out, reads(alike[key], label)...)
	}
	return out
}

// reads makes reads of selectors that differ in the value of one label at most.
func reads(alike []wanted, label string) []*shared {
	value := func(w wanted) string { return variable(w.matchers)[label] }
	slices.SortStableFunc(alike, func(a, b wanted) int { return cmp.Compare(value(a), value(b)) })
	var out []*shared
	for _, w := range alike {
		v := value(w)
		last := len(out) - 1
		if last < 0 || len(out[last].of) == valuesAtOnce && out[last].of[v] == nil {
			out = append(out, &shared{label: label, of: map[string][]target{}, matchers: w.matchers})
			last++
		}
		out[last].of[v] = append(out[last].of[v], w.targets...)
	}
	for _, s := range out {
		s.join()
	}
	return out
}

// join lets a read ask for all of its values.
func (s *shared) join() {
	if s.label == "" || len(s.of) < 2 {
		return
	}
	values := slices.Sorted(maps.Keys(s.of))
	for i, v := range values {
		values[i] = regexp.QuoteMeta(v)
	}
	s.matchers = slices.Clone(s.matchers)
	for i, m := range s.matchers {
		if m.Name == s.label {
			s.matchers[i] = labels.MustNewMatcher(labels.MatchRegexp, s.label, strings.Join(values, "|"))
		}
	}
}
