//go:build !race

package exposition_test

import (
	"context"
	"math"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/simulate"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

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
