package collector_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// index is a source of which only the names of metrics are asked.
type index struct {
	collector.Source
	names []string
}

func (i index) LabelValues(_ context.Context, _ string, ms []*labels.Matcher, _ slo.Interval) ([]string, error) {
	if len(ms) == 0 {
		return i.names, nil
	}
	var out []string
	for _, name := range i.names {
		if ms[0].Matches(name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// TestPresenceOfNothing: a Prometheus that has only just begun holds nothing in the
// window, which is no reason to call its rules dead.
func TestPresenceOfNothing(t *testing.T) {
	window := slo.Interval{From: time.Unix(0, 0), To: time.Unix(3600, 0)}
	rules := []noise.Rule{{Name: "Down", Expr: "up == 0"}, {Name: "Gone", Expr: "gone > 0"}}
	none, err := collector.ReadPresence(t.Context(), index{}, rules, window)
	require.NoError(t, err)
	assert.Empty(t, none)

	some, err := collector.ReadPresence(t.Context(), index{names: []string{"up"}}, rules, window)
	require.NoError(t, err)
	require.Len(t, some, 2)
	assert.True(t, some[0].Seen)
	assert.False(t, some[1].MetricSeen)
}
