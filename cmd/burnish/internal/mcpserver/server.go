package mcpserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/dashboards/report"
)

// Facts is what the answers are taken from.
type Facts interface {
	// Latest is the newest report; false before the first.
	Latest() (report.Document, bool)
	// WhatIf replays a rule as it would be. The group may be empty where the name
	// alone says which rule is meant.
	WhatIf(ctx context.Context, rule, group string, c pipeline.Change) (pipeline.WhatIf, error)
	// MayDeploy is the gate's answer as it is written in JSON; without names it is
	// about every SLO.
	MayDeploy(ctx context.Context, slos []string) (any, error)
}

// Bounds on what one answer holds, so that it fits a context window.
const (
	mostSignals  = 40
	mostFindings = 20
	mostLikely   = 8
)

// ErrNoReport says that nothing is known yet.
var ErrNoReport = errors.New("there is no report yet; try again in a minute")

// New is the server, with its four tools, over facts.
func New(facts Facts, version string) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "burnish", Title: "burnish: promises and alerts", Version: version}, &mcp.ServerOptions{
		Instructions: "Answers about alert rules, incidents and error budgets, measured on history. Null means unknown, never zero. Quote figures with their counts.",
	})
	a := answers{facts}
	looks := &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true}
	mcp.AddTool(s, &mcp.Tool{
		Name: "why_did_this_fire", Annotations: looks,
		Description: "Which incidents an alert fired in, what else fired around them in order of onset, and what its rule asks. Names contributing signals, never a root cause.",
	}, a.why)
	mcp.AddTool(s, &mcp.Tool{
		Name: "is_this_alert_any_good", Annotations: looks,
		Description: "A rule scored against what really happened: precision, recall, detection time, notifications, what is wrong with it and what to do.",
	}, a.good)
	mcp.AddTool(s, &mcp.Tool{
		Name: "what_if", Annotations: looks,
		Description: "What a rule would have done over the report's window with another limit, for or keep_firing_for, beside what it did.",
	}, a.whatIf)
	mcp.AddTool(s, &mcp.Tool{
		Name: "may_i_deploy", Annotations: looks,
		Description: "The deploy gate's answer with its reasons, for some SLOs (service/name) or for all.",
	}, a.mayDeploy)
	return s
}

// Handler serves it over streamable HTTP without sessions, so that any replica
// may answer any request.
func Handler(facts Facts, version string) http.Handler {
	s := New(facts, version)
	return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s },
		&mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
}

type answers struct{ facts Facts }

// About names a rule.
type About struct {
	Rule  string `json:"rule" jsonschema:"the alert's name"`
	Group string `json:"group,omitempty" jsonschema:"its rule group, where the name alone is not clear"`
}

// find looks a rule up in a report. Where it is not there, the error names some
// that are alike.
func (q About) find(doc report.Document) (report.Rule, error) {
	var found []report.Rule
	for _, r := range doc.Rules {
		if r.Name == q.Rule && (q.Group == "" || r.Group != nil && *r.Group == q.Group) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return report.Rule{}, fmt.Errorf("no rule %q in the report of %s to %s; %s", q.Rule, doc.From.Format(time.RFC3339), doc.To.Format(time.RFC3339), alike(doc, q.Rule))
	case 1:
		return found[0], nil
	}
	groups := map[string]bool{}
	for _, r := range found {
		if r.Group != nil {
			groups[*r.Group] = true
		}
	}
	if len(groups) > 1 && q.Group == "" {
		return report.Rule{}, fmt.Errorf("%d rules are called %q; say which group: %s", len(found), q.Rule, strings.Join(sorted(groups), ", "))
	}
	return slices.MaxFunc(found, func(a, b report.Rule) int { return a.Episodes - b.Episodes }), nil
}

// alike lists rules whose names share something with the one asked for.
func alike(doc report.Document, name string) string {
	var out []string
	wanted := strings.ToLower(name)
	for _, r := range doc.Rules {
		has := strings.ToLower(r.Name)
		if wanted != "" && (strings.Contains(has, wanted) || strings.Contains(wanted, has)) {
			out = append(out, r.Name)
		}
	}
	if out = slices.Compact(out); len(out) == 0 {
		return fmt.Sprintf("%d rules are in it", len(doc.Rules))
	}
	return "did you mean " + strings.Join(out[:min(len(out), mostLikely)], ", ") + "?"
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// Window is the time that an answer rests on.
type Window struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Source string    `json:"source"`
}

func windowOf(doc report.Document) Window { return Window{doc.From, doc.To, doc.Source} }
