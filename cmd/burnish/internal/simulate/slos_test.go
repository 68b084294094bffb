package simulate

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/slo/spec"
)

// testSLOs: the SLOs are those that the incidents name, and the month leaves
// budgets of every kind.
func testSLOs(t *testing.T, w *written) {
	var files []spec.File
	for _, name := range w.SLOFiles {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		files = append(files, spec.File{Name: name, Text: text})
	}
	parsed, err := spec.ParseAll(files, spec.Options{})
	require.NoError(t, err)
	assert.Empty(t, parsed.Notes)
	promised := map[string]bool{}
	for _, s := range parsed.SLOs {
		promised[s.ID()] = true
	}
	text, err := os.ReadFile(w.IncidentsFile)
	require.NoError(t, err)
	var all []declared
	require.NoError(t, json.Unmarshal(text, &all))
	hurt := map[string]bool{}
	for _, d := range all {
		if d.SLO != nil {
			hurt[*d.SLO] = true
		}
	}
	assert.Equal(t, hurt, promised)

	src, err := tsdbdir.Open(tsdbdir.Options{Path: w.TSDBDir})
	require.NoError(t, err)
	defer func() { _ = src.Close() }()
	status, warnings, err := pipeline.SLOStatus(t.Context(), src, parsed.SLOs, pipeline.SLOOptions{At: w.To, BurnWindows: pipeline.DefaultBurnWindows()})
	require.NoError(t, err)
	assert.Empty(t, warnings)
	assert.Empty(t, status.Unknown)
	for _, g := range status.Groups {
		want := map[string]struct{ least, most float64 }{
			"search/latency":         {-0.5, -0.1}, // overspent
			"checkout/latency":       {0.05, 0.3},  // close
			"gateway/availability":   {0, 0.2},     // one outage took most of it
			"cart/availability":      {0.3, 0.6},
			"checkout/availability":  {0.3, 0.6},
			"inventory/availability": {0.5, 0.8},
			"orders/availability":    {0.5, 0.8},
			"notify/availability":    {0.4, 0.7},
		}[g.SLO.ID()]
		left := g.Status.BudgetRemaining
		assert.True(t, left.Known && g.Exact, g.SLO.ID())
		assert.True(t, left.Value >= want.least && left.Value <= want.most, "%s has %.3f of its budget left", g.SLO.ID(), left.Value)
		assert.NotEmpty(t, g.Losses, g.SLO.ID())
		assert.InDelta(t, left.Value, g.BurnDown[len(g.BurnDown)-1].Value, 1e-9, "%s: the burn-down ends where the budget stands", g.SLO.ID())
	}
}
