package report

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// month is a history of so many rules and episodes over 30 days, of forty teams.
func month(rules, episodes int) noise.History {
	to := monday
	h := noise.History{Window: slo.Interval{From: to.AddDate(0, 0, -30), To: to}, RulesKnown: true, HealthKnown: true, Markers: true}
	levels := []string{"critical", "warning", "info"}
	for i := range rules {
		team, level := fmt.Sprintf("team%d", i%40), levels[i%3]
		h.Rules = append(h.Rules, noise.Rule{
			Name: fmt.Sprintf("Rule%d", i), Group: fmt.Sprintf("group%d", i%200), File: "all.yml", Line: i + 1, Expr: fmt.Sprintf("m%d > 1", i),
			Labels: labels.FromStrings("severity", level, "team", team),
		})
	}
	sets := make([][5]labels.Labels, rules)
	for i := range sets {
		for j := range sets[i] {
			sets[i][j] = labels.FromStrings("instance", fmt.Sprintf("host-%d:9100", j), "severity", levels[i%3], "service", fmt.Sprintf("service%d", i%100), "team", fmt.Sprintf("team%d", i%40))
		}
	}
	step := 30 * 24 * time.Hour / time.Duration(max(1, episodes/(rules*5)))
	for n := range episodes {
		i, j, k := n%rules, n/rules%5, n/(rules*5)
		from := h.Window.From.Add(time.Duration(k)*step + time.Duration(i*7919%3600)*time.Second)
		h.Episodes = append(h.Episodes, noise.Episode{
			Rule: h.Rules[i].Name, Group: h.Rules[i].Group, File: "all.yml", Labels: sets[i][j],
			ActiveAt: from, FiredAt: from, ResolvedAt: from.Add(time.Duration(1+n%9) * time.Minute),
			Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact},
		})
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	return h
}

// largeInput is a judged month with everything that a report can hold: findings
// on each rule, a thousand incidents, and a notification for every third episode.
func largeInput(rules, episodes int) Input {
	h := month(rules, episodes)
	j := &Judged{Judgement: truth.Judgement{Window: h.Window, Known: true}, Route: &route.Result{Window: h.Window}}
	for _, r := range h.Rules {
		key := r.Ref()
		for _, kind := range []noise.Kind{noise.KindFlapping, noise.KindFleeting, noise.KindBadActor} {
			j.Findings = append(j.Findings, noise.Finding{
				ID: noise.FindingID(kind, key.RuleKey), Kind: kind, Gravity: noise.GravityWarning, Rule: key, Action: noise.GivenNeedlessly, Saves: new(1.0),
				Title: r.Name + " fires too often to be read.", Advice: "Let it wait.", Confidence: noise.Strong, Why: "Counted.",
			})
		}
		j.Decisions = append(j.Decisions, decide.Decision{Verb: decide.Retune, Rule: key, Saves: new(1.0), Why: r.Name + " fires too often."})
		j.Judgement.Rules = append(j.Judgement.Rules, truth.Score{RuleKey: key.RuleKey, Basis: truth.BasisLabels, Precision: slo.Proportion{Count: 1, Of: 10}})
		j.Route.Rules = append(j.Route.Rules, route.RuleCount{RuleKey: key.RuleKey, Notifications: 60, Sole: 30})
	}
	for i := range 1000 {
		at := h.Window.From.Add(time.Duration(i) * 40 * time.Minute)
		v := truth.Verdict{Incident: noise.Incident{
			ID: fmt.Sprintf("incident-%d", i), Interval: slo.Interval{From: at, To: at.Add(time.Hour)}, Labels: labels.FromStrings("service", fmt.Sprintf("service%d", i%100)), Burned: new(0.01),
		}}
		for s := range i % 100 {
			v.Signals = append(v.Signals, truth.Signal{RuleKey: h.Rules[s].Ref().RuleKey, Labels: h.Episodes[s].Labels, FiredAt: at, ResolvedAt: at.Add(time.Minute), Onset: true})
			v.DetectedAt = at
		}
		j.Judgement.Incidents = append(j.Judgement.Incidents, v)
	}
	for i := 0; i < len(h.Episodes); i += 3 {
		j.Route.Notifications = append(j.Route.Notifications, route.Notification{At: h.Episodes[i].FiredAt, Receiver: "team", Firing: []int{i}, FiringCount: 1})
	}
	j.Route.Receivers = []route.Count{{Receiver: "team", Notifications: len(j.Route.Notifications)}}
	return Input{
		Source: "http://prometheus:9090", Current: noise.Summarize(h, noise.Options{}), Rules: h.Rules, History: &h, Judged: j,
		Past: &Past{History: h, Reach: h.Window, Route: j.Route},
	}
}

// render writes all forms and tells their sizes.
func render(t testing.TB, in Input) (html, md, json int) {
	t.Helper()
	r := Build(in)
	var b bytes.Buffer
	require.NoError(t, r.WriteHTML(&b))
	html = b.Len()
	b.Reset()
	require.NoError(t, r.WriteMarkdown(&b))
	md = b.Len()
	b.Reset()
	require.NoError(t, r.WriteJSON(&b))
	return html, md, b.Len()
}

// TestALargeMonthIsSummedUp holds the page of a large month to its size. The full
// size, and the time, are in BenchmarkAMonthOfAMillionEpisodes.
func TestALargeMonthIsSummedUp(t *testing.T) {
	r := Build(largeInput(5000, 15_000))
	page := written(t, r.WriteHTML)
	assert.Less(t, len(page), 3<<20)
	assert.Less(t, len(written(t, r.WriteMarkdown)), 1<<20)
	for _, said := range []string{"4,980 more rules", "more findings, in the JSON in full", "962 more incidents"} {
		assert.Contains(t, page, said, "what is left out is counted")
	}
	assert.Len(t, r.Document().Teams, 40)
}

// BenchmarkAMonthOfAMillionEpisodes makes the report of 5,000 rules and 1,000,000
// episodes in all forms, from the summary on.
func BenchmarkAMonthOfAMillionEpisodes(b *testing.B) {
	in := largeInput(5000, 1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		in.Current = noise.Summarize(*in.History, noise.Options{})
		html, md, json := render(b, in)
		b.ReportMetric(float64(html)/(1<<20), "MB-html")
		b.ReportMetric(float64(md)/(1<<20), "MB-md")
		b.ReportMetric(float64(json)/(1<<20), "MB-json")
		if html >= 3<<20 {
			b.Fatalf("the page has %d bytes", html)
		}
	}
}
