package gather

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics tell how gathering goes, source by source. A nil *Metrics tells nothing.
type Metrics struct {
	rounds, failures *prometheus.CounterVec
	last, reach      *prometheus.GaugeVec
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	by := []string{"source"}
	m := &Metrics{
		rounds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "burnish_gather_rounds_total", Help: "Rounds of reading a source into the history store, failed ones included.",
		}, by),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "burnish_gather_failures_total", Help: "Rounds in which something could not be read or stored.",
		}, by),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "burnish_gather_last_success_timestamp_seconds", Help: "When a round last went well, in unix seconds.",
		}, by),
		reach: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "burnish_gather_watermark_timestamp_seconds", Help: "Up to when alert history is stored, in unix seconds.",
		}, by),
	}
	r.MustRegister(m.rounds, m.failures, m.last, m.reach)
	return m
}

func (m *Metrics) settled(source string, now time.Time, err error) {
	if m == nil {
		return
	}
	m.rounds.WithLabelValues(source).Inc()
	failed := m.failures.WithLabelValues(source)
	if err != nil {
		failed.Inc()
		return
	}
	m.last.WithLabelValues(source).Set(float64(now.UnixMilli()) / 1000)
}

func (m *Metrics) reached(source, stream string, at time.Time) {
	if m == nil || stream != alertStream {
		return
	}
	m.reach.WithLabelValues(source).Set(float64(at.UnixMilli()) / 1000)
}
