package truth

import (
	"slices"
	"sort"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// MomentOptions say by what alerts and notifications are counted.
type MomentOptions struct {
	Window slo.Interval // what lies outside is not counted; empty: all
	Hours  Hours
	// Deploys are those that are known; nil: nobody knows of any.
	Deploys []noise.Deploy
	// UnderWay is how long a deploy is under way; 30 minutes.
	UnderWay time.Duration
}

// Moment is something that reached for a person, by when it did.
type Moment struct {
	Rule   noise.RuleKey
	At     time.Time
	Labels labels.Labels // of the alert; of a notification what all its alerts share
}

// Moments counts when people were reached.
type Moments struct {
	Asleep, OffHours, AtWork int
	// Deploying is how many came while a deploy of a service that they may
	// concern was under way; not known (Of 0) where deploys are not known.
	Deploying slo.Proportion
}

// All is their number.
func (m Moments) All() int { return m.Asleep + m.OffHours + m.AtWork }

// RuleMoments counts those of one rule.
type RuleMoments struct {
	noise.RuleKey
	Moments
}

// Woken is when people were reached, in all and by rule.
type Woken struct {
	All   Moments
	Rules []RuleMoments // by key
}

// CountMoments counts moments, in any order, by when they came.
func CountMoments(moments []Moment, o MomentOptions) Woken {
	orDefault(&o.UnderWay, 30*time.Minute)
	o.Hours = o.Hours.withDefaults()
	deploys := slices.SortedFunc(slices.Values(o.Deploys), func(a, b noise.Deploy) int { return a.At.Compare(b.At) })
	var w Woken
	rules := map[noise.RuleKey]*Moments{}
	for _, m := range moments {
		if o.Window != (slo.Interval{}) && !o.Window.Contains(m.At) {
			continue
		}
		if rules[m.Rule] == nil {
			rules[m.Rule] = &Moments{}
		}
		kind, deploying := o.Hours.Kind(m.At), isDeploying(deploys, m, o.UnderWay)
		for _, of := range []*Moments{&w.All, rules[m.Rule]} {
			of.add(kind)
			of.addDeploy(deploying, o.Deploys != nil)
		}
	}
	for key, m := range rules {
		w.Rules = append(w.Rules, RuleMoments{key, *m})
	}
	slices.SortFunc(w.Rules, func(a, b RuleMoments) int { return compareKeys(a.RuleKey, b.RuleKey) })
	return w
}

// CountEpisodes counts by when alerts began to fire. The window is by default
// the history's. What fired before the window, or was seen firing first at its
// start, reached nobody in it.
func CountEpisodes(h noise.History, o MomentOptions) Woken {
	if o.Window == (slo.Interval{}) {
		o.Window = h.Window
	}
	c := newCast(h, spanOf(o.Window))
	var moments []Moment
	for i := range c.alerts {
		a := &c.alerts[i]
		for _, f := range a.fired {
			if f.Certainty.Fired != noise.EdgeCut {
				moments = append(moments, Moment{Rule: c.rows[a.row].RuleKey, At: f.FiredAt, Labels: a.labels})
			}
		}
	}
	return CountMoments(moments, o)
}

func (m *Moments) add(kind TimeKind) {
	switch kind {
	case Asleep:
		m.Asleep++
	case OffHours:
		m.OffHours++
	case AtWork:
		m.AtWork++
	}
}

func (m *Moments) addDeploy(deploying, known bool) {
	if !known {
		return
	}
	m.Deploying.Of++
	if deploying {
		m.Deploying.Count++
	}
}

// isDeploying tells whether a deploy was under way that nothing in the labels
// speaks against.
func isDeploying(sorted []noise.Deploy, m Moment, underWay time.Duration) bool {
	first := sort.Search(len(sorted), func(i int) bool { return sorted[i].At.After(m.At.Add(-underWay)) })
	for _, d := range sorted[first:] {
		if d.At.After(m.At) {
			return false
		}
		if (noise.Incident{Labels: d.Labels}).Concerns(m.Labels) {
			return true
		}
	}
	return false
}
