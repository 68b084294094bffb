package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// TestBudgetsAreTheSameFromEverySource counts the events of an SLO from a data
// directory and over remote read of both ends of the supported range.
func TestBudgetsAreTheSameFromEverySource(t *testing.T) {
	dir := realserver.TSDB(t)
	specs := filepath.Join(t.TempDir(), "slos.yaml")
	require.NoError(t, os.WriteFile(specs, []byte(`version: burnish/v1
service: shop
slos:
- name: frontend
  objective: 99
  window: 1d
  group_by: [system]
  sli:
    probe: {gauge: frontend_success_percent}
`), 0o600))
	want := must(t, "slo", "status", specs, "--tsdb.path", dir, "--format", "json")
	var doc struct {
		Schema string
		SLOs   []struct {
			Total    *float64
			Exact    bool
			Coverage float64 `json:"coverage_ratio"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(want), &doc))
	assert.Equal(t, "burnish/slo-status/v1", doc.Schema)
	require.Len(t, doc.SLOs, 2)
	for _, s := range doc.SLOs {
		assert.True(t, s.Exact)
		require.NotNil(t, s.Total)
		assert.Positive(t, *s.Total)
	}
	for _, v := range []realserver.Version{realserver.Old, realserver.New} {
		t.Run("prometheus "+string(v), func(t *testing.T) {
			server := realserver.Prometheus(t, realserver.Options{Version: v, DataDir: realserver.CopyTSDB(t)})
			got := must(t, "slo", "status", specs, "--prometheus.url", server.URL, "--format", "json")
			assert.Equal(t, withoutSource(t, want), withoutSource(t, got))
		})
	}
}
