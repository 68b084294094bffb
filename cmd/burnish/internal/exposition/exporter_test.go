package exposition_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/slo"
)

var (
	from = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	to   = from.Add(30 * 24 * time.Hour)
)

// full is a report in which every figure is known.
func full() *report.Document {
	rule := func(name string, episodes, notifications int) report.Rule {
		return report.Rule{
			Name: name, Group: new("shop"), Severity: new("page"), Episodes: episodes, FiringSeconds: 60 * float64(episodes),
			Precision: &slo.Proportion{Count: 1, Of: episodes}, Recall: &slo.Proportion{Count: 1, Of: 2},
			Notifications: &notifications, Pages: new(notifications / 2),
		}
	}
	d := &report.Document{
		From: from, To: to,
		Summary: report.Totals{
			Rules: 3, RulesFired: 3, Alerts: 4, Episodes: 14, Standing: 1, Notifications: new(9), Pages: new(3), FiringSeconds: 840,
			Fleeting: slo.Proportion{Count: 1, Of: 4}, Refires: slo.Proportion{Count: 1, Of: 2}, Severity: report.Severity{High: 14},
		},
		Rules: []report.Rule{rule("Slow", 2, 5), rule("Down", 8, 3), rule("Full", 4, 1)},
		Incidents: []report.Incident{
			{ID: "a", SLO: new("shop/checkout"), Group: map[string]string{"service": "shop", "cluster": "eu"}, From: from.Add(time.Hour), To: from.Add(2 * time.Hour)},
			{ID: "b", SLO: new("shop/checkout"), Group: map[string]string{"service": "shop", "cluster": "eu"}, From: to.Add(-time.Hour), To: to.Add(-time.Minute)},
			{ID: "old", SLO: new("shop/checkout"), Group: map[string]string{"service": "shop", "cluster": "eu"}, From: from.Add(-2 * time.Hour), To: from.Add(-time.Hour)},
			{ID: "c", Declared: true, From: from, To: from.Add(time.Hour)},
		},
		Findings:  []noise.Finding{{Kind: noise.KindFlapping, Gravity: noise.GravityWarning}, {Kind: noise.KindFlapping, Gravity: noise.GravityWarning}},
		Decisions: []report.Decision{{Verb: decide.Retune}},
		Truth: &report.TruthDocument{
			SLOs:       []report.WatchedSLO{{SLO: "shop/checkout", Labels: map[string]string{"service": "shop", "cluster": "eu"}, Recall: slo.Proportion{Count: 1, Of: 2}}},
			BlindSpots: []string{"b"}, Unjudged: 2, Actions: report.Actions{NotGiven: 1, GivenNeedlessly: 11},
		},
		Receivers:   []report.Receiver{{Name: "pager", Paging: true, Notifications: 4, Pages: 3}, {Name: "chat", Notifications: 5}},
		DataQuality: report.DataQuality{Markers: true, RulesKnown: true, HealthKnown: true, Coverage: new(0.99), Touched: slo.Proportion{Count: 1, Of: 14}, Spells: []report.Spell{{Kind: noise.SpellOutage, From: from, To: from.Add(time.Hour)}}},
	}
	for _, k := range noise.Summarize(noise.History{}, noise.Options{}).KPIs {
		d.KPIs = append(d.KPIs, report.KPI{ID: k.ID, Value: new(0.5), Verdict: noise.VerdictAcceptable})
	}
	return d
}

// standing is one group of an SLO of which everything is known, and one of which
// nothing is.
func standing() *report.SLOStatus {
	promise := slo.SLO{Name: "checkout", Service: "shop", Owner: "payments", Objective: 0.999, Window: slo.Window{Rolling: 30 * 24 * time.Hour}}
	known := func(v float64) slo.Figure { return slo.Figure{Value: v, Known: true} }
	return &report.SLOStatus{At: to, Groups: []report.SLOGroup{
		{SLO: promise, Group: labels.FromStrings("cluster", "us"), Status: slo.Status{At: to}},
		{SLO: promise, Group: labels.FromStrings("cluster", "eu"), Status: slo.Status{
			At: to, Window: promise.Window.At(to), Tally: slo.Tally{Total: 1e6, Bad: 250, Covered: 15 * 24 * time.Hour, Length: 30 * 24 * time.Hour},
			ErrorRatio: known(0.00025), BudgetRemaining: known(0.75),
			Burn:       map[time.Duration]slo.Figure{time.Hour: known(2), 5 * time.Minute: {}},
			Exhaustion: slo.Exhaustion{Known: true, Best: known(86400)},
		}},
	}}
}

var teams = map[noise.RuleKey]string{{Name: "Slow", Group: "shop"}: "payments", {Name: "Down", Group: "shop"}: "payments"}

// gathered is what a scrape would show: metric to labels to value.
func gathered(t *testing.T, e *exposition.Exporter) map[string]map[string]float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	require.NoError(t, r.Register(e))
	families, err := r.Gather()
	require.NoError(t, err)
	out := map[string]map[string]float64{}
	for _, f := range families {
		out[f.GetName()] = map[string]float64{}
		for _, m := range f.GetMetric() {
			out[f.GetName()][labelText(m.GetLabel())] = m.GetGauge().GetValue()
		}
	}
	return out
}

func labelText(pairs []*dto.LabelPair) string {
	var parts []string
	for _, p := range pairs {
		if p.GetValue() != "" {
			parts = append(parts, p.GetName()+"="+p.GetValue())
		}
	}
	return strings.Join(parts, " ")
}

func TestEveryMetricIsShownWhereEverythingIsKnown(t *testing.T) {
	e := exposition.New(exposition.Options{})
	e.Set(exposition.Snapshot{Report: full(), SLOs: standing(), Teams: teams})
	got := gathered(t, e)
	for _, m := range exposition.Metrics() {
		assert.Contains(t, got, m.Name)
	}
	assert.Len(t, got, len(exposition.Metrics()))
	problems, err := testutil.CollectAndLint(e)
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func TestFigures(t *testing.T) {
	e := exposition.New(exposition.Options{Rules: 1})
	e.Set(exposition.Snapshot{Report: full(), SLOs: standing(), Teams: teams})
	got := gathered(t, e)
	const eu = "group=cluster=eu service=shop slo=checkout"
	for name, want := range map[string]map[string]float64{
		"burnish_slo_budget_remaining_ratio": {eu: 0.75},
		"burnish_slo_burn_rate":              {eu + " window=1h": 2},
		"burnish_slo_exhaustion_seconds":     {eu: 86400},
		"burnish_slo_coverage_ratio":         {eu: 0.5, strings.Replace(eu, "=eu", "=us", 1): 0},
		"burnish_slo_recall_ratio":           {eu: 0.5},
		"burnish_slo_info":                   {eu + " team=payments": 1, strings.Replace(eu, "=eu", "=us", 1) + " team=payments": 1},
		"burnish_incidents":                  {eu: 2, "": 1},
		"burnish_incident_open":              {eu: 1, "": 0},
		"burnish_findings":                   {"gravity=warning kind=flapping": 2},
		"burnish_rule_episodes":              {"group=shop rule=Slow severity=page team=payments": 2, "team=payments": 8, "": 4},
		"burnish_rule_precision_ratio":       {"group=shop rule=Slow severity=page team=payments": 0.5, "team=payments": 0.125, "": 0.25},
		"burnish_rules_hidden":               {"": 2},
		"burnish_receiver_pages":             {"paging=yes receiver=pager": 3, "paging=no receiver=chat": 0},
	} {
		assert.Equal(t, want, got[name], name)
	}
}

func TestTheReportsOwnSLOsServeWhereThereIsNoNewerStatus(t *testing.T) {
	rep := report.Build(report.Input{SLOs: standing().Groups, SLOsAt: to, Current: noise.Summarize(noise.History{Window: slo.Interval{From: from, To: to}}, noise.Options{})})
	doc := rep.Document()
	fromReport, fromStatus := exposition.New(exposition.Options{}), exposition.New(exposition.Options{})
	fromReport.Set(exposition.Snapshot{Report: &doc})
	fromStatus.Set(exposition.Snapshot{SLOs: standing()})
	a, b := gathered(t, fromReport), gathered(t, fromStatus)
	require.NotEmpty(t, b)
	for name := range b {
		assert.Equal(t, b[name], a[name], name)
	}
}

func TestUnknownHasNoSeries(t *testing.T) {
	e := exposition.New(exposition.Options{})
	assert.Empty(t, gathered(t, e), "nothing is shown before there is anything")

	e.Set(exposition.Snapshot{Report: &report.Document{From: from, To: to, DataQuality: report.DataQuality{NothingKnown: true}}})
	got := gathered(t, e)
	assert.Equal(t, map[string]float64{"": 0}, got["burnish_data_known"])
	for name := range got {
		assert.NotContains(t, name, "burnish_alerts_")
		assert.NotContains(t, name, "burnish_rule_")
		assert.NotContains(t, name, "burnish_kpi_")
		assert.NotContains(t, name, "burnish_slo")
	}

	doc := full()
	doc.Summary.Notifications, doc.Summary.Pages, doc.Truth, doc.DataQuality.Coverage = nil, nil, nil, nil
	doc.Rules[0].Notifications, doc.Rules[0].Pages, doc.Rules[0].Precision = nil, nil, nil
	doc.KPIs[0].Value, doc.KPIs[0].Verdict = nil, noise.VerdictUnknown
	doc.KPIs[1].Verdict = noise.VerdictTooShort
	doc.DataQuality.HealthKnown = false
	doc.Summary.Fleeting = slo.Proportion{}
	e.Set(exposition.Snapshot{Report: doc, Teams: teams})
	got = gathered(t, e)
	for _, name := range []string{
		"burnish_alerts_notifications", "burnish_alerts_pages", "burnish_alerts_blind_spots", "burnish_alerts_fleeting_ratio",
		"burnish_data_coverage_ratio", "burnish_data_spells", "burnish_kpi_episodes_per_day", "burnish_slo_recall_ratio",
	} {
		assert.NotContains(t, got, name)
	}
	assert.Len(t, got["burnish_kpi_met"], len(doc.KPIs)-2)
	assert.Len(t, got["burnish_rule_episodes"], 3)
	assert.Len(t, got["burnish_rule_notifications"], 2)
	assert.Len(t, got["burnish_rule_precision_ratio"], 2)
}

// hostile is a report with far too many rules, teams, SLOs and receivers, whose
// names are long, alike, or no text at all.
func hostile(n int) exposition.Snapshot {
	s := exposition.Snapshot{Report: &report.Document{From: from, To: to}, SLOs: &report.SLOStatus{At: to}, Teams: map[noise.RuleKey]string{}}
	long := strings.Repeat("é", 5000)
	for i := range n {
		name := fmt.Sprintf("%s%d\xff\n\"}", long, i)
		s.Report.Rules = append(s.Report.Rules, report.Rule{Name: name, Group: &long, Episodes: i, FiringSeconds: math.Inf(1)},
			report.Rule{Name: "Same", Severity: new("page"), File: &name, Episodes: 1})
		s.Teams[noise.RuleKey{Name: name, Group: long}] = name
		s.Report.Receivers = append(s.Report.Receivers, report.Receiver{Name: name, Notifications: 1})
		s.Report.Incidents = append(s.Report.Incidents, report.Incident{SLO: &name, From: from, To: to})
		s.SLOs.Groups = append(s.SLOs.Groups, report.SLOGroup{
			SLO:   slo.SLO{Name: name, Service: "\x00", Objective: 0.9, Window: slo.Window{Rolling: time.Hour}},
			Group: labels.FromStrings("slo", name, "service", "=,"),
		})
	}
	return s
}

func TestHostileLabelsAreBounded(t *testing.T) {
	e := exposition.New(exposition.Options{Rules: 10, Teams: 7, SLOs: 20, Receivers: 5})
	e.Set(hostile(300))
	got := gathered(t, e)
	assert.Len(t, got["burnish_slo_objective_ratio"], 20)
	assert.Equal(t, 280.0, got["burnish_slos_hidden"][""])
	assert.Len(t, got["burnish_receiver_pages"], 6)
	assert.LessOrEqual(t, len(got["burnish_rule_episodes"]), 10+7+2)
	total := 0.0
	for of, n := range got["burnish_rule_episodes"] {
		total += n
		assert.Less(t, len(of), 1000)
	}
	assert.Equal(t, 299.0*300/2+300, total, "what has no series of its own is in the sums")
	assert.Equal(t, 300.0, got["burnish_rule_episodes"]["rule=Same severity=page"], "rules that labels can't tell apart are added up")
}

func TestGroupsThatLookAlikeStayApart(t *testing.T) {
	s := &report.SLOStatus{At: to}
	for _, group := range []labels.Labels{
		labels.FromStrings("a", "1", "b", "2"), labels.FromStrings("a", "1,b=2"), labels.FromStrings("a", `1\,b=2`), labels.FromStrings("a=1,b", "2"),
	} {
		s.Groups = append(s.Groups, report.SLOGroup{SLO: slo.SLO{Name: "x", Objective: 0.9, Window: slo.Window{Rolling: time.Hour}}, Group: group})
	}
	e := exposition.New(exposition.Options{})
	e.Set(exposition.Snapshot{SLOs: s})
	assert.Len(t, gathered(t, e)["burnish_slo_objective_ratio"], 4)
}

func TestScrapesDuringASwapSeeOneSnapshot(t *testing.T) {
	e := exposition.New(exposition.Options{})
	few, many := hostile(1), hostile(40)
	e.Set(few)
	var w sync.WaitGroup
	w.Go(func() {
		for i := range 50 {
			e.Set([]exposition.Snapshot{few, many}[i%2])
		}
	})
	for range 50 {
		n := testutil.CollectAndCount(e, "burnish_slo_objective_ratio")
		assert.True(t, n == 1 || n == 40, "%d", n)
	}
	w.Wait()
}

func TestTeams(t *testing.T) {
	rule := func(name string, l ...string) noise.Rule {
		return noise.Rule{Name: name, Labels: labels.FromStrings(l...)}
	}
	got := exposition.Teams([]noise.Rule{
		rule("A", "team", "x", "owner", "y", "severity", "page"), rule("B", "owner", "y"), rule("C", "team", "{{ $labels.team }}"), rule("D"),
	})
	assert.Equal(t, map[noise.RuleKey]string{
		{Name: "A", Severity: "page"}: "x", {Name: "A"}: "x", {Name: "B"}: "y",
	}, got)
	assert.Equal(t, map[noise.RuleKey]string{{Name: "A", Severity: "page"}: "y", {Name: "A"}: "y", {Name: "B"}: "y"},
		exposition.Teams([]noise.Rule{rule("A", "team", "x", "owner", "y", "severity", "page"), rule("B", "owner", "y")}, "owner"))
}

func TestEveryFigureOfTheStandardsHasAMetric(t *testing.T) {
	doc := full()
	e := exposition.New(exposition.Options{})
	e.Set(exposition.Snapshot{Report: doc})
	n := 0
	for name := range gathered(t, e) {
		if strings.HasPrefix(name, "burnish_kpi_") && name != "burnish_kpi_met" {
			n++
		}
	}
	assert.Equal(t, len(doc.KPIs), n)
	assert.True(t, slices.ContainsFunc(doc.KPIs, func(k report.KPI) bool { return k.ID == noise.KPIShifts }))
}
