package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// TestComposeFilesRunTogether starts the servers of deploy/compose with the very
// files that they get there; only host names become addresses of this machine.
func TestComposeFilesRunTogether(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", "..", "deploy", "compose"))
	require.NoError(t, err)
	dir := t.TempDir()
	server := realserver.Prometheus(t, realserver.Options{Version: realserver.Old})
	addresses := map[string]string{"prometheus:9090": strings.TrimPrefix(server.URL, "http://"), "burnish:2876": freeAddress(t)}
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		out := string(text)
		for from, to := range addresses {
			out = strings.ReplaceAll(out, from, to)
		}
		return out
	}
	manager := realserver.Alertmanager(t, realserver.OldAlertmanager, read("alertmanager.yml"))
	addresses["alertmanager:9093"] = strings.TrimPrefix(manager.URL, "http://")

	prometheus := strings.ReplaceAll(read("prometheus.yml"), "rules/", filepath.Join(root, "rules")+"/")
	prometheus = strings.NewReplacer("15s", "1s", "localhost:9090", addresses["prometheus:9090"]).Replace(prometheus)
	server.Reload(prometheus)

	text := strings.NewReplacer("/var/lib/burnish", dir, "slos/*.yaml", filepath.Join(root, "slos", "*.yaml")).Replace(read("burnish.yml"))
	_, port, err := net.SplitHostPort(addresses["burnish:2876"])
	require.NoError(t, err)
	text = strings.Replace(text, `listen_address: :2876`, `listen_address: "127.0.0.1:`+port+`"`, 1)
	require.NotContains(t, text, "2876", "the page listens where Prometheus scrapes it")
	file := filepath.Join(dir, "burnish.yml")
	require.NoError(t, os.WriteFile(file, []byte(text+"collect: {interval: 10s}\n"), 0o600))
	r := &running{t: t, base: "http://" + addresses["burnish:2876"], exited: make(chan error, 1)}
	r.cmd = process(t, "burnish", "serve", "--config.file", file)
	r.cmd.Stderr = &r.logs
	require.NoError(t, r.cmd.Start())
	go func() { r.exited <- r.cmd.Wait() }()
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })

	r.eventually("/-/ready", "Ready.")
	r.eventually("/api/v1/slos", "queries")
	assert.Contains(t, get("http://"+addresses["prometheus:9090"]+"/api/v1/rules"), "BurnishDown")
	targets := get("http://" + addresses["prometheus:9090"] + "/api/v1/targets")
	assert.Equal(t, 3, strings.Count(targets, `"scrapePool":`), targets)
	r.stop()
}

// TestShippedFilesAreWhatIsGenerated holds the dashboards and rules in deploy to
// what burnish writes today.
func TestShippedFilesAreWhatIsGenerated(t *testing.T) {
	compose := filepath.Join("..", "..", "deploy", "compose")
	slos := filepath.Join(compose, "slos", "prometheus.yaml")
	for _, c := range [][]string{
		{"dashboards", "generate", "--check", "--output-dir", filepath.Join("..", "..", "deploy", "helm", "burnish", "files", "dashboards")},
		{"dashboards", "generate", "--check", slos, "--output-dir", filepath.Join(compose, "grafana", "dashboards"), "--page.url", "http://localhost:2876"},
		{"rules", "generate", "--check", slos, "--output", filepath.Join(compose, "rules")},
	} {
		code, out, stderr := burnish(c...)
		assert.Equal(t, exitFine, code, "run it again without --check: burnish %s\n%s%s", strings.Join(c, " "), out, stderr)
	}
}
