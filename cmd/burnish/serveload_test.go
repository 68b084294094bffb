package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// The load: how many SLOs, half as many alert rules, days of history that are there
// at the beginning, and how long each state is watched. Without the first a small
// form runs.
const (
	loadEnv     = "BURNISH_LOAD"
	loadDaysEnv = "BURNISH_LOAD_DAYS"
	loadForEnv  = "BURNISH_LOAD_FOR"
	// loadPeerEnv is for how many of the SLOs Sloth's rules are evaluated as well.
	loadPeerEnv = "BURNISH_LOAD_PEER"
)

// load is a system of services, each with its traffic and its SLO.
type load struct {
	services, rules, peers int
	days                   float64
	watched                time.Duration
	began                  time.Time
}

func newLoad(t *testing.T) load {
	t.Helper()
	number := func(name string, otherwise float64) float64 {
		text := os.Getenv(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err, name)
		return n
	}
	l := load{services: int(number(loadEnv, 300)), days: number(loadDaysEnv, 0.25), watched: 8 * time.Second}
	l.rules = l.services / 2
	l.peers = int(number(loadPeerEnv, 0))
	if text := os.Getenv(loadForEnv); text != "" {
		var err error
		l.watched, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	l.began = time.Now().Add(-time.Duration(l.days * 24 * float64(time.Hour))).Truncate(2 * time.Hour)
	return l
}

// counts are the counters of a service at an instant: each has its own traffic,
// and some fail more than they may.
func (l load) counts(service int, at time.Time) (good, bad float64) {
	total := math.Floor(at.Sub(l.began).Seconds() * float64(1+service%20) / 2)
	share := 0.0002
	if service%50 == 0 {
		share = 0.004
	}
	bad = math.Floor(total * share)
	return total - bad, bad
}

func serviceName(i int) string { return fmt.Sprintf("service-%05d", i) }

// exporter shows all services as one target would.
func (l load) exporter(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		out, now := bufio.NewWriterSize(w, 1<<16), time.Now()
		defer out.Flush()
		for i := range l.services {
			good, bad := l.counts(i, now)
			fmt.Fprintf(out, "requests_total{service=%q,code=\"200\"} %g\nrequests_total{service=%q,code=\"500\"} %g\n", serviceName(i), good, serviceName(i), bad)
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// history writes what the counters showed before as blocks, a sample a minute.
func (l load) history(t *testing.T) string {
	dir := t.TempDir()
	now := time.Now()
	for from := l.began; from.Before(now); from = from.Add(2 * time.Hour) {
		w, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), dir, (4 * time.Hour).Milliseconds())
		require.NoError(t, err)
		refs := make([]storage.SeriesRef, 2*l.services)
		for at := from; at.Before(from.Add(2*time.Hour)) && at.Before(now); at = at.Add(time.Minute) {
			l.write(t, w, refs, at)
		}
		_, err = w.Flush(t.Context())
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	return dir
}

func (l load) write(t *testing.T, w *tsdb.BlockWriter, refs []storage.SeriesRef, at time.Time) {
	app := w.Appender(context.Background())
	for i := range l.services {
		good, bad := l.counts(i, at)
		for k, v := range []float64{good, bad} {
			var ls labels.Labels
			if refs[2*i+k] == 0 {
				ls = labels.FromStrings("__name__", "requests_total", "job", "load", "service", serviceName(i), "code", []string{"200", "500"}[k])
			}
			var err error
			refs[2*i+k], err = app.Append(refs[2*i+k], ls, at.UnixMilli(), v)
			if err != nil {
				require.NoError(t, err)
			}
		}
	}
	require.NoError(t, app.Commit())
}

// alerts are rules of which one in fifty ever fires, each at its own pace.
func (l load) alerts() string {
	var b strings.Builder
	b.WriteString("groups:\n")
	for i := range l.rules {
		if i%100 == 0 {
			fmt.Fprintf(&b, "- name: group-%d\n  interval: 1m\n  rules:\n", i/100)
		}
		expr := fmt.Sprintf(`requests_total{service=%q,code="500"} < 0`, serviceName(i))
		if i%50 == 0 {
			expr = fmt.Sprintf("floor(vector(time()) / 60) %% %d < %d", 11+i/50, 1+i/50%5)
		}
		fmt.Fprintf(&b, "  - {alert: Alert%d, expr: '%s', labels: {severity: page}}\n", i, expr)
	}
	return b.String()
}

// specs are the SLOs.
func (l load) specs() string {
	var b strings.Builder
	b.WriteString("version: burnish/v1\nservice: load\nslos:\n")
	for i := range l.services {
		fmt.Fprintf(&b, "  - name: %s\n    objective: 99.9\n    window: 30d\n    sli:\n      events:\n"+
			"        bad: requests_total{service=%q,code=~\"5..\"}\n        total: requests_total{service=%q}\n", serviceName(i), serviceName(i), serviceName(i))
	}
	return b.String()
}

// peer is what Sloth records for the same SLOs (its getting-started example, with
// the selectors of the load), without its alerts.
func (l load) peer() string {
	var b strings.Builder
	b.WriteString("groups:\n")
	for i := range l.peers {
		name := serviceName(i)
		fmt.Fprintf(&b, "- name: sloth-slo-sli-recordings-%s\n  rules:\n", name)
		for _, w := range []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"} {
			fmt.Fprintf(&b, "  - record: slo:sli_error:ratio_rate%s\n    expr: (sum(rate(requests_total{service=%q,code=~\"5..\"}[%s]))) / (sum(rate(requests_total{service=%q}[%s])))\n"+
				"    labels: {sloth_id: %s, sloth_service: load, sloth_slo: %s, sloth_window: %s}\n", w, name, w, name, w, name, name, w)
		}
		id := fmt.Sprintf("{sloth_id=%q, sloth_service=\"load\", sloth_slo=%q}[30d]", name, name)
		fmt.Fprintf(&b, "  - record: slo:sli_error:ratio_rate30d\n    expr: sum_over_time(slo:sli_error:ratio_rate5m%s) / ignoring (sloth_window) count_over_time(slo:sli_error:ratio_rate5m%s)\n"+
			"    labels: {sloth_id: %s, sloth_service: load, sloth_slo: %s, sloth_window: 30d}\n", id, id, name, name)
	}
	return b.String()
}

// TestServeUnderLoad runs the daemon beside a Prometheus with many SLOs and rules and
// tells what it uses and what it costs. BURNISH_LOAD=10000 runs the form of
// docs/benchmarks.md.
func TestServeUnderLoad(t *testing.T) {
	if os.Getenv(loadEnv) == "" {
		t.Parallel()
	}
	l, dir := newLoad(t), t.TempDir()
	rules, peers, specs := filepath.Join(dir, "rules.yml"), filepath.Join(dir, "peer.yml"), filepath.Join(dir, "slo.yaml")
	require.NoError(t, os.WriteFile(rules, []byte(l.alerts()), 0o600))
	require.NoError(t, os.WriteFile(peers, []byte("groups: []\n"), 0o600))
	require.NoError(t, os.WriteFile(specs, []byte(l.specs()), 0o600))
	scrape, timeout, collect := "1s", "1s", "10s"
	if os.Getenv(loadEnv) != "" {
		scrape, timeout, collect = "30s", "20s", "1m"
	}
	config := "global: {scrape_interval: " + scrape + ", evaluation_interval: 1m}\nrule_files: [" + rules + ", " + peers + "]\nscrape_configs:\n- job_name: load\n  scrape_timeout: " + timeout + "\n" +
		"  static_configs: [{targets: ['" + l.exporter(t) + "']}]\n  metric_relabel_configs: [{action: labeldrop, regex: instance}]\n"
	server := realserver.Prometheus(t, realserver.Options{Config: config, DataDir: l.history(t)})
	m := meter{t: t, url: server.URL}
	require.Eventually(t, func() bool {
		return sumOf(get(m.url+"/metrics"), "prometheus_target_interval_length_seconds_count") > 0
	}, 2*time.Minute, 100*time.Millisecond)
	m.over("Prometheus alone", min(l.watched, time.Minute))
	r := serving(t, filepath.Join(dir, "burnish.yml"), fmt.Sprintf("sources: [{name: load, url: %q}]\nslos: {files: [%q]}\n"+
		"collect: {interval: %s, backfill: 30d}\nreport: {window: 7d, refresh: 5m, timeout: 10m}\n", server.URL, specs, collect))
	m.process = r.cmd.Process.Pid
	began := m.read()
	require.Eventually(t, func() bool { return sumOf(get(r.base+"/metrics"), "burnish_gather_rounds_total") > 0 }, 20*time.Minute, 200*time.Millisecond, &r.logs)
	caught := m.read()
	m.tell("burnish catches up", began, caught)
	require.Eventually(t, func() bool { return strings.Contains(get(r.base+"/-/ready"), "Ready.") }, 10*time.Minute, 200*time.Millisecond, &r.logs)
	m.tell("burnish makes its first report", caught, m.read())
	_, last := m.over("burnish goes on", l.watched)
	page := get(r.base + "/metrics")
	assert.Zero(t, sumOf(page, "burnish_gather_failures_total"), &r.logs)
	if os.Getenv(loadEnv) == "" {
		// One by one they were 18,000: two for each SLO and day of a month.
		assert.Less(t, caught.requests-began.requests, 4000.0)
	}
	assert.Less(t, last.highest, 512.0)
	r.stop()
	if l.peers > 0 {
		require.NoError(t, os.WriteFile(peers, []byte(l.peer()), 0o600))
		server.Reload(config)
		m.process = 0
		time.Sleep(time.Minute) // until every group was evaluated once
		m.over(fmt.Sprintf("Sloth's rules for %d SLOs", l.peers), l.watched)
	}
}
