package burnrate_test

import (
	"context"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

// replay is a Prometheus in memory that evaluates generated rules over counters
// that it is given.
type replay struct {
	t      *testing.T
	store  *teststorage.TestStorage
	engine *promql.Engine
	groups []*rules.Group
	every  []time.Duration
	fired  map[string][]slo.Interval // by window of the alert; To is zero while it fires
	names  map[string]bool           // of alerts that fired
	parsed map[string]labels.Labels
}

var began = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func newReplay(t *testing.T, out burnrate.Output) *replay {
	t.Helper()
	r := &replay{t: t, store: teststorage.New(t), fired: map[string][]slo.Interval{}, names: map[string]bool{}, parsed: map[string]labels.Labels{}}
	r.engine = promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: parser.NewParser(parser.Options{}),
		EnableAtModifier: true, EnableNegativeOffset: true,
	})
	opts := &rules.ManagerOptions{
		ExternalURL: &url.URL{}, QueryFunc: rules.EngineQueryFunc(r.engine, r.store), Context: t.Context(),
		Appendable: r.store, Queryable: r.store, Logger: slog.New(slog.DiscardHandler),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
	}
	for _, g := range out.Groups() {
		r.groups = append(r.groups, rules.NewGroup(rules.GroupOptions{Name: g.Name, File: "f", Interval: g.Interval, Rules: r.rules(g), Opts: opts}))
		r.every = append(r.every, g.Interval)
	}
	return r
}

func (r *replay) rules(g burnrate.Group) []rules.Rule {
	var out []rules.Rule
	for _, rule := range g.Rules {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(rule.Expr)
		require.NoError(r.t, err, rule.Expr)
		if rule.Record != "" {
			out = append(out, rules.NewRecordingRule(rule.Record, expr, labels.FromMap(rule.Labels)))
			continue
		}
		out = append(out, rules.NewAlertingRule(rule.Alert, expr, rule.For, 0, labels.FromMap(rule.Labels),
			labels.EmptyLabels(), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler)))
	}
	return out
}

// scrape writes samples; a series that is left out has none.
func (r *replay) scrape(at time.Time, samples map[string]float64) {
	app := r.store.Appender(r.t.Context())
	for _, series := range slices.Sorted(maps.Keys(samples)) {
		if r.parsed[series].IsEmpty() {
			ls, err := parser.NewParser(parser.Options{}).ParseMetric(series)
			require.NoError(r.t, err)
			r.parsed[series] = ls
		}
		_, err := app.Append(0, r.parsed[series], at.UnixMilli(), samples[series])
		require.NoError(r.t, err)
	}
	require.NoError(r.t, app.Commit())
}

// evaluate runs the groups whose turn it is, and notes the alerts that fire.
func (r *replay) evaluate(at time.Time) {
	firing := map[string]bool{}
	for i, g := range r.groups {
		if at.Sub(began)%r.every[i] == 0 {
			g.Eval(r.t.Context(), at)
		}
		for _, rule := range g.Rules() {
			require.NoError(r.t, rule.LastError(), rule.String())
		}
		for _, rule := range g.AlertingRules() {
			for _, a := range rule.ActiveAlerts() {
				if a.State == rules.StateFiring {
					firing[a.Labels.Get("window")] = true
					r.names[rule.Name()] = true
				}
			}
		}
	}
	for w := range firing {
		if n := len(r.fired[w]); n == 0 || !r.fired[w][n-1].To.IsZero() {
			r.fired[w] = append(r.fired[w], slo.Interval{From: at})
		}
	}
	for w, list := range r.fired {
		if n := len(list); !firing[w] && list[n-1].To.IsZero() {
			list[n-1].To = at
		}
	}
}

// value is the only sample of an expression.
func (r *replay) value(expr string, at time.Time) (v float64, known bool) {
	q, err := r.engine.NewInstantQuery(r.t.Context(), r.store, nil, expr, at)
	require.NoError(r.t, err)
	defer q.Close()
	got, err := q.Exec(r.t.Context()).Vector()
	require.NoError(r.t, err)
	require.LessOrEqual(r.t, len(got), 1, expr)
	if len(got) == 0 {
		return 0, false
	}
	return got[0].F, true
}

// remember writes what the rules would have recorded over a calm past, so that
// long windows are full without days of evaluations.
func (r *replay) remember(s slo.SLO, o burnrate.GenerateOptions, past time.Duration, perSecond float64) {
	base := labels.FromStrings("slo", s.Name, "service", s.Service)
	app := r.store.Appender(r.t.Context())
	for at := began.Add(-past); at.Before(began); at = at.Add(o.Interval) {
		for _, w := range []time.Duration{0, time.Hour, 6 * time.Hour, 24 * time.Hour} {
			b := labels.NewBuilder(base)
			name, length := ":step", o.Interval
			if w > 0 {
				name, length = ":sum"+label(w), w
			}
			_, err := app.Append(0, b.Set(labels.MetricName, "slo:events_total"+name).Labels(), at.UnixMilli(), perSecond*length.Seconds())
			require.NoError(r.t, err)
			_, err = app.Append(0, b.Set(labels.MetricName, "slo:events_bad"+name).Labels(), at.UnixMilli(), 0)
			require.NoError(r.t, err)
		}
	}
	require.NoError(r.t, app.Commit())
}

const (
	okSeries  = `http_requests_total{job="shop",code="200"}`
	badSeries = `http_requests_total{job="shop",code="500"}`
	scraped   = 15 * time.Second
)

// outageOf simulates 100 requests a second, calm at first, then with errors at a
// ratio from start to stop. The scrape comes seven seconds before the evaluation.
func (r *replay) outageOf(o burnrate.GenerateOptions, ratio float64, stop, length time.Duration) {
	const perSecond = 100
	for since := time.Duration(0); since <= length; since += scraped {
		at := began.Add(since)
		seen := since - 7*time.Second
		bad := perSecond * ratio * min(max(0, seen-calm), stop-calm).Seconds()
		r.scrape(at.Add(-7*time.Second), map[string]float64{okSeries: perSecond*seen.Seconds() + 1e6 - bad, badSeries: bad})
		if since%o.Interval == 0 {
			r.evaluate(at)
		}
	}
}

const calm = 10 * time.Minute

func TestReplayedDetectionAndReset(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		errors float64
		outage time.Duration
		length time.Duration
	}{
		"1: a total outage":                       {"workbook-1", 1, 10 * time.Minute, time.Hour},
		"2: a total outage resets after 36 hours": {"workbook-2", 1, 10 * time.Minute, 37 * time.Hour},
		"3: 0.2% for two hours":                   {"workbook-3", 0.002, 2 * time.Hour, 3 * time.Hour},
		"4: a total outage":                       {"workbook-4", 1, 10 * time.Minute, 2 * time.Hour},
		"4: a burn of 35":                         {"workbook-4", 0.035, 2 * time.Hour, 3 * time.Hour},
		"5: 1% for five hours":                    {"workbook-5", 0.01, 5 * time.Hour, 12 * time.Hour},
		"6: 15% for ten minutes":                  {"workbook-6", 0.15, 10 * time.Minute, 2 * time.Hour},
		"6: 0.2% for 37 hours":                    {"workbook-6", 0.002, 37 * time.Hour, 44 * time.Hour},
		"recommended: a total outage":             {"recommended", 1, 10 * time.Minute, 12 * time.Hour},
		"recommended: 0.4% for 19 hours":          {"recommended", 0.004, 19 * time.Hour, 22 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replayCase(t, c.policy, c.errors, c.outage, c.length)
		})
	}
}

// replayCase holds the condition that fires first, by the closed forms, against
// the replay of the rules.
func replayCase(t *testing.T, policy string, errorRatio float64, outage, length time.Duration) {
	o := burnrate.GenerateOptions{Interval: 30 * time.Second}
	if length > 6*time.Hour {
		o.Interval = time.Minute
	}
	s := requests()
	s.Alerting.Policy = policy
	out := generate(t, o, s)
	r := newReplay(t, out)
	r.remember(s, o, 4*24*time.Hour, 100)
	r.outageOf(o, errorRatio, calm+outage, calm+length)

	first, detection, reset := "", time.Duration(0), time.Duration(0)
	for _, w := range out.SLOs[0].Policy.Windows {
		c := burnrate.Condition{Window: w, Objective: s.Objective, Period: month}
		after, fires := c.Detection(errorRatio)
		if fires && after < outage && (first == "" || after < detection) {
			first, detection = label(w.Long), after
			reset, _ = c.Reset(errorRatio, outage)
		}
	}
	if first == "" {
		assert.Empty(t, r.fired)
		return
	}
	require.Equal(t, []string{first}, slices.Collect(maps.Keys(r.fired)), "one tier, and no slower one after it")
	require.Len(t, r.fired[first], 1)
	got := r.fired[first][0]
	// A step may be in the hour's window up to an evaluation longer.
	grain := (o.Interval + scraped).Seconds()
	late := got.From.Sub(began.Add(calm + detection)).Seconds()
	assert.True(t, late >= -grain/2 && late <= grain+o.Interval.Seconds(), "detected %vs after the closed form", late)
	require.False(t, got.To.IsZero(), "it ends")
	late = got.To.Sub(began.Add(calm + outage + reset)).Seconds()
	assert.True(t, late >= -grain && late <= grain+o.Interval.Seconds(), "ended %vs after the closed form", late)
}

func label(d time.Duration) string {
	return map[time.Duration]string{
		time.Minute: "1m", 10 * time.Minute: "10m", time.Hour: "1h", 6 * time.Hour: "6h",
		24 * time.Hour: "1d", 36 * time.Hour: "1d12h", 72 * time.Hour: "3d",
	}[d]
}
