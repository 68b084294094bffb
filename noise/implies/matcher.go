package implies

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

func compareMatchers(a, b *labels.Matcher) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Value, b.Value))
}

// normalMatchers rewrites regular expressions that are lists of values, drops
// repeated matchers and sorts the rest.
func normalMatchers(ms []*labels.Matcher) []*labels.Matcher {
	out := make([]*labels.Matcher, 0, len(ms))
	for _, m := range ms {
		out = append(out, normalMatcher(m))
	}
	slices.SortFunc(out, compareMatchers)
	out = slices.CompactFunc(out, func(a, b *labels.Matcher) bool { return compareMatchers(a, b) == 0 })
	some := slices.DeleteFunc(slices.Clone(out), func(m *labels.Matcher) bool {
		return m.Type == labels.MatchRegexp && m.Value == ".*"
	})
	if len(some) > 0 {
		return some
	}
	return out
}

// normalMatcher writes a regular expression without operators as an equality,
// and a list of alternatives in their order.
func normalMatcher(m *labels.Matcher) *labels.Matcher {
	if m.Type != labels.MatchRegexp && m.Type != labels.MatchNotRegexp {
		return m
	}
	if m.Value == ".+" { // the same as: not empty
		return labels.MustNewMatcher(flip(m.Type), m.Name, "")
	}
	values := sorted(m.SetMatches())
	if len(values) == 0 || len(values) > maxValues {
		return m
	}
	if len(values) == 1 {
		return labels.MustNewMatcher(literal(m.Type), m.Name, values[0])
	}
	for i, v := range values {
		values[i] = regexp.QuoteMeta(v)
	}
	list, err := labels.NewMatcher(m.Type, m.Name, strings.Join(values, "|"))
	if err != nil || len(list.SetMatches()) != len(values) {
		return m
	}
	return list
}

// flip is the comparison with the empty string that equals =~".+" or !~".+".
func flip(t labels.MatchType) labels.MatchType {
	if t == labels.MatchRegexp {
		return labels.MatchNotEqual
	}
	return labels.MatchEqual
}

func literal(t labels.MatchType) labels.MatchType {
	if t == labels.MatchRegexp {
		return labels.MatchEqual
	}
	return labels.MatchNotEqual
}

// values lists the label values that a matcher admits, where they are a list.
func values(m *labels.Matcher) ([]string, bool) {
	switch m.Type {
	case labels.MatchEqual:
		return []string{m.Value}, true
	case labels.MatchRegexp:
		vs := m.SetMatches()
		return vs, len(vs) > 0 && len(vs) <= maxValues
	}
	return nil, false
}

// refused lists the label values that a matcher refuses, where they are a list.
func refused(m *labels.Matcher) ([]string, bool) {
	switch m.Type {
	case labels.MatchNotEqual:
		return []string{m.Value}, true
	case labels.MatchNotRegexp:
		vs := m.SetMatches()
		return vs, len(vs) > 0 && len(vs) <= maxValues
	}
	return nil, false
}

// narrows tells whether whatever satisfies all of ms satisfies m too; ms are
// matchers of m's label.
func narrows(ms []*labels.Matcher, m *labels.Matcher) bool {
	if m.Type == labels.MatchRegexp && m.Value == ".*" {
		return true
	}
	bad, listed := refused(m)
	if listed && !slices.ContainsFunc(bad, func(v string) bool { return admits(ms, v) }) {
		return true
	}
	return slices.ContainsFunc(ms, func(one *labels.Matcher) bool {
		if one.Type == m.Type && one.Value == m.Value {
			return true
		}
		vs, listed := values(one)
		return listed && !slices.ContainsFunc(vs, func(v string) bool { return !m.Matches(v) && admits(ms, v) })
	})
}

func admits(ms []*labels.Matcher, v string) bool {
	return !slices.ContainsFunc(ms, func(m *labels.Matcher) bool { return !m.Matches(v) })
}

// contradictory tells whether no label value satisfies all matchers of some label.
func contradictory(ms []*labels.Matcher) (label string, ok bool) {
	for _, m := range ms {
		same := of(ms, m.Name)
		vs, listed := values(m)
		if listed && !slices.ContainsFunc(vs, func(v string) bool { return admits(same, v) }) {
			return m.Name, true
		}
	}
	return "", false
}

// of are the matchers of one label.
func of(ms []*labels.Matcher, label string) []*labels.Matcher {
	var out []*labels.Matcher
	for _, m := range ms {
		if m.Name == label {
			out = append(out, m)
		}
	}
	return out
}

// metric is the one metric that a selector selects; empty if it may be several.
func metric(s *parser.VectorSelector) string {
	for _, m := range s.LabelMatchers {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// restrictsSelector tells whether selector a selects exactly those series of b
// whose labels named in changed satisfy a's matchers.
func restrictsSelector(a, b *parser.VectorSelector) (changed []string, ok bool) {
	if metric(a) == "" || metric(a) != metric(b) || modifiers(a) != modifiers(b) {
		return nil, false
	}
	for _, m := range b.LabelMatchers {
		if !narrows(of(a.LabelMatchers, m.Name), m) {
			return nil, false
		}
	}
	for _, m := range slices.Concat(a.LabelMatchers, b.LabelMatchers) {
		if !sameMatchers(of(a.LabelMatchers, m.Name), of(b.LabelMatchers, m.Name)) {
			changed = append(changed, m.Name)
		}
	}
	return sorted(changed), true
}

func sameMatchers(a, b []*labels.Matcher) bool {
	return slices.EqualFunc(a, b, func(x, y *labels.Matcher) bool { return compareMatchers(x, y) == 0 })
}
