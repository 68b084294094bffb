package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spec"
)

// slothOf is a Sloth SLO with an SLI.
func slothOf(sli string) string {
	return "version: prometheus/v1\nservice: shop\nslos:\n- name: a\n  objective: 99.9\n" +
		"  alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}\n  sli: " + sli + "\n"
}

func selector(text string) slo.Query { return slo.Query{Selector: text} }

// TestQueriesBecomeRawSeries: where the PromQL of a foreign format only counts
// raw series, burnish counts them itself, exactly.
func TestQueriesBecomeRawSeries(t *testing.T) {
	for name, c := range map[string]struct {
		sli  string
		want slo.SLI
		by   []string
	}{
		"sums of rates": {
			sli:  `{events: {error_query: 'sum(rate(x{code="500"}[{{.window}}]))', total_query: 'sum(rate(x[{{ .window }}]))'}}`,
			want: slo.Events{Bad: selector(`x{code="500"}`), Total: selector("x")},
		},
		"by a label": {
			sli:  `{events: {error_query: 'sum by (b, a) (increase(e[{{.window}}]))', total_query: '(sum by (a, b) (increase(x[{{.window}}])))'}}`,
			want: slo.Events{Bad: selector("e"), Total: selector("x")}, by: []string{"a", "b"},
		},
		"all but the fast bucket": {
			sli:  `{events: {error_query: 'sum(rate(x_count[{{.window}}])) - sum(rate(x_bucket{le="0.5"}[{{.window}}]))', total_query: 'sum(rate(x_count[{{.window}}]))'}}`,
			want: slo.Latency{Good: `x_bucket{le="0.5"}`, Total: "x_count", Threshold: 500 * time.Millisecond},
		},
		"a raw ratio": {
			sli:  `{raw: {error_ratio_query: 'sum(rate(e[{{.window}}])) / sum(rate(x[{{.window}}]))'}}`,
			want: slo.Events{Bad: selector("e"), Total: selector("x")},
		},
		"one less a raw ratio": {
			sli:  `{raw: {error_ratio_query: '1 - (sum(rate(g[{{.window}}])) / sum(rate(x[{{.window}}])))'}}`,
			want: slo.Events{Good: selector("g"), Total: selector("x")},
		},
		"a rate over a count stays PromQL": {
			sli: `{events: {error_query: 'sum(rate(e[{{.window}}]))', total_query: 'sum(increase(x[{{.window}}]))'}}`,
			want: slo.Events{
				Bad: slo.Query{Expr: "sum(rate(e[$window]))"}, Total: slo.Query{Expr: "sum(increase(x[$window]))"},
			},
		},
		"sums by different labels stay PromQL": {
			sli: `{events: {error_query: 'sum by (a) (rate(e[{{.window}}]))', total_query: 'sum(rate(x[{{.window}}]))'}}`,
			want: slo.Events{
				Bad: slo.Query{Expr: "sum by (a) (rate(e[$window]))"}, Total: slo.Query{Expr: "sum(rate(x[$window]))"},
			},
		},
		"an offset stays PromQL": {
			sli: `{events: {error_query: 'sum(rate(e[{{.window}}] offset 5m))', total_query: 'sum(rate(x[{{.window}}]))'}}`,
			want: slo.Events{
				Bad: slo.Query{Expr: "sum(rate(e[$window] offset 5m))"}, Total: slo.Query{Expr: "sum(rate(x[$window]))"},
			},
		},
		"a gauge of a ratio stays a ratio": {
			sli: `{raw: {error_ratio_query: 'avg_over_time(r[{{.window}}]) # by hand'}}`, want: slo.Ratio{Expr: "avg_over_time(r[$window])"},
		},
		"a common plugin": {
			sli:  `{plugin: {id: sloth-common/traefik/v2/latency, options: {service_name_regex: 'a.*', bucket: "0.3", exclude_errors: "true"}}}`,
			want: slo.Latency{Good: `traefik_service_request_duration_seconds_bucket{code!~"5..",le="0.3",service=~"a.*"}`, Total: `traefik_service_request_duration_seconds_count{code!~"5..",service=~"a.*"}`, Threshold: 300 * time.Millisecond},
		},
		"a common plugin of a gauge": {
			sli: `{plugin: {id: sloth-common/prometheus/targets/availability, options: {filter: '{job="a"}'}}}`, want: slo.Probe{Selector: `up{job="a"}`},
		},
		"a common plugin in milliseconds": {
			sli: `{plugin: {id: sloth-common/istio/v1/latency, options: {service: s, namespace: n, bucket: "500"}}}`,
			want: slo.Latency{
				Good:  `istio_request_duration_milliseconds_bucket{destination_service_name="s",destination_service_namespace="n",le="500"}`,
				Total: `istio_request_duration_milliseconds_count{destination_service_name="s",destination_service_namespace="n"}`, Threshold: 500 * time.Millisecond,
			},
		},
		"a common plugin with codes": {
			sli:  `{plugin: {id: sloth-common/coredns/availability, options: {custom_rcode_regex: 'SERVFAIL|REFUSED'}}}`,
			want: slo.Events{Bad: selector(`coredns_dns_responses_total{rcode=~"SERVFAIL|REFUSED"}`), Total: selector("coredns_dns_responses_total")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := spec.Parse("f", []byte(slothOf(c.sli)))
			require.NoError(t, err)
			require.Len(t, parsed.SLOs, 1)
			assert.Equal(t, c.want, parsed.SLOs[0].SLI)
			assert.Equal(t, c.by, parsed.SLOs[0].GroupBy)
		})
	}
}

func TestAPluginWithoutItsOptionIsWrong(t *testing.T) {
	_, err := spec.Parse("f", []byte(slothOf(`{plugin: {id: sloth-common/istio/v1/latency, options: {service: s, bucket: "500"}}}`)))
	assert.ErrorContains(t, err, "namespace is missing")
	_, err = spec.Parse("f", []byte(slothOf(`{plugin: {id: sloth-common/coredns/latency, options: {bucket: 'x"} or up{'}}}`)))
	assert.ErrorContains(t, err, "is not the bound of a bucket")
	_, err = spec.Parse("f", []byte(slothOf(`{plugin: {id: sloth-common/coredns/availability, options: {filter: 'a="b"} or up{'}}}`)))
	assert.Error(t, err, "a filter cannot break out of its selector")
}

const slothAlertWindows = `apiVersion: sloth.slok.dev/v1
kind: AlertWindows
spec:
  sloPeriod: 7d
  page:
    quick: {errorBudgetPercent: 8, shortWindow: 5m, longWindow: 1h}
    slow: {errorBudgetPercent: 12.5, shortWindow: 30m, longWindow: 6h}
  ticket:
    quick: {errorBudgetPercent: 20, shortWindow: 2h, longWindow: 1d}
    slow: {errorBudgetPercent: 42, shortWindow: 6h, longWindow: 3d}
`

func TestAlertWindowsBelongToSlothsSLOs(t *testing.T) {
	sloth := []byte(slothOf(`{raw: {error_ratio_query: 'avg_over_time(r[{{.window}}])'}}`))
	files := []spec.File{{Name: "slo.yml", Text: sloth}, {Name: "windows.yml", Text: []byte(slothAlertWindows)}}
	parsed, err := spec.ParseAll(files, spec.Options{})
	require.NoError(t, err)
	assert.Empty(t, parsed.Notes)
	require.Len(t, parsed.Policies, 1)
	// Factor = share x period / long window: 8% of 168 h within 1 h is 13.44.
	windows := []slo.AlertWindow{
		{Severity: slo.SeverityPage, Long: time.Hour, Short: 5 * time.Minute, Factor: 13.44},
		{Severity: slo.SeverityPage, Long: 6 * time.Hour, Short: 30 * time.Minute, Factor: 3.5},
		{Severity: slo.SeverityTicket, Long: 24 * time.Hour, Short: 2 * time.Hour, Factor: 1.4},
		{Severity: slo.SeverityTicket, Long: 72 * time.Hour, Short: 6 * time.Hour, Factor: 0.98},
	}
	assert.Equal(t, spec.Policy{Name: "sloth-1w", Period: 7 * 24 * time.Hour, Windows: windows, File: "windows.yml", Line: 1}, parsed.Policies[0])
	assert.Equal(t, windows, parsed.SLOs[0].Alerting.Windows)
	assert.Equal(t, 7*24*time.Hour, parsed.SLOs[0].Window.Rolling)

	parsed, err = spec.ParseAll(files, spec.Options{Period: 28 * 24 * time.Hour})
	require.NoError(t, err)
	assert.Equal(t, 28*24*time.Hour, parsed.SLOs[0].Window.Rolling, "what the caller says comes first")
	assert.Empty(t, parsed.SLOs[0].Alerting.Windows, "and those windows are for another period")
}

func pyrraOf(window, more string) string {
	return "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: a, namespace: n, labels: {pyrra.dev/team: t, other: x}}\n" +
		"spec:\n  target: '99.9'\n  window: " + window + "\n" + more
}

func TestPyrrasIndicators(t *testing.T) {
	for name, c := range map[string]struct {
		indicator string
		want      slo.SLI
	}{
		"ratio": {"ratio: {errors: {metric: 'x{code=\"500\"}'}, total: {metric: x}, grouping: [b, a]}", slo.Events{Bad: selector(`x{code="500"}`), Total: selector("x")}},
		"latency": {
			"latency: {success: {metric: 'x_bucket{le=\"2\"}'}, total: {metric: x_count}, grouping: [b, a]}",
			slo.Latency{Good: `x_bucket{le="2"}`, Total: "x_count", Threshold: 2 * time.Second},
		},
		"native latency": {"latencyNative: {latency: 200ms, total: {metric: x}, grouping: [b, a]}", slo.Latency{Native: "x", Threshold: 200 * time.Millisecond}},
		"gauge":          {"bool_gauge: {metric: up, grouping: [b, a]}", slo.Probe{Selector: "up"}},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := spec.Parse("f", []byte(pyrraOf("4w", "  indicator:\n    "+c.indicator+"\n")))
			require.NoError(t, err)
			require.Len(t, parsed.SLOs, 1)
			s := parsed.SLOs[0]
			assert.Equal(t, c.want, s.SLI)
			assert.Equal(t, []string{"a", "b"}, s.GroupBy)
			assert.Equal(t, "n/a", s.ID())
			assert.Equal(t, map[string]string{"team": "t"}, s.Labels)
		})
	}
}

func TestPyrrasAlertsKeepTheirMeaning(t *testing.T) {
	gauge := "  indicator: {bool_gauge: {metric: up}}\n"
	parsed, err := spec.Parse("f", []byte(pyrraOf("30d", gauge)))
	require.NoError(t, err)
	// The table of a 30-day objective as Pyrra generates it.
	assert.Equal(t, []slo.AlertWindow{
		{Severity: slo.SeverityPage, Long: 64 * time.Minute, Short: 5 * time.Minute, Factor: 14, For: 2 * time.Minute},
		{Severity: slo.SeverityPage, Long: 386 * time.Minute, Short: 32 * time.Minute, Factor: 7, For: 16 * time.Minute},
		{Severity: slo.SeverityTicket, Long: 1543 * time.Minute, Short: 129 * time.Minute, Factor: 2, For: 64 * time.Minute},
		{Severity: slo.SeverityTicket, Long: 6171 * time.Minute, Short: 386 * time.Minute, Factor: 1, For: 193 * time.Minute},
	}, parsed.SLOs[0].Alerting.Windows)
	assert.True(t, parsed.SLOs[0].Alerting.TrafficGone)
	assert.Equal(t, "ErrorBudgetBurn", parsed.SLOs[0].Alerting.Name)

	parsed, err = spec.Parse("f", []byte(pyrraOf("4w", gauge+
		"  alerting: {name: Burns, absent: false, absentName: Gone, severities: {fastBurn: warning, slowBurn: info}}\n  performanceOverAccuracy: true\n")))
	require.NoError(t, err)
	a := parsed.SLOs[0].Alerting
	assert.Equal(t, slo.SeverityTicket, a.Windows[0].Severity)
	assert.Equal(t, map[string]string{"severity": "warning"}, a.Ticket.Labels)
	assert.Equal(t, map[string]string{"severity": "critical"}, a.Page.Labels)
	assert.False(t, a.TrafficGone)
	var lost []string
	for _, n := range parsed.Notes {
		if n.Level == spec.LevelLost {
			lost = append(lost, n.Message)
		}
	}
	require.Len(t, lost, 3)
	assert.Contains(t, lost[0], "absentName")
	assert.Contains(t, lost[1], `slowBurn: "info"`)
	assert.Contains(t, lost[2], "performanceOverAccuracy")

	parsed, err = spec.Parse("f", []byte(pyrraOf("4w", gauge+"  alerting: {disabled: true}\n")))
	require.NoError(t, err)
	a = parsed.SLOs[0].Alerting
	assert.True(t, a.Page.Disabled && a.Ticket.Disabled && !a.TrafficGone)

	parsed, err = spec.Parse("f", []byte(pyrraOf("2d", gauge)))
	require.NoError(t, err)
	assert.Equal(t, time.Minute, parsed.SLOs[0].Alerting.Windows[0].Short)
	assert.Contains(t, parsed.Notes[len(parsed.Notes)-1].Message, "can never fire")
}

// openSLOOf is an OpenSLO SLO with an SLI of its own and the keys of spec and of
// its objective.
func openSLOOf(keys, objective string) string {
	return "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec:\n  service: shop\n" +
		"  objectives:\n  - {target: 0.99, " + objective + "}\n" + keys
}

const openSLORatio = `  indicator:
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {metricSourceRef: prom, spec: {query: 'sum by (zone) (e)'}}}
        total: {metricSource: {metricSourceRef: prom, spec: {query: 'sum by (zone) (x)'}}}
`

func TestOpenSLOsBudgetingMethods(t *testing.T) {
	events := slo.Events{Bad: selector("e"), Total: selector("x")}
	for method, c := range map[string]struct {
		objective string
		want      slo.SLI
	}{
		"Occurrences":     {"", events},
		"Timeslices":      {"timeSliceTarget: 0.95, timeSliceWindow: 5", slo.Slices{Of: events, Length: 5 * time.Minute, Target: 0.95}},
		"RatioTimeslices": {"timeSliceWindow: 5m", slo.Ratio{Expr: "avg_over_time(((" + events.Counts(5*time.Minute, []string{"zone"}).Bad + ") / (" + events.Counts(5*time.Minute, []string{"zone"}).Total + " > 0))[$window:5m])"}},
	} {
		t.Run(method, func(t *testing.T) {
			parsed, err := spec.Parse("f", []byte(openSLOOf(openSLORatio+"  budgetingMethod: "+method+"\n", c.objective)))
			require.NoError(t, err)
			require.Len(t, parsed.SLOs, 1)
			assert.Equal(t, c.want, parsed.SLOs[0].SLI)
			assert.Equal(t, []string{"zone"}, parsed.SLOs[0].GroupBy)
		})
	}
}

// TestOpenSLOsQueries: v1 says nothing of ranges, so queries come with and
// without.
func TestOpenSLOsQueries(t *testing.T) {
	for name, c := range map[string]struct {
		metric string
		want   slo.SLI
		notes  int // beside those on what the SLO leaves out
	}{
		"counters by their names": {
			"ratioMetric: {good: {metricSource: {spec: {query: 'g_total{a=\"b\"}'}}}, total: {metricSource: {spec: {query: sum(x_total)}}}}",
			slo.Events{Good: selector(`g_total{a="b"}`), Total: selector("x_total")}, 0,
		},
		"with a range": {
			"ratioMetric: {good: {metricSource: {spec: {query: 'sum(rate(g[{{.window}}]))'}}}, total: {metricSource: {spec: {query: 'sum(rate(x[{{.window}}]))'}}}}",
			slo.Events{Good: selector("g"), Total: selector("x")}, 0,
		},
		"rates and gauges": {
			"ratioMetric: {counter: false, bad: {metricSource: {spec: {query: 'sum(rate(b[5m]))'}}}, total: {metricSource: {spec: {promql: requests}}}}",
			slo.Events{
				Bad: slo.Query{Expr: "60 * sum_over_time((sum(rate(b[5m])))[$window:1m])"}, Total: slo.Query{Expr: "sum_over_time((requests)[$window:1m])"},
			}, 2,
		},
		"a mixture": {
			"ratioMetric: {counter: true, bad: {metricSource: {spec: {query: 'b + c'}}}, total: {metricSource: {spec: {query: 'sum(increase(x[{{ .window }}]))'}}}}",
			slo.Events{
				Bad: slo.Query{Expr: "sum_over_time((b + c)[$window:1m])"}, Total: slo.Query{Expr: "sum(increase(x[$window]))"},
			}, 1,
		},
		"a ratio of counters": {
			"ratioMetric: {rawType: failure, raw: {metricSource: {spec: {query: 'sum(rate(b[{{.window}}])) / sum(rate(x[{{.window}}]))'}}}}",
			slo.Events{Bad: selector("b"), Total: selector("x")}, 0,
		},
		"a metric and its value": {
			"thresholdMetric: {metricSource: {type: prometheus, spec: {query: 'max by (zone) (lag)'}}}",
			slo.Ratio{Expr: "avg_over_time(((max by (zone) (lag)) <= bool 0.5)[$window:1m])", Good: true}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := spec.Parse("f", []byte(openSLOOf("  budgetingMethod: Occurrences\n  indicator: {spec: {"+c.metric+"}}\n", "op: lte, value: 0.5")))
			require.NoError(t, err)
			require.Len(t, parsed.SLOs, 1)
			assert.Equal(t, c.want, parsed.SLOs[0].SLI)
			assert.Len(t, parsed.Notes, 2+c.notes, "%v", parsed.Notes)
			requireRoundTrip(t, parsed.SLOs)
		})
	}
}

func TestOpenSLOAlphaHasItsOwnSpelling(t *testing.T) {
	parsed, err := spec.Parse("f", []byte(`apiVersion: openslo/v1alpha
kind: SLO
metadata: {name: lag, displayName: Lag}
spec:
  service: web
  budgetingMethod: Timeslices
  indicator: {thresholdMetric: {source: prometheus, queryType: promql, query: lag}}
  objectives: [{op: lt, value: 5, target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 10m}]
  timeWindows: [{unit: Quarter, count: 1, isRolling: false, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}}]
`))
	require.NoError(t, err)
	require.Len(t, parsed.SLOs, 1)
	assert.Equal(t, slo.Window{Calendar: slo.CalendarQuarter}, parsed.SLOs[0].Window)
	assert.Equal(t, "Lag", parsed.SLOs[0].Description)
	assert.Equal(t, slo.Slices{
		Of: slo.Ratio{Expr: "avg_over_time(((lag) < bool 5)[$window:1m])", Good: true}, Length: 10 * time.Minute, Target: 0.9,
	}, parsed.SLOs[0].SLI)
}

func TestOpenSLOsWindows(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	calendar := "isRolling: false, calendar: {startTime: 2022-01-01 00:00:00, timeZone: America/New_York}"
	for text, want := range map[string]slo.Window{
		"duration: 2w, isRolling: true": {Rolling: 14 * 24 * time.Hour},
		"duration: 1M, isRolling: true": {Rolling: 30 * 24 * time.Hour},
		"duration: 1M, " + calendar:     {Calendar: slo.CalendarMonth, Zone: newYork},
		"duration: 1d, " + calendar:     {Calendar: slo.CalendarDay, Zone: newYork},
		"duration: 3M, " + calendar:     {Calendar: slo.CalendarQuarter, Zone: newYork},
		"duration: 1Y, " + calendar:     {Calendar: slo.CalendarYear, Zone: newYork},
	} {
		t.Run(text, func(t *testing.T) {
			parsed, err := spec.Parse("f", []byte(openSLOOf(openSLORatio+"  timeWindow: [{"+text+"}]\n", "")))
			require.NoError(t, err)
			require.Len(t, parsed.SLOs, 1)
			assert.Equal(t, want, parsed.SLOs[0].Window)
		})
	}
	parsed, err := spec.Parse("f", []byte(openSLOOf(openSLORatio+"  timeWindow: [{duration: 2M, "+calendar+"}]\n", "")))
	require.NoError(t, err)
	assert.Empty(t, parsed.SLOs)
	require.NotEmpty(t, parsed.Notes)
	assert.Contains(t, parsed.Notes[len(parsed.Notes)-1].String(), "f:14:16: refused: a calendar window of 2M")
}

// TestOpenSLOAcrossFiles: an SLO, its SLI, its data source and its alerts may be
// in files of their own, and a composite's objectives have SLIs of theirs.
func TestOpenSLOAcrossFiles(t *testing.T) {
	files := []spec.File{
		{Name: "slo.yml", Text: []byte(`apiVersion: openslo/v1
kind: SLO
metadata: {name: shop, labels: {team: [a]}}
spec:
  service: web
  budgetingMethod: Occurrences
  timeWindow: [{duration: 28d, isRolling: true}]
  objectives:
  - {displayName: Find it, target: 0.99, indicatorRef: find, compositeWeight: 1}
  - {displayName: Pay it, targetPercent: 99.9, indicatorRef: pay, compositeWeight: 5}
  alertPolicies: [{alertPolicyRef: fast}]
`)},
		{Name: "slis.yml", Text: []byte(`- apiVersion: openslo/v1
  kind: SLI
  metadata: {name: find}
  spec:
    ratioMetric:
      raw: {metricSource: {metricSourceRef: prom, spec: {query: success_ratio}}}
      rawType: success
- apiVersion: openslo/v1
  kind: SLI
  metadata: {name: pay}
  spec: {thresholdMetric: {metricSource: {metricSourceRef: dog, spec: {query: q}}}}
`)},
		{Name: "rest.yml", Text: []byte(`apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec: {type: Prometheus}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: dog}
spec: {type: Datadog}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec: {alertWhenNoData: true, conditions: [{conditionRef: fast}]}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast}
spec: {severity: critical, condition: {kind: burnrate, op: gt, threshold: 14, lookbackWindow: 1h, alertAfter: 0m}}
`)},
	}
	parsed, err := spec.ParseAll(files, spec.Options{})
	require.NoError(t, err)
	assert.Equal(t, spec.FormatOpenSLO, parsed.Format)
	require.Len(t, parsed.SLOs, 1)
	s := parsed.SLOs[0]
	assert.Equal(t, "web/shop-find-it", s.ID())
	assert.Equal(t, slo.Ratio{Expr: "avg_over_time((success_ratio)[$window:1m])", Good: true}, s.SLI)
	assert.Equal(t, []slo.AlertWindow{{Severity: slo.SeverityPage, Long: time.Hour, Factor: 14}}, s.Alerting.Windows)
	assert.True(t, s.Alerting.TrafficGone && s.Alerting.Ticket.Disabled && !s.Alerting.Page.Disabled)
	var says []string
	for _, n := range parsed.Notes {
		says = append(says, n.String())
	}
	assert.Len(t, says, 4, "%q", says)
	assert.Contains(t, says[0], "slo.yml:9:")
	assert.Contains(t, says[0], "lost: compositeWeight")
	assert.Contains(t, says[2], "slis.yml:6:")
	assert.Contains(t, says[3], `slis.yml:11:42: refused: metric source of type "Datadog"`)

	_, err = spec.ParseAll(files[:1], spec.Options{})
	assert.ErrorContains(t, err, `slo.yml:9:56: no SLI "find" in the files given`)
}

func TestSLOGeneratorsMethods(t *testing.T) {
	for name, c := range map[string]struct {
		spec string
		want slo.SLI
	}{
		"good and bad": {
			"method: good_bad_ratio, service_level_indicator: {filter_good: 'g', filter_bad: 'b'}",
			slo.Events{Bad: selector("b"), Total: slo.Query{Expr: `sum(label_replace(sum(increase(g[$window])), "of", "good", "", "") or label_replace(sum(increase(b[$window])), "of", "bad", "", ""))`}},
		},
		"a cut": {
			"method: distribution_cut, service_level_indicator: {expression: 'x_bucket{job=\"a\"}', threshold_bucket: 0.25}",
			slo.Latency{Good: `x_bucket{job="a",le="0.25"}`, Total: `x_count{job="a"}`, Threshold: 250 * time.Millisecond},
		},
		"a ratio that is no ratio of counters": {
			"method: query_sli, service_level_indicator: {expression: 'avg_over_time(r[window])'}", slo.Ratio{Expr: "avg_over_time(r[$window])", Good: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := spec.Parse("f", []byte("apiVersion: sre.google.com/v2\nkind: ServiceLevelObjective\nmetadata: {name: shop}\nspec: {backend: prometheus, goal: 0.99, "+c.spec+"}\n"))
			require.NoError(t, err)
			require.Len(t, parsed.SLOs, 1)
			assert.Equal(t, c.want, parsed.SLOs[0].SLI)
			requireRoundTrip(t, parsed.SLOs)
		})
	}
}

func TestAFewLinesThatStandForTooMuchEnd(t *testing.T) {
	text := "x-a: &a [" + strings.Repeat("1, ", 2000) + "1]\nx-b: &b [" + strings.Repeat("{name: a, sli: {}, depends_on: *a}, ", 2000) + "]\nversion: burnish/v1\nservice: s\nslos: *b\n"
	_, err := spec.Parse("f", []byte(text))
	assert.ErrorContains(t, err, "too much to read")
}
