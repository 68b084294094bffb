//go:build !race

package exposition_test

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/simulate"
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

// interpolated puts values into the variables of an expression, as Grafana does.
func interpolated(expr string, values map[string]string) string {
	return regexp.MustCompile(`\$\{?([a-zA-Z_]+)\}?`).ReplaceAllStringFunc(expr, func(v string) string {
		return values[strings.Trim(v, "${}")]
	})
}
