package route

import (
	"cmp"
	"slices"

	amlabels "github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
)

// SuggestInhibitions turns measured overlap into inhibition rules: of a pair in
// which A fires only within B, or soon after it, B inhibits A. Each candidate is
// replayed over the whole history; suggested is what saves enough, hides no
// incident, lets no alert that pages be held back by one that never does, and
// does not close a circle in which two alerts silence one another.
// The best come first, and each is priced by itself: two may save the same
// notifications.
func SuggestInhibitions(c *Config, episodes []noise.Episode, pairs []overlap.Pair, o SuggestOptions) ([]Suggestion, error) {
	p := newPricer(c, episodes, o)
	o = p.o
	circle, pages := edgesOf(c, episodes, o), pagesOf(p.full)
	var out []Suggestion
	for i, pair := range inhibitable(pairs) {
		if i == o.Most {
			break
		}
		s, err := p.price(inhibiting(pair, episodes))
		if err != nil {
			return nil, err
		}
		saves := -s.Saves.NotificationsPerWeek
		quieter := pages[s.Target] > 0 && pages[s.Source] == 0
		if s.Hidden > 0 || saves < o.Least || quieter || circle.reaches(s.Target, s.Source) {
			continue
		}
		circle.add(s.Source, s.Target)
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(a.Saves.Pages, b.Saves.Pages), cmp.Compare(a.Saves.Notifications, b.Saves.Notifications))
	})
	return out, nil
}

func pagesOf(r Result) map[noise.RuleKey]int {
	out := map[noise.RuleKey]int{}
	for _, k := range r.Rules {
		out[k.RuleKey] = k.Pages
	}
	return out
}

// inhibitable are the pairs that may become an inhibition. Of a duplicate, which
// comes both ways, the first listed is taken.
func inhibitable(pairs []overlap.Pair) []overlap.Pair {
	var out []overlap.Pair
	seen := map[[2]noise.RuleKey]bool{}
	for _, p := range pairs {
		a, b := p.A.RuleKey, p.B.RuleKey
		if p.Relation == overlap.Together || a == b || seen[[2]noise.RuleKey{a, b}] || seen[[2]noise.RuleKey{b, a}] {
			continue
		}
		seen[[2]noise.RuleKey{a, b}] = true
		out = append(out, p)
	}
	return out
}

// inhibiting is the suggestion that B inhibits A, without its price, and what it
// can touch.
func inhibiting(p overlap.Pair, episodes []noise.Episode) (Suggestion, *subset) {
	in := inhibitionOf(p, episodes)
	s := Suggestion{Change: Change{Inhibit: []Inhibition{in}}, Source: p.B.RuleKey, Target: p.A.RuleKey, YAML: in.YAML()}
	return s, &subset{alert: func(ls labels.Labels) bool { return matchAll(in.Target, ls) }}
}

// inhibitionOf names the rules by alertname, and by severity where another rule
// has the same alertname with another one.
func inhibitionOf(p overlap.Pair, episodes []noise.Episode) Inhibition {
	var severities [2]map[string]bool
	for i, key := range []noise.RuleKey{p.B.RuleKey, p.A.RuleKey} {
		severities[i] = map[string]bool{}
		for j := range episodes {
			if episodes[j].Rule == key.Name {
				severities[i][episodes[j].Severity()] = true
			}
		}
	}
	match := func(key noise.RuleKey, several bool) []Match {
		out := []Match{{labels.AlertName, key.Name}}
		if several {
			out = append(out, Match{"severity", key.Severity})
		}
		return out
	}
	return Inhibition{
		Source: match(p.B.RuleKey, len(severities[0]) > 1), Target: match(p.A.RuleKey, len(severities[1]) > 1),
		Equal: slices.Sorted(slices.Values(p.On)),
	}
}

func matchAll(ms []Match, ls labels.Labels) bool {
	return !slices.ContainsFunc(ms, func(m Match) bool { return ls.Get(m.Name) != m.Value })
}

// edges says which rules inhibit which.
type edges map[noise.RuleKey]map[noise.RuleKey]bool

// add notes that one rule inhibits another; that it inhibits itself says nothing.
func (e edges) add(source, target noise.RuleKey) {
	if source == target {
		return
	}
	if e[source] == nil {
		e[source] = map[noise.RuleKey]bool{}
	}
	e[source][target] = true
}

// reaches tells whether one rule inhibits another, or one that does.
func (e edges) reaches(from, to noise.RuleKey) bool {
	seen, todo := map[noise.RuleKey]bool{}, []noise.RuleKey{from}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at == to {
			return true
		}
		if seen[at] {
			continue
		}
		seen[at] = true
		for next := range e[at] {
			todo = append(todo, next)
		}
	}
	return false
}

// edgesOf is what the configuration's own rules say, by the rules whose alerts
// they were seen to match.
func edgesOf(c *Config, episodes []noise.Episode, o SuggestOptions) edges {
	out := edges{}
	for _, r := range c.inhibit {
		targets := rulesMatched(r.TargetMatchers, o.table.alerts, episodes)
		for source := range rulesMatched(r.SourceMatchers, o.table.alerts, episodes) {
			for target := range targets {
				out.add(source, target)
			}
		}
	}
	return out
}

// rulesMatched are the rules of which an alert matches.
func rulesMatched(ms amlabels.Matchers, alerts []alert, episodes []noise.Episode) map[noise.RuleKey]bool {
	out := map[noise.RuleKey]bool{}
	for _, a := range alerts {
		if len(a.spans) > 0 && allMatch(ms, a.labels) {
			out[keyOf(&episodes[a.spans[0].episode])] = true
		}
	}
	return out
}
