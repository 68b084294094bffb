package pipeline

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/remedy"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

var remedyStart = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// steadyEvents is a thousand good events a minute for some days, but in the first half
// hour of the third day half of them fail.
func steadyEvents(days int) *slo.Steps {
	s := slo.NewSteps(slo.Interval{From: remedyStart, To: remedyStart.AddDate(0, 0, days)}, time.Minute)
	for i := range s.Total {
		s.Total[i], s.Known[i] = 1000, true
		if i >= 2*24*60 && i < 2*24*60+30 {
			s.Bad[i] = 500
		}
	}
	return s
}

func shopSLO(service string) slo.SLO {
	return slo.SLO{Name: "availability", Service: service, Objective: 0.999, Window: slo.Window{Rolling: 30 * 24 * time.Hour}}
}

func TestStepCountsAreSumsOfSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := slo.NewSteps(slo.Interval{From: remedyStart, To: remedyStart.Add(5 * time.Hour)}, time.Minute)
	for i := range s.Total {
		s.Total[i], s.Bad[i], s.Known[i] = float64(rng.IntN(9)), float64(rng.IntN(3)), rng.IntN(3) > 0
	}
	c := newStepCounts(s)
	for range 2000 {
		end, d := rng.IntN(320), 1+rng.IntN(90)
		var bad, total float64
		known := 0
		for i := max(0, end-d); i < min(end, s.Len()); i++ {
			bad, total = bad+s.Bad[i], total+s.Total[i]
			if s.Known[i] {
				known++
			}
		}
		gotBad, gotTotal, gotKnown := c.Window(remedyStart.Add(time.Duration(end)*time.Minute), time.Duration(d)*time.Minute)
		assert.InDelta(t, bad, gotBad, 1e-9)
		assert.InDelta(t, total, gotTotal, 1e-9)
		assert.Equal(t, 2*known >= d, gotKnown)
	}
}

// TestBurnRateAlertsComeOfTheEvents: half of all requests fail for half an hour,
// a burn of 500. One hour at 14.4 is reached after two minutes; the five-minute
// window forgets the errors within five. The slower condition is still about it.
func TestBurnRateAlertsComeOfTheEvents(t *testing.T) {
	r := &Reading{Truth: Truth{Events: []Events{{SLO: shopSLO("checkout"), Labels: labels.FromStrings("service", "checkout"), Steps: steadyEvents(5)}}}}
	burns := r.burns(router{})
	require.Len(t, burns, 1)
	require.Len(t, burns[0].alerts, 2, "pages and tickets")
	pages, tickets := burns[0].alerts[0], burns[0].alerts[1]
	assert.Equal(t, remedy.Wakes, pages.Voice.Waking)
	assert.Equal(t, remedy.WakesNobody, tickets.Voice.Waking)
	assert.Equal(t, "checkout", pages.Samples.Series[0].Labels.Get("service"))
	var spans []tune.Span
	for _, a := range burns[0].alerts {
		for _, series := range a.Samples.Series {
			spans = append(spans, tune.Simulate(a.Samples.Grid, series.Values, tune.Shape{})...)
		}
	}
	outage := 2 * 24 * 60
	require.Len(t, spans, 1, "one outage, one alert")
	assert.InDelta(t, outage+2, spans[0].Fired, 1)
	assert.InDelta(t, outage+35, spans[0].Resolved, 1)
}

// tunedSubject is a rule with one alert of some labels.
func tunedSubject(name string, alert ...string) tune.Subject {
	series := []tune.Series{{Labels: labels.FromStrings(alert...), Values: []float64{1}}}
	return tune.Subject{
		Rule:  noise.Rule{Name: name, Labels: labels.FromStrings("severity", "page")},
		Views: []tune.View{{Atom: tune.Whole, Samples: tune.Samples{Grid: tune.Grid{Start: remedyStart, Step: time.Minute, Slots: 1}, Series: series}}},
	}
}

func TestBurnRateAlertsStandInForRulesOfTheirService(t *testing.T) {
	eu := labels.FromStrings("service", "checkout", "region", "eu")
	r := &Reading{Truth: Truth{Events: []Events{
		{SLO: shopSLO("checkout"), Labels: eu, Steps: steadyEvents(5)},
		{SLO: shopSLO("search"), Labels: labels.FromStrings("service", "search"), Steps: steadyEvents(4)},
	}}}
	burns := r.burns(router{})
	for name, c := range map[string]struct {
		rule    tune.Subject
		inForce string
		want    []string
	}{
		"its service":                   {tunedSubject("Errors", "service", "checkout"), "", []string{"checkout/availability"}},
		"named as a job":                {tunedSubject("Errors", "job", "checkout"), "", []string{"checkout/availability"}},
		"another region":                {tunedSubject("Errors", "service", "checkout", "region", "us"), "", nil},
		"another service":               {tunedSubject("Errors", "service", "cart"), "", nil},
		"no service":                    {tunedSubject("Errors", "instance", "checkout"), "", nil},
		"the service before the job":    {tunedSubject("Errors", "service", "cart", "job", "checkout"), "", nil},
		"it is the SLO's alert":         {tunedSubject("CheckoutAvailabilityBudgetBurn", "service", "checkout"), "", nil},
		"the SLO's alert is there":      {tunedSubject("Errors", "service", "checkout"), "CheckoutAvailabilityBudgetBurn", []string{"checkout/availability"}},
		"the SLO's alert has no series": {tunedSubject("Errors", "service", "search"), "CheckoutAvailabilityBudgetBurn", []string{"search/availability"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := insteadOf(c.rule, []tune.Subject{c.rule, {Rule: noise.Rule{Name: c.inForce}}}, burns)
			if c.want == nil {
				assert.Nil(t, got)
				return
			}
			require.NotNil(t, got)
			assert.Equal(t, c.want, got.SLOs)
			there := c.inForce != "" && strings.HasPrefix(c.want[0], "checkout")
			assert.Equal(t, there, len(got.Alerts) == 0)
			assert.Equal(t, there, strings.Contains(got.Note, c.inForce) && c.inForce != "")
		})
	}
	both := tunedSubject("Errors", "service", "checkout")
	both.Views[0].Samples.Series = append(both.Views[0].Samples.Series, tunedSubject("", "service", "search").Views[0].Samples.Series...)
	got := insteadOf(both, nil, burns)
	assert.Equal(t, []string{"checkout/availability", "search/availability"}, got.SLOs)
	assert.Equal(t, []slo.Interval{{From: remedyStart, To: remedyStart.AddDate(0, 0, 4)}}, got.Covered, "what both counted")
}

func TestInAllIsTheTimeThatAllHave(t *testing.T) {
	at := func(from, to int) slo.Interval {
		return slo.Interval{From: remedyStart.Add(time.Duration(from) * time.Hour), To: remedyStart.Add(time.Duration(to) * time.Hour)}
	}
	assert.Equal(t, []slo.Interval{at(1, 2), at(4, 5), at(7, 8)},
		inAll([][]slo.Interval{{at(0, 2), at(4, 8)}, {at(1, 5), at(7, 9)}}))
	assert.Empty(t, inAll([][]slo.Interval{{at(0, 2)}, {at(2, 3)}}))
}

func TestWhoIsWokenIsSaidByRoutesElseBySeverity(t *testing.T) {
	cfg, err := route.NewConfig([]byte(`
route: {receiver: chat, routes: [{matchers: [severity="page"], receiver: pager}]}
receivers: [{name: chat, webhook_configs: [{url: 'http://localhost/'}]}, {name: pager, pagerduty_configs: [{routing_key: k}]}]
`))
	require.NoError(t, err)
	window := slo.Interval{From: remedyStart, To: remedyStart.AddDate(0, 0, 1)}
	routed, unrouted := newRouter(JudgeOptions{Alertmanager: cfg}, window), newRouter(JudgeOptions{}, window)
	for severity, want := range map[string][2]remedy.Waking{
		"page": {remedy.Wakes, remedy.Wakes}, "critical": {remedy.WakesNobody, remedy.Wakes},
		"Warning": {remedy.WakesNobody, remedy.WakesNobody}, "p1": {remedy.WakesNobody, remedy.WakesUnknown},
	} {
		rule := noise.Rule{Name: "R", Labels: labels.FromStrings("severity", severity)}
		assert.Equal(t, want, [2]remedy.Waking{routed.voice(rule, nil).Waking, unrouted.voice(rule, nil).Waking}, severity)
	}
	s := tunedSubject("R", "host", "a")
	lower := lowered(s, "", routed)
	assert.Equal(t, "ticket", lower.To, "as pages are called here")
	assert.Equal(t, remedy.Voice{Receivers: []string{"chat"}, Waking: remedy.WakesNobody}, lower.Voice)
	other := tunedSubject("S")
	other.Rule.Labels = labels.FromStrings("severity", "warning")
	assert.Equal(t, "warning", lowerSeverity([]tune.Subject{s, other}))
}

// aTuning is a rule with each remedy, the best of which is the one of a kind.
func aTuning(best remedy.Kind) *Tuning {
	later := 90 * time.Second
	f := remedy.Figures{Known: true, Episodes: 22, Notifications: 23.4, Pages: 2.25, PagesKnown: true, Outside: 21, Incidents: 4, InTime: 3, Fewer: []int{1}, Later: &later}
	inhibition := route.Inhibition{Source: []route.Match{{Name: "alertname", Value: "Down"}}, Target: []route.Match{{Name: "alertname", Value: "Load"}}, Equal: []string{"host"}}
	t := &Tuning{Rules: []TunedRule{
		{Rule: noise.Rule{Name: "Load\n", File: "/etc/rules/a.yml", Line: 7, Labels: labels.FromStrings("severity", "page")}, Subject: tunedSubject("Load")},
		{Rule: noise.Rule{Name: "Down"}},
	}}
	t.Plan.Judged = true
	c := remedy.Contest{Planned: -1, Needless: 10.4, Rows: []remedy.Row{
		{Kind: remedy.AsIs, Train: f, HeldOut: remedy.Figures{}},
		{Kind: remedy.Change, Change: &tune.Change{Shape: tune.Shape{For: time.Minute}, Remedies: []tune.Remedy{tune.RemedyFor}}, Whole: true, Train: f, HeldOut: f},
		{Kind: remedy.Inhibit, Source: 1, Inhibition: &inhibition, Held: slo.Proportion{Count: 20, Of: 21}, Train: f, HeldOut: f},
		{Kind: remedy.Severity, Lower: &remedy.Lower{From: "page", To: "ticket"}, Train: f, HeldOut: f},
		{Kind: remedy.BurnRate, Instead: &remedy.Instead{SLOs: []string{"a/x", "b/x", "c/x"}}, Train: f, HeldOut: f},
		{Kind: remedy.Delete, Change: &tune.Change{Delete: true}, Train: f, HeldOut: f, Barred: "Nobody would be told."},
	}}
	for i, row := range c.Rows {
		if row.Kind == best {
			c.Best = i
		}
	}
	t.Contests = []remedy.Contest{c}
	return t
}

func contestText(t *testing.T, tuning *Tuning) string {
	t.Helper()
	var b bytes.Buffer
	out := &tuneText{tab: tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0), t: tuning}
	out.contests()
	require.NoError(t, out.err)
	require.NoError(t, out.tab.Flush())
	return b.String()
}

func TestTheTextSaysWhatToPaste(t *testing.T) {
	text := contestText(t, aTuning(remedy.Inhibit))
	for _, want := range []string{
		"Load  (page), 10 needless notifications a week\n",
		"  leave as is                        22 | ?   21 | ?   23 | ?       2.2 | ?       3 of 4 | ?       0 +1 | ?     1m30s | ?\n",
		"  for 0s to 1m (chosen on both parts)",
		"* inhibit while Down fires           ",
		"  burn-rate alerts of a/x, b/x and 1 more",
		"  * Best: it would hold back 20 of 21 needless episodes. Paste into alertmanager.yml:\n    inhibit_rules:\n      - source_matchers: ['alertname=\"Down\"']\n",
	} {
		assert.Contains(t, strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(want), " "))
	}
	assert.Contains(t, contestText(t, aTuning(remedy.Severity)), "    # a.yml:7, alert Load \n    labels:\n      severity: ticket\n")
	assert.Contains(t, contestText(t, aTuning(remedy.BurnRate)), "    # of a/x, b/x, c/x\n    burnish rules generate ")
	tuning := aTuning(remedy.AsIs)
	tuning.Contests[0].Planned = 5
	assert.Contains(t, contestText(t, tuning), "  What is recommended is not best here. Nobody would be told.\n")
	tuning.Plan.Judged = false
	assert.Regexp(t, `leave as is +22 \| \? +\? \| \? +23 \| \?`, contestText(t, tuning), "nothing is known of incidents")
}

func TestTheJSONHasWhatIsUnknownAsNull(t *testing.T) {
	tuning := aTuning(remedy.Inhibit)
	got, err := tuning.contestsJSON()
	require.NoError(t, err)
	text, err := json.Marshal(got[0].Rows[0])
	require.NoError(t, err)
	assert.JSONEq(t, `{"remedy":"as_is","text":"leave as is","best":false,"recommended":true,"barred":null,"change":null,"chosen_on_all":false,
		"source":null,"held_back":null,"severity":null,"slos":[],"note":null,"paste":null,"held_out":null,
		"train":{"episodes":22,"outside_incidents":21,"notifications_per_week":23.4,"pages_per_week":2.25,"incidents":4,"incidents_in_time":3,
			"incidents_lost":0,"incidents_told_to_fewer":1,"later_seconds":90}}`, string(text))
	assert.Equal(t, "Down", *got[0].Rows[2].Source)
	assert.Contains(t, *got[0].Rows[2].Paste, "inhibit_rules:")
	tuning.Plan.Judged = false
	tuning.Contests[0].Rows[0].Train.PagesKnown = false
	got, err = tuning.contestsJSON()
	require.NoError(t, err)
	f := got[0].Rows[0].Train
	assert.Nil(t, f.Outside)
	assert.Nil(t, f.Lost)
	assert.Nil(t, f.Pages)
}
