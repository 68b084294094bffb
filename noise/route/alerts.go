package route

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Times inside the replay are milliseconds since 1970, as in Prometheus.
const (
	never = math.MaxInt64 / 4
	// furthest keeps times from outside so small that sums can't overflow.
	furthest = never / 2
)

// longestWindow bounds what one wrong time in the history can cost.
const longestWindow = 5 * 366 * 24 * time.Hour

// span is one firing of an alert as Alertmanager learns of it.
type span struct {
	from, to int64 // half-open; to is never while it fires
	until    int64 // Prometheus tells of the end until then; to where it does not
	active   int64 // when it became active, perhaps pending
	episode  int32
}

// alert is all that was heard of one label set.
type alert struct {
	labels labels.Labels // alertname and external labels included
	spans  []span        // by time, not overlapping
	// inhibited and silenced are sorted and disjoint stretches; an alert is
	// inhibited while any of the lists says so.
	inhibited [][]stretch
	silenced  []stretch
}

// alertTable makes alerts of episodes.
type alertTable struct {
	byHash   map[uint64][]int32
	alerts   []alert
	external labels.Labels
	builder  *labels.Builder
	from, to int64 // when the replay begins and ends
	o        Options

	routed  *node // the root of the routes that made the units; nil: there are none
	divided []unit
}

// gather sorts the episodes that fired by alert. Episodes that never fired are
// never sent.
func gather(episodes []noise.Episode, o Options) *alertTable {
	t := &alertTable{byHash: map[uint64][]int32{}, external: o.ExternalLabels, builder: labels.NewBuilder(labels.EmptyLabels()), o: o}
	t.from, t.to = milli(o.Window.From)-warmUp.Milliseconds(), milli(o.Window.To)
	for i := range episodes {
		e := &episodes[i]
		if !e.Fired() {
			continue
		}
		s, ok := t.span(e, int32(i))
		if !ok {
			continue
		}
		a := &t.alerts[t.id(e)]
		a.spans = append(a.spans, s)
	}
	for i := range t.alerts {
		t.alerts[i].spans = untangle(t.alerts[i].spans)
	}
	return t
}

// span is an episode as Alertmanager saw it. The start of one that was cut off by
// the edge of what was read lies somewhere after it became active.
func (t *alertTable) span(e *noise.Episode, index int32) (span, bool) {
	s := span{from: milli(e.FiredAt), to: never, until: never, episode: index, active: min(milli(e.ActiveAt), milli(e.FiredAt))}
	if e.Certainty.Fired == noise.EdgeCut && e.ActiveAt.Before(e.FiredAt) {
		s.from = milli(e.ActiveAt)
	}
	if !e.Open() && e.Certainty.Resolved != noise.EdgeCut {
		s.to = milli(e.ResolvedAt)
		s.until = s.to + max(0, t.o.ResolvedFor.Milliseconds())
		if e.Certainty.Resolved == noise.EdgeLost {
			s.to += t.o.LostAfter.Milliseconds()
			s.until = s.to
		}
	}
	s.from = max(s.from, t.from)
	return s, s.from < s.to
}

// untangle sorts the firings of one alert. One that would reach into the next
// ends where that begins: to Alertmanager it goes on. Prometheus no longer tells
// of an end once the alert is active again.
func untangle(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.episode, b.episode))
	})
	out := spans[:0]
	for i, s := range spans {
		if i+1 < len(spans) {
			s.to, s.until = min(s.to, spans[i+1].from), min(s.until, max(s.to, spans[i+1].active))
		}
		if s.from < s.to {
			out = append(out, s)
		}
	}
	return out
}

// id is the alert of an episode.
func (t *alertTable) id(e *noise.Episode) int32 {
	ls := t.sent(e)
	h := ls.Hash()
	for _, id := range t.byHash[h] {
		if labels.Equal(t.alerts[id].labels, ls) {
			return id
		}
	}
	id := int32(len(t.alerts))
	t.byHash[h] = append(t.byHash[h], id)
	t.alerts = append(t.alerts, alert{labels: ls})
	return id
}

// sent is the label set that Alertmanager gets.
func (t *alertTable) sent(e *noise.Episode) labels.Labels {
	t.builder.Reset(e.Labels)
	t.builder.Set(labels.AlertName, e.Rule)
	t.external.Range(func(l labels.Label) {
		if t.builder.Get(l.Name) == "" {
			t.builder.Set(l.Name, l.Value)
		}
	})
	return t.builder.Labels()
}

func milli(t time.Time) int64 { return min(furthest, max(-furthest, t.UnixMilli())) }

// reach is the window that covers all that the episodes can cause.
func reach(episodes []noise.Episode, c *Config) slo.Interval {
	var w slo.Interval
	for i := range episodes {
		e := &episodes[i]
		if !e.Fired() {
			continue
		}
		if w.From.IsZero() || e.FiredAt.Before(w.From) {
			w.From = e.FiredAt
		}
		for _, at := range []time.Time{e.FiredAt, e.ResolvedAt} {
			if at.After(w.To) {
				w.To = at
			}
		}
	}
	if w.From.IsZero() {
		return slo.Interval{}
	}
	var longest time.Duration
	for _, n := range c.nodes {
		longest = max(longest, n.wait+n.interval)
	}
	w.To = w.To.Add(longest + time.Minute)
	return shorten(w)
}

// shorten cuts what lies more than five years before the end of a window.
func shorten(w slo.Interval) slo.Interval {
	if earliest := w.To.Add(-longestWindow); w.From.Before(earliest) {
		w.From = earliest
	}
	return w
}
