package ingest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/alertmanager"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func newArchive(t testing.TB) (Archive, *history.Store) {
	t.Helper()
	store, err := history.Open(context.Background(), filepath.Join(t.TempDir(), "history.db"), history.Options{Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return Archive{To: store}, store
}

func TestArchive(t *testing.T) {
	a, store := newArchive(t)
	start, end := noon.Add(-time.Hour), noon.Add(-time.Minute)
	down := labels.FromStrings("alertname", "Down", "job", "node")
	firing := alertmanager.Told{Labels: down, Fingerprint: "f", StartsAt: start}
	over := firing
	over.EndsAt = end
	events := []alertmanager.Event{
		{Key: "1", Kind: alertmanager.KindNotification, At: noon, Notification: &alertmanager.Notification{
			Receiver: "ops", GroupKey: "k", GroupLabels: labels.FromStrings("alertname", "Down"),
			Reason: alertmanager.ReasonAllResolved, Alerts: []alertmanager.Told{over},
		}},
		{Key: "2", Kind: alertmanager.KindStart, At: start, Alert: &firing},
		{Key: "3", Kind: alertmanager.KindEnd, At: end, Alert: &over},
		{Key: "4", Kind: alertmanager.KindInhibited, At: noon, Alert: &alertmanager.Told{Labels: down, Fingerprint: "f"}, By: &alertmanager.Muter{Rule: "r", Sources: []string{"s"}}},
		{Key: "5", Kind: alertmanager.KindSilenced, At: noon, Alert: &alertmanager.Told{Labels: down, Fingerprint: "f"}, By: &alertmanager.Muter{SilenceID: "q"}},
		{Key: "6", Kind: alertmanager.KindSilence, At: noon, Silence: &noise.Silence{
			Interval: slo.Interval{From: start, To: noon}, ID: "q", UpdatedAt: start,
			Matchers: [][]*labels.Matcher{{labels.MustNewMatcher(labels.MatchEqual, "job", "node")}},
		}},
		{Key: "7", Kind: alertmanager.KindUp, At: noon},
	}
	for range 2 {
		require.NoError(t, a.Store(t.Context(), events))
	}
	require.NoError(t, a.Store(t.Context(), events[6:]))

	day := slo.Interval{From: noon.Add(-12 * time.Hour), To: noon.Add(12 * time.Hour)}
	held := map[string]int{}
	for n, err := range store.Notifications(t.Context(), "alertmanager", day) {
		require.NoError(t, err)
		held[n.Held]++
		assert.Len(t, n.Alerts, 1)
		if n.Held == "" {
			assert.Equal(t, "resolved", n.Status)
			assert.Equal(t, "ops", n.Receiver)
			assert.True(t, n.Alerts[0].EndsAt.Equal(end))
		}
	}
	assert.Equal(t, map[string]int{"": 1, "inhibited": 1, "silenced": 1}, held)
	keys, err := a.Known(t.Context(), noon)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"1", "4", "5"}, keys)
}

// TestLoadOnTheRealStore sends what TestLoad sends to a store of SQLite, which takes
// all that is told: the daemon leaves starts and ends to Prometheus' own history, and
// does about a third of the work.
func TestLoadOnTheRealStore(t *testing.T) {
	a, store := newArchive(t)
	length := loadLength(t, 300*time.Millisecond)
	l, in := loadTo(t, a)
	deliveries := l.run(t, in, length)
	count := 0
	for n, err := range store.Notifications(t.Context(), "alertmanager", slo.Interval{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}) {
		require.NoError(t, err)
		assert.Len(t, n.Alerts, loadGroup)
		count++
	}
	assert.Equal(t, deliveries, count)
}

// TestKilledBetweenStoringAndAnswering: a delivery that was stored and, because
// of a crash, not answered is known to the next process.
func TestKilledBetweenStoringAndAnswering(t *testing.T) {
	a, _ := newArchive(t)
	body := delivered(t, "Down", "ops", 2)
	first := newRigOn(t, a, nil)
	require.Equal(t, http.StatusOK, first.post(t, WebhookPath, body).Code)
	first.stop()

	known, err := a.Known(t.Context(), noon)
	require.NoError(t, err)
	second := newRigOn(t, a, known)
	require.Equal(t, http.StatusOK, second.post(t, WebhookPath, body).Code)
	again, err := a.Known(t.Context(), noon)
	require.NoError(t, err)
	assert.Equal(t, known, again)
	assert.Len(t, known, 1)
}

// TestReplicasThatAreToldTheSame: two intakes over one store, one on each side of
// the edge of a step of time, are told the same in different orders and twice.
func TestReplicasThatAreToldTheSame(t *testing.T) {
	a, store := newArchive(t)
	var all sync.WaitGroup
	for replica, at := range []time.Time{noon.Add(-time.Second), noon.Add(time.Second)} {
		r := startRigAt(t, Options{}, Wiring{Sink: a, Now: func() time.Time { return at }})
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(replica), 3)) //nolint:gosec // a test that can be repeated
			for _, i := range append(rng.Perm(20), rng.Perm(20)...) {
				body := bytes.ReplaceAll(delivered(t, fmt.Sprint("Rule", i), "ops", 2), []byte("first notification"), nil) // as before 0.32
				assert.Equal(t, http.StatusOK, r.post(t, WebhookPath, body).Code)
			}
		})
	}
	all.Wait()
	groups := map[string]int{}
	for n, err := range store.Notifications(t.Context(), "", slo.Interval{}) {
		require.NoError(t, err)
		groups[n.GroupKey]++
	}
	assert.Len(t, groups, 20)
	for key, n := range groups {
		assert.Equal(t, 1, n, key)
	}
}

func loadLength(t *testing.T, usual time.Duration) time.Duration {
	t.Helper()
	if d, err := time.ParseDuration(os.Getenv("BURNISH_LOAD")); err == nil {
		return d
	}
	return usual
}
