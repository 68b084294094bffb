package exposition

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
)

// Options bound the number of series. The zero value of each field means its
// default.
type Options struct {
	// Rules is how many rules have series of their own, the loudest first; 50.
	// The others are summed up for each team.
	Rules int
	// Teams is how many teams are told apart; 50. The quietest beyond them are one.
	Teams int
	// SLOs is how many groups of SLOs have series, those with the least budget
	// left first; 1000. The others are counted.
	SLOs int
	// Receivers is how many receivers have series, the busiest first; 50. The
	// others are summed up.
	Receivers int
}

func (o Options) withDefaults() Options {
	for field, value := range map[*int]int{&o.Rules: 50, &o.Teams: 50, &o.SLOs: 1000, &o.Receivers: 50} {
		if *field <= 0 {
			*field = value
		}
	}
	return o
}

// Snapshot is what there is to show. It is read by Set alone, and not kept.
type Snapshot struct {
	// Report is the latest report; nil where there is none yet.
	Report *report.Document
	// SLOs is how the SLOs stand, where that is newer than the report; nil takes
	// the report's.
	SLOs *report.SLOStatus
	// Teams are the teams of the rules; see [Teams]. Rules that it does not name
	// have the empty team.
	Teams map[noise.RuleKey]string
}

// Exporter is a prometheus.Collector over the latest snapshot. Its methods are safe
// for concurrent use.
type Exporter struct {
	options Options
	descs   map[string]*prometheus.Desc
	latest  atomic.Pointer[[]prometheus.Metric]
}

// New makes an exporter that shows nothing until Set.
func New(o Options) *Exporter {
	e := &Exporter{options: o.withDefaults(), descs: map[string]*prometheus.Desc{}}
	for _, m := range Metrics() {
		e.descs[m.Name] = prometheus.NewDesc(m.Name, m.Help, m.Labels, nil)
	}
	return e
}

// Set shows a snapshot from now on; the one before is gone at once and as a whole.
func (e *Exporter) Set(s Snapshot) {
	b := &book{descs: e.descs, options: e.options, seen: map[string]bool{}}
	b.promises(s)
	if s.Report != nil {
		b.window(s.Report)
		b.alerts(s.Report)
		b.rules(s)
		b.kpis(s.Report.KPIs)
		b.findings(s.Report)
		b.quality(&s.Report.DataQuality)
	}
	e.latest.Store(&b.metrics)
}

// Describe implements prometheus.Collector.
func (e *Exporter) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range Metrics() {
		ch <- e.descs[m.Name]
	}
}

// Collect implements prometheus.Collector.
func (e *Exporter) Collect(ch chan<- prometheus.Metric) {
	if latest := e.latest.Load(); latest != nil {
		for _, m := range *latest {
			ch <- m
		}
	}
}
