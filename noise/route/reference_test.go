package route

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
)

// reference is a second Alertmanager for the tests, as plain as can be: every
// message of Prometheus is delivered, every group is flushed at every interval,
// and who is inhibited is found by looking at all alerts. It shares nothing with
// the replay but the types of its input.
type reference struct {
	root      *dispatch.Route
	receivers map[string]config.Receiver
	inhibit   []*inhibit.InhibitRule
	times     *timeinterval.Intervener
	silences  []noise.Silence

	alerts map[model.Fingerprint]*refAlert // all that were heard of
	groups map[string]*refGroup
	nflog  map[string]*refEntry
	sent   []Notification
}

type refAlert struct {
	set      model.LabelSet
	ls       labels.Labels
	from, to int64
	episode  int
}

type refGroup struct {
	route  *dispatch.Route
	set    model.LabelSet
	alerts map[model.Fingerprint]*refAlert
	due    int64
}

type refEntry struct {
	firing, resolved map[model.Fingerprint]bool
	at, expires      int64
}

// message is one alert in one request of Prometheus.
type message struct {
	at    int64
	alert refAlert
}

func newReference(t testing.TB, text string, silences []noise.Silence) *reference {
	cfg, err := config.Load(text)
	require.NoError(t, err)
	r := &reference{
		root: dispatch.NewRoute(cfg.Route, nil), receivers: map[string]config.Receiver{}, silences: silences,
		alerts: map[model.Fingerprint]*refAlert{}, groups: map[string]*refGroup{}, nflog: map[string]*refEntry{},
	}
	for _, rcv := range cfg.Receivers {
		r.receivers[rcv.Name] = rcv
	}
	for _, ir := range cfg.InhibitRules {
		r.inhibit = append(r.inhibit, inhibit.NewInhibitRule(ir))
	}
	times := map[string][]timeinterval.TimeInterval{}
	for _, ti := range cfg.TimeIntervals {
		times[ti.Name] = ti.TimeIntervals
	}
	r.times = timeinterval.NewIntervener(times)
	return r
}

// messages are all that Prometheus sends about the episodes.
func messages(episodes []noise.Episode, o Options) []message {
	var out []message
	next := map[string]int64{} // when the alert is active again, going backwards
	for i := len(episodes) - 1; i >= 0; i-- {
		e := &episodes[i]
		b := labels.NewBuilder(e.Labels)
		b.Set("alertname", e.Rule)
		a := refAlert{set: model.LabelSet{}, ls: b.Labels(), from: e.FiredAt.UnixMilli(), to: never, episode: i}
		a.ls.Range(func(l labels.Label) { a.set[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
		out = append(out, message{a.from, a})
		if !e.Open() {
			a.to = e.ResolvedAt.UnixMilli()
			until, ok := next[a.ls.String()]
			if !ok {
				until = never
			}
			until = min(until, a.to+o.ResolvedFor.Milliseconds())
			out = append(out, message{a.to, a})
			for at := a.to + o.ResendEvery.Milliseconds(); at < until; at += o.ResendEvery.Milliseconds() {
				out = append(out, message{at, a})
			}
		}
		next[a.ls.String()] = e.ActiveAt.UnixMilli()
	}
	slices.SortStableFunc(out, func(a, b message) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.alert.from, b.alert.from))
	})
	return out
}

// replay delivers every message and ticks every group up to the end.
func (r *reference) replay(all []message, end int64) []Notification {
	for {
		var first *refGroup
		t := int64(never)
		for _, g := range r.groups {
			if g.due < t {
				first, t = g, g.due
			}
		}
		if len(all) > 0 && all[0].at <= t {
			if all[0].at >= end {
				return r.sent
			}
			r.receive(all[0])
			all = all[1:]
			continue
		}
		if t >= end {
			return r.sent
		}
		r.flush(first, t)
	}
}

func (r *reference) receive(m message) {
	a := m.alert
	r.alerts[a.set.Fingerprint()] = &a
	for _, route := range r.root.Match(a.set) {
		set := model.LabelSet{}
		for name, value := range a.set {
			if _, ok := route.RouteOpts.GroupBy[name]; ok || route.RouteOpts.GroupByAll {
				set[name] = value
			}
		}
		key := fmt.Sprintf("%d %s", route.Idx, set)
		g := r.groups[key]
		if g == nil {
			g = &refGroup{route: route, set: set, alerts: map[model.Fingerprint]*refAlert{}, due: m.at + route.RouteOpts.GroupWait.Milliseconds()}
			if a.from+route.RouteOpts.GroupWait.Milliseconds() < m.at {
				g.due = m.at
			}
			r.groups[key] = g
		}
		g.alerts[a.set.Fingerprint()] = &a
	}
}

func (r *reference) muted(a *refAlert, now int64) bool {
	for _, rule := range r.inhibit {
		if !rule.TargetMatchers.Matches(a.set) {
			continue
		}
		both := rule.SourceMatchers.Matches(a.set)
		for _, source := range r.alerts {
			if source.to <= now || !rule.SourceMatchers.Matches(source.set) || both && rule.TargetMatchers.Matches(source.set) {
				continue
			}
			equal := true
			for name := range rule.Equal {
				equal = equal && source.set[name] == a.set[name]
			}
			if equal {
				return true
			}
		}
	}
	for _, s := range r.silences {
		if s.Contains(time.UnixMilli(now)) && s.Mutes(a.ls) {
			return true
		}
	}
	return false
}

func (r *reference) timed(o dispatch.RouteOpts, now int64) bool {
	at := time.UnixMilli(now)
	if in, _, _ := r.times.Mutes(o.MuteTimeIntervals, at); in {
		return true
	}
	in, _, _ := r.times.Mutes(o.ActiveTimeIntervals, at)
	return len(o.ActiveTimeIntervals) > 0 && !in
}

func (r *reference) flush(g *refGroup, now int64) {
	g.due = now + g.route.RouteOpts.GroupInterval.Milliseconds()
	firing, ended := map[model.Fingerprint]bool{}, map[model.Fingerprint]bool{}
	for fp, a := range g.alerts {
		switch {
		case r.timed(g.route.RouteOpts, now) || r.muted(a, now):
		case a.to <= now:
			ended[fp] = true
		default:
			firing[fp] = true
		}
	}
	if len(firing)+len(ended) > 0 {
		r.notify(g, now, firing, ended)
	}
	for fp, a := range g.alerts {
		if a.to <= now {
			delete(g.alerts, fp)
		}
	}
	if len(g.alerts) == 0 {
		for key, other := range r.groups {
			if other == g {
				delete(r.groups, key)
			}
		}
	}
}

func (r *reference) notify(g *refGroup, now int64, firing, ended map[model.Fingerprint]bool) {
	key := fmt.Sprintf("%s:%s", g.route.Key(), g.set)
	var reason Reason
	n := Notification{At: time.UnixMilli(now).UTC(), Receiver: g.route.RouteOpts.Receiver, GroupKey: key}
	for i, integration := range integrations(r.receivers[g.route.RouteOpts.Receiver]) {
		id := fmt.Sprintf("%s %s %d", key, g.route.RouteOpts.Receiver, i)
		entry := r.nflog[id]
		if entry != nil && entry.expires <= now {
			entry = nil
		}
		why := needsUpdate(entry, firing, ended, integration.SendResolved, now-g.route.RouteOpts.RepeatInterval.Milliseconds())
		if why == "" {
			continue
		}
		r.nflog[id] = &refEntry{firing, ended, now, now + min(2*g.route.RouteOpts.RepeatInterval.Milliseconds(), nflogRetention)}
		if !integration.SendResolved && len(firing) == 0 {
			continue
		}
		if reason == "" {
			reason = why
		}
		if integration.SendResolved {
			n.ResolvedCount = len(ended)
		}
	}
	if reason == "" {
		return
	}
	n.Reason, n.FiringCount = reason, len(firing)
	for fp := range firing {
		n.Firing = append(n.Firing, g.alerts[fp].episode)
	}
	for fp := range ended {
		if n.ResolvedCount > 0 {
			n.Resolved = append(n.Resolved, g.alerts[fp].episode)
		}
	}
	slices.Sort(n.Firing)
	slices.Sort(n.Resolved)
	r.sent = append(r.sent, n)
}

func needsUpdate(entry *refEntry, firing, ended map[model.Fingerprint]bool, sendResolved bool, before int64) Reason {
	subset := func(a, of map[model.Fingerprint]bool) bool {
		for fp := range a {
			if !of[fp] {
				return false
			}
		}
		return true
	}
	switch {
	case entry == nil && len(firing) > 0:
		return ReasonFirst
	case entry == nil:
		return ""
	case !subset(firing, entry.firing) && len(entry.firing) == 0:
		return ReasonFirst
	case !subset(firing, entry.firing):
		return ReasonNew
	case len(firing) == 0 && len(entry.firing) > 0:
		return ReasonAllGone
	case len(firing) == 0:
		return ""
	case sendResolved && !subset(ended, entry.resolved):
		return ReasonResolved
	case entry.at < before:
		return ReasonRepeat
	}
	return ""
}
