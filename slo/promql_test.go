package slo_test

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

func TestCounts(t *testing.T) {
	cases := map[string]struct {
		sli        slo.SLI
		by         []string
		bad, total string
	}{
		"bad counters": {
			slo.Events{Bad: slo.Query{Selector: `e{code="500"}`}, Total: slo.Query{Selector: "r"}},
			nil,
			`(sum(increase(e{code="500"}[5m])) or 0 * sum(increase(r[5m])))`, `sum(increase(r[5m]))`,
		},
		"good counters by cluster": {
			slo.Events{Good: slo.Query{Selector: "g"}, Total: slo.Query{Selector: "r"}},
			[]string{"cluster"},
			`sum by (cluster) (increase(r[5m])) - (sum by (cluster) (increase(g[5m])) or 0 * sum by (cluster) (increase(r[5m])))`,
			`sum by (cluster) (increase(r[5m]))`,
		},
		"rates are turned into counts": {
			slo.Events{Bad: slo.Query{Expr: "sum(rate(e[$window]))"}, Total: slo.Query{Expr: "sum(increase(r[$window]))"}},
			nil,
			`(sum(sum(rate(e[5m]))) * 300 or 0 * sum(sum(increase(r[5m]))))`, `sum(sum(increase(r[5m])))`,
		},
		"a classic histogram": {
			slo.Latency{Good: `d_bucket{le="0.3"}`, Total: "d_count", Threshold: 300 * time.Millisecond},
			nil,
			`sum(increase(d_count[5m])) - (sum(increase(d_bucket{le="0.3"}[5m])) or 0 * sum(increase(d_count[5m])))`,
			`sum(increase(d_count[5m]))`,
		},
		"a native histogram": {
			slo.Latency{Native: "d", Threshold: 300 * time.Millisecond},
			nil,
			`(1 - histogram_fraction(0, 0.3, sum(increase(d[5m])))) * histogram_count(sum(increase(d[5m])))`,
			`histogram_count(sum(increase(d[5m])))`,
		},
		"a probe": {
			slo.Probe{Selector: "probe_success"},
			nil,
			`sum(count_over_time(probe_success[5m])) - sum(sum_over_time(probe_success[5m]))`,
			`sum(count_over_time(probe_success[5m]))`,
		},
		"a ratio of good events": {slo.Ratio{Expr: "avg(x[$window])", Good: true}, nil, `1 - (avg(x[5m]))`, ""},
		"slices": {
			slo.Slices{Of: slo.Probe{Selector: "p"}, Length: time.Minute, Target: 0.99},
			nil,
			`sum_over_time(((sum(count_over_time(p[1m])) - sum(sum_over_time(p[1m]))) / (sum(count_over_time(p[1m])) > 0) > bool 0.01)[5m:1m])`,
			`count_over_time(((sum(count_over_time(p[1m])) - sum(sum_over_time(p[1m]))) / (sum(count_over_time(p[1m])) > 0))[5m:1m])`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := c.sli.Counts(5*time.Minute, c.by)
			assert.Equal(t, c.bad, got.Bad)
			assert.Equal(t, c.total, got.Total)
			for _, expr := range []string{got.Bad, got.Total} {
				if expr == "" || name == "a ratio of good events" {
					continue
				}
				_, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
				require.NoError(t, err, expr)
			}
		})
	}
}

func TestSelectorsAreTheRawSeries(t *testing.T) {
	bad, good, total := slo.Query{Selector: "e"}, slo.Query{Selector: "g"}, slo.Query{Selector: "r"}
	for name, c := range map[string]struct {
		sli  slo.SLI
		want []slo.Selector
	}{
		"bad to total":     {slo.Events{Bad: bad, Total: total}, []slo.Selector{{Expr: "e", Role: slo.RoleBad}, {Expr: "r", Role: slo.RoleTotal}}},
		"good to total":    {slo.Events{Good: good, Total: total}, []slo.Selector{{Expr: "g", Role: slo.RoleGood}, {Expr: "r", Role: slo.RoleTotal}}},
		"PromQL has none":  {slo.Events{Bad: slo.Query{Expr: "x[$window]"}, Total: total}, nil},
		"native histogram": {slo.Latency{Native: "d", Threshold: time.Second}, []slo.Selector{{Expr: "d", Role: slo.RoleBuckets, Threshold: 1}}},
		"slices":           {slo.Slices{Of: slo.Probe{Selector: "p"}}, []slo.Selector{{Expr: "p", Role: slo.RoleProbe}}},
		"a ratio has none": {slo.Ratio{Expr: "x"}, nil},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, c.sli.Selectors()) })
	}
}
