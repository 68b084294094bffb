package report

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// DefaultTeamLabel is the label that tells whose an alert is.
const DefaultTeamLabel = "team"

// owners says whose alerts, rules, SLOs and incidents are. A team is the value of
// a label; a rule whose alerts carry several values belongs to several teams.
type owners struct {
	label    string
	rules    map[noise.RuleKey][]string
	slos     map[string]string   // slo.SLO.ID to team
	services map[string][]string // of which an SLO or a rule says the team
	names    []string            // sorted
}

func newOwners(in Input) *owners {
	o := &owners{label: in.TeamLabel, rules: map[noise.RuleKey][]string{}, slos: map[string]string{}, services: map[string][]string{}}
	if o.label == "" {
		o.label = DefaultTeamLabel
	}
	for _, r := range in.Rules {
		if team := fixed(r.Labels.Get(o.label)); team != "" {
			o.rules[r.Ref().RuleKey] = include(o.rules[r.Ref().RuleKey], team)
			o.serve(fixed(r.Labels.Get("service")), team)
		}
	}
	if in.History != nil {
		for i := range in.History.Episodes {
			e := &in.History.Episodes[i]
			o.takeEpisode(e, e.Labels.Get(o.label))
		}
	}
	o.takeNames()
	for _, g := range in.SLOs {
		o.takeSLO(g.SLO)
	}
	for _, s := range in.UnknownSLOs {
		o.takeSLO(s)
	}
	return o
}

// fixed is the value of a label, empty where it is a template.
func fixed(value string) string {
	if strings.Contains(value, "{{") {
		return ""
	}
	return value
}

// include keeps a sorted set.
func include(set []string, s string) []string {
	if at, found := slices.BinarySearch(set, s); !found {
		return slices.Insert(set, at, s)
	}
	return set
}

func (o *owners) takeEpisode(e *noise.Episode, team string) {
	if team == "" {
		return
	}
	key := keyOf(e)
	if known := o.rules[key]; !slices.Contains(known, team) {
		o.rules[key] = include(known, team)
	}
	if service := e.Labels.Get("service"); service != "" {
		o.serve(service, team)
	}
}

func keyOf(e *noise.Episode) noise.RuleKey {
	return noise.RuleKey{Name: e.Rule, Group: e.Group, File: e.File, Severity: e.Severity()}
}

func (o *owners) serve(service, team string) {
	if service != "" && !slices.Contains(o.services[service], team) {
		o.services[service] = include(o.services[service], team)
	}
}

func (o *owners) takeNames() {
	seen := map[string]bool{}
	for _, teams := range o.rules {
		for _, t := range teams {
			if !seen[t] {
				seen[t] = true
				o.names = append(o.names, t)
			}
		}
	}
	slices.Sort(o.names)
}

// takeSLO gives an SLO to the team that its label names, else to its owner. An
// SLO says more of a service than the alerts about it.
func (o *owners) takeSLO(s slo.SLO) {
	team := s.Labels[o.label]
	if team == "" {
		team = o.teamOf(s.Owner)
	}
	if team == "" {
		return
	}
	o.slos[s.ID()] = team
	o.names = include(o.names, team)
	o.services[s.Service] = []string{team}
}

// teamOf is the team that an owner means: team-shop, @shop and shop are one.
func (o *owners) teamOf(owner string) string {
	if i := slices.IndexFunc(o.names, func(n string) bool { return bareTeam(n) == bareTeam(owner) }); i >= 0 {
		return o.names[i]
	}
	return owner
}

func bareTeam(name string) string {
	name = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "@")
	for _, lead := range []string{"team-", "team_", "team/", "team "} {
		name = strings.TrimPrefix(name, lead)
	}
	return strings.TrimSuffix(strings.TrimSuffix(name, "-team"), "_team")
}

// episode is whose an alert is: by its label, else its rule's team.
func (o *owners) episode(e *noise.Episode) string {
	if team := e.Labels.Get(o.label); team != "" {
		return team
	}
	if teams := o.rules[keyOf(e)]; len(teams) == 1 {
		return teams[0]
	}
	return ""
}

// hasRule tells whether the rule is the team's, perhaps beside others'.
func (o *owners) hasRule(k noise.RuleKey, team string) bool {
	teams := o.rules[k]
	return slices.Contains(teams, team) || team == "" && len(teams) == 0
}

// incident is whose an incident is: by its label, its SLO, or its service.
func (o *owners) incident(x *noise.Incident) []string {
	return o.about(x.Labels, x.SLO)
}

func (o *owners) about(ls labels.Labels, id string) []string {
	if team := ls.Get(o.label); team != "" {
		return []string{team}
	}
	if team := o.slos[id]; team != "" {
		return []string{team}
	}
	return o.services[ls.Get("service")]
}

func owns(teams []string, team string) bool {
	return slices.Contains(teams, team) || team == "" && len(teams) == 0
}

// finding is whose a finding is: its rule's, else its SLO's, else that of the
// incidents that it is about.
func (o *owners) finding(f *noise.Finding, incidents map[string]*truth.Verdict) []string {
	if f.Rule.Name != "" {
		return o.rules[f.Rule.RuleKey]
	}
	if team := o.slos[f.SLO]; team != "" {
		return []string{team}
	}
	var out []string
	for _, id := range f.Incidents {
		if v := incidents[id]; v != nil {
			for _, team := range o.incident(&v.Incident) {
				out = include(out, team)
			}
		}
	}
	return out
}
