package grafana_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	grafanaprom "github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/dashboards/grafana"
)

// These tests hold what the rules of Grafana's public dashboard-linter ask for:
// template-datasource, template-job, template-instance, template-label-promql,
// template-on-time-change-reload, panel-datasource, panel-title-description,
// panel-units, panel-no-targets, target-promql, target-rate-interval, target-job,
// target-instance, target-counter-agg and uneditable-dashboard.

// rateInterval is a duration that nobody writes by hand.
const rateInterval = 7717 * time.Second

// valued puts something parsable into the variables of an expression.
func valued(expr string) string {
	expr = strings.NewReplacer("$__rate_interval", "7717s", "$__range", "3600s", "$__interval", "60s").Replace(expr)
	return regexp.MustCompile(`\$\{?[a-zA-Z_]\w*\}?`).ReplaceAllString(expr, "x")
}

func parse(t *testing.T, expr string) parser.Expr {
	t.Helper()
	out, err := parser.NewParser(parser.Options{}).ParseExpr(valued(expr))
	require.NoError(t, err, expr)
	return out
}

func panelsOf(d grafana.Dashboard) []*dashboard.Panel {
	var out []*dashboard.Panel
	for _, p := range d.Model.Panels {
		if p.Panel != nil {
			out = append(out, p.Panel)
		}
	}
	return out
}

func queriesOf(t *testing.T, p *dashboard.Panel) []grafanaprom.Dataquery {
	t.Helper()
	var out []grafanaprom.Dataquery
	for _, target := range p.Targets {
		q, ok := target.(grafanaprom.Dataquery)
		require.True(t, ok)
		out = append(out, q)
	}
	return out
}

func TestLintOfDashboards(t *testing.T) {
	each(t, func(t *testing.T, d grafana.Dashboard) {
		assert.NotEmpty(t, *d.Model.Title)
		assert.NotEmpty(t, *d.Model.Description)
		assert.False(t, *d.Model.Editable)
		for _, l := range d.Model.Links {
			assert.NotEmpty(t, l.Title)
			assert.Regexp(t, `^(https?://|/d/)`, *l.Url)
		}
		for _, a := range d.Model.Annotations.List[1:] {
			q := a.Target.(grafanaprom.Dataquery)
			parse(t, q.Expr)
			assert.Equal(t, q.Expr, *a.Expr)
			assert.Equal(t, "${datasource}", *a.Datasource.Uid)
		}
	})
}

func TestLintOfVariables(t *testing.T) {
	each(t, func(t *testing.T, d grafana.Dashboard) {
		all := d.Model.Templating.List
		require.Equal(t, dashboard.VariableTypeDatasource, all[0].Type)
		assert.Equal(t, "datasource", all[0].Name)
		assert.Equal(t, "Data source", *all[0].Label)
		assert.Equal(t, "prometheus", *all[0].Query.String)
		names := map[string]bool{}
		for _, v := range all {
			assert.Regexp(t, `^[a-zA-Z_][a-zA-Z0-9_]*$`, v.Name)
			assert.False(t, names[v.Name], "two variables %s", v.Name)
			names[v.Name] = true
			assert.NotEmpty(t, *v.Label)
		}
		for _, v := range all[1:] {
			require.Equal(t, dashboard.VariableTypeQuery, v.Type)
			assert.Equal(t, dashboard.VariableRefreshOnTimeRangeChanged, *v.Refresh, v.Name)
			assert.Equal(t, "${datasource}", *v.Datasource.Uid)
			m := regexp.MustCompile(`^label_values\((.+), ([a-zA-Z_]\w*)\)$`).FindStringSubmatch(*v.Definition)
			require.NotNil(t, m, *v.Definition)
			parse(t, m[1])
			assert.Equal(t, *v.Multi, *v.IncludeAll)
			if v.Name == "job" || v.Name == "instance" {
				assert.Equal(t, ".+", *v.AllValue)
				assert.True(t, *v.Multi)
			}
		}
		assertVariablesAreThere(t, d, names)
	})
}

// assertVariablesAreThere: every variable that an expression or a link names exists,
// and every variable is used.
func assertVariablesAreThere(t *testing.T, d grafana.Dashboard, names map[string]bool) {
	t.Helper()
	text, err := d.JSON()
	require.NoError(t, err)
	used := map[string]bool{"datasource": true}
	for _, m := range regexp.MustCompile(`\$\{?([a-zA-Z_]\w*)`).FindAllStringSubmatch(string(text), -1) {
		if strings.HasPrefix(m[1], "__") {
			continue
		}
		used[m[1]] = true
		assert.True(t, names[m[1]], "no variable %s", m[1])
	}
	for name := range names {
		assert.True(t, used[name], "variable %s is not used", name)
	}
}

func TestLintOfPanels(t *testing.T) {
	units := strings.Fields("none short percentunit bytes s cps cpm bool_yes_no")
	each(t, func(t *testing.T, d grafana.Dashboard) {
		for _, p := range panelsOf(d) {
			assert.NotEmpty(t, *p.Title)
			assert.Greater(t, len(*p.Description), 12, "description of %s", *p.Title)
			if p.Type == "text" {
				continue
			}
			assert.Equal(t, "${datasource}", *p.Datasource.Uid)
			assert.NotEmpty(t, p.Targets, *p.Title)
			assert.Contains(t, units, *p.FieldConfig.Defaults.Unit, *p.Title)
			require.NotNil(t, p.FieldConfig.Defaults.Thresholds, *p.Title)
			last := -1e300
			for i, s := range p.FieldConfig.Defaults.Thresholds.Steps {
				assert.Equal(t, i == 0, s.Value == nil, *p.Title)
				if s.Value != nil {
					assert.Greater(t, *s.Value, last, "thresholds of %s rise", *p.Title)
					last = *s.Value
				}
			}
		}
	})
}

func TestLintOfQueries(t *testing.T) {
	each(t, func(t *testing.T, d grafana.Dashboard) {
		for _, p := range panelsOf(d) {
			ids := map[string]bool{}
			for _, q := range queriesOf(t, p) {
				assert.False(t, ids[*q.RefId])
				ids[*q.RefId] = true
				assert.Equal(t, "${datasource}", *q.Datasource.Uid)
				assert.Equal(t, *q.Format == grafanaprom.PromQueryFormatTable, q.LegendFormat == nil, "legend of %s", *p.Title)
				assertQuery(t, q.Expr)
			}
		}
	})
}

func assertQuery(t *testing.T, expr string) {
	t.Helper()
	parser.Inspect(parse(t, expr), func(n parser.Node, path []parser.Node) error {
		selector, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		name := nameOf(selector)
		call, ranged := callOf(path)
		if ranged != nil && (call == "rate" || call == "irate") {
			assert.Equal(t, rateInterval, ranged.Range, "%s: $__rate_interval", expr)
		}
		if strings.HasSuffix(name, "_total") {
			assert.Contains(t, []string{"rate", "irate", "increase"}, call, "%s is a counter: %s", name, expr)
		}
		if scraped(name) {
			for _, l := range []string{"job", "instance"} {
				assert.True(t, slices.ContainsFunc(selector.LabelMatchers, func(m *labels.Matcher) bool {
					return m.Name == l && m.Type == labels.MatchRegexp
				}), "%s has no matcher on %s: %s", name, l, expr)
			}
		}
		return nil
	})
}

// scraped tells whether a metric has the labels job and instance of burnish, so that
// matchers on them apply: what rules record has none, and an SLO's own dashboards ask
// for burnish's judgement of that SLO whoever made it.
func scraped(name string) bool {
	if strings.HasPrefix(name, "burnish_slo_") || strings.HasPrefix(name, "burnish_incident") {
		return false
	}
	for _, prefix := range []string{"burnish_", "process_", "go_", "scrape_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func nameOf(s *parser.VectorSelector) string {
	for _, m := range s.LabelMatchers {
		if m.Name == "__name__" {
			return m.Value
		}
	}
	return s.Name
}

// callOf is the function that a selector's range is given to.
func callOf(path []parser.Node) (string, *parser.MatrixSelector) {
	if len(path) < 2 {
		return "", nil
	}
	m, ok := path[len(path)-1].(*parser.MatrixSelector)
	if !ok {
		return "", nil
	}
	c, ok := path[len(path)-2].(*parser.Call)
	if !ok {
		return "", m
	}
	return c.Func.Name, m
}

func TestQueryLintFindsFaults(t *testing.T) {
	for name, expr := range map[string]string{
		"a rate over a range by hand": `rate(process_cpu_seconds_total{job=~"x", instance=~"x"}[5m])`,
		"a bare counter":              `burnish_refreshes_total{job=~"x", instance=~"x"}`,
		"no matcher on instance":      `burnish_data_warnings{job=~"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			probe := &testing.T{}
			assertQuery(probe, expr)
			assert.True(t, probe.Failed())
		})
	}
}
