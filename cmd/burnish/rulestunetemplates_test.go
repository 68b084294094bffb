package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// asChart makes a chart of a corpus' rules: the same lines, within a branch.
func asChart(t *testing.T, corpus string) (template string, text []byte, rendered string) {
	t.Helper()
	rendered = filepath.Join(realserver.Data(t), "rules", corpus+".rules.yml")
	rules, err := os.ReadFile(rendered)
	require.NoError(t, err)
	text = []byte("{{- if .Values.alerts }}\n" + string(rules) + "{{- end }}\n")
	template = filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(template, text, 0o600))
	return template, text, rendered
}

// templateArgs are those of a tuning of a template.
func templateArgs(t *testing.T, template string) []string {
	t.Helper()
	args := tuneArgs(t, "cloudmon")
	args[2] = template
	return args
}

// placesHold holds that the lines that are named hold the values that they are
// named for, and that places are named at all.
func placesHold(t *testing.T, text string, template []byte) {
	t.Helper()
	lines := strings.Split(string(template), "\n")
	found := regexp.MustCompile("- (?:Change|Remove) (?:the threshold|`\\w+`)(?: from|, which is) `([^`]*)`[^\n]*\n  - `[^`]*rules.yaml:(\\d+)`").FindAllStringSubmatch(text, -1)
	assert.NotEmpty(t, found, text)
	for _, m := range found {
		n, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		assert.Contains(t, lines[n-1], m[1])
	}
}

func TestTemplatesAreDescribedAndNotEdited(t *testing.T) {
	template, text, rendered := asChart(t, "cloudmon")
	args := append(templateArgs(t, template), "--rules.files", rendered)
	for name, c := range map[string]struct {
		flags []string
		code  int
		says  string
		check func(t *testing.T, dir, stdout string)
	}{
		"a patch": {[]string{"--patch"}, exitFine, "described at the head of the patch", func(t *testing.T, _, stdout string) {
			for line := range strings.Lines(stdout) {
				assert.True(t, strings.HasPrefix(line, "#"), "those who read patches pass over it: %q", line)
			}
			placesHold(t, strings.ReplaceAll(strings.ReplaceAll(stdout, "\n# ", "\n"), "\n#\n", "\n\n"), text)
		}},
		"in place, with a check": {[]string{"--write", "--check"}, exitUnwell, "described at the end of the result", func(t *testing.T, _, stdout string) {
			assert.Contains(t, stdout, "ALL RULES")
			placesHold(t, stdout, text)
		}},
		"a folder": {[]string{"--output-dir", "out"}, exitFine, "described in " + filepath.Join("out", "by-hand.md"), func(t *testing.T, dir, stdout string) {
			assert.NotContains(t, stdout, "by hand")
			entries, err := os.ReadDir(filepath.Join(dir, "out"))
			require.NoError(t, err)
			require.Len(t, entries, 1, "no rule file and no unit tests of one")
			got, err := os.ReadFile(filepath.Join(dir, "out", "by-hand.md"))
			require.NoError(t, err)
			placesHold(t, string(got), text)
		}},
		"JSON": {[]string{"--format", "json"}, exitFine, "with --output-dir, or without --format json", func(t *testing.T, _, stdout string) {
			var got tuned
			assert.NoError(t, json.Unmarshal([]byte(stdout), &got))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			flags := slices.Clone(c.flags)
			if i := slices.Index(flags, "out"); i >= 0 {
				flags[i] = filepath.Join(dir, "out")
			}
			code, stdout, stderr := burnish(append(slices.Clone(args), flags...)...)
			require.Equal(t, c.code, code, stderr)
			assert.Contains(t, strings.ReplaceAll(stderr, dir+string(filepath.Separator), ""), c.says)
			c.check(t, dir, stdout)
			for path, was := range map[string][]byte{template: text, rendered: nil} {
				now, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.True(t, was == nil || string(was) == string(now), "%s was edited", path)
			}
		})
	}
}

// TestTemplatesBesideTheirRules has the rendered rules among the files too: they
// are edited, and the template has to follow.
func TestTemplatesBesideTheirRules(t *testing.T) {
	template, text, rendered := asChart(t, "cloudmon")
	rules, err := os.ReadFile(rendered)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "rendered.yml")
	require.NoError(t, os.WriteFile(file, rules, 0o600))
	args := templateArgs(t, template)
	stdout := must(t, slices.Insert(args, 3, file, "--patch")...)
	described, patch, ok := strings.Cut(stdout, "\n--- ")
	require.True(t, ok, stdout)
	assert.Contains(t, described, "rendered.yml` is changed already")
	assert.Contains(t, patch, "\n+")
	now, err := os.ReadFile(template)
	require.NoError(t, err)
	assert.Equal(t, string(text), string(now))
}

// TestTemplatesOfAServersRules asks a server which rules are in force.
func TestTemplatesOfAServersRules(t *testing.T) {
	template, text, rendered := asChart(t, "cloudmon")
	server := realserver.Prometheus(t, realserver.Options{
		DataDir: realserver.CopyTSDB(t),
		Config:  "global: {scrape_interval: 1h, evaluation_interval: 1h}\nrule_files: ['" + rendered + "']\n",
	})
	args := templateArgs(t, template)
	at := slices.Index(args, "--tsdb.path")
	args[at], args[at+1] = "--prometheus.url", server.URL
	placesHold(t, must(t, args...), text)
}

func TestTemplatesWhoseRulesNobodyKnows(t *testing.T) {
	template, _, _ := asChart(t, "cloudmon")
	args := templateArgs(t, template)
	code, _, stderr := burnish(args...)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, template+":1:1: the source is written for Go templates")
	assert.Contains(t, stderr, "--rules.files")

	other := filepath.Join(t.TempDir(), "other.yml")
	require.NoError(t, os.WriteFile(other, []byte("groups:\n- name: g\n  rules:\n  - alert: Other\n    expr: up == 0\n"), 0o600))
	code, _, stderr = burnish(append(args, "--rules.files", other)...)
	assert.Equal(t, exitError, code)
	assert.Contains(t, stderr, "none of 1 rules in force has the name of an alert in it")
}
