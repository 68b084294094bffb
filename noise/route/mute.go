package route

import (
	"strings"
	"time"

	amlabels "github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// required finds, among many sets of matchers, those that an alert may match: a
// set that demands one value of a label is looked at only for alerts that have
// it.
type required struct {
	byPair map[labels.Label][]int32
	rest   []int32
}

func newRequired() *required { return &required{byPair: map[labels.Label][]int32{}} }

func (r *required) addFirst(id int32, pairs []labels.Label) {
	if len(pairs) == 0 {
		r.rest = append(r.rest, id)
		return
	}
	r.byPair[pairs[0]] = append(r.byPair[pairs[0]], id)
}

// each calls visit with every set that the alert may match, some perhaps twice.
func (r *required) each(ls labels.Labels, visit func(id int32)) {
	for _, id := range r.rest {
		visit(id)
	}
	if len(r.byPair) == 0 {
		return
	}
	ls.Range(func(l labels.Label) {
		for _, id := range r.byPair[l] {
			visit(id)
		}
	})
}

// silence marks on each alert when it is silenced.
func (t *alertTable) silence(silences []noise.Silence) {
	index := newRequired()
	for i, s := range silences {
		for _, set := range s.Matchers {
			index.addFirst(int32(i), pairsOf(set))
		}
	}
	for i := range t.alerts {
		a := &t.alerts[i]
		index.each(a.labels, func(id int32) {
			if s := &silences[id]; s.Mutes(a.labels) {
				a.silenced = append(a.silenced, stretch{milli(s.From), milli(s.To)})
			}
		})
		a.silenced = unite(a.silenced)
	}
}

// pairsOf are the labels that a set of matchers demands; the alertname last,
// since most alerts share theirs with fewer others than with a severity.
func pairsOf(set []*labels.Matcher) []labels.Label {
	var pairs []labels.Label
	for _, m := range set {
		if m.Type == labels.MatchEqual && m.Value != "" {
			pairs = preferName(pairs, labels.Label{Name: m.Name, Value: m.Value})
		}
	}
	return pairs
}

func amPairsOf(set amlabels.Matchers) []labels.Label {
	var pairs []labels.Label
	for _, m := range set {
		if m.Type == amlabels.MatchEqual && m.Value != "" {
			pairs = preferName(pairs, labels.Label{Name: m.Name, Value: m.Value})
		}
	}
	return pairs
}

// preferName puts the alertname before other labels: it is the rarest.
func preferName(pairs []labels.Label, l labels.Label) []labels.Label {
	if l.Name == labels.AlertName {
		return append([]labels.Label{l}, pairs...)
	}
	return append(pairs, l)
}

// sources is when the sources of one inhibition rule fire, by the values of its
// equal labels. pure are the sources that are not targets too: those alone
// inhibit an alert that is both.
type sources struct{ all, pure map[string][]stretch }

// inhibit marks on each alert when it is inhibited, by these rules alone.
func (t *alertTable) inhibit(rules []inhibitRule) {
	for i := range t.alerts {
		t.alerts[i].inhibited = nil
	}
	if len(rules) == 0 {
		return
	}
	bySource, byTarget := newRequired(), newRequired()
	found := make([]sources, len(rules))
	for i, r := range rules {
		found[i] = sources{map[string][]stretch{}, map[string][]stretch{}}
		bySource.addFirst(int32(i), amPairsOf(r.SourceMatchers))
		byTarget.addFirst(int32(i), amPairsOf(r.TargetMatchers))
	}
	for i := range t.alerts {
		a := &t.alerts[i]
		bySource.each(a.labels, func(id int32) { found[id].add(rules[id], a) })
	}
	for i := range found {
		found[i].unite()
	}
	for i := range t.alerts {
		a := &t.alerts[i]
		byTarget.each(a.labels, func(id int32) {
			if l := found[id].of(rules[id], a); len(l) > 0 {
				a.inhibited = append(a.inhibited, l)
			}
		})
	}
}

func (s sources) add(r inhibitRule, a *alert) {
	if !allMatch(r.SourceMatchers, a.labels) {
		return
	}
	key, pure := r.key(a.labels), !allMatch(r.TargetMatchers, a.labels)
	for _, sp := range a.spans {
		s.all[key] = append(s.all[key], stretch{sp.from, sp.to})
		if pure {
			s.pure[key] = append(s.pure[key], stretch{sp.from, sp.to})
		}
	}
}

func (s sources) unite() {
	for _, m := range []map[string][]stretch{s.all, s.pure} {
		for key, l := range m {
			m[key] = unite(l)
		}
	}
}

// of is when the rule inhibits an alert.
func (s sources) of(r inhibitRule, a *alert) []stretch {
	switch {
	case !allMatch(r.TargetMatchers, a.labels):
		return nil
	case allMatch(r.SourceMatchers, a.labels):
		return s.pure[r.key(a.labels)]
	}
	return s.all[r.key(a.labels)]
}

// key is the values of the labels that have to be equal; a label that is not
// there is as good as an empty one.
func (r inhibitRule) key(ls labels.Labels) string {
	if len(r.equal) == 1 {
		return ls.Get(r.equal[0])
	}
	var b strings.Builder
	for _, name := range r.equal {
		b.WriteString(ls.Get(name))
		b.WriteByte(0xff) // no label value holds it: it is not UTF-8
	}
	return b.String()
}

// timed is when a route is muted by its time intervals.
func (c *Config) timed(n *node, from, to int64) []stretch {
	if len(n.mute) == 0 && len(n.alive) == 0 {
		return nil
	}
	v := timeinterval.NewIntervener(c.intervals)
	muted := func(t time.Time) bool {
		if len(n.alive) > 0 {
			if active, _, err := v.Mutes(n.alive, t); err == nil && !active {
				return true
			}
		}
		in, _, err := v.Mutes(n.mute, t)
		return err == nil && in
	}
	const minute = int64(time.Minute / time.Millisecond) // the intervals' resolution
	var out []stretch
	for t := from - from%minute - minute; t < to; t += minute {
		if !muted(time.UnixMilli(t).UTC()) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].to == t {
			out[n-1].to += minute
			continue
		}
		out = append(out, stretch{t, t + minute})
	}
	return out
}
