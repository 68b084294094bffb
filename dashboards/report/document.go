package report

import (
	"io"
	"math"
	"reflect"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// Schema names the form of the JSON; docs/report.schema.json describes it.
const Schema = "burnish/report/v1"

// Document is the report in JSON. Pointers that are nil are written as null,
// which means unknown.
type Document struct {
	Schema          string           `json:"schema"`
	From            time.Time        `json:"from"`
	To              time.Time        `json:"to"`
	Source          string           `json:"source"`
	Team            *string          `json:"team"`
	TeamLabel       string           `json:"team_label"`
	Teams           []Team           `json:"teams"`
	Sentences       []string         `json:"sentences"`
	Actions         []Action         `json:"actions"`
	Advice          *Advice          `json:"advice"`
	Summary         Totals           `json:"summary"`
	KPIs            []KPI            `json:"kpis"`
	Trends          *Trends          `json:"trends"`
	Rules           []Rule           `json:"rules"`
	SLOs            []SLO            `json:"slos"`
	Incidents       []Incident       `json:"incidents"`
	Decisions       []Decision       `json:"decisions"`
	Findings        []noise.Finding  `json:"findings"`
	Truth           *TruthDocument   `json:"truth"`
	Redundancy      *Redundancy      `json:"redundancy"`
	Receivers       []Receiver       `json:"receivers"`
	Held            *Held            `json:"held"`
	RouteAssumed    *bool            `json:"route_assumed"`
	Woken           *WokenDocument   `json:"woken"`
	IncidentMetrics []IncidentMetric `json:"incident_metrics"`
	Floods          []Flood          `json:"floods"`
	Standing        []Standing       `json:"standing"`
	DataQuality     DataQuality      `json:"data_quality"`
}

// WriteJSON writes the report as burnish/report/v1, indented by two spaces. It
// fails only where the writer does.
func (r *Report) WriteJSON(w io.Writer) error {
	return writeParts(w, reflect.ValueOf(r.doc))
}

func newDocument(in Input, o *owners) Document {
	s := &in.Current
	rules := newRules(in, o)
	return Document{
		Schema: Schema, From: s.Window.From.UTC(), To: s.Window.To.UTC(), Source: in.Source,
		Team: known(in.Team), TeamLabel: in.teamLabel(), Teams: allTeams(in, o),
		Sentences: lede(in), Actions: newActions(in), Summary: newTotals(in), Advice: newAdvice(in, rules), KPIs: newKPIs(in), Trends: newTrends(in), Rules: rules,
		SLOs: newSLOs(in), Incidents: newIncidents(in), Decisions: newDecisions(in), Findings: newFindings(in), Truth: newTruth(in), Redundancy: newRedundancy(in),
		Receivers: newReceivers(in), Held: newHeld(in), RouteAssumed: routeAssumed(in), Woken: newWoken(in), IncidentMetrics: newIncidentMetrics(in),
		Floods: newFloods(s.Floods), Standing: newStanding(s), DataQuality: newQuality(in),
	}
}

// allTeams is the index of teams of a report on all.
func allTeams(in Input, o *owners) []Team {
	if in.Team != "" {
		return []Team{}
	}
	return newTeams(in, o)
}

// newFindings is what was found; never null.
func newFindings(in Input) []noise.Finding {
	if in.Judged == nil {
		return []noise.Finding{}
	}
	return append([]noise.Finding{}, in.Judged.Findings...)
}

// known is nil for what is empty.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// seconds keeps milliseconds.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// rounded keeps six decimals, so that a figure prints the same everywhere.
func rounded(v float64) *float64 { return new(math.Round(v*1e6) / 1e6) }
