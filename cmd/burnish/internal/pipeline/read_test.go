package pipeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// day is an instant of November 2026; data end with the fifteenth.
func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

const week = 7 * 24 * time.Hour

func TestWindow(t *testing.T) {
	for name, c := range map[string]struct {
		given slo.Interval
		last  time.Duration
		want  slo.Interval
	}{
		"the last week of the data":     {last: week, want: slo.Interval{From: day(8), To: day(15)}},
		"all there is":                  {want: slo.Interval{From: time.Unix(0, 0).UTC(), To: day(15)}},
		"from and to":                   {given: slo.Interval{From: day(2), To: day(4)}, last: week, want: slo.Interval{From: day(2), To: day(4)}},
		"from a day to the newest data": {given: slo.Interval{From: day(2)}, last: week, want: slo.Interval{From: day(2), To: day(15)}},
		"the week up to a day":          {given: slo.Interval{To: day(9)}, last: week, want: slo.Interval{From: day(2), To: day(9)}},
		"all up to a day":               {given: slo.Interval{To: day(9)}, want: slo.Interval{From: time.Unix(0, 0).UTC(), To: day(9)}},
		"past the newest data":          {given: slo.Interval{From: day(2), To: day(20)}, want: slo.Interval{From: day(2), To: day(20)}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := window(Options{Window: c.given, Last: c.last}, day(15), "prometheus")
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAWindowAfterTheDataHoldsNone(t *testing.T) {
	_, err := window(Options{Window: slo.Interval{From: day(20)}}, day(15), "prometheus")
	require.ErrorIs(t, err, collector.ErrNoData)
	assert.ErrorContains(t, err, "the newest sample of prometheus is of 2026-11-15T00:00:00Z")
}

// TestNoDataIsNotTheSameAsNoAlerts: a quiet window counts as quiet only where
// something shows that the rules were watched.
func TestNoDataIsNotTheSameAsNoAlerts(t *testing.T) {
	for name, c := range map[string]struct {
		reading Reading
		quiet   bool
	}{
		"nothing at all":                         {Reading{Newest: day(15)}, false},
		"an alert":                               {Reading{Newest: day(15), History: noise.History{Episodes: []noise.Episode{{Rule: "R"}}}}, true},
		"rules in force":                         {Reading{Newest: day(15), History: noise.History{RulesKnown: true}}, true},
		"the pipeline's own metrics":             {Reading{Newest: day(15), History: noise.History{HealthKnown: true}}, true},
		"rules in force, but data end before it": {Reading{Newest: day(1), History: noise.History{RulesKnown: true}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.reading.Window = slo.Interval{From: day(8), To: day(15)}
			err := c.reading.check()
			if c.quiet {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, collector.ErrNoData)
		})
	}
}

// TestTheWeekBeforeNeedsHistory: what was not recorded is not compared with.
func TestTheWeekBeforeNeedsHistory(t *testing.T) {
	asked := slo.Interval{From: day(1), To: day(15)}
	reaching := func(from time.Time) bool {
		r := Reading{Reach: slo.Interval{From: from, To: day(15)}}
		return r.covers(asked)
	}
	assert.True(t, reaching(day(1)))
	assert.True(t, reaching(day(1).Add(12*time.Hour)), "nothing need be active at once")
	assert.False(t, reaching(day(3)))
	nothing := Reading{}
	assert.False(t, nothing.covers(asked))
}
