package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/truth"
)

// Rows are what tables are made of, and what the API answers: what the report
// says of a thing, where its page is, and whose it is.

// ruleRow is a rule.
type ruleRow struct {
	ID   string  `json:"id"`
	URL  string  `json:"url"`
	Team *string `json:"team"`
	report.Rule
	Findings []string     `json:"findings"` // ids, the one that matters most first
	Decision *decide.Verb `json:"decision"`

	key      noise.RuleKey
	written  *noise.Rule // nil where nobody knows it as written
	score    *truth.Score
	decision *report.Decision
}

// The states of an SLO.
const (
	stateGone    = "gone"
	stateRunsOut = "runs_out"
	stateUnknown = "unknown"
	stateKept    = "kept"
)

// sloRow is a group of an SLO.
type sloRow struct {
	ID    string `json:"id"` // service/name
	URL   string `json:"url"`
	State string `json:"state"`
	// AsOf is when its figures are from; nil where they are the report's.
	AsOf *time.Time `json:"as_of"`
	report.SLO
}

func newSLORow(s report.SLO) sloRow {
	return sloRow{ID: s.Service + "/" + s.Name, URL: sloURL(s.Service, s.Name), State: stateOf(s), SLO: s}
}

// stateOf never takes what is unknown for kept.
func stateOf(s report.SLO) string {
	switch {
	case s.Remaining == nil:
		return stateUnknown
	case *s.Remaining <= 0:
		return stateGone
	case !s.Exhaustion.Gone && s.Exhaustion.Best != nil:
		return stateRunsOut
	}
	return stateKept
}

// attention orders what needs a look first.
func (r sloRow) attention() float64 {
	order := []string{stateGone, stateRunsOut, stateUnknown, stateKept}
	return float64(slices.Index(order, r.State))*1e6 + min(1e5, max(-1e5, deref(r.Remaining)))
}

// groupText is the group in a line; empty for the SLO as a whole.
func groupText(group map[string]string) string {
	parts := make([]string, 0, len(group))
	for name, value := range group {
		parts = append(parts, name+"="+value)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// incidentRow is an incident.
type incidentRow struct {
	URL  string  `json:"url"`
	Team *string `json:"team"`
	// Hidden counts the signals beyond those listed.
	Hidden int `json:"signals_hidden"`
	report.Incident

	key     string
	verdict *truth.Verdict
}

func newIncidentRow(in report.Incident, v *truth.Verdict) incidentRow {
	row := incidentRow{Incident: in, key: pathID(in.ID), verdict: v}
	row.URL = "/incidents/" + row.key
	if v != nil {
		row.Hidden = v.Hidden + max(0, len(v.Signals)-len(in.Signals))
	}
	return row
}

func (r incidentRow) service() string {
	if s := r.Group["service"]; s != "" {
		return s
	}
	service, _, _ := strings.Cut(deref(r.SLO), "/")
	return service
}

// title says what it is: the SLO that lost budget, or the id that people gave it.
func (r incidentRow) title() string {
	if r.Declared || r.SLO == nil {
		return r.ID
	}
	return *r.SLO
}

func (r incidentRow) lasted() time.Duration { return r.To.Sub(r.From) }

// findingRow is a finding.
type findingRow struct {
	noise.Finding
	URL  string
	Team *string
	rule int // its place in the snapshot; -1 where it is about no known rule
}

// MarshalJSON is the finding's own form with its address and team at the end.
func (f findingRow) MarshalJSON() ([]byte, error) {
	own, err := f.Finding.MarshalJSON()
	if err != nil {
		return nil, err
	}
	more, err := json.Marshal(struct {
		URL  string  `json:"url"`
		Team *string `json:"team"`
	}{f.URL, f.Team})
	if err != nil {
		return nil, fmt.Errorf("write finding %s: %w", f.ID, err)
	}
	return append(append(own[:len(own)-1], ','), more[1:]...), nil
}

// decisionRow is what to do with a rule.
type decisionRow struct {
	report.Decision
	URL  string  `json:"url"` // of the rule's page
	Team *string `json:"team"`
}

// key tells decisions apart: each is about one rule.
func (d decisionRow) key() string {
	return strings.Join([]string{d.Rule, deref(d.Group), deref(d.File), deref(d.Severity)}, "\x00")
}
