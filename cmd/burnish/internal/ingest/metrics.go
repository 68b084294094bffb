package ingest

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// door is the way that something came in.
type door string

const (
	doorWebhook door = "webhook"
	doorEvents  door = "events"
	doorFile    door = "file"
)

// The reasons for which deliveries are refused, besides the faults of messages.
const (
	whyAuth     = "unauthorized"
	whyType     = "content_type"
	whyLarge    = "too_large"
	whySlow     = "slow"
	whyBroken   = "broken"
	whyBusy     = "busy"
	whyStore    = "store"
	whyRejected = "rejected"
)

// metrics tell what came in and what became of it.
type metrics struct {
	received *prometheus.CounterVec
	alerts   *prometheus.CounterVec
	doubles  *prometheus.CounterVec
	refused  *prometheus.CounterVec
	stored   prometheus.Counter
	failures prometheus.Counter
	commits  prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer, in *Intake) *metrics {
	counter := func(name, help string, by ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "burnish_ingest_" + name, Help: help}, by)
	}
	m := &metrics{
		received: counter("deliveries_total", "Deliveries that came in whole, refused ones included, by the way they came.", "door"),
		alerts:   counter("events_received_total", "Events that were read from deliveries, repeated ones included.", "door"),
		doubles:  counter("events_deduplicated_total", "Events that were known to be stored already.", "door"),
		refused:  counter("refused_total", "Deliveries that were not taken, by reason; those with busy and store are sent again.", "door", "reason"),
		stored: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "burnish_ingest_events_stored_total", Help: "Events that were handed to the store and are on disk.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "burnish_ingest_store_failures_total", Help: "Groups of events that the store did not take.",
		}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "burnish_ingest_store_duration_seconds", Help: "How long storing a group of events took.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	for _, d := range []door{doorWebhook, doorEvents, doorFile} {
		m.create(d)
	}
	reg.MustRegister(
		m.received, m.alerts, m.doubles, m.refused, m.stored, m.failures, m.commits,
		gauge("queue_events", "Events that wait to be stored.", func() float64 { return float64(in.queued().events) }),
		gauge("queue_bytes", "Bytes that deliveries hold, those that are being received included.", func() float64 { return float64(in.queued().bytes) }),
	)
	return m
}

// create makes the series of a door, so that they exist at zero.
func (m *metrics) create(d door) {
	m.received.WithLabelValues(string(d))
	m.alerts.WithLabelValues(string(d))
	m.doubles.WithLabelValues(string(d))
	for _, f := range alertmanager.Faults() {
		m.refused.WithLabelValues(string(d), string(f))
	}
	for _, why := range []string{whyAuth, whyType, whyLarge, whySlow, whyBroken, whyBusy, whyStore, whyRejected} {
		m.refused.WithLabelValues(string(d), why)
	}
}

func gauge(name, help string, read func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "burnish_ingest_" + name, Help: help}, read)
}

type queued struct{ events, bytes int }

func (in *Intake) queued() queued {
	in.mtx.Lock()
	defer in.mtx.Unlock()
	return queued{in.events, in.held}
}
