package pipeline

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/remedy"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// mostSeries bounds the alerts of one rule whose receivers are looked up.
const mostSeries = 200

// nobody stands for the receiver of alerts that reach none.
const nobody = ""

// router finds whom alerts reach. Without an Alertmanager's configuration nobody
// knows, and severities tell who is woken.
type router struct {
	config *route.Config // nil where there is none
	paging *route.Paging
	pages  bool // some receiver is known to page
	at     time.Time
}

func newRouter(o JudgeOptions, window slo.Interval) router {
	r := router{paging: o.Paging, at: window.From}
	if o.Alertmanager == nil || o.Alertmanager.Assumed() {
		return r
	}
	r.config = o.Alertmanager
	for _, c := range r.replay(nil).Receivers {
		r.pages = r.pages || c.Paging
	}
	return r
}

// replay sends episodes without any others, so that no inhibition hides one.
func (r router) replay(episodes []noise.Episode) route.Result {
	return route.Replay(r.config, episodes, route.Options{Window: slo.Interval{From: r.at, To: r.at.Add(2 * time.Hour)}, Paging: r.paging})
}

// voices finds whom the alerts of each subject reach, by sending one of each
// through the routes, and tells the subjects: who is woken only where routes are
// known, since severities are often given without a thought.
func (r router) voices(subjects []tune.Subject) []remedy.Voice {
	out := make([]remedy.Voice, len(subjects))
	for i := range subjects {
		out[i] = r.voice(subjects[i].Rule, subjects[i].Views[0].Samples.Series)
		subjects[i].Receivers, subjects[i].Wakes = out[i].Receivers, r.config != nil && out[i].Waking == remedy.Wakes
	}
	return out
}

// voice is whom a rule's alerts reach.
func (r router) voice(rule noise.Rule, series []tune.Series) remedy.Voice {
	v := remedy.Voice{Waking: wakingOf(rule.Severity())}
	if r.config == nil {
		return v
	}
	if len(series) == 0 {
		series = []tune.Series{{Labels: rule.Labels}}
	}
	var episodes []noise.Episode
	for _, one := range series[:min(mostSeries, len(series))] {
		episodes = append(episodes, noise.Episode{
			Rule: rule.Name, Group: rule.Group, File: rule.File, Labels: withRule(one.Labels, rule),
			ActiveAt: r.at, FiredAt: r.at, ResolvedAt: r.at.Add(time.Hour),
		})
	}
	if r.pages {
		v.Waking = remedy.WakesNobody
	}
	for _, n := range r.replay(episodes).Notifications {
		if n.FiringCount > 0 {
			v.Receivers = append(v.Receivers, n.Receiver)
		}
		if n.Page() {
			v.Waking = remedy.Wakes
		}
	}
	if len(v.Receivers) == 0 {
		v.Receivers = []string{nobody}
	}
	slices.Sort(v.Receivers)
	v.Receivers = slices.Compact(v.Receivers)
	return v
}

// levelOf is the level of a severity in common use.
func levelOf(severity string) noise.Level {
	if level, ok := noise.DefaultSeverities()[strings.ToLower(severity)]; ok {
		return level
	}
	return noise.LevelUnclassified
}

// wakingOf tells from a severity whether alerts wake somebody.
func wakingOf(severity string) remedy.Waking {
	switch levelOf(severity) {
	case noise.LevelHigh:
		return remedy.Wakes
	case noise.LevelMedium, noise.LevelLow:
		return remedy.WakesNobody
	case noise.LevelUnclassified:
	}
	return remedy.WakesUnknown
}

// withRule is a series' labels with those of the rule.
func withRule(series labels.Labels, r noise.Rule) labels.Labels {
	b := labels.NewBuilder(series)
	r.Labels.Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
	return b.Labels()
}
