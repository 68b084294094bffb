package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	group "github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/gateapi"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/gather"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/ingest"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/mcpserver"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/alertmanager"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/collector/several"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/dashboards/web"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// station is the daemon under one configuration.
type station struct {
	c        *config.Config
	log      *slog.Logger
	store    *history.Store
	registry *prometheus.Registry
	exporter *exposition.Exporter
	latest   atomic.Pointer[report.Document]
	teams    atomic.Pointer[map[noise.RuleKey]string]
	standing standing
	beside   beside
	labels   labelCache
	trigger  chan struct{}
	specs    specCache
	atlas    atlas
	// first counts the sources whose first round is still under way.
	first atomic.Int64
	// away is why a source can't be gathered from, by the source's place.
	away []atomic.Pointer[error]
}

// serve runs the daemon under a configuration until ctx ends.
func (s *supervisor) serve(ctx context.Context, c *config.Config) error {
	slos, err := readSpecs(c.SLOs.Files, s.log)
	if err != nil {
		return err
	}
	if err := checkFiles(c, slos); err != nil {
		return usageError{err}
	}
	boundMemory()
	store, err := openStore(ctx, c.History, s.log)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	st := &station{
		c: c, log: s.log, store: store, registry: prometheus.NewRegistry(),
		exporter: exposition.New(exposition.Options{}), trigger: make(chan struct{}, 1), away: make([]atomic.Pointer[error], len(c.Sources)),
	}
	st.atlas = atlas{c: c.Topology, log: s.log}
	st.registry.MustRegister(st.exporter, s.loaded.well, s.loaded.at)
	st.stand()
	known, err := ingest.Archive{To: store}.Known(ctx, time.Now())
	if err != nil {
		return err
	}
	intake, err := ingest.New(ingest.Options(c.Ingest), ingest.Wiring{
		Sink: pushed{ingest.Archive{To: store}}, Known: known, Registry: st.registry, Logger: s.log,
	})
	if err != nil {
		return usageError{err}
	}
	o := daemon.Options{
		Report: st.report, Source: st.sourceNames(), Interval: time.Duration(c.Report.Refresh), Timeout: time.Duration(c.Report.Timeout),
		Listener: s.holding.Lease(), WebConfigFile: c.Web.ConfigFile, Admins: c.Web.AdminUsers,
		Web:  web.Options{Archive: archive{store}, Declarer: declarer{store}},
		Kept: &s.kept, Made: st.made, Standing: st.withStanding, Trigger: st.trigger, Registry: st.registry, Version: version, Logger: s.log,
		Mount: s.doors(st, intake),
	}
	return st.run(ctx, o, intake)
}

// doors are what the daemon answers besides its pages, by pattern.
func (s *supervisor) doors(st *station, intake *ingest.Intake) map[string]http.Handler {
	decider := &gatekeeper{st}
	return mounted(map[string]http.Handler{
		"POST PUT /-/reload":         http.HandlerFunc(s.serveReload),
		"GET POST PUT /api/v1/gate":  gateapi.Handler(decider, s.log),
		"GET POST DELETE /mcp":       mcpserver.Handler(facts{st, decider}, version),
		"POST /api/v1/alertmanager/": intake.Handler(),
	})
}

// pushed stores what Alertmanagers tell, but for the starts and ends of alerts:
// Prometheus' own history has them exactly, and counted by both they would count
// twice.
type pushed struct{ ingest.Archive }

// Store implements ingest.Sink.
func (p pushed) Store(ctx context.Context, events []alertmanager.Event) error {
	return p.Archive.Store(ctx, slices.DeleteFunc(slices.Clone(events), func(e alertmanager.Event) bool {
		return e.Kind == alertmanager.KindStart || e.Kind == alertmanager.KindEnd
	}))
}

// mounted are handlers by a pattern each for every method, since a pattern without
// one would stand against those of the pages.
func mounted(of map[string]http.Handler) map[string]http.Handler {
	out := map[string]http.Handler{}
	for pattern, h := range of {
		words := strings.Fields(pattern)
		path := words[len(words)-1]
		for _, method := range words[:len(words)-1] {
			out[method+" "+path] = h
		}
	}
	return out
}

// run lets everything that the station does begin and end together.
func (st *station) run(ctx context.Context, o daemon.Options, intake *ingest.Intake) error {
	reports, err := st.schedules()
	if err != nil {
		return usageError{err}
	}
	gatherers := st.gatherers()
	st.first.Store(int64(len(gatherers)))
	var g group.Group
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	add := func(work func(context.Context) error) {
		g.Add(func() error { return work(ctx) }, func(error) { stop() })
	}
	add(func(ctx context.Context) error { return daemon.Run(ctx, o) })
	add(func(ctx context.Context) error { intake.Run(ctx); return nil })
	positions := &ingest.FilePositions{Path: st.c.History.Path + ".positions.json"}
	for _, file := range st.c.Ingest.RecorderFiles {
		add(func(ctx context.Context) error { return intake.Follow(ctx, file, positions) })
	}
	add(func(ctx context.Context) error { return st.lead(ctx, gatherers) })
	add(func(ctx context.Context) error { st.keepStanding(ctx); return nil })
	add(func(ctx context.Context) error { st.surveys(ctx); return nil })
	if reports != nil {
		add(func(ctx context.Context) error { st.gathered(ctx); reports.Run(ctx); return nil })
	}
	return g.Run()
}

// lead does what one replica of all does, while this one leads.
func (st *station) lead(ctx context.Context, gatherers []*gather.Gatherer) error {
	err := st.store.Lead(ctx, "gather", func(ctx context.Context) error {
		st.standing.leads.Store(true)
		defer st.standing.leads.Store(false)
		var g group.Group
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for _, one := range gatherers {
			g.Add(func() error { one.Run(ctx); return nil }, func(error) { stop() })
		}
		g.Add(func() error { st.sweep(ctx); return nil }, func(error) { stop() })
		_ = g.Run() // nothing in it fails
		<-ctx.Done()
		return nil
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// sweepEvery is how often history is dropped that is kept no longer.
const sweepEvery = 6 * time.Hour

func (st *station) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		keep := time.Duration(st.c.History.Retention)
		_, err := st.store.Prune(ctx, history.Retention{
			Episodes: keep, Notifications: keep, Silences: keep, Acknowledgements: keep, Increments: keep, Incidents: keep, Findings: keep,
		})
		if err != nil && ctx.Err() == nil {
			st.log.Warn("old history was not dropped; it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (st *station) gatherers() []*gather.Gatherer {
	metrics := gather.NewMetrics(st.registry)
	out := make([]*gather.Gatherer, 0, len(st.c.Sources))
	for i, s := range st.c.Sources {
		var once atomic.Bool
		out = append(out, gather.New(gather.Options{
			Source: sourceName(s), Open: func(context.Context) (collector.Source, error) { return openOne(s, st.log) },
			SLOs: st.slos, RuleFiles: st.c.Rules.Files, ReplicaLabels: st.c.ReplicaLabels,
			Backfill: time.Duration(st.c.Collect.Backfill), Chunk: time.Duration(st.c.Collect.Chunk), Interval: time.Duration(st.c.Collect.Interval),
			Now: time.Now, Logger: st.log, Metrics: metrics,
			Ended: func(err error) {
				var now *error
				if errors.Is(err, gather.ErrAway) {
					now = &err
				}
				before := st.away[i].Swap(now)
				st.standing.ask()
				if once.CompareAndSwap(false, true) && st.first.Add(-1) == 0 || before != nil && now == nil {
					st.ask() // there is something new to show
				}
			},
		}, standingStore{st.store, st.standing.book}))
	}
	return out
}

// ask asks for a report out of turn.
func (st *station) ask() {
	select {
	case st.trigger <- struct{}{}:
	default: // one is asked for already
	}
}

func (st *station) slos() ([]slo.SLO, error) {
	return st.specs.read(st.c.SLOs.Files)
}

// open is the stored history, with the servers behind it for what it does not hold.
func (st *station) open(ctx context.Context) (collector.Source, error) {
	var live []collector.Source
	for _, s := range st.c.Sources {
		one, err := openOne(s, st.log)
		if err != nil {
			return nil, errors.Join(err, several.Of(live...).Close())
		}
		live = append(live, one)
	}
	behind := several.Of(live...)
	src, err := history.NewSource(ctx, st.store, history.SourceOptions{Behind: behind, Labels: st.labels.before(behind)})
	if err != nil {
		return nil, errors.Join(err, behind.Close())
	}
	return src, nil
}

func (st *station) sourceNames() string {
	names := make([]string, len(st.c.Sources))
	for i, s := range st.c.Sources {
		names[i] = sourceName(s)
	}
	return strings.Join(names, ", ")
}

func sourceName(s config.Source) string { return cmp.Or(s.Name, s.URL, s.TSDBPath) }

// openStore opens the store of a configuration.
func openStore(ctx context.Context, h config.History, log *slog.Logger) (*history.Store, error) {
	url := h.Path
	if h.URLFile != "" {
		text, err := os.ReadFile(h.URLFile)
		if err != nil {
			return nil, fmt.Errorf("read history.url_file: %w", err)
		}
		url = strings.TrimSpace(string(text))
	}
	return history.Open(ctx, url, history.Options{Now: time.Now, Logger: log})
}
