package history

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Batch is what was read or told at once. It is taken in one transaction, and
// taking it again changes nothing.
type Batch struct {
	// Source is who it is from: what collector.Source.Name says of a server, or
	// any name for what was pushed or imported. It must be set.
	Source string
	// Stream and Watermark say how far this kind of reading has come; a
	// watermark never goes back. Zero: nothing is noted.
	Stream    string
	Watermark time.Time

	// Alerts is the alert history of a window; nil where it was not read.
	Alerts *Alerts
	// Episodes are told one by one, without a window that they fill: each
	// replaces what is known of its alert in its own time.
	Episodes []noise.Episode
	// Increments are the events of SLOs.
	Increments []Increments

	Notifications    []Notification
	Silences         []noise.Silence
	Acknowledgements []Acknowledgement
	Findings         []Finding
}

// Alerts is everything that a source knows of the alerts in a window. It replaces
// what the store knew of that window: an episode that goes on over an edge of the
// window is joined with its other part, and one that is no longer told was a
// mistake. Read with an overlap of [Overlap] so that both parts show the same
// evaluations.
type Alerts struct {
	// Window is what was read, ended by the source's newest data.
	Window slo.Interval
	// Reach is from the first to the last alert sample.
	Reach slo.Interval
	Route collector.Route
	// Episodes are all that were active in the window.
	Episodes []noise.Episode
	// Rules are those in force when it was read.
	Rules      []noise.Rule
	RulesKnown bool
	// Spells are the times in which the pipeline was unwell.
	Spells      []noise.Spell
	HealthKnown bool
}

// Overlap is how far before its watermark a reader should begin: the longest hole
// that is bridged within an episode, and some evaluations.
const Overlap = 75 * time.Minute

// Increments are the events of one group of an SLO. They replace the steps that
// lie in the window wholly; a step that the window only touches is replaced where
// it was never seen wholly.
type Increments struct {
	SLO    string // slo.SLO.ID
	Group  labels.Labels
	Window slo.Interval
	Steps  *slo.Steps
	Exact  bool // counted from raw samples
}

// Notification is what a notifier really sent, or would have sent had nothing
// held it back.
type Notification struct {
	// Key is the same however often and by whatever way it is told; what was told
	// first, by At, stands.
	Key string `json:"key"`
	// Same are keys under which it may have been told as well: where one of them
	// is stored it is not stored again. They are not kept.
	Same     []string        `json:"-"`
	At       time.Time       `json:"at"`
	Receiver string          `json:"receiver"`
	GroupKey string          `json:"group_key"`
	Labels   labels.Labels   `json:"labels"` // of the group
	Reason   string          `json:"reason,omitempty"`
	Status   string          `json:"status"` // firing or resolved
	Alerts   []NotifiedAlert `json:"alerts"`
	// Held says why nothing was sent: "inhibited", "silenced", "time"; empty
	// where it was. Failed is the notifier's error.
	Held   string `json:"held,omitempty"`
	Failed string `json:"failed,omitempty"`
}

// NotifiedAlert is an alert of a notification. The labels include the alertname.
type NotifiedAlert struct {
	Labels      labels.Labels `json:"labels"`
	Fingerprint string        `json:"fingerprint,omitempty"`
	StartsAt    time.Time     `json:"starts_at"`
	EndsAt      time.Time     `json:"ends_at,omitzero"` // zero while it fires
	InhibitedBy []string      `json:"inhibited_by,omitempty"`
	SilencedBy  []string      `json:"silenced_by,omitempty"`
}

// Acknowledgement is somebody's answer to alerts, as an incident tool tells it.
type Acknowledgement struct {
	ID     string        `json:"id"` // the tool's own
	At     time.Time     `json:"at"`
	Labels labels.Labels `json:"labels"` // of the alerts; alertname included
	By     string        `json:"by,omitempty"`
	Note   string        `json:"note,omitempty"`
}

// Finding is a finding of a report over a period.
type Finding struct {
	Period slo.Interval
	noise.Finding
}

// IncrementsOf are the events of an SLO as collector.ReadSLI counted them.
func IncrementsOf(s slo.SLO, window slo.Interval, read []collector.SLISteps) []Increments {
	out := make([]Increments, 0, len(read))
	for _, g := range read {
		out = append(out, Increments{SLO: s.ID(), Group: g.Group, Window: window, Steps: g.Steps, Exact: g.Exact})
	}
	return out
}
