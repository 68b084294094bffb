package mcpserver

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
)

// Goodness is how good an alert is.
type Goodness struct {
	Window   Window           `json:"window"`
	Rule     report.Rule      `json:"rule"`
	Decision *report.Decision `json:"decision"`
	Findings []noise.Finding  `json:"findings"`
	Left     int              `json:"findings_left_out"`
	Known    bool             `json:"truth_known"`
}

func (a answers) good(_ context.Context, _ *mcp.CallToolRequest, q About) (*mcp.CallToolResult, any, error) {
	doc, ok := a.facts.Latest()
	if !ok {
		return nil, nil, ErrNoReport
	}
	rule, err := q.find(doc)
	if err != nil {
		return nil, nil, err
	}
	out := Goodness{Window: windowOf(doc), Rule: rule, Findings: []noise.Finding{}, Known: doc.Truth != nil}
	for i := range doc.Decisions {
		if d := &doc.Decisions[i]; d.Rule == rule.Name && same(d.Group, rule.Group) && same(d.Severity, rule.Severity) {
			out.Decision = d
		}
	}
	for _, f := range doc.Findings {
		if f.Rule.Name != rule.Name || rule.Group != nil && f.Rule.Group != *rule.Group {
			continue
		}
		if len(out.Findings) == mostFindings {
			out.Left++
			continue
		}
		out.Findings = append(out.Findings, f)
	}
	return nil, out, nil
}

func same(a, b *string) bool { return a == nil || b == nil || *a == *b }

// Why is what an alert fired about.
type Why struct {
	Window    Window      `json:"window"`
	Rule      report.Rule `json:"rule"`
	Incidents []Involved  `json:"incidents"`
	// Outside is how many of its episodes met no incident.
	Outside  *int              `json:"episodes_outside_incidents"`
	Standing []report.Standing `json:"standing_now"`
	Note     string            `json:"note"`
}

// Involved is an incident that the alert fired in.
type Involved struct {
	ID      string          `json:"id"`
	SLO     *string         `json:"slo"`
	From    string          `json:"from"`
	To      string          `json:"to"`
	Burned  *float64        `json:"budget_burned_ratio"`
	Note    *string         `json:"note"`
	Signals []report.Signal `json:"signals_in_order_of_onset"`
	Left    int             `json:"signals_left_out"`
}

func (a answers) why(_ context.Context, _ *mcp.CallToolRequest, q About) (*mcp.CallToolResult, any, error) {
	doc, ok := a.facts.Latest()
	if !ok {
		return nil, nil, ErrNoReport
	}
	rule, err := q.find(doc)
	if err != nil {
		return nil, nil, err
	}
	out := Why{
		Window: windowOf(doc), Rule: rule, Incidents: []Involved{}, Standing: []report.Standing{},
		Note: "Signals are contributors in order of onset. None of them is said to be the cause.",
	}
	for _, i := range doc.Incidents {
		if involves(i, rule) {
			out.Incidents = append(out.Incidents, involved(i))
		}
	}
	for _, s := range doc.Standing {
		if s.Rule == rule.Name && same(s.Group, rule.Group) {
			out.Standing = append(out.Standing, s)
		}
	}
	if p := rule.Precision; p != nil {
		outside := p.Of - p.Count
		out.Outside = &outside
	}
	return nil, out, nil
}

func involves(i report.Incident, rule report.Rule) bool {
	for _, s := range i.Signals {
		if s.Rule == rule.Name && same(s.Group, rule.Group) {
			return true
		}
	}
	return false
}

func involved(i report.Incident) Involved {
	const form = "2006-01-02T15:04:05Z"
	out := Involved{
		ID: i.ID, SLO: i.SLO, From: i.From.UTC().Format(form), To: i.To.UTC().Format(form),
		Burned: i.Burned, Note: i.Note, Signals: i.Signals,
	}
	if n := len(i.Signals); n > mostSignals {
		out.Signals, out.Left = i.Signals[:mostSignals], n-mostSignals
	}
	return out
}
