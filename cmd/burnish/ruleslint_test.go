package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const lintRulesText = `groups:
- name: shop
  interval: 30s
  rules:
  - alert: QueueFull
    expr: queue_length > 1000
    for: 5m
    labels: {severity: critical, team: shop, value: "{{ $value }}"}
    annotations: {summary: The queue is full., runbook_url: "https://runbooks.shop.test/queue"}
  - alert: Errors
    expr: sum(rate(errors_total[5m])) > 1
    labels: {severity: warning, team: shop}
    annotations: {summary: "{{ $labels.instance }} has errors"}
`

func lintFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestRulesLintPrintsFindings(t *testing.T) {
	path := lintFile(t, "shop.yml", lintRulesText)
	out := must(t, "rules", "lint", path)
	assert.Equal(t, path+`:5: error value_in_label: QueueFull: The label value holds the value: each new value waits 5m anew, so the alert fires only if the value stands still
    Move value from labels to annotations.
`+path+`:10: warning template: Errors: $labels.instance is always empty: the expression can't give that label (annotation summary)
    Take $labels.instance out of the text, or have the expression keep the label: it gives no label at all.

2 findings in 2 of 2 rules of 1 file: 1 error, 1 warning, 0 info
`, out)
}

func TestRulesLintFailsOn(t *testing.T) {
	path := lintFile(t, "shop.yml", lintRulesText)
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"nothing asked":        {nil, exitFine},
		"an error":             {[]string{"--fail-on", "error"}, exitUnwell},
		"a warning":            {[]string{"--fail-on", "warning", "--disable", "value_in_label"}, exitUnwell},
		"no error left":        {[]string{"--fail-on", "error", "--disable", "value_in_label"}, exitFine},
		"a kind":               {[]string{"--fail-on", "short_for,template"}, exitUnwell},
		"a kind that is not":   {[]string{"--fail-on", "short_for"}, exitFine},
		"several flags":        {[]string{"--fail-on", "short_for", "--fail-on", "template"}, exitUnwell},
		"an unknown kind":      {[]string{"--fail-on", "nope"}, exitUsage},
		"an unknown one off":   {[]string{"--disable", "nope"}, exitUsage},
		"an unknown format":    {[]string{"--format", "xml"}, exitUsage},
		"a bad interval":       {[]string{"--scrape-interval", "soon"}, exitUsage},
		"a file that is not":   {[]string{"nope-*.yml"}, exitUsage},
		"a folder":             {[]string{filepath.Dir(path)}, exitUsage},
		"a longer interval":    {[]string{"--scrape-interval", "5m", "--fail-on", "short_range"}, exitUnwell},
		"an ordinary interval": {[]string{"--scrape-interval", "15s", "--fail-on", "short_range,short_for"}, exitFine},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.code, lintCode(t, append([]string{path}, c.args...)...))
		})
	}
	code, _, stderr := burnish("rules", "lint")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "takes rule files")
}

// lintCode is the exit code that the error of rules lint stands for.
func lintCode(t *testing.T, args ...string) int {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := newRoot(&out, &errs)
	cmd.SetArgs(append([]string{"rules", "lint"}, args...))
	err := cmd.ExecuteContext(t.Context())
	var usage usageError
	var unwell unwellError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &unwell):
		return exitUnwell
	case err != nil:
		return exitError
	}
	return exitFine
}

func TestMalformedRuleFilesAreSaidAndTheOthersLinted(t *testing.T) {
	good := lintFile(t, "good.yml", lintRulesText)
	bad := lintFile(t, "bad.yml", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(\n  - alert: B\n    expr: up\n    for: soon\n")
	none := lintFile(t, "none.yml", "{{ helm }}\n\t- x")
	code, stdout, stderr := burnish("rules", "lint", good, bad, none, "--fail-on", "error")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stdout, good+":5: error value_in_label")
	assert.Contains(t, stdout, "2 files not read in full")
	assert.Contains(t, stderr, bad+":5:11: ")
	assert.Contains(t, stderr, bad+":8:10: ")
	assert.Contains(t, stderr, none)
	assert.NotContains(t, stderr, "goroutine")
}

func TestCommentsExcuseRules(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		want     string
		note     string
	}{
		"on the line above":    {"  - alert: QueueFull", "  # burnish:disable value_in_label counted on\n  - alert: QueueFull", "1 finding in 1 of 2 rules of 1 file: 0 errors, 1 warning, 0 info; 1 more suppressed by comments", ""},
		"in its line":          {"alert: Errors", "alert: Errors # burnish:disable template,short_for", "1 finding in 1 of 2 rules of 1 file: 1 error, 0 warnings, 0 info; 1 more suppressed by comments", ""},
		"from all":             {"  - alert: QueueFull", "  # burnish:disable all\n  # why\n  - alert: QueueFull", "1 finding in 1 of 2 rules of 1 file: 0 errors, 1 warning, 0 info; 1 more suppressed by comments", ""},
		"from another kind":    {"  - alert: QueueFull", "  # burnish:disable template\n  - alert: QueueFull", "2 findings in 2 of 2 rules of 1 file: 1 error, 1 warning, 0 info", ""},
		"from no kind":         {"  - alert: QueueFull", "  # burnish:disable nope\n  - alert: QueueFull", "2 findings in 2 of 2 rules of 1 file: 1 error, 1 warning, 0 info", `:5: burnish:disable names no kind of finding: "nope"`},
		"with a line between":  {"  - alert: QueueFull", "  # burnish:disable all\n\n  - alert: QueueFull", "2 findings in 2 of 2 rules of 1 file: 1 error, 1 warning, 0 info", ""},
		"in a text, no excuse": {"The queue is full.", "'The queue # burnish:disable all'", "2 findings in 2 of 2 rules of 1 file: 1 error, 1 warning, 0 info", ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := lintFile(t, "shop.yml", strings.Replace(lintRulesText, c.from, c.to, 1))
			code, stdout, stderr := burnish("rules", "lint", path)
			assert.Equal(t, exitFine, code)
			lines := strings.Split(strings.TrimSpace(stdout), "\n")
			assert.Equal(t, c.want, lines[len(lines)-1])
			if c.note == "" {
				assert.Empty(t, stderr)
			} else {
				assert.Contains(t, stderr, c.note)
			}
		})
	}
}

func TestSeveritiesThatNobodyRoutesOn(t *testing.T) {
	path := lintFile(t, "shop.yml", strings.ReplaceAll(lintRulesText, "severity: critical", "severity: critcal"))
	routes := func(matchers string) string {
		return lintFile(t, "alertmanager.yml", "route:\n  receiver: all\n  routes:\n  - receiver: all\n    "+matchers+"\nreceivers:\n- name: all\n")
	}
	for name, c := range map[string]struct {
		matchers string
		want     int
	}{
		"equal":                      {`matchers: [severity="critical"]`, 2},
		"a regular expression":       {`matchers: [severity=~"critical|warning"]`, 1},
		"an old one":                 {`match: {severity: warning}`, 1},
		"an old regular expression":  {`match_re: {severity: "crit.*"}`, 1},
		"left out by name":           {`matchers: [severity!="warning"]`, 1},
		"no route looks at severity": {`matchers: [team="shop"]`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			out := must(t, "rules", "lint", path, "--alertmanager.config", routes(c.matchers))
			assert.Equal(t, c.want, strings.Count(out, " unrouted_severity: "), out)
		})
	}
	assert.Equal(t, exitUsage, lintCode(t, path, "--alertmanager.config", "nope.yml"))
	assert.Equal(t, exitUsage, lintCode(t, path, "--alertmanager.config", lintFile(t, "am.yml", "route: {}")))
}

func TestRulesThatFireTogether(t *testing.T) {
	path := lintFile(t, "twice.yml", `groups:
- name: g
  rules:
  - {alert: A, expr: up == 0, labels: {team: a, severity: warning}, annotations: {summary: s}}
  - {alert: B, expr: 0 == up, labels: {team: a, severity: warning}, annotations: {summary: s}}
  - {alert: C, expr: x > 5, labels: {team: a, severity: warning}, annotations: {summary: s}}
  - {alert: D, expr: x > 6, labels: {team: a, severity: warning}, annotations: {summary: s}}
`)
	out := must(t, "rules", "lint", path)
	assert.Contains(t, out, path+":5: warning duplicate: B: The same condition as A ("+path+":4)")
	assert.Contains(t, out, path+":7: warning subsumed: D: It fires only while C does")
	assert.Contains(t, out, "2 findings in 2 of 4 rules")
}

func TestConditionsThatAreNeverTrue(t *testing.T) {
	path := lintFile(t, "dead.yml", strings.Replace(lintRulesText, "queue_length > 1000", "up > 2", 1))
	assert.Contains(t, must(t, "rules", "lint", path), path+":5: error dead: QueueFull: The alert can never fire: ")
}

func TestRulesLintJSON(t *testing.T) {
	path := lintFile(t, "shop.yml", lintRulesText)
	var doc struct {
		Schema  string
		Summary struct {
			Rules     int
			ByKind    map[string]int `json:"by_kind"`
			ByGravity map[string]int `json:"by_gravity"`
		}
		Findings []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(must(t, "rules", "lint", path, "--format", "json")), &doc))
	assert.Equal(t, "burnish/lint/v1", doc.Schema)
	assert.Equal(t, 2, doc.Summary.Rules)
	assert.Equal(t, map[string]int{"value_in_label": 1, "template": 1}, doc.Summary.ByKind)
	assert.Equal(t, map[string]int{"error": 1, "warning": 1, "info": 0}, doc.Summary.ByGravity)
	require.Len(t, doc.Findings, 2)
	first := doc.Findings[0]
	for _, key := range []string{"id", "kind", "rule", "control_action", "evidence", "advice", "saves_notifications_per_week", "confidence", "gravity", "file", "line"} {
		assert.Contains(t, first, key)
	}
	assert.Nil(t, first["saves_notifications_per_week"])
	assert.InDelta(t, 300, first["evidence"].(map[string]any)["for_seconds"], 0)
}
