package sink_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/sink"
	"github.com/burnish-sre/burnish/collector/alertmanager"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

var started = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func told(key string, at time.Time, same ...string) alertmanager.Event {
	return alertmanager.Event{
		Key: key, Same: same, Kind: alertmanager.KindNotification, At: at,
		Notification: &alertmanager.Notification{
			Receiver: "pager", GroupKey: "{}:{}", GroupLabels: labels.FromStrings("alertname", "Slow"), Reason: alertmanager.ReasonFirst,
			Alerts: []alertmanager.Told{{Labels: labels.FromStrings("alertname", "Slow"), Fingerprint: "f", StartsAt: started}},
		},
	}
}

func open(t *testing.T) *history.Store {
	t.Helper()
	s, err := history.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), history.Options{Now: func() time.Time { return started }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func stored(t *testing.T, s *history.Store) []history.Notification {
	t.Helper()
	var out []history.Notification
	for n, err := range s.Notifications(t.Context(), sink.Source, slo.Interval{From: started.Add(-time.Hour), To: started.Add(time.Hour)}) {
		require.NoError(t, err)
		out = append(out, n)
	}
	return out
}

func TestWhatIsToldTwiceIsKeptOnce(t *testing.T) {
	store := open(t)
	s := sink.New(store)
	one, late := told("a", started), told("c", started.Add(time.Minute), "a", "e")
	require.NoError(t, s.Store(t.Context(), []alertmanager.Event{one}))
	require.NoError(t, s.Store(t.Context(), []alertmanager.Event{one, late}), "a replay, and a delivery a step later")
	require.NoError(t, s.Store(t.Context(), []alertmanager.Event{told("x", started), told("y", started, "x")}), "two in one delivery")
	var keys []string
	for _, n := range stored(t, store) {
		keys = append(keys, n.Key)
		assert.Equal(t, "firing", n.Status)
	}
	assert.ElementsMatch(t, []string{"a", "x"}, keys)
}

func TestEveryKindFindsItsPlace(t *testing.T) {
	store := open(t)
	alert := &alertmanager.Told{Labels: labels.FromStrings("alertname", "Slow"), Fingerprint: "f"}
	resolved := told("r", started)
	resolved.Notification.Alerts[0].EndsAt = started.Add(time.Minute)
	require.NoError(t, sink.New(store).Store(t.Context(), []alertmanager.Event{
		resolved,
		{Key: "i", Kind: alertmanager.KindInhibited, At: started, Alert: alert, By: &alertmanager.Muter{Rule: "down", Sources: []string{"g"}}},
		{Key: "s", Kind: alertmanager.KindSilenced, At: started, Alert: alert, By: &alertmanager.Muter{SilenceID: "one"}},
		{Key: "m", Kind: alertmanager.KindSilence, At: started, Silence: &noise.Silence{ID: "one", Interval: slo.Interval{From: started, To: started.Add(time.Hour)}, Comment: "ACK! on it"}},
		{Key: "b", Kind: alertmanager.KindStart, At: started, Alert: alert},
		{Key: "u", Kind: alertmanager.KindUp, At: started},
	}))
	by := map[string]history.Notification{}
	for _, n := range stored(t, store) {
		by[n.Key] = n
	}
	require.Len(t, by, 3)
	assert.Equal(t, "resolved", by["r"].Status)
	assert.Equal(t, "inhibited", by["i"].Held)
	assert.Equal(t, []string{"down", "g"}, by["i"].Alerts[0].InhibitedBy)
	assert.Equal(t, []string{"one"}, by["s"].Alerts[0].SilencedBy)
	silences, err := store.Silences(t.Context(), sink.Source, slo.Interval{})
	require.NoError(t, err)
	require.Len(t, silences, 1)
	assert.Equal(t, "one", silences[0].ID)
}

func TestNothingToKeepIsNoCommit(t *testing.T) {
	require.NoError(t, sink.New(nil).Store(t.Context(), []alertmanager.Event{{Key: "u", Kind: alertmanager.KindUp}}))
}
