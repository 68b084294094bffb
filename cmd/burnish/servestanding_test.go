package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/dashboards/web"
	"github.com/burnish-sre/burnish/slo"
)

// TestSLOsStandAsOfTheLastRound gathers round after round and makes no report.
func TestSLOsStandAsOfTheLastRound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spec := filepath.Join(dir, "slo.yaml")
	require.NoError(t, os.WriteFile(spec, []byte("version: burnish/v1\nservice: shop\nslos:\n- {name: up, objective: 75, window: 1d, sli: {events: {bad: e, total: t}}}\n"), 0o600))
	store, err := history.Open(t.Context(), filepath.Join(dir, "h.db"), history.Options{Now: time.Now})
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()
	st := &station{
		c: &config.Config{SLOs: config.SLOs{Files: []string{spec}}}, log: slog.New(slog.DiscardHandler), store: store,
		registry: prometheus.NewRegistry(), exporter: exposition.New(exposition.Options{}),
	}
	st.registry.MustRegister(st.exporter)
	st.stand()
	require.NoError(t, st.refreshStanding(t.Context()), "an empty store is no fault")
	base := web.NewSnapshot(web.Input{Report: report.Document{}})
	assert.Same(t, base, st.withStanding(base), "without ledgers the pages show the report")

	from := time.Now().UTC().Truncate(time.Hour).Add(-24 * time.Hour)
	gatherer := standingStore{store, st.standing.book}
	for round, want := range []string{"1", "0.5", "0"} { // half the budget a round
		to := from.Add(time.Duration(20+round) * time.Hour)
		over := slo.Interval{From: from, To: to}
		steps := slo.NewSteps(over, time.Hour)
		for i := range steps.Total {
			steps.Total[i], steps.Known[i] = 1000, true
		}
		steps.Bad[0] = float64(round) * 0.5 * 0.25 * 1000 * float64(20+round)
		require.NoError(t, gatherer.Commit(t.Context(), history.Batch{
			Source: "p", Alerts: &history.Alerts{Window: over},
			Increments: []history.Increments{{SLO: "shop/up", Group: labels.EmptyLabels(), Window: over, Steps: steps}},
		}))
		require.NoError(t, st.refreshStanding(t.Context()))
		text, err := testutil.GatherAndCount(st.registry, "burnish_slo_status_timestamp_seconds")
		require.NoError(t, err)
		assert.Equal(t, 1, text)
		require.NoError(t, testutil.GatherAndCompare(st.registry, strings.NewReader(
			"# HELP burnish_slo_budget_remaining_ratio Share of the error budget that is left: 1 untouched, 0 gone, negative overspent.\n"+
				"# TYPE burnish_slo_budget_remaining_ratio gauge\n"+
				"burnish_slo_budget_remaining_ratio{group=\"\",service=\"shop\",slo=\"up\"} "+want+"\n"), "burnish_slo_budget_remaining_ratio"))
		laid := st.withStanding(base)
		assert.Same(t, laid, st.withStanding(base), "laid over once a round")
	}
}
