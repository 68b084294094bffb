package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// TestSourcesSayTheSame reads the same data as a directory and from the two ends
// of the supported range of Prometheus servers.
func TestSourcesSayTheSame(t *testing.T) {
	dir := realserver.TSDB(t)
	want := must(t, "report", "--tsdb.path", dir, "--last", "7d", "--format", "json")
	episodes := must(t, "history", "export", "--tsdb.path", dir)
	for _, v := range []realserver.Version{realserver.Old, realserver.New} {
		t.Run("prometheus "+string(v), func(t *testing.T) {
			server := realserver.Prometheus(t, realserver.Options{Version: v, DataDir: realserver.CopyTSDB(t)})
			got := must(t, "report", "--prometheus.url", server.URL, "--last", "7d", "--format", "json")
			assert.Equal(t, withoutSource(t, want), withoutSource(t, got), "over remote read the report is the same to the byte")
			assert.Equal(t, episodes, must(t, "history", "export", "--prometheus.url", server.URL))

			plain := must(t, "report", "--prometheus.url", server.URL, "--prometheus.remote-read", "off", "--last", "7d", "--format", "json")
			assert.Equal(t, figures(t, want), figures(t, plain), "over the query API the figures are the same")
			assert.Contains(t, plain, `"markers": false`)
			sameButForCertainty(t, episodes, must(t, "history", "export", "--prometheus.url", server.URL, "--prometheus.remote-read", "off"))
		})
	}
}

// withoutSource is a report without the line that names its source.
func withoutSource(t *testing.T, report string) string {
	t.Helper()
	var out []string
	dropped := 0
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, `  "source": `) {
			dropped++
			continue
		}
		out = append(out, line)
	}
	require.Equal(t, 1, dropped)
	return strings.Join(out, "")
}

// figures is a report without what says how well it is known.
func figures(t *testing.T, report string) map[string]any {
	t.Helper()
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(report), &doc))
	delete(doc, "source")
	delete(doc, "data_quality")
	for _, r := range doc["rules"].([]any) {
		delete(r.(map[string]any), "ends")
	}
	dropCertainty(doc)
	return doc
}

// dropCertainty removes how well the edges of episodes are known, at any depth.
func dropCertainty(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "certainty")
		for _, inner := range v {
			dropCertainty(inner)
		}
	case []any:
		for _, inner := range v {
			dropCertainty(inner)
		}
	}
}

func sameButForCertainty(t *testing.T, want, got string) {
	t.Helper()
	a, b := decode(t, want), decode(t, got)
	require.Len(t, b, len(a))
	for i := range a {
		require.NotEqual(t, noise.EdgeExact, b[i].Certainty.Resolved, "an end that was not shown is not called exact")
		a[i].Certainty, b[i].Certainty = noise.Certainty{}, noise.Certainty{}
		require.Equal(t, a[i], b[i])
	}
}

func decode(t *testing.T, lines string) []noise.Episode {
	t.Helper()
	var out []noise.Episode
	for line := range strings.Lines(lines) {
		var e noise.Episode
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		out = append(out, e)
	}
	return out
}

// TestEpisodesEqualTheEnginesOwnList compares the episodes of real data with the
// list that the rule engine kept while it evaluated the rules.
func TestEpisodesEqualTheEnginesOwnList(t *testing.T) {
	dir := realserver.TSDB(t)
	got := map[string]bool{}
	for _, e := range decode(t, must(t, "history", "export", "--tsdb.path", dir)) {
		if e.Fired() {
			got[key(e.Rule, e.Labels.Map(), e.FiredAt.Unix(), ended(e))] = true
		}
	}
	want := engineEpisodes(t, dir)
	require.NotEmpty(t, want)
	alike := 0
	for k := range want {
		if got[k] {
			alike++
		}
	}
	all := len(want) + len(got) - alike
	assert.GreaterOrEqual(t, float64(alike)/float64(all), 0.999, "%d alike of %d", alike, all)
}

func ended(e noise.Episode) int64 {
	if e.Open() {
		return 0
	}
	return e.ResolvedAt.Unix()
}

func key(rule string, ls map[string]string, fired, ended int64) string {
	return fmt.Sprint(rule, labels.FromMap(ls), fired, ended)
}

// engineEpisodes is what the rule engine listed of the episodes in a directory.
func engineEpisodes(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "episodes", "*.jsonl"))
	require.NoError(t, err)
	out := map[string]bool{}
	for _, path := range files {
		f, err := os.Open(path)
		require.NoError(t, err)
		for s := bufio.NewScanner(f); s.Scan(); {
			var e struct {
				Alert      string
				Labels     map[string]string
				Start, End int64
				Open       bool
			}
			require.NoError(t, json.Unmarshal(s.Bytes(), &e))
			if e.Open {
				e.End = 0
			}
			out[key(e.Alert, e.Labels, e.Start, e.End)] = true
		}
		require.NoError(t, f.Close())
	}
	return out
}

// TestVictoriaMetrics feeds the samples of the alert series to VictoriaMetrics,
// which has neither remote read nor, over its query API, staleness markers.
func TestVictoriaMetrics(t *testing.T) {
	dir := realserver.TSDB(t)
	server := realserver.VictoriaMetrics(t, realserver.Options{})
	importAlerts(t, dir, server.URL)
	server.Flush()
	got := must(t, "history", "export", "--prometheus.url", server.URL)
	sameButForCertainty(t, must(t, "history", "export", "--tsdb.path", dir), got)
	report := must(t, "report", "--prometheus.url", server.URL, "--last", "7d", "--format", "json")
	want := must(t, "report", "--tsdb.path", dir, "--last", "7d", "--format", "json")
	assert.Equal(t, figures(t, want), figures(t, report))
}

// importAlerts sends the live samples of the alert series of a directory.
func importAlerts(t *testing.T, dir, url string) {
	t.Helper()
	var text bytes.Buffer
	eachAlertSample(t, dir, func(ls labels.Labels, ts int64, v float64) {
		if value.IsStaleNaN(v) {
			return
		}
		name := ls.Get(model.MetricNameLabel)
		var pairs []string
		ls.Range(func(l labels.Label) {
			if l.Name != model.MetricNameLabel {
				pairs = append(pairs, fmt.Sprintf("%s=%q", l.Name, l.Value))
			}
		})
		_, _ = fmt.Fprintf(&text, "%s{%s} %v %d\n", name, strings.Join(pairs, ","), v, ts)
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v1/import/prometheus", &text)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	require.Less(t, resp.StatusCode, 300, string(body))
}

// eachAlertSample calls fn with every sample of the alert series of a directory,
// read with Prometheus' own storage alone.
func eachAlertSample(t testing.TB, dir string, fn func(ls labels.Labels, ts int64, v float64)) {
	t.Helper()
	require.NoError(t, dumpAlerts(dir, t.TempDir(), slo.Interval{From: time.Unix(0, 0), To: time.Now()}, fn))
}

// dumpAlerts is the samples of the alert series in the blocks of a directory.
func dumpAlerts(dir, sandbox string, window slo.Interval, fn func(ls labels.Labels, ts int64, v float64)) error {
	db, err := tsdb.OpenDBReadOnly(dir, sandbox, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	blocks, err := db.Blocks()
	if err != nil {
		return err
	}
	for _, b := range blocks {
		q, err := tsdb.NewBlockQuerier(b, window.From.UnixMilli(), window.To.UnixMilli())
		if err != nil {
			return err
		}
		set := q.Select(context.Background(), true, nil, labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, "ALERTS|ALERTS_FOR_STATE"))
		var it chunkenc.Iterator
		for set.Next() {
			it = set.At().Iterator(it)
			for it.Next() != chunkenc.ValNone {
				ts, v := it.At()
				fn(set.At().Labels(), ts, v)
			}
		}
		if err := errors.Join(set.Err(), q.Close()); err != nil {
			return err
		}
	}
	return nil
}

// TestRulesAndLabelsOfAServer asks a Prometheus that evaluates rules itself, with
// external labels, which remote read adds and the query API does not.
func TestRulesAndLabelsOfAServer(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte(`groups:
- name: always
  interval: 1s
  rules:
  - alert: Watchdog
    expr: vector(1)
    labels: {severity: none}
  - alert: Pending
    expr: vector(1)
    for: 1h
`), 0o600))
	for _, v := range []realserver.Version{realserver.Old, realserver.New} {
		t.Run("prometheus "+string(v), func(t *testing.T) {
			server := realserver.Prometheus(t, realserver.Options{
				Version: v,
				Config: "global: {scrape_interval: 1s, evaluation_interval: 1s, external_labels: {cluster: west}}\n" +
					"rule_files: [" + rules + "]\nscrape_configs:\n- job_name: prometheus\n  static_configs: [{targets: ['127.0.0.1:9']}]\n",
			})
			window := []string{"--from", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "--to", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
			read := func(mode string) []noise.Episode {
				code, out, stderr := burnish(append([]string{"history", "export", "--prometheus.url", server.URL, "--prometheus.remote-read", mode}, window...)...)
				if code != exitFine {
					t.Log(stderr)
				}
				return decode(t, out)
			}
			require.Eventually(t, func() bool { return len(read("on")) == 2 && len(read("off")) == 2 }, 30*time.Second, 200*time.Millisecond)
			exact, plain := read("on"), read("off")
			for i, e := range exact {
				assert.Equal(t, "always", e.Group)
				assert.False(t, e.Labels.Has("cluster"), "external labels are no labels of the alert")
				assert.Equal(t, e.Labels, plain[i].Labels)
				assert.Equal(t, e.ActiveAt, plain[i].ActiveAt)
				assert.True(t, e.Open())
			}
			fired := slices.IndexFunc(exact, noise.Episode.Fired)
			assert.Equal(t, "Watchdog", exact[fired].Rule)
		})
	}
}
