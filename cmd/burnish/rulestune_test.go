package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// tuned is the part of a tuning's JSON that tests look at.
type tuned struct {
	Schema string
	Notes  []string
	Totals struct {
		Held tunedSides `json:"held_out"`
		All  tunedSides `json:"whole"`
	}
	Rules []struct {
		Name   string
		Change *struct{ Delete bool }
		Why    string
		Tests  int `json:"unit_tests"`
	}
}

type tunedSides struct {
	Before, After struct {
		Outside int `json:"outside_incidents"`
		Caught  int `json:"incidents_caught"`
	}
	Lost int `json:"incidents_lost"`
}

// tuneArgs are those of a tuning of a corpus with its own incidents.
func tuneArgs(t *testing.T, corpus string) []string {
	t.Helper()
	data := realserver.Data(t)
	var truth corpusTruth
	readInto(t, filepath.Join(data, "truth", corpus+".json"), &truth)
	return []string{
		"rules", "tune", filepath.Join(data, "rules", corpus+".rules.yml"), "--tsdb.path", realserver.TSDB(t),
		"--incidents", declareUntil(t, truth, truth.End), "--from", truth.Stats.Start.Format(time.RFC3339), "--to", truth.End.Format(time.RFC3339),
	}
}

// declareUntil writes the incidents that begin before a time as a file.
func declareUntil(t *testing.T, truth corpusTruth, until time.Time) string {
	t.Helper()
	declared := []map[string]any{}
	for _, w := range truth.Windows {
		if from := time.Unix(w.Start, 0).UTC(); from.Before(until) {
			declared = append(declared, map[string]any{"id": w.ID, "labels": w.Match, "from": from, "to": time.Unix(w.End, 0).UTC()})
		}
	}
	text, err := json.Marshal(declared)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "incidents.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func TestRulesTuneOnRealData(t *testing.T) {
	args := tuneArgs(t, "nezha")
	dir := t.TempDir()
	out := must(t, append(args, "--output-dir", dir, "--format", "json")...)
	var got tuned
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	assert.Equal(t, "burnish/tune/v1", got.Schema)
	assert.Zero(t, got.Totals.All.Lost)
	assert.Less(t, got.Totals.All.After.Outside, got.Totals.All.Before.Outside/4)
	assert.LessOrEqual(t, got.Totals.Held.Lost*20, got.Totals.Held.Before.Caught, "at most one in twenty")
	assert.Less(t, got.Totals.Held.After.Outside, got.Totals.Held.Before.Outside/2)

	text, err := os.ReadFile(filepath.Join(dir, "nezha.rules.yml"))
	require.NoError(t, err)
	deleted, tested := 0, 0
	for _, r := range got.Rules {
		require.NotEmpty(t, r.Why, r.Name)
		tested += r.Tests
		if r.Change != nil && r.Change.Delete {
			deleted++
		}
	}
	assert.Positive(t, tested)
	assert.Len(t, regexp.MustCompile(`(?m)^ *- alert:`).FindAll(text, -1), len(got.Rules)-deleted, "what is taken out is a comment")
	assert.Regexp(t, `# burnish tuned-[0-9a-f]+: `, string(text))

	documented(t, out)
	realserver.Requires(t, "promtool")
	promtool(t, "check", "rules", filepath.Join(dir, "nezha.rules.yml"))
	tests := filepath.Join(dir, "tests", "nezha.rules_test.yml")
	promtool(t, "test", "rules", tests)
	failOnOriginals(t, tests, args[2])
}

// failOnOriginals holds that each test of what should not fire fails on the rules
// as they were, and that some show what stays of a rule that is taken out.
func failOnOriginals(t *testing.T, tests, original string) {
	t.Helper()
	text, err := os.ReadFile(tests)
	require.NoError(t, err)
	assert.Contains(t, string(text), ", which is taken out\n")
	text = regexp.MustCompile(`(?m)^  - \.\./.*$`).ReplaceAll(text, []byte("  - "+original))
	path := filepath.Join(t.TempDir(), "test.yml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	out, err := exec.CommandContext(t.Context(), "promtool", "test", "rules", path).CombinedOutput()
	require.Error(t, err)
	quiet := regexp.MustCompile(`name: (.*(?:stays quiet|nothing fires as).*)`).FindAllStringSubmatch(string(text), -1)
	assert.Greater(t, len(quiet), 10)
	for _, m := range quiet {
		assert.Contains(t, string(out), strings.Trim(m[1], `'"`))
	}
}

// TestRulesTuneWithoutTests has changes that no excerpt shows, and none at all.
func TestRulesTuneWithoutTests(t *testing.T) {
	args := tuneArgs(t, "cloudmon")
	dir := filepath.Join(t.TempDir(), "out")
	code, _, stderr := burnish(append(args, "--only", "label", "--output-dir", dir)...)
	require.Equal(t, exitFine, code, stderr)
	assert.NoDirExists(t, filepath.Join(dir, "tests"))
	assert.Contains(t, stderr, "no unit tests are written: no ")
	assert.FileExists(t, filepath.Join(dir, "cloudmon.rules.yml"))
}

func promtool(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput()
	require.NoError(t, err, "promtool %s\n%s", strings.Join(args, " "), out)
}

// documented checks that docs/tuning.md names every field.
func documented(t *testing.T, text string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "tuning.md"))
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^ *"([a-z_0-9]+)":`).FindAllStringSubmatch(text, -1) {
		assert.Contains(t, string(page), "`"+m[1], "docs/tuning.md does not name %s", m[1])
	}
}

func TestRulesTuneNarrowed(t *testing.T) {
	args := tuneArgs(t, "cloudmon")
	patch := must(t, append(args, "--only", "keep_firing_for", "--patch")...)
	assert.Contains(t, patch, "+    keep_firing_for: ")
	assert.NotRegexp(t, `(?m)^\+ +(expr|for):`, patch)
	assert.NotRegexp(t, `(?m)^-`, strings.ReplaceAll(patch, "---", ""), "nothing is taken out")

	code, out, stderr := burnish(append(args, "--check")...)
	assert.Equal(t, 3, code, stderr)
	assert.Contains(t, out, "held out")
	assert.Contains(t, stderr, "a change is recommended for")
}

func TestRulesTuneUsage(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n"), 0o600))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown policy":             {[]string{"--policy", "bold"}, "conservative, balanced or aggressive"},
		"unknown remedy":             {[]string{"--only", "prayer"}, "threshold, for, keep_firing_for, label, delete"},
		"unknown format":             {[]string{"--format", "xml"}, "text or json"},
		"two takers of the output":   {[]string{"--patch", "--format", "json"}, "standard output"},
		"in place and elsewhere":     {[]string{"--write", "--output-dir", "x"}, "give one of them"},
		"tests of nothing":           {[]string{"--tests-dir", "x"}, "--write or --output-dir"},
		"a split that is no time":    {[]string{"--split", "noon"}, "--split"},
		"a file that is not there":   {[]string{"nowhere.yml"}, "no rule file matches"},
		"a folder that is not there": {[]string{"--tsdb.path", "nowhere"}, "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := burnish(append([]string{"rules", "tune", rules}, c.args...)...)
			assert.Contains(t, []int{1, 2}, code)
			assert.Contains(t, stderr, c.want)
		})
	}
}
