package spec_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo/spec"
)

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// TestTheReferenceIsRight: every example of the reference is read without a
// fault or a warning, and the page says something of the less known keys.
func TestTheReferenceIsRight(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "slo-spec.md"))
	require.NoError(t, err)
	blocks := yamlBlock.FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(blocks), 5)
	for _, b := range blocks {
		name, _, _ := strings.Cut(b[1][strings.Index(b[1], "name: "):], "\n")
		t.Run(name, func(t *testing.T) {
			parsed, err := spec.Parse("slo-spec.md", []byte(b[1]))
			require.NoError(t, err)
			assert.NotEmpty(t, parsed.SLOs)
			assert.Empty(t, spec.Lint(parsed.SLOs, spec.LintOptions{}))
		})
	}
	for _, key := range []string{"latency", "histogram", "native", "slices", "probe", "ratio", "rrule", "time_zone", "min_failures", "traffic_gone", "depends_on"} {
		assert.Contains(t, string(page), key)
	}
}
