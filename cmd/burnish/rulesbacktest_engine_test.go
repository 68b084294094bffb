package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// TestBacktestOfEditedRulesIsWhatTheEngineFires edits rules in every way that
// matters to when they fire, and holds what the backtest says they would have
// done against Prometheus' own rules package, evaluated step by step.
func TestBacktestOfEditedRulesIsWhatTheEngineFires(t *testing.T) {
	args, truth := backtestArgs(t)
	var edits []rulefile.Edit
	edited := map[string]bool{}
	for i, r := range rulesOf(t) {
		edit := map[string]rulefile.Edit{
			"PodCpuOver80":   rulefile.SetFor(i, 2*time.Minute),
			"FrontendErrors": rulefile.SetKeepFiringFor(i, 10*time.Minute),
			"PodNetworkReceiveBytesOnlineboutiqueCritical": rulefile.SetExpr(i, "pod_network_receive_bytes > 150000 unless pod_cpu_usage_percent < 5"),
			"PodNetworkTransmitBytesTrainticketValue":      rulefile.SetExpr(i, `pod_network_transmit_bytes{system="trainticket"} > 390000`),
			"FrontendLatencySecondsTrainticket05Unstable":  rulefile.SetLabel(i, "severity", "info"),
			"NodeNetworkReceiveBytesTrainticketUnstable":   rulefile.SetExpr(i, `node_network_receive_bytes{system="trainticket"} > 5e6`),
			"FrontendLatencySecondsTrainticket099Unstable": rulefile.SetLabel(i, "system", "{{ $labels.system }}-{{ $labels.quantile }}"),
		}[r.Name]
		if edit.Field != "" {
			edits, edited[r.Name] = append(edits, edit), true
		}
	}
	require.Len(t, edits, 7)
	file := editedRules(t, edits...)
	var got backtestAnswer
	require.NoError(t, json.Unmarshal([]byte(must(t, append(args, file, "--format", "json")...)), &got))
	require.Empty(t, got.Left)
	proposed := map[string]noise.Rule{}
	read, err := readRuleFiles([]string{file})
	require.NoError(t, err)
	for _, r := range read.rules {
		proposed[r.Name] = r
	}
	var fires []int
	for _, r := range got.Rules {
		require.Equal(t, "changed", r.Change)
		require.NotNil(t, r.After)
		assert.True(t, edited[r.New.Rule], r.New.Rule)
		want := firesInEngine(t, proposed[r.New.Rule], truth.Stats.Start, truth.End)
		assert.Equal(t, want, r.After.Episodes, r.New.Rule)
		fires = append(fires, want)
	}
	assert.Len(t, got.Rules, len(edits))
	t.Logf("how often each fires: %v", fires)
	assert.GreaterOrEqual(t, len(slices.DeleteFunc(fires, func(n int) bool { return n == 0 })), 5)
}

// engineAnswers evaluates a rule's expression with Prometheus' own engine at all
// steps at once, and hands the answers out step by step.
func engineAnswers(t *testing.T, r noise.Rule, from, to time.Time) rules.QueryFunc {
	t.Helper()
	db, err := tsdb.OpenDBReadOnly(realserver.TSDB(t), t.TempDir(), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e7, Timeout: time.Minute, LookbackDelta: 5 * time.Minute})
	q, err := engine.NewRangeQuery(t.Context(), db, nil, r.Expr, from, to, r.Interval)
	require.NoError(t, err)
	defer q.Close()
	matrix, err := q.Exec(t.Context()).Matrix()
	require.NoError(t, err)
	answers := map[int64]promql.Vector{}
	for _, s := range matrix {
		for _, p := range s.Floats {
			answers[p.T] = append(answers[p.T], promql.Sample{Metric: s.Metric, T: p.T, F: p.F})
		}
	}
	return func(_ context.Context, _ string, at time.Time) (promql.Vector, error) {
		return answers[at.UnixMilli()], nil
	}
}

// firesInEngine is how often alerts of a rule begin to fire.
func firesInEngine(t *testing.T, r noise.Rule, from, to time.Time) int {
	t.Helper()
	first := from.Truncate(r.Interval)
	query := engineAnswers(t, r, first, to)
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
	require.NoError(t, err)
	rule := rules.NewAlertingRule(r.Name, expr, r.For, r.KeepFiringFor, r.Labels, labels.EmptyLabels(), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
	began := map[uint64]time.Time{}
	n := 0
	for at := first; at.Before(to); at = at.Add(r.Interval) {
		_, err := rule.Eval(t.Context(), 0, at, query, nil, 0)
		require.NoError(t, err)
		rule.ForEachActiveAlert(func(a *rules.Alert) {
			if a.State != rules.StateFiring || began[a.Labels.Hash()].Equal(a.FiredAt) {
				return
			}
			began[a.Labels.Hash()] = a.FiredAt
			if !a.FiredAt.Before(from) {
				n++
			}
		})
	}
	return n
}
