package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo/spec"
)

// runSLO runs one of the commands under slo by itself.
func runSLO(t *testing.T, command func(*globals) *cobra.Command, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := command(&globals{stdout: &out, stderr: &errs})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	var usage usageError
	switch {
	case err == nil:
		return exitFine, out.String(), errs.String()
	case errors.As(err, &usage):
		return exitUsage, out.String(), errs.String() + err.Error()
	}
	return exitError, out.String(), errs.String() + err.Error()
}

// sloFiles writes files into a folder of their own.
func sloFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

const (
	ownSLO = "version: burnish/v1\nservice: shop\nslos:\n- {name: a, objective: 99.9, window: 30d, sli: {probe: {gauge: up}}}\n"
	deaf   = "version: burnish/v1\nservice: shop\nslos:\n- {name: b, objective: 90, window: 30d, sli: {probe: {gauge: up}}, alerting: {windows: [{severity: page, long: 1h, short: 5m, factor: 14.4}]}}\n"
	sloth  = "version: prometheus/v1\nservice: shop\nslo_plugins: {chain: [{id: p}]}\nslos:\n" +
		"- {name: c, objective: 99, alerting: {name: C}, sli: {events: {error_query: 'sum(rate(e[{{.window}}]))', total_query: 'sum(rate(t[{{.window}}]))'}}}\n"
	plugin = "version: prometheus/v1\nservice: shop\nslos:\n- {name: d, objective: 99, alerting: {name: D}, sli: {plugin: {id: mine}}}\n"
	broken = "version: burnish/v1\nservice: shop\nslos:\n- {name: e, objective: 101, window: 30d, sli: {probe: {gauge: 'up{'}}}\n"
)

func TestSLOCheck(t *testing.T) {
	for name, c := range map[string]struct {
		files        map[string]string
		code         int
		out, wrong   []string
		flags        []string
		noneOfStdout string
	}{
		"fine":                  {files: map[string]string{"a.yml": ownSLO}, out: []string{"1 SLO in 1 file is fine\n"}},
		"several":               {files: map[string]string{"a.yml": ownSLO, "b.yml": deaf}, out: []string{"b.yml:4: warning: SLO shop/b: the page alert with factor 14.4 can never fire", "2 SLOs in 2 files: fine but for 1 note above\n"}},
		"broken":                {files: map[string]string{"e.yml": broken}, code: exitUsage, wrong: []string{"e.yml:4:24: slo: objective:", "e.yml:4:63: probe: gauge:"}},
		"beside something fine": {files: map[string]string{"a.yml": ownSLO, "e.yml": broken}, code: exitUsage, wrong: []string{"objective"}, noneOfStdout: "fine"},
		"a plugin":              {files: map[string]string{"d.yml": plugin}, code: exitError, out: []string{"d.yml:4:68: refused: SLI plugin \"mine\""}, wrong: []string{"1 thing can't be used as written"}},
		"the same SLO twice":    {files: map[string]string{"a.yml": ownSLO, "b.yml": ownSLO}, code: exitUsage, wrong: []string{`SLO "a" of service "shop" is there twice`}},
		"no SLO":                {files: map[string]string{"a.yml": "# nothing\n"}, code: exitUsage, wrong: []string{"no SLO in 1 file"}},
		"an unknown policy":     {files: map[string]string{"a.yml": strings.Replace(ownSLO, "{name: a,", "{name: a, alerting: {policy: workbok-6},", 1)}, code: exitUsage, wrong: []string{`a.yml:4: find policy "workbok-6" of SLO shop/a: there are`, "workbook-6"}},
		"a period":              {files: map[string]string{"c.yml": sloth}, flags: []string{"--period", "28d"}, out: []string{"lost: Sloth's plugin \"p\"", "fine but for 1 note above"}},
		"a bad period":          {files: map[string]string{"c.yml": sloth}, flags: []string{"--period", "soon"}, code: exitUsage, wrong: []string{`--period "soon"`}},
		"a bad scrape interval": {files: map[string]string{"c.yml": sloth}, flags: []string{"--scrape-interval", "0s"}, code: exitUsage, wrong: []string{`--scrape-interval "0s"`}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := sloFiles(t, c.files)
			code, stdout, stderr := runSLO(t, newSLOCheck, append(c.flags, filepath.Join(dir, "*.yml"))...)
			assert.Equal(t, c.code, code, stderr)
			for _, says := range c.out {
				assert.Contains(t, stdout, says)
			}
			for _, says := range c.wrong {
				assert.Contains(t, stderr, says)
			}
			if c.noneOfStdout != "" {
				assert.NotContains(t, stdout, c.noneOfStdout)
			}
		})
	}
}

func TestSLOCommandsNeedFilesThatAreThere(t *testing.T) {
	for name, command := range map[string]func(*globals) *cobra.Command{"check": newSLOCheck, "import": newSLOImport} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := runSLO(t, command)
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, stderr, "takes files of SLOs")
			code, _, stderr = runSLO(t, command, filepath.Join(t.TempDir(), "*.yml"))
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, stderr, "no file matches")
			code, _, stderr = runSLO(t, command, t.TempDir())
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, stderr, "is a directory")
		})
	}
}

func TestSLOImport(t *testing.T) {
	dir := sloFiles(t, map[string]string{"c.yml": sloth, "d.yml": plugin, "e.yml": broken})
	c, d, e := filepath.Join(dir, "c.yml"), filepath.Join(dir, "d.yml"), filepath.Join(dir, "e.yml")

	code, stdout, stderr := runSLO(t, newSLOImport, c, c)
	assert.Equal(t, exitFine, code, "the same file twice is read once: %s", stderr)
	assert.Contains(t, stderr, "c.yml:3:23: lost:")
	assert.Contains(t, stderr, "warning: Sloth keeps the window in a flag")
	parsed, err := spec.Parse("out", []byte(stdout))
	require.NoError(t, err, "stdout holds nothing but the SLOs")
	require.Len(t, parsed.SLOs, 1)
	assert.Equal(t, "shop/c", parsed.SLOs[0].ID())

	output := filepath.Join(dir, "out.yaml")
	code, stdout, stderr = runSLO(t, newSLOImport, c, d, "--output", output)
	assert.Equal(t, exitError, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "1 SLO written; 1 thing could not be carried over")
	text, err := os.ReadFile(output)
	require.NoError(t, err)
	assert.Contains(t, string(text), "name: c")

	code, stdout, stderr = runSLO(t, newSLOImport, c, e)
	assert.Equal(t, exitError, code)
	assert.Contains(t, stderr, "e.yml:4:24: slo: objective")
	assert.Contains(t, stdout, "name: c", "what is sound is written")

	code, stdout, _ = runSLO(t, newSLOImport, d)
	assert.Equal(t, exitError, code)
	assert.Empty(t, stdout)

	code, _, stderr = runSLO(t, newSLOImport, c, "--output", filepath.Join(dir, "no", "such", "folder.yaml"))
	assert.Equal(t, exitError, code)
	assert.Contains(t, stderr, "write SLOs")
}
