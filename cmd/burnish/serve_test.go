package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// TestServeBesideARealPrometheus runs the daemon as a process of its own while
// its Prometheus goes away and comes back.
func TestServeBesideARealPrometheus(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("groups:\n- name: g\n  interval: 1s\n  rules:\n  - alert: Watchdog\n    expr: vector(1)\n"), 0o600))
	server := realserver.Prometheus(t, realserver.Options{
		Config: "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [" + rules + "]\n" +
			"scrape_configs:\n- job_name: x\n  static_configs: [{targets: ['127.0.0.1:9']}]\n",
	})
	address := freeAddress(t)
	config := filepath.Join(dir, "burnish.yml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil,
		"sources: [{name: test, url: %q}]\nreport: {window: 1h, refresh: 10s}\ncollect: {interval: 10s, backfill: 2h}\nweb: {listen_address: %q}\n", server.URL, address), 0o600))

	cmd := process(t, "burnish", "serve", "--config.file", config)
	var logs safeBuffer
	cmd.Stderr = &logs
	require.NoError(t, cmd.Start())
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	page := func(path string) string { return get("http://" + address + path) }
	eventually := func(path, text string) {
		t.Helper()
		require.Eventually(t, func() bool { return bytes.Contains([]byte(page(path)), []byte(text)) },
			60*time.Second, 100*time.Millisecond, "%s shows %q\n%s", path, text, &logs)
	}

	eventually("/-/healthy", "200")
	eventually("/-/ready", "200")
	eventually("/report.json", "Watchdog")
	eventually("/metrics", "burnish_source_up{source=\"test\"} 1")
	server.Stop()
	eventually("/metrics", "burnish_source_up{source=\"test\"} 0")
	eventually("/", "Source unreachable since")
	eventually("/report.json", "Watchdog")
	eventually("/-/ready", "200")
	server.Restart()
	eventually("/metrics", "burnish_source_up{source=\"test\"} 1")

	asked := time.Now()
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-exited:
		require.NoError(t, err, "a shutdown that was asked for is no error\n%s", &logs)
		assert.Less(t, time.Since(asked), 2*time.Second)
	case <-time.After(10 * time.Second):
		t.Fatalf("SIGTERM did not end it\n%s", &logs)
	}
}

// get is the status code and the body of an answer; empty without one.
func get(url string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return ""
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, "\n", string(body))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// safeBuffer takes what a process writes while a test reads it.
type safeBuffer struct {
	mtx sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mtx.Lock()
	defer b.mtx.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mtx.Lock()
	defer b.mtx.Unlock()
	return b.buf.String()
}
