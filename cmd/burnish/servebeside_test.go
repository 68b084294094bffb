package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// TestAdviceOfTheReportBeforeIsFollowedUp picks from what schedules have kept.
func TestAdviceOfTheReportBeforeIsFollowedUp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	store, err := history.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), history.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()
	st := &station{c: &config.Config{Schedules: []config.Schedule{{Name: "weekly"}, {Name: "daily"}, {Name: "of-a-team", Team: "a"}}}, store: store}
	days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	for _, r := range []struct {
		name     string
		from, to int
	}{{"weekly", 60, 50}, {"weekly", 400, 390}, {"weekly", 20, 13}, {"weekly", 13, 6}, {"daily", 12, 11}, {"of-a-team", 9, 8}, {"gone", 9, 8}} {
		period := slo.Interval{From: days(r.from), To: days(r.to)}
		made := report.Build(report.Input{Current: noise.Summarize(noise.History{Window: period}, noise.Options{})})
		var b bytes.Buffer
		require.NoError(t, made.WriteJSON(&b))
		for _, form := range []string{"json", "md"} {
			require.NoError(t, store.PutReport(t.Context(), history.ReportID{Name: r.name, Period: period, Form: form}, b.Bytes()))
		}
	}
	for name, c := range map[string]struct {
		begins int // days ago
		want   string
		to     int
	}{
		"the newest that does not overlap": {7, "daily", 11},
		"of another schedule before that":  {12, "weekly", 13},
		"the one there is":                 {49, "weekly", 50},
		"none of later, none of long ago":  {300, "", 0},
	} {
		st.beside.earlierID = history.ReportID{}
		got, err := st.earlierReport(t.Context(), st.wholeSchedules(), slo.Interval{From: days(c.begins), To: now})
		require.NoError(t, err, name)
		assert.Equal(t, c.want != "", got != nil, name)
		assert.Equal(t, c.want, st.beside.earlierID.Name, name)
		if c.want != "" {
			assert.Equal(t, days(c.to), st.beside.earlierID.Period.To.UTC(), name)
			again, err := st.earlierReport(t.Context(), st.wholeSchedules(), slo.Interval{From: days(c.begins), To: now})
			require.NoError(t, err)
			assert.Same(t, got, again, "read once")
		}
	}
}
