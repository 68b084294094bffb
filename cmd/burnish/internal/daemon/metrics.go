package daemon

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics is what the daemon tells about itself. What is not known yet (the
// source before the first refresh, the last success before there was one) has
// no series, since zero would be a claim.
type metrics struct {
	refreshes   prometheus.Counter
	failures    *prometheus.CounterVec
	duration    prometheus.Histogram
	lastSuccess *prometheus.GaugeVec
	sourceUp    *prometheus.GaugeVec
	source      string
}

func newMetrics(o Options) *metrics {
	m := &metrics{
		source: o.Source,
		refreshes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "burnish_refreshes_total", Help: "Refreshes of the report that came to an end, failed ones included.",
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "burnish_refresh_failures_total", Help: "Refreshes of the report that failed, by reason: source, timeout or render.",
		}, []string{"reason"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "burnish_refresh_duration_seconds", Help: "How long a refresh of the report took, failed ones included.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300},
		}),
		lastSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "burnish_last_refresh_timestamp_seconds", Help: "When the report that is being served was finished, in unix seconds.",
		}, nil),
		sourceUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "burnish_source_up", Help: "Whether the source could be read at the last refresh.",
		}, []string{"source"}),
	}
	for _, why := range []reason{reasonSource, reasonTimeout, reasonRender} {
		m.failures.WithLabelValues(string(why))
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "burnish_build_info", Help: "1, labelled with the version of burnish and of Go that it was built with.",
		ConstLabels: prometheus.Labels{"version": o.Version, "goversion": runtime.Version()},
	})
	build.Set(1)
	o.Registry.MustRegister(
		m.refreshes, m.failures, m.duration, m.lastSuccess, m.sourceUp, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// observe counts a refresh that ended; fault is nil where it went well.
func (m *metrics) observe(took time.Duration, fault *failure, now time.Time) {
	m.refreshes.Inc()
	m.duration.Observe(took.Seconds())
	up := m.sourceUp.WithLabelValues(m.source)
	up.Set(1)
	if fault == nil {
		m.lastSuccess.WithLabelValues().Set(float64(now.UnixMilli()) / 1000)
		return
	}
	m.failures.WithLabelValues(string(fault.why)).Inc()
	if fault.why != reasonRender {
		up.Set(0)
	}
}
