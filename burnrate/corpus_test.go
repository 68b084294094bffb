package burnrate_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo/spec"
)

// TestRulesOfRealSpecsPassPromtool generates rules for every real SLO spec that
// burnish reads, and has promtool check them all.
func TestRulesOfRealSpecsPassPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("promtool must be there in CI")
		}
		t.Skip("promtool is not installed")
	}
	var manifest struct {
		Files []struct{ File, Kind string }
	}
	require.NoError(t, json.Unmarshal(sharedData(t, "slo-corpus", "manifest.json"), &manifest))
	dir := t.TempDir()
	checked := 0
	for _, f := range manifest.Files {
		parsed, err := spec.Parse(f.File, sharedData(t, "slo-corpus", filepath.FromSlash(f.File)))
		if err != nil || len(parsed.SLOs) == 0 {
			continue // slo/spec's own tests say which are refused, and why
		}
		checked += len(parsed.SLOs)
		path := filepath.Join(dir, filepath.Base(f.File))
		require.NoError(t, os.WriteFile(path, generated(t, parsed.SLOs), 0o600))
		out, err := exec.Command(promtool, "check", "rules", path).CombinedOutput()
		assert.NoError(t, err, "%s: %s", f.File, out)
	}
	assert.Greater(t, checked, 40, "SLOs whose rules were checked")
}
