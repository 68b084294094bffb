package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docsFront gives the month of one server and the rules of another.
type docsFront struct{ month, rules http.Handler }

func (f docsFront) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/v1/rules" {
		f.rules.ServeHTTP(w, r)
		return
	}
	f.month.ServeHTTP(w, r)
}

// reader is somebody who begins a page.
func (w *docsWorld) reader(t *testing.T) *docsReader {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(w.root, "files"))))
	r := &docsReader{w: w, dir: dir, note: filepath.Join(t.TempDir(), "pwd")}
	require.NoError(t, os.CopyFS(filepath.Join(dir, "bin"), os.DirFS(w.bin)))
	require.NoError(t, os.Remove(filepath.Join(dir, "bin", "burnish.real")))
	r.write(t, "burnish.yml", w.rewrite(docsConfig, dir))
	r.env = []string{
		"PATH=" + w.bin + ":" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C.UTF-8", "DOCS_ADDRESS=" + freeAddress(t),
	}
	return r
}

// startDaemon serves the month to the pages that ask a daemon.
func (w *docsWorld) startDaemon(t *testing.T) {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(w.root, "files"))))
	file := filepath.Join(dir, "burnish.yml")
	text := w.rewrite(docsConfig, dir) + "history: {path: burnish.db}\ncollect: {backfill: 60d}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	r := &running{t: t, base: "http://" + address, exited: make(chan error, 1)}
	r.cmd = exec.Command(filepath.Join(w.bin, "burnish.real"), "serve", "--config.file", file, "--web.listen-address", address)
	r.cmd.Dir, r.cmd.Stderr = dir, &r.logs
	require.NoError(t, r.cmd.Start())
	go func() { r.exited <- r.cmd.Wait() }()
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	r.eventually("/-/ready", "Ready.")
	w.page = r.base
	w.rule = regexp.MustCompile(`HighCpu-[0-9a-f]{10}`).FindString(get(r.base + "/api/v1/rules?limit=1000"))
	require.NotEmpty(t, w.rule)
}

// docsConfig is the burnish.yml of pages that do not show one.
const docsConfig = `sources:
  - {name: production, url: http://localhost:9090}
slos:
  files: [slos/*.yaml]
`

// places are the addresses and folders that pages name, and what stands for them
// in a test.
func (w *docsWorld) places(dir string) [][2]string {
	month := filepath.Join(w.root, "demo", "system")
	return [][2]string{
		{"http://localhost:9090", w.prometheus},
		{"http://localhost:9093", w.alertmanager},
		{"http://localhost:2876", w.page},
		{"https://thanos.example.org", w.prometheus},
		{"https://mimir.example.org/prometheus", w.prometheus},
		{"https://prometheus.example.org", w.prometheus},
		{"HighCpu-1a2b3c4d5e", w.rule},
		{"/var/lib/prometheus", filepath.Join(month, "data")},
		{"/var/lib/burnish", dir},
		{"/etc/prometheus/rules", filepath.Join(month, "rules")},
		{"/etc/bash_completion.d", filepath.Join(w.root, "etc", "bash_completion.d")},
		{"/run/secrets/token", filepath.Join(w.root, "etc", "token")},
		{" /prometheus", " " + filepath.Join(month, "data")},
	}
}

// rewrite puts what the test has in place of what a page names.
func (w *docsWorld) rewrite(text, dir string) string {
	var pairs []string
	for _, p := range w.places(dir) {
		if p[1] != "" {
			pairs = append(pairs, p[0], p[1])
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// unwrite is the other way round.
func (w *docsWorld) unwrite(text, dir string) string {
	var pairs []string
	for _, p := range w.places(dir) {
		if p[1] != "" {
			pairs = append(pairs, p[1], p[0])
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
