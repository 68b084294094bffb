package daemon

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Routes are what the daemon answers by itself, each as method and path. The pages and
// their API are web's, and what is mounted is its owner's.
func Routes() []string {
	return slices.Sorted(maps.Keys(own(Options{Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler)}, &refresher{})))
}

// own are the daemon's own handlers by their patterns.
func own(o Options, r *refresher) map[string]http.HandlerFunc {
	metrics := promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{
		Registry: o.Registry,
		ErrorLog: slog.NewLogLogger(o.Logger.With("component", "metrics").Handler(), slog.LevelWarn),
	})
	return map[string]http.HandlerFunc{
		"GET /report":      r.serve(func(p *pages) page { return p.html }),
		"GET /report.json": r.serve(func(p *pages) page { return p.json }),
		"GET /report.md":   r.serve(func(p *pages) page { return p.markdown }),
		"GET /-/healthy": func(w http.ResponseWriter, _ *http.Request) {
			say(w, http.StatusOK, "burnish is alive.")
		},
		"GET /-/ready": r.serveReady,
		"GET /metrics": metrics.ServeHTTP,
	}
}
