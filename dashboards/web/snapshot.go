package web

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

// Input is what a snapshot is made of: the report, and what it was made from.
type Input struct {
	Report report.Document
	// Judgement is what alerts were held against; the zero value where nobody
	// looked.
	Judgement truth.Judgement
	// History is the episodes and the rules as they are written. It is kept and
	// must not change any more.
	History noise.History
	// At is when the report was made.
	At time.Time
	// Postmortem writes the skeleton of a post-mortem of the incident of an id as
	// Markdown; nil offers none.
	Postmortem func(w io.Writer, id string) error
	// Topology is what depends on what; nil where nobody says.
	Topology *Topology
}

// Snapshot is all that the pages show at one time, looked up and ordered. It
// never changes and is safe for concurrent use.
type Snapshot struct {
	doc       report.Document
	judgement truth.Judgement
	history   noise.History
	at        time.Time
	draft     func(w io.Writer, id string) error // of a post-mortem

	rules     []ruleRow
	slos      []sloRow
	incidents []incidentRow
	findings  []findingRow
	decisions []decisionRow

	ruleAt     map[noise.RuleKey]int
	ruleByID   map[string]int
	sloByPath  map[string][]int
	incidentAt map[string]int
	findingAt  map[string]int

	episodes *memory
	topology *Topology
	teams    map[string]string // of SLOs, by id
	sloPages map[string]string // addresses, by id
}

// NewSnapshot looks up and orders what is to be shown. It takes a sort of the
// episodes, a second or so for a million, and is made once for each report.
func NewSnapshot(in Input) *Snapshot {
	s := &Snapshot{
		doc: in.Report, judgement: in.Judgement, history: in.History, at: in.At.UTC(), draft: in.Postmortem, topology: in.Topology,
		ruleAt: map[noise.RuleKey]int{}, ruleByID: map[string]int{}, sloByPath: map[string][]int{},
		incidentAt: map[string]int{}, findingAt: map[string]int{}, teams: map[string]string{}, sloPages: map[string]string{},
	}
	s.addSLOs()
	s.addRules()
	s.episodes = newMemory(in.History.Episodes)
	s.teamsFromEpisodes()
	s.addIncidents()
	s.addFindings()
	s.addDecisions()
	return s
}

// teamLabels are the labels that say whose a rule is, the best first.
func teamLabels() []string { return []string{"team", "owner"} }

// teamOf is whose an alert or a rule is; empty where no label says so, or where
// the label is a template.
func teamOf(ls labels.Labels) string {
	for _, name := range teamLabels() {
		if v := ls.Get(name); v != "" && !strings.Contains(v, "{{") {
			return v
		}
	}
	return ""
}

func (s *Snapshot) addSLOs() {
	for i := range s.doc.SLOs {
		row := newSLORow(s.doc.SLOs[i])
		s.slos, s.sloPages[row.ID] = append(s.slos, row), row.URL
		s.sloByPath[row.URL] = append(s.sloByPath[row.URL], i)
		if row.Owner != nil {
			s.teams[row.ID] = *row.Owner
		}
	}
}

func (s *Snapshot) addRules() {
	scores := map[noise.RuleKey]*truth.Score{}
	for i := range s.judgement.Rules {
		scores[s.judgement.Rules[i].RuleKey] = &s.judgement.Rules[i]
	}
	written := s.written()
	for i := range s.doc.Rules {
		row := ruleRow{Rule: s.doc.Rules[i], Findings: []string{}}
		row.key = noise.RuleKey{Name: row.Name, Group: deref(row.Group), File: deref(row.File), Severity: deref(row.Severity)}
		row.score, row.written = scores[row.key], written.find(row.key, deref(row.Line))
		if row.written != nil {
			row.Team = known(teamOf(row.written.Labels))
		}
		if row.ID = ruleID(row.key); s.hasRule(row.ID) {
			row.ID = fullRuleID(row.key)
		}
		row.URL = "/rules/" + row.ID
		s.ruleAt[row.key], s.ruleByID[row.ID] = i, i
		s.rules = append(s.rules, row)
	}
}

func (s *Snapshot) hasRule(id string) bool { _, ok := s.ruleByID[id]; return ok }

// writtenRules finds rules as they are written.
type writtenRules map[noise.RuleKey][]*noise.Rule

func (s *Snapshot) written() writtenRules {
	out := writtenRules{}
	for i := range s.history.Rules {
		r := &s.history.Rules[i]
		key := noise.RuleKey{Name: r.Name, Group: r.Group, File: r.File}
		out[key] = append(out[key], r)
	}
	return out
}

// find takes the rule at the line, else the one of the severity, else the first.
func (w writtenRules) find(key noise.RuleKey, line int) *noise.Rule {
	of := w[noise.RuleKey{Name: key.Name, Group: key.Group, File: key.File}]
	if len(of) == 0 {
		return nil
	}
	for _, fits := range []func(*noise.Rule) bool{
		func(r *noise.Rule) bool { return line > 0 && r.Line == line },
		func(r *noise.Rule) bool { return r.Severity() == key.Severity },
	} {
		if i := slices.IndexFunc(of, fits); i >= 0 {
			return of[i]
		}
	}
	return of[0]
}

// teamsFromEpisodes takes the team of rules that nobody knows as written from
// their alerts.
func (s *Snapshot) teamsFromEpisodes() {
	for i := range s.rules {
		r := &s.rules[i]
		if at := s.episodes.byRule[r.key]; r.Team == nil && len(at) > 0 {
			r.Team = known(teamOf(s.episodes.all[at[0]].Labels))
		}
	}
}

func (s *Snapshot) addIncidents() {
	verdicts := map[string]*truth.Verdict{}
	for i := range s.judgement.Incidents {
		verdicts[s.judgement.Incidents[i].ID] = &s.judgement.Incidents[i]
	}
	for _, in := range s.doc.Incidents {
		row := newIncidentRow(in, verdicts[in.ID])
		row.Team = known(s.teams[deref(in.SLO)])
		if t := in.Group["team"]; t != "" {
			row.Team = &t
		}
		s.incidents = append(s.incidents, row)
	}
	slices.SortStableFunc(s.incidents, func(a, b incidentRow) int { return b.From.Compare(a.From) })
	for i := range s.incidents {
		row := &s.incidents[i]
		s.incidentAt[row.ID], s.incidentAt[row.key] = i, i
	}
}

func (s *Snapshot) addFindings() {
	for _, f := range s.doc.Findings {
		row := findingRow{Finding: f, URL: "/findings/" + pathID(f.ID), rule: -1}
		if at, ok := s.ruleAt[f.Rule.RuleKey]; ok && f.Rule.Name != "" {
			row.rule, row.Team = at, s.rules[at].Team
			s.rules[at].Findings = append(s.rules[at].Findings, f.ID)
		} else if f.SLO != "" {
			row.Team = known(s.teams[f.SLO])
		}
		s.findingAt[f.ID], s.findingAt[pathID(f.ID)] = len(s.findings), len(s.findings)
		s.findings = append(s.findings, row)
	}
}

func (s *Snapshot) addDecisions() {
	for _, d := range s.doc.Decisions {
		row := decisionRow{Decision: d}
		key := noise.RuleKey{Name: d.Rule, Group: deref(d.Group), File: deref(d.File), Severity: deref(d.Severity)}
		if at, ok := s.ruleAt[key]; ok {
			row.URL, row.Team = s.rules[at].URL, s.rules[at].Team
			s.rules[at].decision, s.rules[at].Decision = &d, &d.Verb
		}
		s.decisions = append(s.decisions, row)
	}
}

// known is nil for what is empty.
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// deref is the zero value for what is unknown.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
