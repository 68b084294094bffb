package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/config"
)

var monday = time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)

// weekly is a report for tests.
type weekly struct {
	name  string
	fault error
}

func (w weekly) Name() string {
	if w.name == "" {
		return "weekly-2026-11-16"
	}
	return w.name
}

func (weekly) Subject() string { return "Alerts of last week:\r\nBcc: all@example.org" }

func (w weekly) Files() ([]File, error) {
	return []File{{"weekly-2026-11-16.html", []byte("<p>x</p>")}, {"weekly-2026-11-16.json", []byte("{}")}}, w.fault
}

func (w weekly) Mail() (Mail, error) {
	return Mail{Text: "plain words", HTML: "<p>rich words</p>", Attachments: []File{{"report.html", []byte("<html>")}}}, w.fault
}

func (w weekly) Slack() (Slack, error) {
	blocks := `[{"type":"section","text":{"type":"mrkdwn","text":"*Noise* is down"}}]`
	return Slack{Text: "Noise is down", Blocks: json.RawMessage(blocks)}, w.fault
}

func (w weekly) JSON() ([]byte, error) { return []byte(`{"schema":"burnish/report/v1"}`), w.fault }

// file writes a secret.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(text+"\n"), 0o600))
	return path
}

// rig is a deliverer with short waits, and what it logged.
type rig struct {
	*Deliverer
	logs bytes.Buffer
	reg  *prometheus.Registry
}

func newRig(t *testing.T, o config.Delivery) *rig {
	t.Helper()
	r := &rig{reg: prometheus.NewRegistry()}
	d, err := New(o, Wiring{
		Registry: r.reg, Logger: slog.New(slog.NewTextHandler(&r.logs, nil)),
		Now: func() time.Time { return monday }, FirstWait: time.Millisecond,
	})
	require.NoError(t, err)
	r.Deliverer = d
	return r
}

// all delivers to every target, at the same time as the daemon does.
func (r *rig) all(ctx context.Context, what Report) []Outcome {
	out := make([]Outcome, len(r.Targets()))
	var work sync.WaitGroup
	for i, name := range r.Targets() {
		work.Go(func() { out[i] = r.Deliver(ctx, what, name) })
	}
	work.Wait()
	return out
}

// one delivers to the only target.
func (r *rig) one(t *testing.T) Outcome {
	t.Helper()
	all := r.all(t.Context(), weekly{})
	require.Len(t, all, 1)
	return all[0]
}

// script is a server that gives its answers one after the other, the last for
// ever, and keeps the requests.
type script struct {
	*httptest.Server
	mtx     sync.Mutex
	bodies  []string
	headers []http.Header
	answers []func(w http.ResponseWriter)
}

func newScript(t *testing.T, answers ...func(w http.ResponseWriter)) *script {
	s := &script{answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		s.mtx.Lock()
		s.bodies, s.headers = append(s.bodies, string(body)), append(s.headers, req.Header)
		answer := s.answers[0]
		if len(s.answers) > 1 {
			s.answers = s.answers[1:]
		}
		s.mtx.Unlock()
		answer(w)
	}))
	t.Cleanup(s.Close)
	return s
}

func says(status int, body string, headers ...string) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	r := newRig(t, config.Delivery{Folders: []config.Folder{{Path: dir}}})
	for range 2 {
		assert.Equal(t, Outcome{Target: dir, Kind: "folder", Tries: 1}, r.one(t))
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing half-made is left")
	got, err := os.ReadFile(filepath.Join(dir, "weekly-2026-11-16.html"))
	require.NoError(t, err)
	assert.Equal(t, "<p>x</p>", string(got))
	info, err := entries[0].Info()
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode().Perm())
}

func TestFolderThatCantBe(t *testing.T) {
	blocked := file(t, "not a folder")
	r := newRig(t, config.Delivery{Folders: []config.Folder{{Path: filepath.Join(blocked, "x")}}, Within: model.Duration(20 * time.Millisecond)})
	got := r.one(t)
	require.Error(t, got.Err)
	assert.Greater(t, got.Tries, 1, "a disk may come back")
	assert.InDelta(t, 1, testutil.ToFloat64(r.sent.WithLabelValues(got.Target, "failed")), 0)
}

func TestNamesStayInTheirFolder(t *testing.T) {
	r := newRig(t, config.Delivery{Folders: []config.Folder{{Path: t.TempDir()}}})
	for _, name := range []string{"../x", "/etc/x", ".hidden", "a b", "a\nb", strings.Repeat("x", 300)} {
		got := r.all(t.Context(), weekly{name: name})[0]
		require.ErrorIs(t, got.Err, errName, name)
		assert.Equal(t, 1, got.Tries)
	}
}

func TestReportThatCantBeMade(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config.Delivery{
		Folders: []config.Folder{{Path: dir}}, Webhooks: []config.Webhook{{URL: "http://127.0.0.1:1/"}},
		Slack: []config.Slack{{WebhookURLFile: file(t, "http://127.0.0.1:1/")}},
		Mail:  []config.Mail{{Server: "127.0.0.1:1", From: "a@b.example", To: []string{"c@d.example"}}},
	})
	broken := errors.New("no template")
	for _, got := range r.all(t.Context(), weekly{fault: broken}) {
		require.ErrorIs(t, got.Err, broken, got.Kind)
		assert.Equal(t, 1, got.Tries, got.Kind)
	}
}

func TestWebhook(t *testing.T) {
	server := newScript(t, says(204, ""))
	r := newRig(t, config.Delivery{Webhooks: []config.Webhook{{URL: server.URL, SecretFile: file(t, "k3y"), BearerTokenFile: file(t, "t0ken")}}})
	require.NoError(t, r.one(t).Err)
	h := server.headers[0]
	assert.JSONEq(t, `{"schema":"burnish/report/v1"}`, server.bodies[0])
	assert.Equal(t, "application/json", h.Get("Content-Type"))
	assert.Equal(t, "Bearer t0ken", h.Get("Authorization"))
	assert.Equal(t, Sign([]byte("k3y"), []byte(server.bodies[0]), monday), h.Get(SignatureHeader))
	// printf '1794816000.{"schema":"burnish/report/v1"}' | openssl dgst -sha256 -hmac k3y
	assert.Equal(t, "t=1794816000,v1=b2606a78884a80e8e49c1a88fd8b6a1fc7b47bc438b6a9a2cbe3084a62e040e5", h.Get(SignatureHeader))
	require.NoError(t, r.one(t).Err)
	assert.Len(t, server.headers[1].Get(DeliveryHeader), 32)
	assert.Equal(t, h.Get(DeliveryHeader), server.headers[1].Get(DeliveryHeader))
}

// TestHTTPAnswers holds for webhooks and Slack's incoming webhooks.
func TestHTTPAnswers(t *testing.T) {
	cases := []struct {
		name    string
		answers []func(http.ResponseWriter)
		tries   int
		fails   string
	}{
		{"taken", []func(http.ResponseWriter){says(200, "ok")}, 1, ""},
		{"an error that passes", []func(http.ResponseWriter){says(500, "no"), says(502, ""), says(200, "ok")}, 3, ""},
		{"too many requests", []func(http.ResponseWriter){says(429, "slow down", "Retry-After", "0"), says(200, "ok")}, 2, ""},
		{"not available for now", []func(http.ResponseWriter){says(503, "", "Retry-After", "soon"), says(200, "ok")}, 2, ""},
		{"gone", []func(http.ResponseWriter){says(404, "no_service")}, 1, "404"},
		{"a redirection", []func(http.ResponseWriter){says(307, "", "Location", "http://127.0.0.1:1/")}, 1, "307"},
	}
	for _, c := range cases {
		for _, kind := range []string{"webhook", "slack"} {
			t.Run(c.name+" of a "+kind, func(t *testing.T) {
				server := newScript(t, c.answers...)
				o := config.Delivery{Webhooks: []config.Webhook{{URL: server.URL}}}
				if kind == "slack" {
					o = config.Delivery{Slack: []config.Slack{{WebhookURLFile: file(t, server.URL)}}}
				}
				got := newRig(t, o).one(t)
				assert.Equal(t, c.tries, got.Tries)
				if c.fails == "" {
					require.NoError(t, got.Err)
				} else {
					require.ErrorContains(t, got.Err, c.fails)
				}
			})
		}
	}
}

func TestServersThatDoNotAnswer(t *testing.T) {
	hang := make(chan struct{})
	server := newScript(t, func(http.ResponseWriter) { <-hang }, says(200, "ok"))
	t.Cleanup(func() { close(hang) })
	r := newRig(t, config.Delivery{Webhooks: []config.Webhook{{URL: server.URL}}, Timeout: model.Duration(50 * time.Millisecond)})
	got := r.one(t)
	require.NoError(t, got.Err)
	assert.Equal(t, 2, got.Tries)
}

func TestGivingUp(t *testing.T) {
	server := newScript(t, says(429, "", "Retry-After", "100000"))
	r := newRig(t, config.Delivery{Webhooks: []config.Webhook{{URL: server.URL}}, Within: model.Duration(time.Minute)})
	got := r.one(t)
	require.ErrorContains(t, got.Err, "429", "longer than there is time for")
	assert.Equal(t, 1, got.Tries)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, r.all(ctx, weekly{})[0].Err)
}

func TestSlack(t *testing.T) {
	hook := newScript(t, says(200, "ok"))
	r := newRig(t, config.Delivery{Slack: []config.Slack{{WebhookURLFile: file(t, hook.URL+"/services/T/B/s3cret")}}})
	require.NoError(t, r.one(t).Err)
	assert.JSONEq(t, `{"text":"Noise is down","replace_original":false,"delete_original":false,
		"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"*Noise* is down"}}]}`, hook.bodies[0])

	api := newScript(t, says(200, `{"ok":false,"error":"internal_error"}`), says(200, `{"ok":true,"channel":"C1","ts":"1.2"}`))
	r = newRig(t, config.Delivery{Slack: []config.Slack{{TokenFile: file(t, "xoxb-1"), Channel: "#sre", APIURL: api.URL}}})
	got := r.one(t)
	require.NoError(t, got.Err)
	assert.Equal(t, 2, got.Tries)
	assert.Contains(t, api.bodies[1], "channel=%23sre")
	assert.Contains(t, api.bodies[1], "mrkdwn")

	for _, fault := range []string{"channel_not_found", "invalid_auth", "not_in_channel"} {
		api = newScript(t, says(200, fmt.Sprintf(`{"ok":false,"error":%q}`, fault)))
		got = newRig(t, config.Delivery{Slack: []config.Slack{{TokenFile: file(t, "xoxb-1"), Channel: "x", APIURL: api.URL}}}).one(t)
		require.ErrorContains(t, got.Err, fault)
		assert.Equal(t, 1, got.Tries)
	}
}

// TestSecretsStayHidden makes every target fail in every way that it can and
// looks for secrets in errors, logs and metrics.
func TestSecretsStayHidden(t *testing.T) {
	const word = "s3cretw0rd"
	echo := newScript(t, says(500, "you said "+word), says(400, "you said "+word))
	paths := []string{echo.URL + "/" + word, "http://127.0.0.1:1/" + word, "http://" + word + ".invalid:1/", "://" + word}
	var o config.Delivery
	for i, p := range paths {
		o.Slack = append(o.Slack, config.Slack{WebhookURLFile: file(t, p)})
		o.Webhooks = append(o.Webhooks, config.Webhook{URLFile: file(t, p), SecretFile: file(t, word), BearerTokenFile: file(t, word)})
		if i < 2 {
			o.Slack = append(o.Slack, config.Slack{TokenFile: file(t, word), Channel: "x", APIURL: strings.TrimSuffix(p, word)})
		}
	}
	o.Within = model.Duration(20 * time.Millisecond)
	r := newRig(t, o)
	all := r.all(t.Context(), weekly{})
	for _, got := range all {
		require.Error(t, got.Err, got.Target)
		assert.NotContains(t, got.Err.Error(), word, got.Target)
	}
	assert.NotContains(t, r.logs.String(), word)
	text, err := testutil.CollectAndFormat(r.sent, expfmt.TypeTextPlain, "burnish_delivery_reports_total")
	require.NoError(t, err)
	assert.NotContains(t, string(text), word)
}

func TestOneTargetKeepsItFromNoOther(t *testing.T) {
	dir := t.TempDir()
	bad := newScript(t, says(400, "no"))
	good := newScript(t, says(200, "ok"))
	r := newRig(t, config.Delivery{Folders: []config.Folder{{Name: "archive", Path: dir}}, Webhooks: []config.Webhook{{URL: bad.URL}, {URL: good.URL}}})
	all := r.all(t.Context(), weekly{})
	assert.Equal(t, []string{"archive", "webhook", "webhook-2"}, r.Targets())
	require.NoError(t, all[0].Err)
	require.Error(t, all[1].Err)
	require.NoError(t, all[2].Err)
	require.ErrorContains(t, all[1].Err, "webhook")
	require.NoError(t, r.Deliver(t.Context(), weekly{}, "webhook-2").Err)
	assert.Len(t, good.bodies, 2)
	require.Error(t, r.Deliver(t.Context(), weekly{}, "nobody").Err)
	problems, err := testutil.GatherAndLint(r.reg)
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	good := config.Mail{Server: "a:25", From: "a@b.example", To: []string{"c@d.example"}}
	mail := func(change func(*config.Mail)) config.Delivery {
		m := good
		change(&m)
		return config.Delivery{Mail: []config.Mail{m}}
	}
	cases := map[string]config.Delivery{
		"a folder without a path":   {Folders: []config.Folder{{}}},
		"Slack without anything":    {Slack: []config.Slack{{}}},
		"Slack with both":           {Slack: []config.Slack{{WebhookURLFile: "a", TokenFile: "b", Channel: "c"}}},
		"a token without a channel": {Slack: []config.Slack{{TokenFile: "b"}}},
		"a webhook without a URL":   {Webhooks: []config.Webhook{{}}},
		"a URL that is none":        {Webhooks: []config.Webhook{{URL: "ftp://a/"}}},
		"a password in a URL":       {Webhooks: []config.Webhook{{URL: "https://a:b@c/"}}},
		"a server without a port":   mail(func(m *config.Mail) { m.Server = "a" }),
		"a way of TLS that is none": mail(func(m *config.Mail) { m.TLS = "ssl" }),
		"a user without a password": mail(func(m *config.Mail) { m.Username = "a" }),
		"a password in the clear":   mail(func(m *config.Mail) { m.TLS, m.Username, m.PasswordFile = "none", "a", "b" }),
		"a sender that is none":     mail(func(m *config.Mail) { m.From = "a" }),
		"nobody to send to":         mail(func(m *config.Mail) { m.To = nil }),
		"a recipient that is none":  mail(func(m *config.Mail) { m.To = []string{"x\r\nRCPT TO:<y>"} }),
		"a negative time":           {Timeout: -1},
		"two targets of one name":   {Webhooks: []config.Webhook{{Name: "a", URL: "http://a"}, {Name: "a", URL: "http://b"}}},
	}
	for name, o := range cases {
		_, err := New(o, Wiring{})
		assert.Error(t, err, name)
	}
	require.NoError(t, mail(func(*config.Mail) {}).Validate())
	require.NoError(t, config.DefaultDelivery().Validate())
}
