package episode

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// The names that the rule engine writes (Prometheus, rules/alerting.go).
const (
	alertsMetric     = "ALERTS"
	forStateMetric   = "ALERTS_FOR_STATE"
	alertStateLabel  = "alertstate"
	statePending     = "pending"
	stateFiring      = "firing"
	defaultInterval  = time.Minute
	defaultBridge    = time.Hour        // Prometheus' rules.alert.for-outage-tolerance
	restorableHold   = 10 * time.Minute // Prometheus' rules.alert.for-grace-period
	mostOffset       = 3600             // seconds; no query_offset is longer
	unwrittenAtStart = 2                // evaluations after a start that write nothing (rules/group.go run)
)

// Builder gathers the raw samples of alert series. The zero Builder is ready to
// use; it is not safe for concurrent use. It keeps runs of samples, not samples,
// so its size grows with the number of episodes and not with their length.
type Builder struct {
	alerts map[string]*alert
	order  []*alert
	buf    []byte
	lb     labels.Builder
}

// alert is one label set as the source wrote it, replica label included.
type alert struct {
	name                   string
	labels                 labels.Labels // without __name__, alertname and alertstate
	pending, firing, state *Track
}

// Track returns the track of a series, making it where it is new. The labels
// include __name__. It returns nil for a series that is neither ALERTS, pending
// or firing, nor ALERTS_FOR_STATE, and for one without an alertname.
func (b *Builder) Track(ls labels.Labels) *Track {
	metric, name, state := ls.Get(model.MetricNameLabel), ls.Get(labels.AlertName), ls.Get(alertStateLabel)
	if name == "" {
		return nil
	}
	switch {
	case metric == forStateMetric:
		return track(&b.alert(name, ls).state)
	case metric == alertsMetric && state == statePending:
		return track(&b.alert(name, ls).pending)
	case metric == alertsMetric && state == stateFiring:
		return track(&b.alert(name, ls).firing)
	}
	return nil
}

// mostEpisodes is no fewer than the alert's episodes: each begins with a run of
// the pending or the firing series, or with a change of ALERTS_FOR_STATE.
func (a *alert) mostEpisodes() int {
	n := 0
	if a.state != nil {
		return len(a.state.runs)
	}
	for _, t := range []*Track{a.pending, a.firing} {
		if t != nil {
			n += len(t.runs)
		}
	}
	return n
}

func track(t **Track) *Track {
	if *t == nil {
		*t = &Track{}
	}
	return *t
}

func (b *Builder) alert(name string, ls labels.Labels) *alert {
	b.lb.Reset(ls)
	if ls.Get(model.MetricNameLabel) == alertsMetric {
		b.lb.Del(alertStateLabel)
	}
	b.lb.Del(model.MetricNameLabel)
	key := b.lb.Labels()
	b.buf = key.Bytes(b.buf)
	if a := b.alerts[string(b.buf)]; a != nil {
		return a
	}
	b.lb.Reset(key)
	b.lb.Del(labels.AlertName)
	a := &alert{name: strings.Clone(name), labels: b.lb.Labels().Copy()}
	if b.alerts == nil {
		b.alerts = map[string]*alert{}
	}
	b.alerts[string(b.buf)] = a
	b.order = append(b.order, a)
	return a
}

// Reach is the time from the first to the last sample that the builder was
// given, staleness markers left out; it is empty where there was none.
func (b *Builder) Reach() slo.Interval {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, a := range b.order {
		for _, t := range []*Track{a.pending, a.firing} {
			if t != nil && len(t.runs) > 0 {
				first = min(first, t.runs[0].from)
				last = max(last, t.runs[len(t.runs)-1].to)
			}
		}
	}
	if first > last {
		return slo.Interval{}
	}
	return slo.Interval{From: time.UnixMilli(first).UTC(), To: time.UnixMilli(last + 1).UTC()}
}

// Options says what was read and how it is to be understood.
type Options struct {
	// Window is what was read. An episode that touches its edges is cut or open.
	Window slo.Interval
	// DataEnd is where the source's data end; the zero value means Window.To.
	// A sample that was due before it and is missing was not written.
	DataEnd time.Time
	// Markers says that the source shows staleness markers.
	Markers bool
	// ReplicaLabels are dropped before the episodes of HA pairs are merged.
	ReplicaLabels []string
	// BridgeLimit is the longest hole without a marker that is bridged when
	// ALERTS_FOR_STATE has another value after it; 0 means one hour, after
	// which Prometheus itself no longer carries the state over.
	BridgeLimit time.Duration
	// Rules help where a restart leaves more than one reading; they may be empty.
	Rules []noise.Rule
}

// Episodes reads off the episodes of all alerts, those that were pending only
// included, ordered by activity, rule and labels. The builder may go on taking
// samples afterwards.
func (b *Builder) Episodes(o Options) []noise.Episode {
	if o.BridgeLimit == 0 {
		o.BridgeLimit = defaultBridge
	}
	if o.DataEnd.IsZero() || o.DataEnd.After(o.Window.To) {
		o.DataEnd = o.Window.To
	}
	w := b.survey(o)
	most := 0
	for _, a := range b.order {
		most += a.mostEpisodes()
	}
	out := make([]noise.Episode, 0, most)
	for _, a := range b.order {
		out = w.read(a, out)
	}
	out = mergeReplicas(out, o.ReplicaLabels)
	slices.SortFunc(out, compare)
	return out
}

func compare(a, b noise.Episode) int {
	if c := a.ActiveAt.Compare(b.ActiveAt); c != 0 {
		return c
	}
	if c := strings.Compare(a.Rule, b.Rule); c != 0 {
		return c
	}
	return labels.Compare(a.Labels, b.Labels)
}
