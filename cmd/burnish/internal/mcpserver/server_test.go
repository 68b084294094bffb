package mcpserver_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/mcpserver"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// known is what the server of a test knows.
type known struct {
	doc   *report.Document
	asked pipeline.Change
}

func (k *known) Latest() (report.Document, bool) {
	if k.doc == nil {
		return report.Document{}, false
	}
	return *k.doc, true
}

func (k *known) WhatIf(_ context.Context, rule, _ string, c pipeline.Change) (pipeline.WhatIf, error) {
	k.asked = c
	at := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	return pipeline.WhatIf{
		Rule: noise.Rule{Name: rule, Expr: "x > 1"}, Expr: "x > 5", For: 10 * time.Minute, Judged: true,
		Incidents: []noise.Incident{{ID: "one"}, {ID: "two"}},
		Before:    tune.Score{Outcome: tune.Outcome{Episodes: 9, Outside: 7, Incidents: 2, Caught: 1}, CaughtAt: []time.Time{at, {}}},
		After:     tune.Score{Outcome: tune.Outcome{Episodes: 3, Outside: 2, Incidents: 2, Caught: 1}, CaughtAt: []time.Time{{}, at}},
	}, nil
}

func (k *known) MayDeploy(_ context.Context, slos []string) (any, error) {
	return map[string]any{"allowed": false, "slos": slos}, nil
}

func month() *report.Document {
	group, severity, slow := "api", "page", "shop/latency"
	started := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	rule := report.Rule{Name: "Slow", Group: &group, Severity: &severity, Episodes: 40, Precision: &slo.Proportion{Count: 2, Of: 40}}
	return &report.Document{
		From: started.Add(-time.Hour), To: started.AddDate(0, 0, 7), Source: "test",
		Rules:     []report.Rule{rule, {Name: "SlowToo", Group: &group}},
		Decisions: []report.Decision{{Rule: "Slow", Group: &group, Why: "it was right twice"}},
		Findings:  []noise.Finding{{ID: "f-1", Rule: noise.RuleRef{RuleKey: noise.RuleKey{Name: "Slow", Group: group}}}, {ID: "f-2", Rule: noise.RuleRef{RuleKey: noise.RuleKey{Name: "SlowToo", Group: group}}}},
		Incidents: []report.Incident{
			{ID: "one", SLO: &slow, From: started, To: started.Add(time.Hour), Signals: []report.Signal{{Rule: "SlowToo", Group: &group}, {Rule: "Slow", Group: &group}}},
			{ID: "two", From: started, To: started.Add(time.Hour), Signals: []report.Signal{{Rule: "SlowToo", Group: &group}}},
		},
	}
}

// connect is a client of the server over HTTP.
func connect(t *testing.T, facts mcpserver.Facts) *mcp.ClientSession {
	t.Helper()
	server := httptest.NewServer(mcpserver.Handler(facts, "test"))
	t.Cleanup(server.Close)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: server.URL, DisableStandaloneSSE: true}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// call calls a tool and reads its answer; failed is the text where it says no.
func call(t *testing.T, s *mcp.ClientSession, tool string, arguments map[string]any) (answer map[string]any, failed string) {
	t.Helper()
	got, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	require.NoError(t, err)
	require.NotEmpty(t, got.Content)
	text, ok := got.Content[0].(*mcp.TextContent)
	require.True(t, ok)
	if got.IsError {
		return nil, text.Text
	}
	require.NoError(t, json.Unmarshal([]byte(text.Text), &answer))
	return answer, ""
}

func TestToolsSayThatTheyOnlyLook(t *testing.T) {
	tools, err := connect(t, &known{}).ListTools(t.Context(), nil)
	require.NoError(t, err)
	var names []string
	for _, tool := range tools.Tools {
		names = append(names, tool.Name)
		assert.True(t, tool.Annotations.ReadOnlyHint, tool.Name)
	}
	assert.ElementsMatch(t, []string{"why_did_this_fire", "is_this_alert_any_good", "what_if", "may_i_deploy"}, names)
}

func TestIsThisAlertAnyGood(t *testing.T) {
	s := connect(t, &known{doc: month()})
	got, failed := call(t, s, "is_this_alert_any_good", map[string]any{"rule": "Slow"})
	require.Empty(t, failed)
	assert.Equal(t, "it was right twice", got["decision"].(map[string]any)["why"])
	assert.EqualValues(t, 40, got["rule"].(map[string]any)["precision"].(map[string]any)["of"])
	assert.Len(t, got["findings"], 1, "the findings of another rule are not its")
	assert.Equal(t, false, got["truth_known"])
}

func TestWhyDidThisFire(t *testing.T) {
	got, failed := call(t, connect(t, &known{doc: month()}), "why_did_this_fire", map[string]any{"rule": "Slow"})
	require.Empty(t, failed)
	incidents := got["incidents"].([]any)
	require.Len(t, incidents, 1)
	assert.Equal(t, "one", incidents[0].(map[string]any)["id"])
	assert.Len(t, incidents[0].(map[string]any)["signals_in_order_of_onset"], 2)
	assert.EqualValues(t, 38, got["episodes_outside_incidents"])
}

func TestWhatIf(t *testing.T) {
	facts := &known{doc: month()}
	got, failed := call(t, connect(t, facts), "what_if", map[string]any{"rule": "Slow", "limit": 5, "for": "10m"})
	require.Empty(t, failed)
	assert.Equal(t, "x > 5", got["would_be_expr"])
	assert.Equal(t, []any{"one"}, got["incidents_lost"])
	assert.Equal(t, []any{"two"}, got["incidents_gained"])
	assert.EqualValues(t, 7, got["did"].(map[string]any)["outside_incidents"])
	assert.Equal(t, 10*time.Minute, *facts.asked.For)
	assert.Nil(t, facts.asked.KeepFiringFor, "what was not asked stays as it is")
}

func TestMayIDeploy(t *testing.T) {
	got, failed := call(t, connect(t, &known{}), "may_i_deploy", map[string]any{"slos": []string{"shop/latency"}})
	require.Empty(t, failed)
	assert.Equal(t, false, got["allowed"])
	assert.Equal(t, []any{"shop/latency"}, got["slos"])
}

func TestWhatCanNotBeAnsweredIsSaid(t *testing.T) {
	twice := month()
	other := "web"
	twice.Rules = append(twice.Rules, report.Rule{Name: "Slow", Group: &other})
	for _, c := range []struct {
		name, tool, says string
		doc              *report.Document
		arguments        map[string]any
	}{
		{"nothing is known yet", "is_this_alert_any_good", "no report yet", nil, map[string]any{"rule": "Slow"}},
		{"a rule that is not there", "is_this_alert_any_good", "did you mean SlowToo?", month(), map[string]any{"rule": "lowToo"}},
		{"two rules of that name", "why_did_this_fire", "say which group: api, web", twice, map[string]any{"rule": "Slow"}},
		{"a wait that is none", "what_if", `for "soon": want a duration`, month(), map[string]any{"rule": "Slow", "for": "soon"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, failed := call(t, connect(t, &known{doc: c.doc}), c.tool, c.arguments)
			assert.Contains(t, failed, c.says)
		})
	}
}
