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

// survey is what all alerts together tell about the evaluations: how far apart
// they lie, by how much samples are set back, and where the data begin.
type survey struct {
	o          Options
	start, end int64            // where data can be, unix milliseconds
	interval   map[string]int64 // by rule name
	grid       map[string]grid  // by rule name, for those whose interval is not seen
	usual      int64            // over all rules
	offset     map[string]int64 // query_offset by rule name, in milliseconds
	aheads     map[string]map[int64]int
	hold       map[string]int64 // `for` by rule name, where all rules of the name agree
	stated     map[string]int64 // evaluation interval by rule name, where the rules are known and agree
	alive      map[string]spans // where a rule's alerts have samples, by rule name
	everyone   spans            // where any alert has samples
}

func (b *Builder) survey(o Options) *survey {
	w := &survey{
		o: o, start: math.MaxInt64, end: o.DataEnd.UnixMilli(),
		interval: map[string]int64{}, grid: map[string]grid{}, offset: map[string]int64{}, aheads: map[string]map[int64]int{},
		hold:   agreed(o.Rules, func(r noise.Rule) time.Duration { return r.For }),
		stated: agreed(o.Rules, func(r noise.Rule) time.Duration { return r.Interval }), alive: map[string]spans{},
	}
	for _, a := range b.order {
		w.look(a)
	}
	w.start = max(w.start, o.Window.From.UnixMilli())
	steps := map[int64]int{}
	for name := range w.alive {
		if step := w.interval[name]; step > 0 {
			steps[step]++
		}
		w.everyone = append(w.everyone, w.alive[name]...)
		w.alive[name] = w.alive[name].merge()
	}
	w.everyone = w.everyone.merge()
	for name, seen := range w.aheads {
		w.offset[name] = mostCommon(seen, 0)
	}
	w.setGrids()
	w.usual = mostCommon(steps, defaultInterval.Milliseconds())
	return w
}

func (w *survey) look(a *alert) {
	if step, _ := a.spacing(); step > 0 {
		w.interval[a.name] = closest(w.interval[a.name], step)
	}
	for _, t := range []*Track{a.pending, a.firing} {
		if t == nil || len(t.runs) == 0 {
			continue
		}
		w.start = min(w.start, t.runs[0].from)
		for _, r := range t.runs {
			w.alive[a.name] = append(w.alive[a.name], r.spans()...)
		}
	}
	if a.state == nil {
		return
	}
	for i, r := range a.state.runs {
		if i > 0 && (a.state.runs[i-1].value == r.value || w.o.Markers && a.state.runs[i-1].marker == 0) {
			continue // no start, or one after a hole
		}
		if ahead := int64(r.value) - r.from/1000; ahead > 0 && ahead <= mostOffset {
			w.ahead(a.name)[ahead*1000]++
		}
	}
}

// ahead counts by how much a rule's activity was seen to lie after the sample
// that records it. That is the query_offset, but for a restore now and then.
func (w *survey) ahead(name string) map[int64]int {
	if w.aheads[name] == nil {
		w.aheads[name] = map[int64]int{}
	}
	return w.aheads[name]
}

// agreed is what all rules of a name agree on, in milliseconds by name; -1 where
// they do not.
func agreed(rules []noise.Rule, of func(noise.Rule) time.Duration) map[string]int64 {
	out := map[string]int64{}
	for _, r := range rules {
		v := of(r).Milliseconds()
		if old, ok := out[r.Name]; ok && old != v {
			v = -1
		}
		out[r.Name] = v
	}
	return out
}

// intervalOf is the evaluation interval of an alert in milliseconds, from its
// own samples where they tell, else from its namesakes', else the usual one.
func (w *survey) intervalOf(a *alert) int64 {
	own, strong := a.spacing()
	if strong {
		return own
	}
	if own = closest(own, w.interval[a.name]); own > 0 {
		return own
	}
	if grid := w.grid[a.name]; grid.known() {
		return grid.step
	}
	return w.usual
}

// spacing is how far apart the alert's evaluations are seen to lie. The series
// of ALERTS_FOR_STATE is the better witness, since an end and a new start change
// its value.
func (a *alert) spacing() (step int64, strong bool) {
	if a.state != nil {
		return a.state.spacing()
	}
	step, strong = a.pending.spacing()
	other, sure := a.firing.spacing()
	if step == 0 || other != 0 && other < step {
		return other, sure
	}
	return step, strong
}

// mostCommon is the value that was counted most often, the largest of several,
// and otherwise where nothing was counted.
func mostCommon(counts map[int64]int, otherwise int64) int64 {
	best, count := otherwise, 0
	for v, n := range counts {
		if n > count || n == count && v > best {
			best, count = v, n
		}
	}
	return best
}
