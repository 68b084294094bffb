package exposition_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/noise"
)

const root = "../../../.."

// documented are the metrics of docs/metrics.md, each with the cells of its row.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "metrics.md"))
	require.NoError(t, err)
	out := map[string][]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(burnish_[a-z0-9_]+)` \\|(.*)\\|$").FindAllStringSubmatch(string(page), -1) {
		assert.NotContains(t, out, m[1], "it has two rows")
		out[m[1]] = strings.Split(m[2], "|")
	}
	return out
}

// registered are the metrics that the program registers elsewhere, by the names that
// its source gives them.
func registered(t *testing.T) []string {
	t.Helper()
	name := regexp.MustCompile(`Name:\s*"(burnish_[a-z0-9_]+)"`)
	var out []string
	for _, room := range []string{"cmd", "collector", "config", "dashboards"} {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range name.FindAllStringSubmatch(string(text), -1) {
				out = append(out, m[1])
			}
			return err
		})
		require.NoError(t, err)
	}
	require.Contains(t, out, "burnish_refreshes_total", "the search finds what is there")
	return out
}

func TestThePageAndTheExpositionAgree(t *testing.T) {
	page := documented(t)
	var shown []string
	for _, m := range exposition.Metrics() {
		shown = append(shown, m.Name)
		row, ok := page[m.Name]
		if !assert.True(t, ok, "docs/metrics.md lists %s", m.Name) || strings.HasPrefix(m.Name, "burnish_kpi_") {
			continue
		}
		var labels []string
		for _, l := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(row[0], -1) {
			labels = append(labels, l[1])
		}
		assert.Equal(t, m.Labels, labels, "labels of %s", m.Name)
	}
	for _, name := range registered(t) {
		shown = append(shown, name)
		assert.Contains(t, page, name, "docs/metrics.md lists it")
	}
	for name := range page {
		assert.Contains(t, shown, name, "docs/metrics.md lists it, so it is there")
	}
}

func TestThePageHasTheLimitsOfTheStandards(t *testing.T) {
	page := documented(t)
	doc := noise.Summarize(noise.History{}, noise.Options{})
	rows := map[string][]string{}
	for _, row := range page {
		rows[strings.Trim(row[0], " `")] = row
	}
	for _, k := range doc.KPIs {
		row := rows[string(k.ID)]
		require.Len(t, row, 3, string(k.ID))
		for i, bound := range []*float64{k.Target, k.Limit} {
			want := ""
			if bound != nil {
				want = strconv.FormatFloat(*bound, 'g', -1, 64)
				if k.Below && i == 0 {
					want = "under " + want
				}
			}
			assert.Equal(t, want, strings.TrimSpace(row[i+1]), "%s: %s", k.ID, []string{"target", "limit"}[i])
		}
	}
	assert.True(t, slices.ContainsFunc(doc.KPIs, func(k noise.KPI) bool { return k.Limit != nil }))
}
