package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// soakEnv is how long the soak runs, such as 30m. Without it a short form runs.
const soakEnv = "BURNISH_SOAK"

// soakRules are alerts that come and go by the clock, each at its own pace, and
// some that carry many alerts.
func soakRules() string {
	var b strings.Builder
	b.WriteString("groups:\n- name: fast\n  interval: 1s\n  rules:\n")
	for i, every := range []int{7, 11, 17, 23, 31, 47, 61, 97} {
		fmt.Fprintf(&b, "  - {alert: Every%d, expr: 'vector(time()) %% %d < %d', for: %ds, keep_firing_for: %ds, labels: {severity: page}}\n",
			every, every, every/2, i%3, (i%2)*2)
	}
	b.WriteString("  - {alert: Many, expr: 'label_replace(vector(time() % 13), \"n\", \"1\", \"\", \"\") < 6 or label_replace(vector(time() % 19), \"n\", \"2\", \"\", \"\") < 6'}\n")
	b.WriteString("  - {alert: Standing, expr: vector(1)}\n")
	return b.String()
}

const soakSLO = `version: burnish/v1
service: prometheus
slos:
  - name: answers
    objective: 99
    window: 30d
    sli:
      events:
        bad: prometheus_http_requests_total{code=~"5.."}
        total: prometheus_http_requests_total
`

// soaked is a daemon that is killed and started again, and the store that it fills.
type soaked struct {
	t                        *testing.T
	file, config, url, specs string
	now                      *running
}

func (s *soaked) start() {
	s.t.Helper()
	s.now = serving(s.t, s.file, s.config)
}

func (s *soaked) kill() {
	s.t.Helper()
	require.NoError(s.t, s.now.cmd.Process.Kill())
	<-s.now.exited
}

// soak is daemons over both kinds of store beside one Prometheus.
type soak struct {
	t    *testing.T
	r    *rand.Rand
	most time.Duration // the longest that a daemon lives
	of   []*soaked
}

// until kills daemons at random moments until an instant.
func (s *soak) until(end time.Time) (kills int) {
	s.t.Helper()
	for time.Now().Before(end) {
		pause := time.Duration(s.r.Int64N(int64(s.most) / int64(len(s.of))))
		time.Sleep(min(pause, time.Until(end))) // the soak is what happens in real time
		one := s.of[s.r.IntN(len(s.of))]
		one.kill()
		one.start()
		kills++
	}
	return kills
}

// TestSoak holds what daemons stored that were killed again and again, beside a
// Prometheus that was away for a while and a PostgreSQL that restarted, to what an
// undisturbed reading finds. BURNISH_SOAK=30m runs the long form.
func TestSoak(t *testing.T) {
	t.Parallel()
	lasts, most, away := 25*time.Second, 4*time.Second, 4*time.Second
	if text := os.Getenv(soakEnv); text != "" {
		var err error
		lasts, err = time.ParseDuration(text)
		require.NoError(t, err)
		most, away = 2*time.Minute, 5*time.Minute
	}
	dir := t.TempDir()
	rules, specs := filepath.Join(dir, "rules.yml"), filepath.Join(dir, "slo.yaml")
	require.NoError(t, os.WriteFile(rules, []byte(soakRules()), 0o600))
	require.NoError(t, os.WriteFile(specs, []byte(soakSLO), 0o600))
	scraped := freeAddress(t)
	server := realserver.Prometheus(t, realserver.Options{
		Config: "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [" + rules + "]\n" +
			"scrape_configs:\n- job_name: prometheus\n  static_configs: [{targets: ['" + scraped + "']}]\n",
		ExtraArgs: []string{"--web.listen-address=" + scraped},
	})
	database := realserver.StartPostgres(t)
	secret, file := filepath.Join(dir, "url"), filepath.Join(dir, "burnish.db")
	url := database.Database()
	require.NoError(t, os.WriteFile(secret, []byte(url), 0o600))
	soaking := &soak{t: t, most: most, r: rand.New(rand.NewPCG(1, 7))} //nolint:gosec // a test
	for name, history := range map[string]string{file: fmt.Sprintf("{path: %q}", file), url: fmt.Sprintf("{url_file: %q}", secret)} {
		one := &soaked{
			t: t, url: name, file: filepath.Join(dir, fmt.Sprintf("burnish-%d.yml", len(soaking.of))), specs: specs,
			config: fmt.Sprintf("sources: [{name: soak, url: %q}]\nslos: {files: [%q]}\nhistory: %s\n"+
				"collect: {interval: 10s, backfill: 1h, chunk: 1h}\nreport: {window: 1h, refresh: 10s}\n", server.URL, specs, history),
		}
		one.start()
		soaking.of = append(soaking.of, one)
	}
	began := time.Now()
	kills := soaking.until(began.Add(lasts / 3))
	server.Kill()
	kills += soaking.until(time.Now().Add(away))
	server.Restart()
	database.Restart()
	kills += soaking.until(began.Add(lasts))
	t.Logf("%d kills in %s", kills, time.Since(began).Round(time.Second))
	end := time.Now().Truncate(time.Minute).Add(time.Minute) // a whole minute of events at least
	for _, one := range soaking.of {
		one.hold(server.URL, slo.Interval{From: began.Add(-time.Minute), To: end})
	}
}

// hold waits until the store has caught up, and compares.
func (s *soaked) hold(server string, over slo.Interval) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return watermark(get(s.now.base+"/metrics")) >= float64(over.To.Unix()) },
		3*time.Minute, 500*time.Millisecond, &s.now.logs)
	s.now.stop()
	window := []string{"--from", over.From.UTC().Format(time.RFC3339), "--to", over.To.UTC().Format(time.RFC3339)}
	want := decode(s.t, must(s.t, append([]string{"history", "export", "--prometheus.url", server}, window...)...))
	got := decode(s.t, must(s.t, append([]string{"history", "export", "--history.url", s.url}, window...)...))
	require.NotEmpty(s.t, want)
	to := over.To.Truncate(time.Second)
	assert.Equal(s.t, lines(want, to), lines(got, to), &s.now.logs)
	assert.Equal(s.t, s.events("--prometheus.url", server, over.To), s.events("--history.url", s.url, over.To))
}

// watermark is up to when a daemon has gathered, in unix seconds; 0 where it does
// not say.
func watermark(metrics string) float64 {
	_, rest, ok := strings.Cut(metrics, "\nburnish_gather_watermark_timestamp_seconds{source=\"soak\"} ")
	if !ok {
		return 0
	}
	line, _, _ := strings.Cut(rest, "\n")
	var at float64
	if _, err := fmt.Sscan(line, &at); err != nil {
		return 0
	}
	return at
}

// lines are episodes as a reading up to an instant shows them: the store knows of
// ends that came later.
func lines(of []noise.Episode, to time.Time) []string {
	var out []string
	for _, e := range of {
		if !e.FiredAt.Before(to) {
			e.FiredAt = time.Time{}
		}
		if !e.ResolvedAt.Before(to) {
			e.ResolvedAt = time.Time{}
		}
		out = append(out, fmt.Sprintf("%s%s %s..%s..%s", e.Rule, e.Labels, e.ActiveAt.Format("04:05"), e.FiredAt.Format("04:05"), e.ResolvedAt.Format("04:05")))
	}
	return out
}

// events is how the SLO stands by a source at an instant that both know.
func (s *soaked) events(flag, url string, to time.Time) []any {
	s.t.Helper()
	text := must(s.t, "slo", "status", flag, url, s.specs, "--at", to.UTC().Truncate(time.Minute).Format(time.RFC3339), "--format", "json")
	var doc struct {
		SLOs []struct {
			Good, Total, CoverageRatio any
		}
	}
	require.NoError(s.t, json.Unmarshal([]byte(text), &doc))
	require.NotEmpty(s.t, doc.SLOs)
	require.NotNil(s.t, doc.SLOs[0].Total)
	return []any{doc.SLOs}
}
