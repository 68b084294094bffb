package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
)

// askedIndex counts what it is asked.
type askedIndex struct {
	collector.Source

	asked int
	err   error
	give  []string
}

func (a *askedIndex) LabelValues(context.Context, string, []*labels.Matcher, slo.Interval) ([]string, error) {
	a.asked++
	return a.give, a.err
}

func TestTheIndexIsNotAskedTheSameForEveryReport(t *testing.T) {
	var c labelCache
	index := &askedIndex{give: []string{"up"}}
	reader := c.before(index)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ask := func(after time.Duration, value string) []string {
		window := slo.Interval{From: now.Add(after - 7*24*time.Hour), To: now.Add(after)}
		got, err := reader.LabelValues(t.Context(), "__name__", []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "job", value)}, window)
		require.NoError(t, err)
		return got
	}
	got := ask(0, "a")
	got[0] = "spoilt"
	assert.Equal(t, []string{"up"}, ask(5*time.Minute, "a"), "for the next report it is known")
	assert.Equal(t, 1, index.asked)
	ask(0, "b")
	assert.Equal(t, 2, index.asked, "another question")
	_, known := c.get(`__name__ 168h0m0s "job=\"a\""`, time.Now().Add(2*labelsFor+time.Second))
	assert.False(t, known, "in time it is asked anew")

	index.err = errors.New("away")
	_, err := reader.LabelValues(t.Context(), "job", nil, slo.Interval{})
	require.Error(t, err)
	index.err, index.give = nil, make([]string, mostLabels+1)
	for range 2 {
		_, err = reader.LabelValues(t.Context(), "job", nil, slo.Interval{})
		require.NoError(t, err)
	}
	assert.Equal(t, 5, index.asked, "neither errors nor long lists are remembered")
	assert.Nil(t, (&labelCache{}).before(collector.Source(nil)))
}
