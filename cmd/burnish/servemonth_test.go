package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// monthEnv is how many SLOs the month of docs/benchmarks.md has, with five times as
// many rules and a thousand times as many episodes; without it a small month is made.
const monthEnv = "BURNISH_MONTH"

// month is a store of thirty days, as a daemon would have filled it.
type month struct {
	t                     *testing.T
	r                     *rand.Rand
	slos, rules, episodes int
	days, made            int
	dir, path             string
	end                   time.Time
	st                    *station
}

func newMonth(t *testing.T) *month {
	t.Helper()
	m := &month{t: t, r: rand.New(rand.NewPCG(11, 20)), slos: 5, days: 30, dir: t.TempDir(), end: time.Now().UTC().Truncate(time.Minute).Add(-5 * time.Minute)}
	if text := os.Getenv(monthEnv); text != "" {
		var err error
		m.slos, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	m.rules, m.episodes, m.path = 5*m.slos, 1000*m.slos, filepath.Join(m.dir, "burnish.db")
	return m
}

// sloFile is the SLOs.
func (m *month) sloFile() string {
	var b strings.Builder
	for i := range m.slos {
		if i%10 == 0 {
			fmt.Fprintf(&b, "---\nversion: burnish/v1\nservice: %s\nslos:\n", serviceName(i/10))
		}
		fmt.Fprintf(&b, "  - {name: %s, objective: 99.9, window: 30d, sli: {events: {bad: 'e{s=\"%d\"}', total: 't{s=\"%d\"}'}}}\n", serviceName(i), i, i)
	}
	path := filepath.Join(m.dir, "slo.yaml")
	require.NoError(m.t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

func (m *month) open() {
	m.t.Helper()
	store, err := history.Open(m.t.Context(), m.path, history.Options{Now: func() time.Time { return m.end }})
	require.NoError(m.t, err)
	c := config.Default()
	c.SLOs.Files = []string{filepath.Join(m.dir, "slo.yaml")}
	c.Report.Window, c.Report.Timeout = model.Duration(7*24*time.Hour), model.Duration(time.Hour)
	m.st = &station{
		c: c, log: slog.New(slog.DiscardHandler), store: store,
		registry: prometheus.NewRegistry(), exporter: exposition.New(exposition.Options{}),
	}
	m.st.stand()
}

// alerting are the rules.
func (m *month) alerting() []noise.Rule {
	out := make([]noise.Rule, m.rules)
	for i := range out {
		severity := []string{"page", "ticket", "info"}[i%3]
		out[i] = noise.Rule{
			Name: fmt.Sprintf("Alert%d", i), Group: fmt.Sprintf("group-%d", i/50), File: "rules.yml", Line: i + 1, Interval: time.Minute, For: 2 * time.Minute,
			Expr: fmt.Sprintf("queue_length{queue=%q} > %d", strconv.Itoa(i), 10+i%90), Labels: labels.FromStrings("severity", severity, "service", serviceName(i/50)),
		}
	}
	return out
}

// alerts are what fired on a day: a fifth of the rules make most of it, now and then
// many together, and all of it lasts minutes to hours.
func (m *month) alerts(day slo.Interval) []noise.Episode {
	var out []noise.Episode
	free := map[string]time.Time{}
	minutes := int(day.Duration() / time.Minute)
	for range m.episodes / m.days {
		rule := m.r.IntN(m.rules)
		if m.r.IntN(5) > 0 {
			rule = rule / 5 * 5
		}
		of := fmt.Sprintf("%d/%d", rule, m.r.IntN(20))
		at := day.From.Add(time.Duration(m.r.IntN(minutes)) * time.Minute)
		if m.r.IntN(3) == 0 {
			at = day.From.Add(time.Duration(m.r.IntN(12)*minutes/12+rule%5) * time.Minute)
		}
		ends := at.Add(time.Duration(3+m.r.IntN(1+m.r.IntN(90))) * time.Minute)
		if at.Before(free[of]) || ends.After(day.To) {
			continue
		}
		free[of] = ends.Add(time.Minute)
		m.made++
		out = append(out, noise.Episode{
			Rule: fmt.Sprintf("Alert%d", rule), Group: fmt.Sprintf("group-%d", rule/50), File: "rules.yml",
			Labels:   labels.FromStrings("severity", []string{"page", "ticket", "info"}[rule%3], "service", serviceName(rule/50), "instance", of),
			ActiveAt: at, FiredAt: at.Add(2 * time.Minute), ResolvedAt: ends,
			Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact, Replicas: 1},
		})
	}
	return out
}

// events are what an SLO counted in a window: its traffic with the hour of the day,
// some errors always, and many at times.
func (m *month) events(i int, over slo.Interval) history.Increments {
	s := slo.NewSteps(over, time.Minute)
	for k := range s.Total {
		at := s.From.Add(time.Duration(k) * time.Minute)
		total := (20 + i%50*10) * (2 + at.Hour()%12)
		s.Total[k], s.Known[k] = float64(total+m.r.IntN(total)), true
		share := 0.0004
		if at.Unix()/3600%(200+int64(i%70)) == 0 {
			share = 0.03
		}
		s.Bad[k] = float64(int(s.Total[k]*share + m.r.Float64()))
	}
	return history.Increments{SLO: serviceName(i/10) + "/" + serviceName(i), Window: over, Steps: s, Exact: true}
}

func (m *month) fill() {
	rules := m.alerting()
	for d := range m.days {
		to := m.end.AddDate(0, 0, d+1-m.days)
		day := slo.Interval{From: to.AddDate(0, 0, -1), To: to}
		require.NoError(m.t, m.st.store.Commit(m.t.Context(), history.Batch{Source: "p", Stream: "alerts", Watermark: to, Alerts: &history.Alerts{
			Window: day, Reach: day, Episodes: m.alerts(day), Rules: rules, RulesKnown: true, HealthKnown: true,
		}}))
		for first := 0; first < m.slos; first += 150 {
			m.commit(first, min(first+150, m.slos), day)
		}
	}
}

func (m *month) commit(first, last int, over slo.Interval) {
	b := history.Batch{Source: "p"}
	for i := first; i < last; i++ {
		b.Increments = append(b.Increments, m.events(i, over))
	}
	require.NoError(m.t, standingStore{m.st.store, m.st.standing.book}.Commit(m.t.Context(), b))
}

// round is a minute's gathering: the overlap, and what is new.
func (m *month) round() {
	m.end = m.end.Add(time.Minute)
	over := slo.Interval{From: m.end.Add(-11 * time.Minute), To: m.end}
	alerts := slo.Interval{From: m.end.Add(-history.Overlap), To: m.end}
	require.NoError(m.t, m.st.store.Commit(m.t.Context(), history.Batch{Source: "p", Stream: "alerts", Watermark: m.end, Alerts: &history.Alerts{
		Window: alerts, Reach: alerts, Rules: m.alerting(), RulesKnown: true, HealthKnown: true,
	}}))
	for set := range 64 {
		m.commit(m.slos*set/64, m.slos*(set+1)/64, over)
	}
}

// tell says how long something took, and how much of it the processor worked.
func (m *month) tell(what string, do func()) {
	began, worked := time.Now(), m.worked()
	do()
	took := time.Since(began)
	worked = m.worked() - worked
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	m.t.Logf("%-40s %8.2f s, processor %7.2f s, store %4d MB, heap after %3d MB", what, took.Seconds(), worked, m.size()>>20, mem.HeapAlloc>>20)
}

// worked is the processor time of this process so far, in seconds.
func (m *month) worked() float64 {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	families, err := registry.Gather()
	require.NoError(m.t, err)
	for _, f := range families {
		if f.GetName() == "process_cpu_seconds_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return 0
}

func (m *month) size() (n int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(m.path + suffix); err == nil {
			n += info.Size()
		}
	}
	return n
}

// TestServeOverAMonth works over a store of thirty days and tells how long each thing
// that the daemon does takes. BURNISH_MONTH=1000 runs the form of docs/benchmarks.md.
func TestServeOverAMonth(t *testing.T) {
	if os.Getenv(monthEnv) == "" {
		t.Parallel()
	}
	m := newMonth(t)
	m.sloFile()
	m.open()
	m.tell("fill", m.fill)
	t.Logf("%d SLOs, %d rules, %d episodes", m.slos, m.rules, m.made)
	require.NoError(t, m.st.store.Close())
	m.tell("start: the store is opened", m.open)
	defer func() { assert.NoError(t, m.st.store.Close()) }()
	m.tell("start: the ledgers are built", func() { require.NoError(t, m.st.refreshStanding(t.Context())) })
	t.Logf("the ledgers take %d bytes for each SLO", m.st.standing.book.Bytes()/m.slos)
	for range 2 {
		m.tell("a round is stored", m.round)
		m.tell("the ledgers follow it", func() { require.NoError(t, m.st.refreshStanding(t.Context())) })
	}
	for range 2 {
		m.tell("a report", func() {
			r, err := m.st.report(t.Context(), m.end)
			require.NoError(t, err)
			m.st.made(r)
		})
	}
	status, ok, err := m.st.standing.book.Status(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	require.Len(t, status.Groups, m.slos)
	m.sameAs(status.Promises())
	m.tell("nothing is too old", func() { m.prune(40) })
	m.tell("a day is dropped", func() { m.prune(29) })
}

// sameAs holds the report, which recounts all, against the ledgers.
func (m *month) sameAs(ledgers []report.SLO) {
	recounted := map[string]report.SLO{}
	for _, s := range m.st.latest.Load().SLOs {
		recounted[s.Name] = s
	}
	require.Len(m.t, recounted, m.slos)
	for _, s := range ledgers {
		want := recounted[s.Name]
		require.Equal(m.t, want.Total, s.Total, s.Name)
		require.Equal(m.t, want.Remaining, s.Remaining, s.Name)
		require.Equal(m.t, want.BurnRates, s.BurnRates, s.Name)
		require.Equal(m.t, want.Coverage, s.Coverage, s.Name)
	}
}

func (m *month) prune(days int) {
	keep := time.Duration(days) * 24 * time.Hour
	_, err := m.st.store.Prune(m.t.Context(), history.Retention{Episodes: keep, Increments: keep})
	require.NoError(m.t, err)
}
