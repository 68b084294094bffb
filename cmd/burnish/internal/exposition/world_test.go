//go:build !race

package exposition_test

import (
	"context"
	"log/slog"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/simulate"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spec"
)

// world is a Prometheus data directory that holds what a user of every dashboard
// has: some hours of the demo's series and alerts, what the generated rules record of
// them under the names of all three tools, and burnish's own metrics, scraped.
type world struct {
	dir      string
	from, to time.Time
	slos     []slo.SLO
}

// The time that the world holds, as hours of the demo's story, and how often rules are
// evaluated and burnish is scraped. An incident begins at hour 34.
const (
	worldFrom, worldTo = 33, 36
	worldStep          = time.Minute
)

// worldSLOs are promises of the demo's shop of every kind that dashboards tell apart:
// with groups and without, one kept apart by service itself, and another window.
const worldSLOs = `version: burnish/v1
service: checkout
owner: team-shop
slos:
- name: payable
  objective: 99.9
  window: 30d
  runbook: https://runbooks.example.org/checkout
  sli: {events: {bad: 'http_requests_total{service="checkout",code="500"}', total: 'http_requests_total{service="checkout"}'}}
- name: latency
  objective: 97
  window: 7d
  group_by: [instance]
  sli: {latency: {good: 'http_request_duration_seconds_bucket{service="checkout",le="0.5"}', total: 'http_request_duration_seconds_count{service="checkout"}'}}
---
version: burnish/v1
service: shop
owner: team-platform
slos:
- name: everything
  objective: 99
  window: 30d
  group_by: [service]
  sli: {events: {bad: 'http_requests_total{code="500"}', total: 'http_requests_total'}}
`

func newWorld(t *testing.T) world {
	t.Helper()
	sim, err := simulate.Run(t.Context(), simulate.Options{
		Dir: filepath.Join(t.TempDir(), "system"), Seed: 1, End: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Days: 2,
	})
	require.NoError(t, err)
	w := world{slos: readSLOs(t), dir: filepath.Join(t.TempDir(), "data")}
	w.from, w.to = sim.From.Add(worldFrom*time.Hour), sim.From.Add(worldTo*time.Hour)
	db := openDB(t)
	w.copyRaw(t, sim.TSDBDir, db)
	w.evaluate(t, db)
	w.scrape(t, db, sim)
	require.NoError(t, db.Snapshot(w.dir, true))
	return w
}

func readSLOs(t *testing.T) []slo.SLO {
	t.Helper()
	parsed, err := spec.ParseAll([]spec.File{{Name: "slos.yaml", Text: []byte(worldSLOs)}}, spec.Options{})
	require.NoError(t, err)
	require.Len(t, parsed.SLOs, 3)
	return parsed.SLOs
}

func openDB(t *testing.T) *tsdb.DB {
	t.Helper()
	o := tsdb.DefaultOptions()
	o.MinBlockDuration, o.MaxBlockDuration = (48 * time.Hour).Milliseconds(), (48 * time.Hour).Milliseconds()
	o.RetentionDuration = 0
	db, err := tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, o, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// copyRaw copies the series that SLOs and alerts are made of, and an hour before.
func (w world) copyRaw(t *testing.T, from string, db *tsdb.DB) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(from, "wal"), 0o755)) // it has to be there, be it empty
	src, err := tsdb.OpenDBReadOnly(from, "", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer src.Close()
	q, err := src.Querier(w.from.Add(-time.Hour).UnixMilli(), w.to.UnixMilli())
	require.NoError(t, err)
	defer q.Close()
	app := db.Appender(t.Context())
	copied := 0
	for _, name := range append(metricsOf(t, w.slos), "ALERTS") {
		set := q.Select(t.Context(), true, nil, labels.MustNewMatcher(labels.MatchEqual, "__name__", name))
		for set.Next() {
			copied += copySeries(t, set.At(), app)
		}
		require.NoError(t, set.Err())
	}
	require.NoError(t, app.Commit())
	require.Greater(t, copied, 1000)
}

func copySeries(t *testing.T, s storage.Series, app storage.Appender) (n int) {
	t.Helper()
	it := s.Iterator(nil)
	for it.Next() != 0 {
		at, v := it.At()
		_, err := app.Append(0, s.Labels(), at, v)
		require.NoError(t, err)
		n++
	}
	return n
}

// metricsOf are the metrics that SLIs are made of.
func metricsOf(t *testing.T, slos []slo.SLO) []string {
	t.Helper()
	seen := map[string]bool{}
	var out []string
	for _, s := range slos {
		for _, sel := range s.SLI.Selectors() {
			name, _, _ := strings.Cut(sel.Expr, "{")
			if !seen[name] {
				seen[name] = true
				out = append(out, name)
			}
		}
	}
	require.NotEmpty(t, out)
	return out
}

// evaluate runs the generated rules with Prometheus' own engine: burnish's and
// Sloth's names, and of Pyrra's those that burnish does not have.
func (w world) evaluate(t *testing.T, db *tsdb.DB) {
	t.Helper()
	o := burnrate.GenerateOptions{Interval: worldStep, Compat: burnrate.CompatSloth}
	sloth, err := burnrate.Generate(w.slos, o)
	require.NoError(t, err)
	o.Compat = burnrate.CompatPyrra
	pyrra, err := burnrate.Generate(w.slos, o)
	require.NoError(t, err)
	groups := sloth.Groups()
	for _, g := range pyrra.Groups() {
		var kept []burnrate.Rule
		for _, r := range g.Rules {
			if strings.HasPrefix(r.Record, "pyrra_") {
				kept = append(kept, r)
			}
		}
		g.Rules, g.Interval = kept, worldStep // as Pyrra's own generic rules are, which recur often
		groups = append(groups, g)
	}
	list := ruleGroups(t, groups, db)
	for at := w.from; !at.After(w.to); at = at.Add(worldStep) {
		for _, g := range list {
			if at.Sub(w.from)%g.Interval() == 0 {
				g.Eval(t.Context(), at)
			}
		}
	}
	for _, g := range list {
		for _, r := range g.Rules() {
			require.NoError(t, r.LastError(), r.Name())
		}
	}
}

func ruleGroups(t *testing.T, groups []burnrate.Group, db *tsdb.DB) []*rules.Group {
	t.Helper()
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: parser.NewParser(parser.Options{}),
	})
	opts := &rules.ManagerOptions{
		ExternalURL: &url.URL{}, QueryFunc: rules.EngineQueryFunc(engine, db), Context: context.Background(),
		Appendable: db, Queryable: db, Logger: slog.New(slog.DiscardHandler),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
	}
	var out []*rules.Group
	for _, g := range groups {
		var list []rules.Rule
		for _, r := range g.Rules {
			expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
			require.NoError(t, err, r.Expr)
			if r.Record != "" {
				list = append(list, rules.NewRecordingRule(r.Record, expr, labels.FromMap(r.Labels)))
				continue
			}
			list = append(list, rules.NewAlertingRule(r.Alert, expr, r.For, 0,
				labels.FromMap(r.Labels), labels.EmptyLabels(), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler)))
		}
		out = append(out, rules.NewGroup(rules.GroupOptions{Name: g.Name, File: "f", Interval: g.Interval, Rules: list, Opts: opts}))
	}
	return out
}

// scrape writes what a daemon shows that has just judged the demo, as Prometheus
// would have scraped it over the whole time.
func (w world) scrape(t *testing.T, db *tsdb.DB, sim simulate.Result) {
	t.Helper()
	registry := prometheus.NewRegistry()
	e := exposition.New(exposition.Options{Rules: 20})
	registry.MustRegister(e)
	doc, teams := judged(t, w.slos, sim)
	e.Set(exposition.Snapshot{Report: doc, Teams: teams})
	runDaemon(t, registry, w.to)
	families, err := registry.Gather()
	require.NoError(t, err)
	for at := w.from; !at.After(w.to); at = at.Add(worldStep) {
		app := db.Appender(t.Context())
		n := 0
		for _, f := range families {
			for _, m := range f.GetMetric() {
				for _, s := range samplesOf(f, m) {
					_, err := app.Append(0, s.labels, at.UnixMilli(), s.value)
					require.NoError(t, err)
					n++
				}
			}
		}
		for _, ls := range elsewhere(n) {
			_, err := app.Append(0, ls.labels, at.UnixMilli(), ls.value)
			require.NoError(t, err)
		}
		require.NoError(t, app.Commit())
	}
}

// elsewhere are samples that only a daemon with a store and receivers shows, and what
// Prometheus adds to a scrape.
func elsewhere(scraped int) []sample {
	with := func(name string, value float64, more ...string) sample {
		b := labels.NewBuilder(target(name, nil))
		for i := 0; i < len(more); i += 2 {
			b.Set(more[i], more[i+1])
		}
		return sample{b.Labels(), value}
	}
	return []sample{
		with("scrape_samples_scraped", float64(scraped)),
		with("burnish_gather_watermark_timestamp_seconds", 1.79e9, "source", "demo"),
		with("burnish_ingest_events_stored_total", 7), with("burnish_ingest_events_deduplicated_total", 1, "door", "webhook"),
		with("burnish_ingest_refused_total", 0, "door", "webhook", "reason", "busy"), with("burnish_ingest_queue_events", 0),
		with("burnish_delivery_reports_total", 1, "target", "slack", "outcome", "delivered"),
	}
}

// judged is the report on the demo.
func judged(t *testing.T, slos []slo.SLO, sim simulate.Result) (*report.Document, map[noise.RuleKey]string) {
	t.Helper()
	src, err := tsdbdir.Open(tsdbdir.Options{Path: sim.TSDBDir})
	require.NoError(t, err)
	defer func() { _ = src.Close() }()
	o := pipeline.Options{Now: sim.To.Add(time.Minute), Last: sim.To.Sub(sim.From), RuleFiles: sim.RuleFiles, SLOs: slos}
	reading, err := pipeline.Read(t.Context(), src, o)
	require.NoError(t, err)
	verdict, err := reading.Judge(t.Context(), src, pipeline.JudgeOptions{})
	require.NoError(t, err)
	doc := reading.Report(verdict, "test").Document()
	return &doc, exposition.Teams(reading.History.Rules)
}

// silentReport is a report that nobody reads.
type silentReport struct{ daemon.Report }

// runDaemon lets a daemon register its metrics and refresh once.
func runDaemon(t *testing.T, registry *prometheus.Registry, now time.Time) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- daemon.Run(ctx, daemon.Options{
			Registry: registry, Listener: l, Source: "demo", Version: "test", Now: func() time.Time { return now },
			Report: func(context.Context, time.Time) (daemon.Report, error) {
				return report.Build(report.Input{Current: noise.Summarize(noise.History{}, noise.Options{})}), nil
			},
		})
	}()
	require.Eventually(t, func() bool {
		families, err := registry.Gather()
		for _, f := range families {
			if err == nil && f.GetName() == "burnish_last_refresh_timestamp_seconds" {
				return true
			}
		}
		return false
	}, 30*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

// sample is one of a scrape.
type sample struct {
	labels labels.Labels
	value  float64
}

func target(name string, m *dto.Metric) labels.Labels {
	b := labels.NewScratchBuilder(8)
	b.Add(model.MetricNameLabel, name)
	b.Add("job", "burnish")
	b.Add("instance", "burnish:2876")
	for _, p := range m.GetLabel() {
		if p.GetValue() != "" {
			b.Add(p.GetName(), p.GetValue())
		}
	}
	b.Sort()
	return b.Labels()
}

// samplesOf are the series of a metric in the text format.
func samplesOf(f *dto.MetricFamily, m *dto.Metric) []sample {
	name := f.GetName()
	if h := m.GetHistogram(); h != nil {
		out := []sample{{target(name+"_sum", m), h.GetSampleSum()}, {target(name+"_count", m), float64(h.GetSampleCount())}}
		for _, b := range append(h.GetBucket(), &dto.Bucket{UpperBound: new(math.Inf(1)), CumulativeCount: h.SampleCount}) {
			le := labels.NewBuilder(target(name+"_bucket", m)).Set("le", model.SampleValue(b.GetUpperBound()).String()).Labels()
			out = append(out, sample{le, float64(b.GetCumulativeCount())})
		}
		return out
	}
	if s := m.GetSummary(); s != nil {
		return nil
	}
	return []sample{{target(name, m), m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()}}
}

// interpolated puts values into the variables of an expression, as Grafana does.
func interpolated(expr string, values map[string]string) string {
	return regexp.MustCompile(`\$\{?([a-zA-Z_]+)\}?`).ReplaceAllStringFunc(expr, func(v string) string {
		return values[strings.Trim(v, "${}")]
	})
}
