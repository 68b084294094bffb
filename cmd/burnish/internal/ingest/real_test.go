package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// documented are the Alertmanager configurations of docs/events.md: the webhook,
// the recorder's webhook and its file. They are taken as they stand there, but for
// places and waiting times.
func documented(t *testing.T, burnish, token, file string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "events.md"))
	require.NoError(t, err)
	var out []string
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if strings.HasPrefix(m[1], "sources:") {
			continue // burnish's own
		}
		out = append(out, strings.NewReplacer(
			"http://burnish:2876", burnish, "/etc/alertmanager/burnish-token", token, "/var/log/alertmanager/events.jsonl", file,
			"group_wait: 30s", "group_wait: 100ms", "group_interval: 5m", "group_interval: 1s",
		).Replace(m[1]))
	}
	require.Len(t, out, 3)
	return out
}

// posted is what an Alertmanager is told by its API.
func posted(t *testing.T, url string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(text))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	said, _ := io.ReadAll(resp.Body)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", said)
}

func firing(from time.Time, pairs ...string) map[string]any {
	ls := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		ls[pairs[i]] = pairs[i+1]
	}
	return map[string]any{"labels": ls, "startsAt": from, "endsAt": from.Add(time.Hour)}
}

func resolved(alert map[string]any, at time.Time) map[string]any {
	return map[string]any{"labels": alert["labels"], "startsAt": alert["startsAt"], "endsAt": at}
}

// secured is an intake behind a server, with a token.
func secured(t *testing.T) (r *rig, url, secret string) {
	secret = filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(secret, []byte("s3cret\n"), 0o600))
	r = newRig(t, Options{BearerTokenFile: secret}, newMemory())
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return r, server.URL, secret
}

func (m *memory) list(k alertmanager.Kind) []alertmanager.Event {
	m.mtx.Lock()
	defer m.mtx.Unlock()
	var out []alertmanager.Event
	for _, e := range m.events {
		if e.Kind == k {
			out = append(out, e)
		}
	}
	return out
}

// told are the alerts of a kind of event, and how often.
func (m *memory) told(k alertmanager.Kind) map[string]int {
	out := map[string]int{}
	for _, e := range m.list(k) {
		out[e.Alert.Labels.Get("alertname")]++
	}
	return out
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 20*time.Second, 20*time.Millisecond, what)
}

func TestOldAlertmanagersWebhooks(t *testing.T) {
	r, url, secret := secured(t)
	config := strings.Replace(documented(t, url, secret, "")[0], "name: node down\n    ", "", 1) // a name needs a newer one
	playWebhooks(t, r.store, realserver.Alertmanager(t, realserver.OldAlertmanager, config).URL)
	for _, e := range r.store.list(alertmanager.KindNotification) {
		assert.Equal(t, alertmanager.ReasonUnknown, e.Notification.Reason)
		assert.Equal(t, noon, e.At, "a webhook has no time of its own")
	}
}

// playWebhooks sends two alerts of a group, ends one, and wants the two
// notifications.
func playWebhooks(t *testing.T, store *memory, url string) {
	start := time.Now().UTC().Add(-time.Minute).Truncate(time.Millisecond)
	a, b := firing(start, "alertname", "Errors", "instance", "1"), firing(start, "alertname", "Errors", "instance", "2")
	posted(t, url+"/api/v2/alerts", []any{a, b})
	eventually(t, "a first notification", func() bool { return store.count(alertmanager.KindNotification) == 1 })
	first := store.list(alertmanager.KindNotification)[0].Notification
	assert.Equal(t, "team.a", first.Receiver)
	assert.Equal(t, `{}:{alertname="Errors"}`, first.GroupKey)
	assert.Equal(t, `{alertname="Errors"}`, first.GroupLabels.String())
	assert.Equal(t, 2, first.Firing())
	assert.Equal(t, start, first.Alerts[0].StartsAt)

	end := start.Add(50 * time.Second)
	posted(t, url+"/api/v2/alerts", []any{resolved(a, end)})
	eventually(t, "the end", func() bool { return store.count(alertmanager.KindEnd) == 1 })
	assert.Equal(t, map[string]int{"Errors": 2}, store.told(alertmanager.KindStart))
	assert.Equal(t, end, store.list(alertmanager.KindEnd)[0].At)
	assert.Equal(t, "1", store.list(alertmanager.KindEnd)[0].Alert.Labels.Get("instance"))
}

// TestAlertmanagersComeAgain: what the store could not take is sent again and not
// lost.
func TestAlertmanagersComeAgain(t *testing.T) {
	for _, v := range []realserver.Version{realserver.OldAlertmanager, realserver.NewAlertmanager} {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			r, url, secret := secured(t)
			config := strings.Replace(documented(t, url, secret, "")[0], "name: node down\n    ", "", 1)
			am := realserver.Alertmanager(t, v, config)
			r.store.setFail(errors.New("disk full"))
			posted(t, am.URL+"/api/v2/alerts", []any{firing(time.Now().UTC().Add(-time.Minute), "alertname", "Errors")})
			eventually(t, "two tries", func() bool { return testutil.ToFloat64(r.metrics.failures) >= 2 })
			r.store.setFail(nil)
			eventually(t, "the notification", func() bool { return r.store.count(alertmanager.KindNotification) == 1 })
		})
	}
}

func TestNewAlertmanagerTellsEverything(t *testing.T) {
	r, url, secret := secured(t)
	file := filepath.Join(t.TempDir(), "events.jsonl")
	parts := documented(t, url, secret, file)
	parts[2] = strings.TrimPrefix(parts[2], "event_recorder:\n") // both outputs at once
	am := recording(t, strings.Join(parts, ""))
	playEverything(t, r.store, am)

	// The file says the same as what was pushed, but for what was pushed only
	// as a webhook: the same keys.
	other := newRig(t, Options{}, newMemory())
	ctx, cancel := context.WithCancel(t.Context())
	followed := make(chan error, 1)
	kept := &FilePositions{Path: filepath.Join(t.TempDir(), "positions")}
	go func() { followed <- other.Follow(ctx, file, kept) }()
	for _, kind := range []alertmanager.Kind{
		alertmanager.KindNotification, alertmanager.KindStart, alertmanager.KindEnd, alertmanager.KindInhibited,
		alertmanager.KindSilenced, alertmanager.KindSilence, alertmanager.KindUp,
	} {
		eventually(t, string(kind), func() bool {
			return assert.ObjectsAreEqual(keysOf(r.store.list(kind)), keysOf(other.store.list(kind)))
		})
	}
	cancel()
	require.NoError(t, <-followed)
}

func keysOf(events []alertmanager.Event) map[string]bool {
	out := map[string]bool{}
	for _, e := range events {
		out[e.Key] = true
	}
	return out
}

func playEverything(t *testing.T, store *memory, url string) {
	start := time.Now().UTC().Add(-time.Minute).Truncate(time.Millisecond)
	down := firing(start, "alertname", "NodeDown", "node", "n1", "severity", "page")
	posted(t, url+"/api/v2/alerts", []any{down})
	posted(t, url+"/api/v2/silences", map[string]any{
		"matchers": []any{map[string]any{"name": "alertname", "value": "Qui.*", "isRegex": true, "isEqual": true}},
		"startsAt": start, "endsAt": start.Add(time.Hour), "createdBy": "ann", "comment": "ACK! looking",
	})
	eventually(t, "a silence", func() bool { return store.count(alertmanager.KindSilence) == 1 })
	posted(t, url+"/api/v2/alerts", []any{
		firing(start, "alertname", "DiskSlow", "node", "n1", "severity", "ticket"),
		firing(start, "alertname", "Quiet", "node", "n2", "severity", "page"),
	})
	eventually(t, "a notification", func() bool { return store.count(alertmanager.KindNotification) == 1 })
	eventually(t, "an inhibited alert", func() bool { return store.told(alertmanager.KindInhibited)["DiskSlow"] >= 1 })
	eventually(t, "a silenced alert", func() bool { return store.told(alertmanager.KindSilenced)["Quiet"] >= 1 })
	posted(t, url+"/api/v2/alerts", []any{resolved(down, start.Add(50*time.Second))})
	eventually(t, "two notifications", func() bool { return store.count(alertmanager.KindNotification) == 2 })
	eventually(t, "the end", func() bool { return store.count(alertmanager.KindEnd) == 1 })

	assert.Equal(t, map[string]int{"NodeDown": 1, "DiskSlow": 1, "Quiet": 1}, store.told(alertmanager.KindStart))
	source := ""
	reasons := map[alertmanager.Reason]int{}
	for _, e := range store.list(alertmanager.KindNotification) {
		reasons[e.Notification.Reason]++
		source = e.Notification.Alerts[0].Fingerprint
		assert.Len(t, e.Notification.Alerts, 1, "what is held back is not told")
	}
	assert.Equal(t, map[alertmanager.Reason]int{alertmanager.ReasonFirst: 1, alertmanager.ReasonAllResolved: 1}, reasons)
	for _, e := range store.list(alertmanager.KindInhibited) {
		assert.Equal(t, &alertmanager.Muter{Rule: "node down", Sources: []string{source}}, e.By)
	}
	silence := store.list(alertmanager.KindSilence)[0]
	assert.True(t, silence.Acknowledges())
	assert.Equal(t, "ann", silence.Silence.Author)
	for _, e := range store.list(alertmanager.KindSilenced) {
		assert.Equal(t, silence.Silence.ID, e.By.SilenceID)
		assert.True(t, silence.Silence.Mutes(e.Alert.Labels))
	}
}

// recording starts the new Alertmanager with its event recorder enabled.
func recording(t *testing.T, config string) string {
	t.Helper()
	return realserver.StartAlertmanager(t, realserver.AlertmanagerOptions{
		Version: realserver.NewAlertmanager, Config: config, ExtraArgs: []string{"--enable-feature=event-recorder"},
	}).URL
}
