package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
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
	t                              *testing.T
	name, file, config, url, specs string
	door                           *door // where Alertmanagers tell it of alerts
	now                            *running
	kills                          int
	gone                           []slo.Interval // when it was away or its store was
}

func (s *soaked) start() {
	s.t.Helper()
	s.now = serving(s.t, s.file, s.config)
	s.door.to.Store(&s.now.base)
}

func (s *soaked) kill() {
	s.t.Helper()
	s.gone = append(s.gone, slo.Interval{From: time.Now()})
	require.NoError(s.t, s.now.cmd.Process.Kill())
	<-s.now.exited
	s.kills++
}

// back notes until when the daemon was away: until it first took a webhook.
func (s *soaked) back() {
	s.t.Helper()
	taken := s.door.tellings(func(one telling) bool { return one.status == http.StatusOK })
	for i, gone := range s.gone {
		if !gone.To.IsZero() {
			continue
		}
		s.gone[i].To = time.Now()
		for _, one := range taken {
			if one.at.After(gone.From) {
				s.gone[i].To = one.at
				break
			}
		}
	}
}

// soak is daemons over both kinds of store beside one Prometheus.
type soak struct {
	t    *testing.T
	r    *rand.Rand
	most time.Duration // the longest that a daemon lives
	of   []*soaked
}

// until kills some of the daemons at random moments until an instant.
func (s *soak) until(end time.Time, of ...*soaked) {
	s.t.Helper()
	for time.Now().Before(end) {
		pause := time.Duration(s.r.Int64N(int64(s.most) / int64(len(of))))
		time.Sleep(min(pause, time.Until(end))) // the soak is what happens in real time
		one := of[s.r.IntN(len(of))]
		one.kill()
		one.start()
	}
}

// full fills the disk of a daemon for so long at least, while another is killed on. The
// daemon stays, refuses what it can't keep so that it is told again, repeats its rounds,
// and says so; killed, it comes back and waits.
func (s *soak) full(one *soaked, d disk, lasts time.Duration, other *soaked) {
	s.t.Helper()
	began := time.Now()
	require.Eventually(s.t, func() bool { return one.door.answered(http.StatusOK, began) }, time.Minute, 50*time.Millisecond, &one.now.logs)
	began = time.Now()
	emptyLog(s.t, one.url)
	d.fill(one.now.cmd.Process.Pid)
	s.until(began.Add(lasts), other)
	for _, failures := range []string{"burnish_ingest_store_failures_total", `burnish_gather_failures_total{source="soak"}`} {
		require.Eventually(s.t, func() bool { return metric(get(one.now.base+"/metrics"), failures) > 0 }, time.Minute, 100*time.Millisecond, "%s\n%s", failures, &one.now.logs)
	}
	assert.True(s.t, one.door.answered(http.StatusServiceUnavailable, began), "it does not say that it stored what it could not")
	assert.Contains(s.t, get(one.now.base+"/-/healthy"), "200")
	one.kill()
	one.start()
	d.fill(one.now.cmd.Process.Pid)
	one.now.eventually("/-/healthy", "200")
	d.free(one.now.cmd.Process.Pid)
	freed := time.Now()
	require.Eventually(s.t, func() bool { return one.door.answered(http.StatusOK, freed) }, time.Minute, 50*time.Millisecond, &one.now.logs)
	one.gone = append(one.gone, slo.Interval{From: began, To: time.Now()})
	s.t.Logf("%s: the disk was full for %s", one.name, freed.Sub(began).Round(time.Second))
}

// lengths are how long the soak and its parts last.
type lengths struct {
	all  time.Duration // while daemons are killed
	life time.Duration // of a daemon at most
	away time.Duration // Prometheus
	full time.Duration // the disk
}

func soakLengths(t *testing.T) lengths {
	t.Helper()
	text := os.Getenv(soakEnv)
	if text == "" {
		return lengths{all: 25 * time.Second, life: 4 * time.Second, away: 4 * time.Second, full: 3 * time.Second}
	}
	all, err := time.ParseDuration(text)
	require.NoError(t, err)
	return lengths{all: all, life: 2 * time.Minute, away: min(all/5, 5*time.Minute), full: min(all/10, time.Minute)}
}

// newSoak makes the daemons, which are not started yet: one over SQLite on a small
// disk, one over PostgreSQL.
func newSoak(t *testing.T, l lengths, small disk, database *realserver.Postgres) *soak {
	t.Helper()
	dir := t.TempDir()
	specs, secret, file := filepath.Join(dir, "slo.yaml"), filepath.Join(dir, "url"), filepath.Join(small.dir(), "burnish.db")
	url := database.Database()
	require.NoError(t, os.WriteFile(specs, []byte(soakSLO), 0o600))
	require.NoError(t, os.WriteFile(secret, []byte(url), 0o600))
	s := &soak{t: t, most: l.life, r: rand.New(rand.NewPCG(1, 7))} //nolint:gosec // a test
	for _, one := range []struct{ name, url, history string }{
		{"sqlite", file, fmt.Sprintf("{path: %q}", file)}, {"postgres", url, fmt.Sprintf("{url_file: %q}", secret)},
	} {
		s.of = append(s.of, &soaked{
			t: t, name: one.name, url: one.url, file: filepath.Join(dir, one.name+".yml"), specs: specs, door: newDoor(t),
			config: fmt.Sprintf("slos: {files: [%q]}\nhistory: %s\n"+
				"collect: {interval: 10s, backfill: 1h, chunk: 1h}\nreport: {window: 1h, refresh: 10s}\n", specs, one.history),
		})
		nobody := "http://127.0.0.1:9"
		s.of[len(s.of)-1].door.to.Store(&nobody)
	}
	return s
}

// watched starts a Prometheus that tells Alertmanagers of its alerts.
func watched(t *testing.T, p *pagers) *realserver.Server {
	t.Helper()
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte(soakRules()), 0o600))
	scraped := freeAddress(t)
	target := func(am *realserver.Server) string { return "'" + strings.TrimPrefix(am.URL, "http://") + "'" }
	return realserver.Prometheus(t, realserver.Options{
		Config: "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [" + rules + "]\n" +
			"scrape_configs:\n- job_name: prometheus\n  static_configs: [{targets: ['" + scraped + "']}]\n" +
			"alerting: {alertmanagers: [{static_configs: [{targets: [" + target(p.webhooks) + ", " + target(p.recorder) + "]}]}]}\n",
		ExtraArgs: []string{"--web.listen-address=" + scraped},
	})
}

// TestSoak holds what daemons stored that were killed again and again, beside a
// Prometheus that was away for a while, a PostgreSQL that restarted and a disk that was
// full, to what an undisturbed reading finds and what undisturbed receivers were
// told. BURNISH_SOAK=30m runs the long form.
func TestSoak(t *testing.T) {
	t.Parallel()
	l, small, database := soakLengths(t), smallDisk(t), realserver.StartPostgres(t)
	s := newSoak(t, l, small, database)
	p := startPagers(t, s.of)
	server := watched(t, p)
	for _, one := range s.of {
		one.config = fmt.Sprintf("sources: [{name: soak, url: %q}]\n", server.URL) + one.config
		one.gone = append(one.gone, slo.Interval{From: time.Now().Add(-time.Minute)}) // Prometheus was first
		one.start()
	}
	p.silence(t)
	began := time.Now()
	s.until(began.Add(l.all/3), s.of...)
	server.Kill()
	s.until(time.Now().Add(l.away), s.of...)
	server.Restart()
	restart := slo.Interval{From: time.Now()}
	database.Restart()
	s.of[1].gone = append(s.of[1].gone, restart)
	s.full(s.of[0], small, l.full, s.of[1])
	s.until(began.Add(l.all), s.of...)
	calm := time.Now()
	t.Logf("%d and %d kills in %s", s.of[0].kills, s.of[1].kills, calm.Sub(began).Round(time.Second))
	end := calm.Truncate(time.Minute).Add(time.Minute) // a whole minute of events at least
	for _, one := range s.of {
		one.hold(server.URL, slo.Interval{From: began.Add(-time.Minute), To: end}, func() { one.holdNotified(p, calm) })
		one.door.to.Store(nil) // so that nobody waits for it at the end
	}
}

// hold waits until the store has caught up, and compares. In between the
// notifications are compared and the daemon is stopped.
func (s *soaked) hold(server string, over slo.Interval, stop func()) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		return metric(get(s.now.base+"/metrics"), `burnish_gather_watermark_timestamp_seconds{source="soak"}`) >= float64(over.To.Unix())
	}, 3*time.Minute, 500*time.Millisecond, &s.now.logs)
	s.back()
	stop()
	window := []string{"--from", over.From.UTC().Format(time.RFC3339), "--to", over.To.UTC().Format(time.RFC3339)}
	want := decode(s.t, must(s.t, append([]string{"history", "export", "--prometheus.url", server}, window...)...))
	got := decode(s.t, must(s.t, append([]string{"history", "export", "--history.url", s.url}, window...)...))
	require.NotEmpty(s.t, want)
	to := over.To.Truncate(time.Second)
	assert.Equal(s.t, lines(want, to), lines(got, to), &s.now.logs)
	counted := s.events("--history.url", s.url, over.To)
	assert.Equal(s.t, s.events("--prometheus.url", server, over.To), counted)
	s.t.Logf("%s: %d episodes and %v events of an SLO as in an undisturbed reading", s.name, len(got), counted[0].Total)
}

// metric is the value of a series in an exposition; 0 where it does not say.
func metric(exposed, series string) float64 {
	_, rest, ok := strings.Cut(exposed, "\n"+series+" ")
	if !ok {
		return 0
	}
	line, _, _ := strings.Cut(rest, "\n")
	var v float64
	if _, err := fmt.Sscan(line, &v); err != nil {
		return 0
	}
	return v
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

// counts is how an SLO stands.
type counts struct {
	Good, Total, CoverageRatio any
}

// events is how the SLO stands by a source at an instant that both know.
func (s *soaked) events(flag, url string, to time.Time) []counts {
	s.t.Helper()
	text := must(s.t, "slo", "status", flag, url, s.specs, "--at", to.UTC().Truncate(time.Minute).Format(time.RFC3339), "--format", "json")
	var doc struct{ SLOs []counts }
	require.NoError(s.t, json.Unmarshal([]byte(text), &doc))
	require.NotEmpty(s.t, doc.SLOs)
	require.NotNil(s.t, doc.SLOs[0].Total)
	return doc.SLOs
}
