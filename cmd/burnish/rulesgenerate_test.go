package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const twoSLOs = "version: burnish/v1\nservice: shop\nslos:\n" +
	"- {name: a, objective: 99.9, window: 30d, sli: {events: {bad: 'e{job=\"x\"}', total: 't{job=\"x\"}'}}}\n" +
	"- {name: b, objective: 99, window: 7d, sli: {events: {bad: 'e{job=\"y\"}', total: 't{job=\"y\"}'}}}\n"

// generateOnce runs rules generate by itself.
func generateOnce(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := newRulesGenerate(&globals{stdout: &out, stderr: &errs})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(context.Background())
	return out.String(), errs.String(), err
}

func TestRulesGenerateWritesWhatCheckWants(t *testing.T) {
	dir := sloFiles(t, map[string]string{"slos.yaml": twoSLOs})
	out := filepath.Join(dir, "rules")
	args := []string{
		filepath.Join(dir, "slos.yaml"), "--output", out, "--layout", "per-slo", "--tests",
		"--inhibit", filepath.Join(out, "inhibit.yaml"),
	}
	_, _, err := generateOnce(t, append(args, "--check")...)
	var unwell unwellError
	require.ErrorAs(t, err, &unwell, "nothing is there yet")
	assert.NoDirExists(t, out, "check writes nothing")

	_, notes, err := generateOnce(t, args...)
	require.NoError(t, err)
	assert.Contains(t, notes, "shop/b: ", "the shorter window is said to change the alerts")
	entries, err := os.ReadDir(out)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	assert.Equal(t, []string{"inhibit.yaml", "shop.a.yaml", "shop.a_test.yaml", "shop.b.yaml", "shop.b_test.yaml"}, names)

	_, _, err = generateOnce(t, append(args, "--check")...)
	require.NoError(t, err, "the same again")

	path := filepath.Join(out, "shop.a.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, bytes.Replace(text, []byte(">= 14.4"), []byte(">= 15"), 1), 0o600))
	shown, _, err := generateOnce(t, append(args, "--check")...)
	require.ErrorAs(t, err, &unwell)
	assert.Contains(t, shown, ">= 15")
	assert.Contains(t, shown, ">= 14.4")
}

func TestRulesGeneratePrints(t *testing.T) {
	dir := sloFiles(t, map[string]string{"slos.yaml": twoSLOs})
	file := filepath.Join(dir, "slos.yaml")
	rules, _, err := generateOnce(t, file)
	require.NoError(t, err)
	again, _, err := generateOnce(t, file)
	require.NoError(t, err)
	assert.Equal(t, rules, again)
	resource, _, err := generateOnce(t, file, "--format", "operator", "--compat", "sloth")
	require.NoError(t, err)
	assert.Contains(t, resource, "kind: PrometheusRule")
	assert.Contains(t, resource, "slo:sli_error:ratio_rate5m")
}

func TestRulesGenerateRefuses(t *testing.T) {
	dir := sloFiles(t, map[string]string{"slos.yaml": twoSLOs, "broken.yaml": broken})
	file := filepath.Join(dir, "slos.yaml")
	for name, args := range map[string][]string{
		"no file":               {},
		"a file with faults":    {filepath.Join(dir, "broken.yaml")},
		"a layout":              {file, "--layout", "two"},
		"a format":              {file, "--format", "yaml"},
		"names of no tool":      {file, "--compat", "nagios"},
		"an uneven interval":    {file, "--interval", "7s"},
		"tests on stdout":       {file, "--tests"},
		"tests of a resource":   {file, "--output", dir, "--format", "operator", "--tests"},
		"a check of stdout":     {file, "--check"},
		"a negative interval":   {file, "--interval", "-1m"},
		"a scrape of an hour":   {file, "--scrape-interval", "1h"},
		"a period of no length": {file, "--period", "0s"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := generateOnce(t, args...)
			var usage usageError
			require.Error(t, err)
			assert.True(t, errors.As(err, &usage), "%v", err)
		})
	}
}
