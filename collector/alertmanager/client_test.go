package alertmanager

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve answers each path with a body, any other with 404.
func serve(t *testing.T, pages map[string]string, settings ...func(*Options)) *Client {
	t.Helper()
	return dial(t, func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(body))
	}, settings...)
}

func dial(t *testing.T, h http.HandlerFunc, settings ...func(*Options)) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := Options{URL: server.URL, RetryWait: time.Millisecond, Timeout: 10 * time.Second}
	for _, set := range settings {
		set(&o)
	}
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

const twoSilences = `[
 {"id":"a1","status":{"state":"active"},"updatedAt":"2026-11-16T08:00:00.000Z","comment":"ACK! looking","createdBy":"ann",
  "startsAt":"2026-11-16T08:00:00.000Z","endsAt":"2026-11-16T10:00:00.000+01:00","annotations":{},
  "matchers":[{"isEqual":true,"isRegex":false,"name":"alertname","value":"Down"},{"isEqual":false,"isRegex":true,"name":"service","value":"a|b"}]},
 {"id":"old","status":{"state":"expired"},"updatedAt":"2026-11-15T08:00:00Z","comment":"","createdBy":"bob",
  "startsAt":"2026-11-15T07:00:00Z","endsAt":"2026-11-15T08:00:00Z","matchers":[{"isRegex":true,"name":"instance","value":"db.*"}]}
]`

func TestSilences(t *testing.T) {
	c := serve(t, map[string]string{"/api/v2/silences": twoSilences})
	got, err := c.Silences(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 2)
	assert.Equal(t, "a1", got[0].ID)
	assert.Equal(t, "ann", got[0].Author)
	assert.Equal(t, "ACK! looking", got[0].Comment)
	assert.Equal(t, time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC), got[0].From)
	assert.Equal(t, time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC), got[0].To, "other zones are turned into UTC")
	assert.True(t, got[0].Mutes(labels.FromStrings("alertname", "Down", "service", "c")))
	assert.False(t, got[0].Mutes(labels.FromStrings("alertname", "Down", "service", "a")), "a negative matcher")
	assert.True(t, got[1].Mutes(labels.FromStrings("instance", "db1")), "isEqual is true where it is missing")

	path := filepath.Join(t.TempDir(), "silences.json")
	require.NoError(t, os.WriteFile(path, []byte(twoSilences), 0o600))
	fromFile, err := ReadSilences(path)
	require.NoError(t, err)
	require.Len(t, fromFile, 2)
	assert.Equal(t, got[0].Interval, fromFile[0].Interval)
}

func TestALongTextIsCutBetweenTwoCharacters(t *testing.T) {
	for name, text := range map[string]string{
		"one byte each":                   strings.Repeat("a", 2*maxText),
		"the cut falls in a character":    "a" + strings.Repeat("ö", maxText),
		"the cut falls in a longer one":   "ab" + strings.Repeat("🔥", maxText),
		"the cut falls between two words": strings.Repeat("öö ", maxText),
	} {
		got := cut(text)
		assert.True(t, utf8.ValidString(got), name)
		assert.True(t, strings.HasSuffix(got, "…"), name)
		assert.LessOrEqual(t, len(got), maxText+len("…"), name)
		assert.Greater(t, len(got), maxText-4, name)
	}
	assert.Equal(t, "short", cut("short"))
}

func TestReadSilencesSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"an object":         {`{"data": []}`, "it is no list"},
		"cut off":           {`[{"id":"x","matchers":[{"name":"a","value":"b","isRegex":false}]}`, "EOF"},
		"a bad regexp":      {`[{"id":"x","matchers":[{"name":"a","value":"(","isRegex":true}]}]`, `read silence "x"`},
		"no matchers":       {`[{"id":"x"}]`, "it has no matchers"},
		"a time like a cow": {`[{"id":"x","startsAt":"moo"}]`, "not an answer of the Alertmanager API"},
		"empty":             {``, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "silences.json")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			got, err := ReadSilences(path)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "silences.json")
			assert.Empty(t, got)
		})
	}
	_, err := ReadSilences(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestStatus(t *testing.T) {
	c := serve(t, map[string]string{"/api/v2/status": `{"cluster":{"status":"ready","peers":[{"name":"a","address":"x"},{"name":"b","address":"y"}]},
		"config":{"original":"route:\n  receiver: a\n"},"uptime":"2026-11-16T08:00:00Z","versionInfo":{"version":"0.34.2"}}`})
	got, err := c.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Status{
		Version: "0.34.2", Config: "route:\n  receiver: a\n", Peers: 2,
		Started: time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC),
	}, got)

	_, err = serve(t, map[string]string{"/api/v2/status": `{"status":"success"}`}).Status(t.Context())
	require.ErrorContains(t, err, "Alertmanager API")
}

func TestAlerts(t *testing.T) {
	c := serve(t, map[string]string{"/api/v2/alerts": `[{"annotations":{"summary":"s"},"endsAt":"2026-11-16T08:04:00Z","fingerprint":"3b9dc9709cb1cdc4",
		"receivers":[{"name":"pager"},{"name":"team"}],"startsAt":"2026-11-16T08:00:00Z","status":{"inhibitedBy":[],"silencedBy":["a1"],"state":"suppressed"},
		"updatedAt":"2026-11-16T08:00:00Z","generatorURL":"x","labels":{"alertname":"Down","service":"a"}}]`})
	got, err := c.Alerts(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, labels.FromStrings("alertname", "Down", "service", "a"), got[0].Labels)
	assert.Equal(t, "3b9dc9709cb1cdc4", got[0].Fingerprint)
	assert.Equal(t, []string{"pager", "team"}, got[0].Receivers)
	assert.Equal(t, "suppressed", got[0].State)
	assert.Equal(t, []string{"a1"}, got[0].SilencedBy)
}

func TestErrorsAreOfTheAlertmanagerAndHoldNoSecret(t *testing.T) {
	secret := func(o *Options) { o.Username, o.Password = "ann", "hunter2!" }
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a refusal that echoes": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(r.Header.Get("Authorization")))
		}, "check the user name"},
		"not found":        {http.NotFound, "path prefix"},
		"a page":           {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "web page"},
		"no JSON":          {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("moo")) }, "Alertmanager API"},
		"too much":         {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[" + strings.Repeat(" ", 1<<20))) }, "larger than"},
		"an endless start": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat("[", 1<<16))) }, "Alertmanager API"},
	} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, c.answer, secret, func(o *Options) { o.MaxBytes = 1 << 18 })
			_, err := client.Silences(t.Context())
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "hunter2!")
			assert.NotContains(t, err.Error(), "Prometheus")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestItAsksAgain(t *testing.T) {
	asked := 0
	c := dial(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(twoSilences))
	})
	got, err := c.Silences(t.Context())
	require.NoError(t, err)
	assert.Len(t, got, 2, "what came of earlier tries is not kept")
	assert.Equal(t, 3, asked)
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	_, err := New(Options{URL: "ftp://x"})
	require.ErrorContains(t, err, "Alertmanager")
}

func FuzzReadSilences(f *testing.F) {
	f.Add([]byte(twoSilences))
	f.Add([]byte(`[{"id":"x","matchers":[{"name":"","value":"","isRegex":true}]}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := readSilences(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		for _, s := range got {
			s.Mutes(labels.FromStrings("alertname", "Down"))
			assert.NotEmpty(t, s.Matchers)
		}
	})
}
