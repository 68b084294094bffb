package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

var noon = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

// memory is a store that keeps what it gets as Sink demands.
type memory struct {
	mtx     sync.Mutex
	events  map[string]alertmanager.Event
	offers  int // events offered, known ones included
	calls   int
	fail    error
	reject  string        // an alert name that can't be stored
	because error         // why it can't
	gate    chan struct{} // where not nil, each Store takes one from it first
}

func newMemory() *memory { return &memory{events: map[string]alertmanager.Event{}} }

func (m *memory) Store(ctx context.Context, events []alertmanager.Event) error {
	if m.gate != nil {
		select {
		case <-m.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.mtx.Lock()
	defer m.mtx.Unlock()
	m.calls++
	m.offers += len(events)
	if m.fail != nil {
		return m.fail
	}
	for _, e := range events {
		if m.reject != "" && e.Alert != nil && e.Alert.Labels.Get("alertname") == m.reject {
			return fmt.Errorf("too odd: %w", m.because)
		}
	}
	for _, e := range events {
		if !slices.ContainsFunc(append(e.Same, e.Key), func(k string) bool { _, ok := m.events[k]; return ok }) {
			m.events[e.Key] = e
		}
	}
	return nil
}

func (m *memory) setFail(err error) {
	m.mtx.Lock()
	defer m.mtx.Unlock()
	m.fail = err
}

func (m *memory) count(k alertmanager.Kind) int {
	m.mtx.Lock()
	defer m.mtx.Unlock()
	n := 0
	for _, e := range m.events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// rig is an intake that runs, and its handler.
type rig struct {
	*Intake
	http.Handler
	store *memory
	reg   *prometheus.Registry
	stop  func()
}

func newRig(t testing.TB, o Options, store *memory) *rig {
	t.Helper()
	r := startRig(t, o, Wiring{Sink: store})
	r.store = store
	return r
}

// newRigOn is on any store, with keys from before.
func newRigOn(t testing.TB, sink Sink, known []string) *rig {
	t.Helper()
	return startRig(t, Options{}, Wiring{Sink: sink, Known: known})
}

func startRig(t testing.TB, o Options, w Wiring) *rig {
	t.Helper()
	w.Now = func() time.Time { return noon }
	return startRigAt(t, o, w)
}

// startRigAt is the same with a clock of the test's own.
func startRigAt(t testing.TB, o Options, w Wiring) *rig {
	t.Helper()
	reg := prometheus.NewRegistry()
	w.Registry = reg
	in, err := New(o, w)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); in.Run(ctx) }()
	r := &rig{Intake: in, Handler: in.Handler(), reg: reg, stop: func() { cancel(); <-done }}
	t.Cleanup(r.stop)
	return r
}

func (r *rig) post(t testing.TB, path string, body []byte, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	return rec
}

// delivered is a webhook of so many alerts of a rule.
func delivered(t testing.TB, rule, receiver string, alerts int) []byte {
	t.Helper()
	list := make([]any, alerts)
	for i := range list {
		list[i] = map[string]any{
			"status": "firing", "startsAt": noon.Add(-time.Minute), "endsAt": time.Time{},
			"labels":      map[string]any{"alertname": rule, "instance": fmt.Sprint("host-", i), "severity": "page", "job": "node"},
			"annotations": map[string]any{"summary": strings.Repeat("x", 200)}, "generatorURL": "http://prometheus/graph?g0.expr=up",
		}
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "receiver": receiver, "groupKey": "{}:{" + rule + "}", "notification_reason": "first notification", "alerts": list,
	})
	require.NoError(t, err)
	return body
}

func started(rule string) []byte {
	return fmt.Appendf(nil, `{"@timestamp":"2026-11-05T12:00:00Z","instance":"a","data":{"alertCreated":{"alert":`+
		`{"labels":{"labels":[{"key":"alertname","value":%q}]},"startsAt":"2026-11-05T11:00:00Z"}}}}`, rule)
}

// held is what a delivery of one event holds until it is stored.
func held(body []byte) int { return len(body) + eventBytes }

// wait until the deliveries that wait for the store hold so much.
func (r *rig) wait(t *testing.T, bytes int) {
	t.Helper()
	require.Eventually(t, func() bool { return r.queued().bytes == bytes }, 10*time.Second, time.Millisecond)
}

func TestAnswers(t *testing.T) {
	ok := delivered(t, "Down", "ops", 2)
	cases := []struct {
		name, path string
		body       []byte
		headers    []string
		want       int
		reason     string
	}{
		{name: "a webhook", path: WebhookPath, body: ok, want: http.StatusOK},
		{name: "a webhook with a character set", path: WebhookPath, body: ok, headers: []string{"Content-Type", "application/json; charset=utf-8"}, want: http.StatusOK},
		{name: "an event", path: EventsPath, body: started("x"), want: http.StatusOK},
		{name: "an empty list of events", path: EventsPath, body: []byte("[]"), want: http.StatusOK},
		{name: "no JSON", path: WebhookPath, body: []byte("hello"), want: http.StatusBadRequest, reason: "malformed"},
		{name: "nothing", path: WebhookPath, want: http.StatusBadRequest, reason: "malformed"},
		{name: "no UTF-8", path: EventsPath, body: []byte("\"\xff\""), want: http.StatusBadRequest, reason: "utf8"},
		{name: "another version", path: WebhookPath, body: []byte(`{"version":"3"}`), want: http.StatusBadRequest, reason: "version"},
		{name: "too many alerts", path: WebhookPath, body: delivered(t, "Down", "ops", 11), want: http.StatusBadRequest, reason: "too_many"},
		{name: "too large", path: WebhookPath, body: delivered(t, "Down", "ops", 100), want: http.StatusRequestEntityTooLarge, reason: whyLarge},
		{name: "a form", path: WebhookPath, body: ok, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, want: http.StatusUnsupportedMediaType, reason: whyType},
		{name: "packed", path: WebhookPath, body: ok, headers: []string{"Content-Encoding", "gzip"}, want: http.StatusUnsupportedMediaType, reason: whyType},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Options{MaxAlerts: 10, MaxBody: 10_000}, newMemory())
			rec := r.post(t, c.path, c.body, c.headers...)
			assert.Equal(t, c.want, rec.Code, rec.Body)
			d := doorWebhook
			if c.path == EventsPath {
				d = doorEvents
			}
			for _, why := range []string{"malformed", "utf8", "version", "too_many", whyLarge, whyType} {
				want := 0.0
				if why == c.reason {
					want = 1
				}
				assert.InDelta(t, want, testutil.ToFloat64(r.metrics.refused.WithLabelValues(string(d), why)), 0, why)
			}
			assert.Zero(t, r.queued(), "nothing is held any more")
		})
	}
	r := newRig(t, Options{}, newMemory())
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, WebhookPath, http.NoBody))
	assert.Equal(t, http.StatusMethodNotAllowed, rec.Code)
}

func TestSenders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("s3cret\n"), 0o600))
	basic := Options{Username: "am", PasswordFile: file}
	token := Options{BearerTokenFile: file}
	cases := []struct {
		name, header string
		o            Options
		want         int
	}{
		{"nobody is asked", "", Options{}, 200},
		{"the token", "Bearer s3cret", token, 200},
		{"the token, written small", "bearer s3cret", token, 200},
		{"no token", "", token, 401},
		{"another token", "Bearer s3cre", token, 401},
		{"a password for a token", "Basic YW06czNjcmV0", token, 401},
		{"the password", "Basic YW06czNjcmV0", basic, 200},
		{"another user", "Basic YW46czNjcmV0", basic, 401},
		{"another password", "Basic YW06czNjcmVU", basic, 401},
		{"a token for a password", "Bearer s3cret", basic, 401},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.o, newMemory())
			rec := r.post(t, EventsPath, started("x"), "Authorization", c.header)
			assert.Equal(t, c.want, rec.Code)
			assert.Equal(t, c.want == 401, rec.Header().Get("WWW-Authenticate") != "")
			assert.NotContains(t, rec.Body.String(), "s3cret")
		})
	}
}

func TestSecretsAreReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o600))
	now := noon
	g, err := newGuard(Options{BearerTokenFile: file}, func() time.Time { return now })
	require.NoError(t, err)
	require.Equal(t, "old", g.current())
	require.NoError(t, os.WriteFile(file, []byte("new"), 0o600))
	assert.Equal(t, "old", g.current())
	now = now.Add(secretAge)
	assert.Equal(t, "new", g.current())
	require.NoError(t, os.Remove(file))
	now = now.Add(secretAge)
	assert.Equal(t, "new", g.current(), "a rotation under way locks nobody out")

	require.NoError(t, os.WriteFile(file, []byte("\n"), 0o600))
	_, err = newGuard(Options{BearerTokenFile: file}, time.Now)
	require.Error(t, err, "an empty secret would let everybody in")
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for name, o := range map[string]Options{
		"two ways to log in": {Username: "a", PasswordFile: "b", BearerTokenFile: "c"}, "a user without a password": {Username: "a"},
		"a negative limit": {MaxBody: -1}, "less memory than one body": {MaxMemory: 10},
		"a file that is missing": {BearerTokenFile: "/does/not/exist"},
	} {
		_, err := New(o, Wiring{Sink: newMemory()})
		assert.Error(t, err, name)
	}
	_, err := New(Options{}, Wiring{})
	require.Error(t, err)
	require.NoError(t, DefaultOptions().Validate())
}

func TestAnswerWaitsForTheStore(t *testing.T) {
	store := newMemory()
	store.gate = make(chan struct{})
	r := newRig(t, Options{}, store)
	answered := make(chan int)
	go func() { answered <- r.post(t, WebhookPath, delivered(t, "Down", "ops", 3)).Code }()
	select {
	case <-answered:
		t.Fatal("answered before it was stored")
	case store.gate <- struct{}{}:
	}
	assert.Equal(t, http.StatusOK, <-answered)
	assert.Equal(t, 1, store.count(alertmanager.KindNotification))
	assert.Equal(t, 3, store.count(alertmanager.KindStart))
}

func TestDeliveriesGatherWhileTheStoreIsBusy(t *testing.T) {
	store := newMemory()
	store.gate = make(chan struct{})
	r := newRig(t, Options{}, store)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() { assert.Equal(t, http.StatusOK, r.post(t, EventsPath, started(fmt.Sprint("rule", i))).Code) })
	}
	full := 0
	for i := range 50 {
		full += held(started(fmt.Sprint("rule", i)))
	}
	r.wait(t, full)
	close(store.gate)
	all.Wait()
	assert.Equal(t, 50, store.count(alertmanager.KindStart))
	assert.LessOrEqual(t, store.calls, 3, "one commit for all that waited")
}

func TestFullMeansComeAgain(t *testing.T) {
	store := newMemory()
	store.gate = make(chan struct{})
	body := delivered(t, "Down", "ops", 20)
	r := newRig(t, Options{MaxMemory: 2 * len(body), MaxBody: len(body)}, store)
	first := make(chan int)
	go func() { first <- r.post(t, WebhookPath, body).Code }()
	require.Eventually(t, func() bool { return r.queued().bytes > len(body) }, 10*time.Second, time.Millisecond)

	other := delivered(t, "Else", "ops", 20)
	rec := r.post(t, WebhookPath, other)
	assert.Equal(t, http.StatusServiceUnavailable, rec.Code)
	assert.NotEmpty(t, rec.Header().Get("Retry-After"))
	close(store.gate)
	assert.Equal(t, http.StatusOK, <-first, "one delivery has room, though with its events it is over the limit")
	assert.Equal(t, http.StatusOK, r.post(t, WebhookPath, other).Code)
	assert.Equal(t, 2, store.count(alertmanager.KindNotification))
	assert.Zero(t, r.queued())
}

func TestStoreThatFails(t *testing.T) {
	store := newMemory()
	store.setFail(errors.New("disk full at /secret/path"))
	r := newRig(t, Options{}, store)
	rec := r.post(t, EventsPath, started("x"))
	assert.Equal(t, http.StatusServiceUnavailable, rec.Code)
	assert.NotContains(t, rec.Body.String(), "/secret/path")
	store.setFail(nil)
	assert.Equal(t, http.StatusOK, r.post(t, EventsPath, started("x")).Code, "what was not stored is not taken for known")
	assert.Equal(t, 1, store.count(alertmanager.KindStart))
	assert.InDelta(t, 1, testutil.ToFloat64(r.metrics.failures), 0)
}

func TestStoreThatHangs(t *testing.T) {
	store := newMemory()
	store.gate = make(chan struct{})
	r := newRig(t, Options{StoreTimeout: model.Duration(10 * time.Millisecond)}, store)
	assert.Equal(t, http.StatusServiceUnavailable, r.post(t, EventsPath, started("x")).Code)
}

func TestOneOddDeliveryKeepsOutNoOther(t *testing.T) {
	t.Run("which the store rejects", func(t *testing.T) { sendOneOdd(t, ErrRejected, http.StatusBadRequest) })
	t.Run("on which the store fails", func(t *testing.T) { sendOneOdd(t, errors.New("no"), http.StatusServiceUnavailable) })
}

func sendOneOdd(t *testing.T, because error, odd int) {
	store := newMemory()
	store.gate, store.reject, store.because = make(chan struct{}), "Odd", because
	r := newRig(t, Options{}, store)
	codes := make([]int, 20)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() {
			name := fmt.Sprint("Fine", i)
			if i == 7 {
				name = "Odd"
			}
			codes[i] = r.post(t, EventsPath, started(name)).Code
		})
	}
	full := held(started("Odd"))
	for i := range codes {
		if i != 7 {
			full += held(started(fmt.Sprint("Fine", i)))
		}
	}
	r.wait(t, full)
	close(store.gate)
	all.Wait()
	for i, code := range codes {
		want := http.StatusOK
		if i == 7 {
			want = odd
		}
		assert.Equal(t, want, code, i)
	}
}

func TestReplaysAndReorders(t *testing.T) {
	store := newMemory()
	r := newRig(t, Options{}, store)
	var bodies [][]byte
	for i := range 30 {
		bodies = append(bodies, delivered(t, fmt.Sprint("Rule", i), "ops", 1+i))
	}
	for round := range 3 {
		if round == 1 {
			slices.Reverse(bodies)
		}
		var all sync.WaitGroup
		for _, b := range bodies {
			all.Go(func() { assert.Equal(t, http.StatusOK, r.post(t, WebhookPath, b).Code) })
		}
		all.Wait()
	}
	assert.Equal(t, 30, store.count(alertmanager.KindNotification))
	assert.Equal(t, 30*31/2, store.count(alertmanager.KindStart))
	assert.Equal(t, 30+30*31/2, store.offers, "replays never reach the store")
	assert.InDelta(t, 2*(30+30*31/2), testutil.ToFloat64(r.metrics.doubles.WithLabelValues("webhook")), 0)
	assert.InDelta(t, 30+30*31/2, testutil.ToFloat64(r.metrics.stored), 0)
}

func TestRecentForgetsTheOldest(t *testing.T) {
	r := newRecent(3)
	event := func(i int) alertmanager.Event { return alertmanager.Event{Key: fmt.Sprint(i)} }
	for i := range 100 {
		r.begin()
		assert.True(t, r.add(event(i)))
		assert.False(t, r.add(event(i)))
		assert.LessOrEqual(t, len(r.young)+len(r.old), 6)
	}
	assert.False(t, r.add(event(97)))
	assert.True(t, r.add(event(1)))
	r.undo()
	assert.True(t, r.add(event(1)), "what was undone is not known")
	assert.False(t, r.add(alertmanager.Event{Key: "new", Same: []string{"98"}}))
}

func TestWhatWasStoredBeforeARestartIsKnown(t *testing.T) {
	store := newMemory()
	in, err := New(Options{}, Wiring{Sink: store, Known: []string{"a", "b"}})
	require.NoError(t, err)
	in.recent.begin()
	assert.False(t, in.recent.add(alertmanager.Event{Key: "a"}))
	assert.True(t, in.recent.add(alertmanager.Event{Key: "c"}))
}

func TestStoppingStoresWhatCameIn(t *testing.T) {
	store := newMemory()
	store.gate = make(chan struct{}, 100)
	r := newRig(t, Options{}, store)
	codes := make(chan int, 10)
	for i := range 10 {
		go func() { codes <- r.post(t, EventsPath, started(fmt.Sprint(i))).Code }()
	}
	r.wait(t, 10*held(started("0")))
	stopped := make(chan struct{})
	go func() { r.stop(); close(stopped) }()
	for range 10 {
		store.gate <- struct{}{}
	}
	<-stopped
	for range 10 {
		assert.Equal(t, http.StatusOK, <-codes)
	}
	assert.Equal(t, http.StatusServiceUnavailable, r.post(t, EventsPath, started("late")).Code)
	assert.Equal(t, 10, store.count(alertmanager.KindStart))
}

func TestMetricsAreWellNamed(t *testing.T) {
	r := newRig(t, Options{}, newMemory())
	problems, err := testutil.GatherAndLint(r.reg)
	require.NoError(t, err)
	assert.Empty(t, problems)
	assert.Equal(t, 3, testutil.CollectAndCount(r.metrics.received))
}

func TestSlowSendersAreCutOff(t *testing.T) {
	r := newRig(t, Options{BodyTimeout: model.Duration(50 * time.Millisecond)}, newMemory())
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	reader, writer := io.Pipe()
	t.Cleanup(func() { _ = writer.Close() })
	go func() { _, _ = writer.Write([]byte(`{"version":`)) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+WebhookPath, reader)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusRequestTimeout, resp.StatusCode)
	assert.Zero(t, r.queued())
}
