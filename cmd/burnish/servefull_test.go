package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// running is a daemon in a process of its own.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd
	logs   safeBuffer
	base   string
	exited chan error
}

// serving starts a daemon over a configuration, to which it adds the address.
func serving(t *testing.T, file, config string) *running {
	t.Helper()
	address := freeAddress(t)
	require.NoError(t, os.WriteFile(file, []byte(config+"web: {listen_address: \""+address+"\"}\n"), 0o600))
	r := &running{t: t, base: "http://" + address, exited: make(chan error, 1)}
	r.cmd = process(t, "burnish", "serve", "--config.file", file)
	r.cmd.Stderr = &r.logs
	require.NoError(t, r.cmd.Start())
	go func() { r.exited <- r.cmd.Wait() }()
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	return r
}

func (r *running) eventually(path, text string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return strings.Contains(get(r.base+path), text) },
		150*time.Second, 100*time.Millisecond, "%s shows %q\n%s", path, text, &r.logs)
}

// send sends a request and gives the status and the body of the answer.
func (r *running) send(method, path, body string) (int, string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, strings.NewReader(body))
	require.NoError(r.t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err, &r.logs)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return resp.StatusCode, string(text)
}

func (r *running) stop() {
	r.t.Helper()
	require.NoError(r.t, r.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-r.exited:
		require.NoError(r.t, err, &r.logs)
	case <-time.After(10 * time.Second):
		r.t.Fatalf("SIGTERM did not end it\n%s", &r.logs)
	}
}

// TestServeDoesAllThatItOffers runs the daemon over real data and uses each of its
// doors once: the report, the metrics, the gate, assistants, a declared incident, a
// pushed notification, a scheduled report and a reload.
func TestServeDoesAllThatItOffers(t *testing.T) {
	tsdb, data := realserver.TSDB(t), realserver.Data(t)
	dir := t.TempDir()
	rules := filepath.Join(data, "rules", "cloudmon.rules.yml")
	config := fmt.Sprintf(`sources: [{name: data, tsdb_path: %q}]
rules: {files: [%q]}
report: {window: 3d, refresh: 10m}
collect: {interval: 1h, chunk: 31d}
schedules: [{name: yearly, cron: "@yearly", to: [out]}]
delivery: {folders: [{name: out, path: out}]}
`, tsdb, rules)
	file := filepath.Join(dir, "burnish.yml")
	r := serving(t, file, config)
	r.eventually("/-/ready", "Ready.")

	want := must(t, "report", "--tsdb.path", tsdb, "--rules.files", rules, "--last", "3d", "--format", "json")
	_, got := r.send("GET", "/report.json", "")
	fromData, fromStore := figures(t, want), figures(t, got)
	sameWeeks(t, fromData["trends"], fromStore["trends"])
	delete(fromData, "trends")
	delete(fromStore, "trends")
	assert.Equal(t, fromData, fromStore, "from the store and from the data the report says the same")
	_, metrics := r.send("GET", "/metrics", "")
	for _, name := range []string{"burnish_alerts_episodes ", "burnish_rule_episodes{", "burnish_gather_rounds_total{source=\"data\"} 1", "burnish_config_last_reload_successful 1"} {
		assert.Contains(t, metrics, name)
	}

	t.Run("the gate", func(t *testing.T) {
		status, text := r.send("POST", "/api/v1/gate", `{"name":"nothing","namespace":"shop","phase":"Progressing"}`)
		assert.NotEqual(t, http.StatusOK, status, "what is not known is not allowed: %s", text)
	})
	t.Run("an incident that somebody declares", func(t *testing.T) {
		status, text := r.send("POST", "/api/v1/incidents", `{"id":"inc-1","from":"2026-11-13T10:00:00Z","to":"2026-11-13T11:00:00Z","labels":{"corpus":"cloudmon"}}`)
		assert.Equal(t, http.StatusCreated, status, text)
	})
	t.Run("a notification that Alertmanager pushes", func(t *testing.T) {
		status, text := r.send("POST", "/api/v1/alertmanager/webhook", `{"version":"4","groupKey":"{}:{}","status":"firing","receiver":"pager",
			"groupLabels":{"alertname":"X"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am","truncatedAlerts":0,
			"alerts":[{"status":"firing","labels":{"alertname":"X"},"annotations":{},"startsAt":"2026-11-20T10:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"0000000000000001"}]}`)
		assert.Equal(t, http.StatusOK, status, text)
	})
	t.Run("an assistant", func(t *testing.T) { asksAssistant(t, r, want) })
	t.Run("a reload", func(t *testing.T) { reloads(t, r, file) })
	t.Run("a scheduled report", func(t *testing.T) {
		require.Eventually(t, func() bool {
			found, err := filepath.Glob(filepath.Join(dir, "out", "*"))
			return err == nil && len(found) > 0
		}, 60*time.Second, 100*time.Millisecond, &r.logs)
		r.eventually("/reports", "yearly")
	})
	r.stop()
	lines := must(t, "history", "export", "--history.url", filepath.Join(dir, "burnish.db"))
	assert.NotEmpty(t, lines, "what was gathered is kept")
}

// sameWeeks compares trends. Read week by week, a group that goes on for long may be
// told of again at another time, so that one notification more or less is no fault.
func sameWeeks(t *testing.T, want, got any) {
	t.Helper()
	weeks := func(trends any) []any { return trends.(map[string]any)["weeks"].([]any) }
	require.Len(t, weeks(got), len(weeks(want)))
	for i, w := range weeks(want) {
		a, b := w.(map[string]any), weeks(got)[i].(map[string]any)
		for _, key := range []string{"notifications", "pages"} {
			if a[key] != nil && b[key] != nil {
				assert.InEpsilon(t, a[key].(float64)+100, b[key].(float64)+100, 0.01, "%s of the week from %s", key, a["from"])
				delete(a, key)
				delete(b, key)
			}
		}
		assert.Equal(t, a, b)
	}
}

// asksAssistant asks about the rule that fired most.
func asksAssistant(t *testing.T, r *running, reported string) {
	t.Helper()
	var doc struct {
		Rules []struct {
			Name     string
			Episodes int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(reported), &doc))
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: r.base + "/mcp", DisableStandaloneSSE: true}, nil)
	require.NoError(t, err)
	defer func() { _ = session.Close() }()
	for _, rule := range doc.Rules {
		if rule.Episodes == 0 {
			continue
		}
		got, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "is_this_alert_any_good", Arguments: map[string]any{"rule": rule.Name}})
		require.NoError(t, err)
		text, ok := got.Content[0].(*mcp.TextContent)
		require.True(t, ok)
		assert.False(t, got.IsError, text.Text)
		assert.Contains(t, text.Text, fmt.Sprintf(`"episodes":%d`, rule.Episodes))
		return
	}
}

// reloads reads a bad configuration, which changes nothing, and then a good one.
func reloads(t *testing.T, r *running, file string) {
	t.Helper()
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(bytes.Clone(good), "nonsense: true\n"...), 0o600))
	status, text := r.send("POST", "/-/reload", "")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, "nonsense: no such setting")
	_, metrics := r.send("GET", "/metrics", "")
	assert.Contains(t, metrics, "burnish_config_last_reload_successful 0")

	require.NoError(t, os.WriteFile(file, bytes.Replace(good, []byte("window: 3d"), []byte("window: 2d"), 1), 0o600))
	status, text = r.send("POST", "/-/reload", "")
	assert.Equal(t, http.StatusOK, status, text)
	status, _ = r.send("GET", "/-/ready", "")
	assert.Equal(t, http.StatusOK, status, "the last report is served on")
	r.eventually("/metrics", "burnish_report_window_seconds 172800")
	r.eventually("/metrics", "burnish_config_last_reload_successful 1")
}
