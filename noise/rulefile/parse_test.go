package rulefile_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

func TestARuleIsReadWithItsPlace(t *testing.T) {
	rules, err := rulefile.Parse("shop.yml", []byte(`groups:
- name: checkout
  interval: 30s
  query_offset: 1m
  labels: {team: shop, tier: "1"}
  rules:
  - record: a:b
    expr: up
  - alert: CheckoutErrors
    expr: sum(rate(errors_total[5m])) > 0.1
    for: 5m
    keep_firing_for: 1h30m
    labels: {severity: critical, tier: "2"}
    annotations: {summary: "{{ $value }} errors"}
`))
	require.NoError(t, err)
	require.Len(t, rules, 1)
	r := rules[0]
	assert.Equal(t, "CheckoutErrors", r.Name)
	assert.Equal(t, "checkout", r.Group)
	assert.Equal(t, 9, r.Line)
	assert.Equal(t, 5*time.Minute, r.For)
	assert.Equal(t, 90*time.Minute, r.KeepFiringFor)
	assert.Equal(t, 30*time.Second, r.Interval)
	assert.Equal(t, time.Minute, r.QueryOffset)
	assert.Equal(t, `{severity="critical", team="shop", tier="2"}`, r.Labels.String())
	assert.Equal(t, "{{ $value }} errors", r.Annotations.Get("summary"))
}

func TestResourcesListsAndSeveralDocuments(t *testing.T) {
	const group = `{groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]}`
	for name, text := range map[string]string{
		"a PrometheusRule":  "kind: PrometheusRule\nspec: " + group,
		"a list of them":    "kind: List\nitems:\n- spec: " + group,
		"several documents": "---\n" + group + "\n---\n# nothing\n---\n",
		"an alias":          "x: &g " + group + "\nspec: *g",
	} {
		t.Run(name, func(t *testing.T) {
			rules, err := rulefile.Parse("f.yml", []byte(text))
			require.NoError(t, err)
			require.Len(t, rules, 1)
			assert.Equal(t, "A", rules[0].Name)
		})
	}
}

func TestEverythingThatIsWrongIsSaidAtOnce(t *testing.T) {
	rules, err := rulefile.Parse("bad.yml", []byte(`groups:
- name: g
  rules:
  - alert: NoExpression
  - alert: Broken
    expr: sum(
  - expr: up
  - alert: BadFor
    expr: up == 0
    for: soon
- rules: []
`))
	require.Error(t, err)
	for _, says := range []string{
		`bad.yml:4:5: alert "NoExpression" needs an expr`,
		`bad.yml:6:11: alert "Broken": expr:`,
		`bad.yml:7:5: a rule needs alert or record`,
		`bad.yml:10:10: for:`,
		`bad.yml:11:3: a group needs a name`,
	} {
		assert.ErrorContains(t, err, says)
	}
	require.Len(t, rules, 1, "what is sound is still read")
}

func TestWhatIsNoRuleFile(t *testing.T) {
	for name, text := range map[string]string{
		"a scalar": "hello", "no groups": "a: 1", "groups is text": "groups: x", "no YAML": "\t{", "a rule is text": "groups: [{name: g, rules: [x]}]",
	} {
		t.Run(name, func(t *testing.T) {
			rules, err := rulefile.Parse("f.yml", []byte(text))
			assert.ErrorContains(t, err, "f.yml")
			assert.Empty(t, rules)
		})
	}
}

// TestRealRuleFiles reads every real rule file of the shared corpus and counts
// the alerts as the corpus' own manifest does.
func TestRealRuleFiles(t *testing.T) {
	dir := os.Getenv("BURNISH_TEST_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	text, err := os.ReadFile(filepath.Join(dir, "rule-corpus", "manifest.json"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the shared rule files must be there in CI: %v", err)
		}
		t.Skipf("no shared rule files: %v", err)
	}
	var manifest struct {
		Files []struct {
			File   string `json:"file"`
			Alerts int    `json:"alerts"`
			Kind   string `json:"kind"`
		} `json:"files"`
	}
	require.NoError(t, json.Unmarshal(text, &manifest))
	require.NotEmpty(t, manifest.Files)
	for _, f := range manifest.Files {
		text, err := os.ReadFile(filepath.Join(dir, "rule-corpus", f.File))
		require.NoError(t, err)
		rules, err := rulefile.Parse(f.File, text)
		if f.Alerts == 0 {
			continue
		}
		assert.NoError(t, err, f.File)
		assert.Len(t, rules, f.Alerts, f.File)
	}
}

func TestAFewLinesThatStandForTooMuchAreRefused(t *testing.T) {
	rule := "{alert: A, expr: up}"
	many := func(alias string, n int) string { return "[" + strings.Repeat(alias+", ", n) + "]" }
	for name, text := range map[string]string{
		"aliases of aliases": "r: &r " + rule + "\ng: &g {name: g, rules: " + many("*r", 1000) + "}\ngroups: " + many("*g", 1000),
		"a list of itself":   "&a {items: " + many("*a", 3) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rulefile.Parse("f.yml", []byte(text))
			assert.Error(t, err)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("groups: [{name: g, rules: [{alert: A, expr: up == 0, labels: {a: b}}]}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, _ := rulefile.Parse("f", text)
		for _, r := range rules {
			assert.NotEmpty(t, r.Name)
			assert.NotEmpty(t, r.Group)
		}
	})
}
