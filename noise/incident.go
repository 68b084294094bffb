package noise

import (
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/slo"
)

// Incident is a stretch of time in which users were really hurt: a loss incident
// of an SLO, or one that somebody declared. It is the truth that alerts are
// judged by.
type Incident struct {
	slo.Interval
	ID  string // stable from run to run
	SLO string // slo.SLO.ID; empty for a declared one that names none
	// Labels say whose incident it is. An alert may belong to it if it carries
	// each of these labels with the same value, or does not carry it at all.
	Labels   labels.Labels
	Severity string
	Note     string
	Declared bool // by a person; else derived from the SLO's events
	// Burned is the share of the SLO's window budget that it cost, in [0,∞);
	// nil where that is not known, as for most declared ones.
	Burned *float64
}

// Concerns tells whether nothing in an alert's labels speaks against the
// incident: each of the incident's labels is equal in the alert or absent from
// it.
func (i Incident) Concerns(alert labels.Labels) bool {
	ok := true
	i.Labels.Range(func(l labels.Label) {
		if v := alert.Get(l.Name); v != "" && v != l.Value {
			ok = false
		}
	})
	return ok
}
