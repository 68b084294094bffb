package exposition

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// otherTeams is the team of the rules of all teams beyond the bound.
const otherTeams = "(other teams)"

// Teams finds the team of each rule by the first of the labels that it has: team,
// owner, squad where none is given. A templated value names nobody.
func Teams(rules []noise.Rule, labels ...string) map[noise.RuleKey]string {
	if len(labels) == 0 {
		labels = []string{"team", "owner", "squad"}
	}
	out := map[noise.RuleKey]string{}
	for i := range rules {
		key := rules[i].Ref().RuleKey
		for _, l := range labels {
			team := rules[i].Labels.Get(l)
			if team == "" || strings.Contains(team, "{{") {
				continue
			}
			out[key] = team
			key.Severity = "" // for alerts whose severity is not what is written
			out[key] = team
			break
		}
	}
	return out
}

// ruleName is what tells the series of rules apart.
type ruleName struct{ rule, group, severity, team string }

func (n ruleName) labels() []string { return []string{n.rule, n.group, n.severity, n.team} }

func compareNames(a, b ruleName) int {
	return cmp.Or(cmp.Compare(a.team, b.team), cmp.Compare(a.rule, b.rule), cmp.Compare(a.group, b.group), cmp.Compare(a.severity, b.severity))
}

// ruleSum is what rules of one name, or the rest of a team, did together. Nil is not
// known of all of them.
type ruleSum struct {
	rules, episodes      int
	notifications, pages *int
	firing               float64
	precision, recall    slo.Proportion
}

func sumOf(r *report.Rule) ruleSum {
	s := ruleSum{rules: 1, episodes: r.Episodes, notifications: r.Notifications, pages: r.Pages, firing: r.FiringSeconds}
	if r.Precision != nil {
		s.precision = *r.Precision
	}
	if r.Recall != nil {
		s.recall = *r.Recall
	}
	return s
}

func (s *ruleSum) add(o ruleSum) {
	if s.rules == 0 {
		*s = o
		return
	}
	s.rules, s.episodes, s.firing = s.rules+o.rules, s.episodes+o.episodes, s.firing+o.firing
	s.notifications, s.pages = both(s.notifications, o.notifications), both(s.pages, o.pages)
	s.precision.Count, s.precision.Of = s.precision.Count+o.precision.Count, s.precision.Of+o.precision.Of
	s.recall.Count, s.recall.Of = s.recall.Count+o.recall.Count, s.recall.Of+o.recall.Of
}

// both is the sum of two counts, not known where one is not.
func both(a, b *int) *int {
	if a == nil || b == nil {
		return nil
	}
	return new(*a + *b)
}

// loudness is what rules are ranked by: notifications where they are known.
func (s *ruleSum) loudness() int {
	if s.notifications != nil {
		return *s.notifications
	}
	return s.episodes
}

// rules writes the loudest rules, and for each team the sum of its others with an
// empty rule, so that sums over all series hold whatever the bound.
func (b *book) rules(s Snapshot) {
	if s.Report.DataQuality.NothingKnown {
		return
	}
	sums := b.sums(s)
	loudest := slices.SortedFunc(maps.Keys(sums), func(x, y ruleName) int {
		a, c := sums[x], sums[y]
		return cmp.Or(cmp.Compare(c.loudness(), a.loudness()), cmp.Compare(c.episodes, a.episodes), cmp.Compare(c.firing, a.firing), compareNames(x, y))
	})
	shown := loudest[:min(len(loudest), b.options.Rules)]
	for _, name := range shown {
		b.rule(name, sums[name])
	}
	rest, hidden := map[ruleName]*ruleSum{}, 0
	for _, name := range loudest[len(shown):] {
		team := ruleName{team: name.team}
		if rest[team] == nil {
			rest[team] = &ruleSum{}
		}
		rest[team].add(*sums[name])
		hidden += sums[name].rules
	}
	for _, name := range slices.SortedFunc(maps.Keys(rest), compareNames) {
		b.rule(name, rest[name])
	}
	b.set("burnish_rules_hidden", float64(hidden))
}

// sums adds up the rules that their labels can't tell apart, as of several files.
func (b *book) sums(s Snapshot) map[ruleName]*ruleSum {
	teams := b.teams(s)
	sums := map[ruleName]*ruleSum{}
	for i := range s.Report.Rules {
		r := &s.Report.Rules[i]
		team := teamOf(s, r)
		if !teams[team] {
			team = otherTeams
		}
		name := ruleName{labelValue(r.Name), labelValue(text(r.Group)), labelValue(text(r.Severity)), labelValue(team)}
		if sums[name] == nil {
			sums[name] = &ruleSum{}
		}
		sums[name].add(sumOf(r))
	}
	return sums
}

// teams are those that are told apart: the noisiest, and rules of no team.
func (b *book) teams(s Snapshot) map[string]bool {
	noise := map[string]int{}
	for i := range s.Report.Rules {
		noise[teamOf(s, &s.Report.Rules[i])] += s.Report.Rules[i].Episodes
	}
	noisiest := slices.SortedFunc(maps.Keys(noise), func(x, y string) int {
		return cmp.Or(cmp.Compare(noise[y], noise[x]), cmp.Compare(x, y))
	})
	out := map[string]bool{"": true}
	for _, team := range noisiest[:min(len(noisiest), b.options.Teams)] {
		out[team] = true
	}
	return out
}

func teamOf(s Snapshot, r *report.Rule) string {
	key := noise.RuleKey{Name: r.Name, Group: text(r.Group), File: text(r.File), Severity: text(r.Severity)}
	if team, ok := s.Teams[key]; ok {
		return team
	}
	key.Severity = ""
	return s.Teams[key]
}

func (b *book) rule(name ruleName, s *ruleSum) {
	of := name.labels()
	b.set("burnish_rule_episodes", float64(s.episodes), of...)
	b.set("burnish_rule_firing_seconds", s.firing, of...)
	b.count("burnish_rule_notifications", s.notifications, of...)
	b.count("burnish_rule_pages", s.pages, of...)
	if s.precision.Known() {
		b.set("burnish_rule_judged_episodes", float64(s.precision.Of), of...)
		b.set("burnish_rule_precision_ratio", s.precision.Ratio(), of...)
	}
	if s.recall.Known() {
		b.set("burnish_rule_incidents", float64(s.recall.Of), of...)
		b.set("burnish_rule_recall_ratio", s.recall.Ratio(), of...)
	}
}
