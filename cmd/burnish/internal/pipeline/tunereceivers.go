package pipeline

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// mostSeries bounds the alerts of one rule whose receivers are looked up.
const mostSeries = 200

// nobody stands for the receiver of alerts that reach none.
const nobody = ""

// receive finds whom the alerts of each subject reach, by sending one of each
// through the routes. Without an Alertmanager's configuration nobody knows.
func receive(subjects []tune.Subject, cfg *route.Config, window slo.Interval) {
	if cfg == nil || cfg.Assumed() {
		return
	}
	for i := range subjects {
		subjects[i].Receivers = receivers(subjects[i], cfg, window.From)
	}
}

// receivers are those of one rule's alerts, sent without any others, so that no
// inhibition hides one.
func receivers(s tune.Subject, cfg *route.Config, at time.Time) []string {
	series := s.Views[0].Samples.Series
	if len(series) == 0 {
		series = []tune.Series{{Labels: s.Rule.Labels}}
	}
	var episodes []noise.Episode
	for _, one := range series[:min(mostSeries, len(series))] {
		episodes = append(episodes, noise.Episode{
			Rule: s.Rule.Name, Group: s.Rule.Group, File: s.Rule.File, Labels: withRule(one.Labels, s.Rule),
			ActiveAt: at, FiredAt: at, ResolvedAt: at.Add(time.Hour),
		})
	}
	got := route.Replay(cfg, episodes, route.Options{Window: slo.Interval{From: at, To: at.Add(2 * time.Hour)}})
	var out []string
	for _, n := range got.Notifications {
		if n.FiringCount > 0 {
			out = append(out, n.Receiver)
		}
	}
	if len(out) == 0 {
		return []string{nobody}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// withRule is a series' labels with those of the rule.
func withRule(series labels.Labels, r noise.Rule) labels.Labels {
	b := labels.NewBuilder(series)
	r.Labels.Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
	return b.Labels()
}
