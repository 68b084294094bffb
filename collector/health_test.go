package collector

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// engine answers range queries from series that a test writes down.
type engine struct {
	Source
	engine *promql.Engine
	store  storage.Queryable
	points int // that were answered with
}

func (e *engine) QueryRange(ctx context.Context, expr string, r Range) (Result, error) {
	q, err := e.engine.NewRangeQuery(ctx, e.store, nil, expr, r.From, r.To, r.Step)
	if err != nil {
		return Result{}, err
	}
	defer q.Close()
	matrix, err := q.Exec(ctx).Matrix()
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", expr, err)
	}
	var out Result
	for _, s := range matrix {
		series := Series{Labels: s.Metric.Copy()}
		for _, p := range s.Floats {
			series.Points = append(series.Points, Point{T: p.T, V: p.F})
		}
		e.points += len(series.Points)
		out.Series = append(out.Series, series)
	}
	return out, nil
}

// minute is an instant of the tests' series, which begin at the epoch.
func minute(n int) time.Time { return time.Unix(int64(n)*60, 0).UTC() }

func span(from, to int) slo.Interval { return slo.Interval{From: minute(from), To: minute(to)} }

func healthOf(t *testing.T, series string, window slo.Interval) (Health, *engine) {
	t.Helper()
	store := promqltest.LoadedStorage(t, "load 1m\n"+strings.TrimSpace(series))
	t.Cleanup(func() { _ = store.Close() })
	e := &engine{engine: promqltest.NewTestEngine(t, false, 0, 50_000_000), store: store}
	h, err := ReadHealth(t.Context(), e, window)
	require.NoError(t, err)
	return h, e
}

func TestHealthFindsWhatThePipelineDid(t *testing.T) {
	const well = `
		up{job="prometheus", instance="a"} 1x300
		prometheus_build_info{job="prometheus", instance="a"} 1x300
		process_start_time_seconds{job="prometheus", instance="a"} 60x300
		process_start_time_seconds{job="app", instance="b"} 60x100 6060x199
		prometheus_rule_evaluation_failures_total{rule_group="r.yml;g"} 0x300
		prometheus_rule_group_iterations_missed_total{rule_group="r.yml;g"} 0x300`
	for name, c := range map[string]struct {
		series string
		want   []noise.Spell
	}{
		"well": {series: well},
		"failed evaluations of one group": {
			series: `prometheus_rule_evaluation_failures_total{rule_group="r.yml;g"} 0x100 3x200`,
			want:   []noise.Spell{{Interval: span(100, 105), Kind: noise.SpellFailedEvaluation, Group: "r.yml;g"}},
		},
		"missed evaluations, for a while": {
			series: `prometheus_rule_group_iterations_missed_total{rule_group="r.yml;g"} 0x100 1+1x9 10x190`,
			want:   []noise.Spell{{Interval: span(100, 110), Kind: noise.SpellMissedEvaluation, Group: "r.yml;g"}},
		},
		"a restart, from the last sample until rules are evaluated again": {
			series: `
				prometheus_build_info{job="prometheus", instance="a"} 1x150 _x2 1x147
				process_start_time_seconds{job="prometheus", instance="a"} 60x150 _x2 9150x147`,
			want: []noise.Spell{{Interval: slo.Interval{From: minute(150), To: time.Unix(9150, 0).UTC().Add(settling)}, Kind: noise.SpellRestart}},
		},
		"a restart after a long outage": {
			series: `
				up{job="prometheus", instance="a"} 1x150 _x29 1x120
				prometheus_build_info{job="prometheus", instance="a"} 1x150 _x29 1x120
				process_start_time_seconds{job="prometheus", instance="a"} 60x150 _x29 10790x120`,
			want: []noise.Spell{
				{Interval: span(150, 175), Kind: noise.SpellOutage},
				{Interval: slo.Interval{From: minute(150), To: time.Unix(10790, 0).UTC().Add(settling)}, Kind: noise.SpellRestart},
			},
		},
		"data that begin late and end early are no outage": {
			series: `
				up _x90 1x150
				prometheus_rule_evaluation_failures_total{rule_group="r.yml;g"} _x90 0x150`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := healthOf(t, c.series, span(60, 300))
			assert.True(t, h.Known)
			assert.Equal(t, c.want, h.Spells)
		})
	}
}

func TestAHealthThatNobodyRecordedIsNotKnown(t *testing.T) {
	h, _ := healthOf(t, `up 1x300`, span(60, 300))
	assert.False(t, h.Known)
	assert.Empty(t, h.Spells)
}

// TestAnUneventfulMonthHasShortAnswers: what is asked of a server grows with
// what went wrong, not with the steps of the window.
func TestAnUneventfulMonthHasShortAnswers(t *testing.T) {
	const days = 30
	n := days * 24 * 60
	var series strings.Builder
	for _, metric := range []string{
		"up", "prometheus_build_info", "process_start_time_seconds",
		"prometheus_rule_evaluation_failures_total", "prometheus_rule_group_iterations_missed_total",
	} {
		fmt.Fprintf(&series, "%s{job=\"prometheus\", instance=\"a\"} 1x%d\n", metric, n)
	}
	h, e := healthOf(t, series.String(), span(60, n))
	assert.True(t, h.Known)
	assert.Empty(t, h.Spells)
	assert.Less(t, e.points, 3*days*24, "an hourly look at a metric or two, no more")
}
