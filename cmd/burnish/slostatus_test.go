package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noon is where the data of the small shop end, and the windows of its SLOs.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// smallShop is a data directory with two hours of samples, one a minute, of a
// service with a loss and of two probes, one of which fails for a while.
func smallShop(t *testing.T, dir string) {
	t.Helper()
	w, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), dir, 2*tsdb.DefaultBlockDuration)
	require.NoError(t, err)
	app := w.Appender(t.Context())
	add := func(value func(minute int) float64, pairs ...string) {
		for m := range 121 { // minute 120 is noon
			at := noon.Add(time.Duration(m-120) * time.Minute)
			_, err := app.Append(0, labels.FromStrings(pairs...), at.UnixMilli(), value(m))
			require.NoError(t, err)
		}
	}
	add(func(m int) float64 { return float64(60 * m) }, "__name__", "http_requests_total", "service", "shop", "code", "200")
	add(func(m int) float64 { return float64(6 * min(10, max(0, m-90))) }, "__name__", "http_requests_total", "service", "shop", "code", "500")
	add(func(int) float64 { return 1 }, "__name__", "up", "job", "shop")
	add(func(int) float64 { return 1 }, "__name__", "probe_success", "instance", "a")
	add(func(m int) float64 {
		if m >= 70 && m < 82 {
			return 0
		}
		return 1
	}, "__name__", "probe_success", "instance", "b")
	require.NoError(t, app.Commit())
	_, err = w.Flush(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

// smallSpecs are promises over the last hour. The shop's hour has 3600 good and
// 60 bad requests: an error ratio of 1.639%, so that of the 73.2 bad ones that
// 98% allow 18% are left. The probe of b failed 12 of 60 times: at 90% it may
// fail 6 times.
const smallSpecs = `version: burnish/v1
service: shop
owner: team-shop
slos:
- name: availability
  objective: 98
  window: 1h
  sli: {events: {bad: 'http_requests_total{service="shop",code="500"}', total: 'http_requests_total{service="shop"}'}}
- name: ghost
  objective: 99.9
  window: 1h
  sli: {events: {bad: 'gone_errors_total', total: 'gone_total'}}
- name: up
  objective: 90
  window: 1h
  group_by: [instance]
  sli: {probe: {gauge: probe_success}}
`

// inSmallShop puts the test into a folder with the shop's data, its SLOs and a
// configuration that names both.
func inSmallShop(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	smallShop(t, "data")
	require.NoError(t, os.WriteFile("slos.yaml", []byte(smallSpecs), 0o600))
	require.NoError(t, os.WriteFile("rules.yml", []byte("groups: [{name: g, rules: [{alert: A, expr: vector(1)}]}]\n"), 0o600))
	require.NoError(t, os.WriteFile("burnish.yml", []byte("sources: [{tsdb_path: data}]\nslos: {files: ['slos*.yaml']}\n"), 0o600))
}

// golden compares with a file of testdata, which UPDATE=1 writes anew.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("UPDATE") == "1" {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run with UPDATE=1 to write it")
	assert.Equal(t, string(want), got)
}

func TestSLOStatusOfASmallShop(t *testing.T) {
	testdata, err := filepath.Abs("testdata")
	require.NoError(t, err)
	inSmallShop(t)
	at := []string{"--at", noon.Format(time.RFC3339)}
	table := must(t, append([]string{"slo", "status", "slos.yaml", "--tsdb.path", "data"}, at...)...)
	golden(t, filepath.Join(testdata, "slo-status.txt"), table)
	doc := must(t, append([]string{"slo", "status", "slos.yaml", "--tsdb.path", "data", "--format", "json"}, at...)...)
	golden(t, filepath.Join(testdata, "slo-status.json"), doc)

	fromConfig := must(t, append([]string{"slo", "status", "--config.file", "burnish.yml"}, at...)...)
	assert.Equal(t, table, fromConfig, "the files of the configuration are read where none are named")
}

func TestTheReportShowsPromises(t *testing.T) {
	inSmallShop(t)
	window := []string{"--from", noon.Add(-90 * time.Minute).Format(time.RFC3339), "--to", noon.Format(time.RFC3339)}
	for name, c := range map[string]struct {
		args []string
		want bool
	}{
		"by flag":          {[]string{"--tsdb.path", "data", "--slo.files", "slos.yaml"}, true},
		"by configuration": {[]string{"--config.file", "burnish.yml"}, true},
		"not asked for":    {[]string{"--tsdb.path", "data"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			md := must(t, append(append([]string{"report", "--rules.files", "rules.yml"}, window...), c.args...)...)
			if !c.want {
				assert.NotContains(t, md, "Promises")
				return
			}
			assert.Contains(t, md, "| shop/availability | 98% | 1h | 18% (runs out) | 1.64% |")
			assert.Contains(t, md, "| shop/up {instance=b} | 90% | 1h | −100% (overspent) | 20% |")
			assert.Contains(t, md, "as of Sun 1 Nov 12:00.")
			assert.Contains(t, md, "| shop/ghost | 99.9% | 1h | unknown (no data) | unknown |")
		})
	}
}

func TestBadUsageOfSLOFiles(t *testing.T) {
	inSmallShop(t)
	require.NoError(t, os.WriteFile("bad.yaml", []byte("version: burnish/v1\nservice: s\nslos: [{name: n, objectiv: 99}]\n"), 0o600))
	require.NoError(t, os.WriteFile("plain.yml", []byte("sources: [{tsdb_path: data}]\n"), 0o600))
	require.NoError(t, os.WriteFile("broken.yml", []byte("sources: [{tsdb_path: data}]\nslos: {files: [bad.yaml]}\n"), 0o600))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no files":               {[]string{"slo", "status", "--tsdb.path", "data"}, "slos.files"},
		"none in the settings":   {[]string{"slo", "status", "--config.file", "plain.yml"}, "slos.files"},
		"nothing matches":        {[]string{"report", "--tsdb.path", "data", "--slo.files", "none*.yaml"}, `no file matches "none*.yaml"`},
		"a spec with a typo":     {[]string{"report", "--tsdb.path", "data", "--slo.files", "bad.yaml"}, "bad.yaml:3"},
		"a typo when serving":    {[]string{"serve", "--config.file", "broken.yml"}, "bad.yaml:3"},
		"an unknown output form": {[]string{"slo", "status", "slos.yaml", "--tsdb.path", "data", "--format", "xml"}, `--format "xml"`},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := burnish(c.args...)
			assert.Equal(t, exitUsage, code, stderr)
			assert.Contains(t, stderr, c.says)
			assert.Empty(t, stdout)
		})
	}
}

func TestPromisesAreToldAsOfTheNewestData(t *testing.T) {
	inSmallShop(t)
	md := must(t, "report", "--tsdb.path", "data", "--slo.files", "slos.yaml", "--rules.files", "rules.yml",
		"--from", noon.Add(-time.Hour).Format(time.RFC3339), "--to", noon.Add(5*time.Hour).Format(time.RFC3339))
	assert.Contains(t, md, "as of Sun 1 Nov 12:01.", "five hours without data are no reason to know less")
	md = must(t, "report", "--tsdb.path", "data", "--slo.files", "slos.yaml", "--rules.files", "rules.yml",
		"--from", noon.Add(-time.Hour).Format(time.RFC3339), "--to", noon.Add(-35*time.Minute).Format(time.RFC3339))
	assert.Contains(t, md, "as of Sun 1 Nov 11:25.")
	assert.Contains(t, md, "| shop/availability | 98% | 1h | 100% (kept) | 0% |", "the loss came later")
}
