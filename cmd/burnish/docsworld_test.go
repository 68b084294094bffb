package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// docsWorld is what every page of the documentation takes for granted: the
// program, the demo, and servers that have the demo's month.
type docsWorld struct {
	repository, bin, root string
	prometheus            string
	alertmanager          string
	page                  string // a daemon
	rule                  string // the id that one of the demo's rules has there
}

// newDocsWorld builds the program without the race detector, so that a test run
// with it follows the pages in the time that a reader needs.
func newDocsWorld(t *testing.T) *docsWorld {
	t.Helper()
	realserver.Requires(t, "bash", "curl", "jq", "git", "promtool", "go")
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	w := &docsWorld{repository: repository, bin: t.TempDir(), root: t.TempDir()}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(w.bin, "burnish.real"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	w.program(t, "burnish", fmt.Sprintf(docsBurnish, w.bin, w.root))
	w.program(t, "curl", "#!/bin/sh\nexec /usr/bin/env PATH=/usr/bin:/bin curl --fail-with-body \"$@\"\n")
	demo := exec.CommandContext(t.Context(), filepath.Join(w.bin, "burnish.real"), "demo", "--once", "--dir", "demo")
	demo.Dir = w.root
	told, err := demo.Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(w.root, "demo.txt"), told, 0o600))
	w.fill(t)
	w.serve(t)
	return w
}

// docsBurnish stands before the program. It starts the daemon as it is told but
// on a port of its own, waits until it is ready, and ends it; it takes an answer
// "no" (3) for an answer, where one is asked for; and the demo, which always
// writes the same, is copied instead of made once more.
const docsBurnish = `#!/bin/bash
bin=%q root=%q
case "$*" in
"demo --once --dir demo")
  cp -r "$root/demo" demo && cat "$root/demo.txt"; exit ;;
serve*)
  "$bin/burnish.real" "$@" --web.listen-address "$DOCS_ADDRESS" & pid=$!
  for i in {1..600}; do
    curl -s "http://$DOCS_ADDRESS/-/ready" >/dev/null && break
    kill -0 $pid || break
    sleep 0.1
  done
  curl -s "http://$DOCS_ADDRESS/-/ready" >/dev/null || echo "it does not become ready" >&2
  kill -TERM $pid; wait $pid; exit ;;
esac
"$bin/burnish.real" "$@"; code=$?
case "$code $*" in
"3 gate"*|"3 "*--check*|"3 "*--fail-on*) exit 0 ;;
esac
exit $code
`

func (w *docsWorld) program(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(w.bin, name), []byte(text), 0o700))
}

// fill lays out the files that pages name: those of the demo under the names of
// the pages, and examples of other tools' files.
func (w *docsWorld) fill(t *testing.T) {
	t.Helper()
	system, files := filepath.Join(w.root, "demo", "system"), filepath.Join(w.root, "files")
	for from, to := range map[string]string{
		filepath.Join(system, "slos"):                      "slos",
		filepath.Join(system, "rules"):                     "rules",
		filepath.Join(w.root, "demo", "tuned"):             "new",
		filepath.Join("testdata", "docs"):                  ".",
		filepath.Join(w.repository, "deploy", "compose"):   "compose",
		filepath.Join(w.repository, "deploy", "kustomize"): "kustomize",
	} {
		require.NoError(t, os.CopyFS(filepath.Join(files, to), os.DirFS(from)), "%s", to)
	}
	require.NoError(t, os.CopyFS(filepath.Join(files, "old"), os.DirFS(filepath.Join(system, "rules"))))
	require.NoError(t, os.RemoveAll(filepath.Join(files, "new", "tests")))
	for _, dir := range []string{"rules", "old", "new"} { // a third of the rules, for the time it takes
		require.NoError(t, os.Remove(filepath.Join(files, dir, "services.yml")))
		require.NoError(t, os.Remove(filepath.Join(files, dir, "business.yml")))
	}
	for from, to := range map[string]string{
		filepath.Join(system, "slos", "shop.yaml"):          "slos.yaml slos.yml",
		filepath.Join(system, "incidents.json"):             "incidents.json",
		filepath.Join(w.root, "demo", "report.json"):        "reports/report.json",
		filepath.Join(files, "compose", "alertmanager.yml"): "alertmanager.yml",
	} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		for _, name := range strings.Fields(to) {
			require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(files, name)), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(files, name), text, 0o600))
		}
	}
	w.declare(t, filepath.Join(files, "postmortems", "2026.csv"))
	require.NoError(t, os.MkdirAll(filepath.Join(w.root, "etc", "bash_completion.d"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(w.root, "etc", "token"), []byte("secret\n"), 0o600))
}

// declare writes the demo's incidents as CSV.
func (w *docsWorld) declare(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.root, "demo", "system", "incidents.json"))
	require.NoError(t, err)
	var incidents []struct{ ID, From, To, SLO, Note string }
	require.NoError(t, json.Unmarshal(text, &incidents))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	out := csv.NewWriter(f)
	require.NoError(t, out.Write([]string{"id", "from", "to", "slo", "note"}))
	for _, i := range incidents {
		require.NoError(t, out.Write([]string{i.ID, i.From, i.To, i.SLO, i.Note}))
	}
	out.Flush()
	require.NoError(t, out.Error())
}

// serve starts a Prometheus that has the demo's month and its rules. A server
// that evaluates those today would write today's alerts behind the month's, so
// the rules are those of a second one.
func (w *docsWorld) serve(t *testing.T) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.CopyFS(data, os.DirFS(filepath.Join(w.root, "demo", "system", "data"))))
	proxyTo := func(s *realserver.Server) *httputil.ReverseProxy {
		to, err := url.Parse(s.URL)
		require.NoError(t, err)
		p := httputil.NewSingleHostReverseProxy(to)
		p.ErrorLog = log.New(io.Discard, "", 0) // a reader may hang up before the last byte
		return p
	}
	month := proxyTo(realserver.Prometheus(t, realserver.Options{DataDir: data}))
	rules := proxyTo(realserver.Prometheus(t, realserver.Options{
		Config: fmt.Sprintf("global: {evaluation_interval: 1h}\nrule_files: [%q]\n", filepath.Join(w.root, "demo", "system", "rules", "*.yml")),
	}))
	front := httptest.NewServer(docsFront{month: month, rules: rules})
	t.Cleanup(front.Close)
	w.prometheus = front.URL
	config, err := os.ReadFile(filepath.Join(w.repository, "deploy", "compose", "alertmanager.yml"))
	require.NoError(t, err)
	w.alertmanager = realserver.Alertmanager(t, realserver.OldAlertmanager, string(config)).URL
	w.startDaemon(t)
}
