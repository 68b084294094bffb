package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// asEnv makes the test binary behave as the program that the variable names, so
// that tests can start burnish as a process of its own.
const asEnv = "BURNISH_TEST_AS"

func TestMain(m *testing.M) {
	switch os.Getenv(asEnv) {
	case "burnish":
		ctx, stop := untilAsked()
		code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		exit(code)
	case "naive":
		exit(naive(os.Args[1:]))
	case "dump":
		exit(dump(os.Args[1:]))
	default:
		os.Exit(m.Run())
	}
}

func exit(code int) {
	notePeak()
	os.Exit(code)
}

// process is this test binary as another program, not yet started.
func process(t testing.TB, as string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asEnv+"="+as)
	return cmd
}

// burnish runs the program in this process.
func burnish(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// must runs the program and wants it to end well.
func must(t testing.TB, args ...string) string {
	t.Helper()
	code, stdout, stderr := burnish(args...)
	require.Equal(t, exitFine, code, "burnish %s: %s", strings.Join(args, " "), stderr)
	return stdout
}

func TestBadUsageIsOneLineAndExitCodeTwo(t *testing.T) {
	dir := t.TempDir()
	badRules := filepath.Join(dir, "rules.yml")
	require.NoError(t, os.WriteFile(badRules, []byte("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(\n"), 0o600))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no source":            {[]string{"report"}, "exactly one of --prometheus.url"},
		"two sources":          {[]string{"report", "--prometheus.url", "http://x", "--tsdb.path", dir}, "exactly one of"},
		"unknown flag":         {[]string{"report", "--nope"}, "unknown flag: --nope"},
		"unknown command":      {[]string{"polish"}, `unknown command "polish"`},
		"unknown subcommand":   {[]string{"history", "rewrite"}, `unknown command "rewrite"`},
		"stray argument":       {[]string{"report", "week"}, `unknown argument "week"`},
		"bad format":           {[]string{"report", "--tsdb.path", dir, "--format", "pdf"}, `--format "pdf"`},
		"two forms to stdout":  {[]string{"report", "--tsdb.path", dir, "--format", "md,html"}, "--output a folder"},
		"bad duration":         {[]string{"report", "--tsdb.path", dir, "--last", "soon"}, `--last "soon"`},
		"zero duration":        {[]string{"report", "--tsdb.path", dir, "--last", "0s"}, "above zero"},
		"bad time":             {[]string{"report", "--tsdb.path", dir, "--from", "yesterday"}, `--from "yesterday"`},
		"from after to":        {[]string{"report", "--tsdb.path", dir, "--from", "2026-11-02T00:00:00Z", "--to", "2026-11-01T00:00:00Z"}, "is not before --to"},
		"from and last":        {[]string{"report", "--tsdb.path", dir, "--from", "2026-11-02T00:00:00Z", "--last", "3d"}, "--from and --last both"},
		"bad log level":        {[]string{"report", "--tsdb.path", dir, "--log.level", "loud"}, `--log.level "loud"`},
		"bad header":           {[]string{"report", "--prometheus.url", "http://x", "--prometheus.header", "secret"}, "want Name=Value"},
		"not a URL":            {[]string{"report", "--prometheus.url", "ftp://x"}, "must begin with http"},
		"no earlier report":    {[]string{"report", "--tsdb.path", dir, "--previous", filepath.Join(dir, "none.json")}, "--previous"},
		"not a report":         {[]string{"report", "--tsdb.path", dir, "--previous", badRules}, "no report in the form burnish/report/v1"},
		"weeks below zero":     {[]string{"report", "--tsdb.path", dir, "--trend-weeks", "-1"}, "--trend-weeks -1"},
		"serve without config": {[]string{"serve"}, "--config.file is needed"},
		"config check no file": {[]string{"config", "check"}, "FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := burnish(c.args...)
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, stderr, c.says)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
			assert.Empty(t, stdout)
			assert.NotContains(t, stderr, "goroutine")
		})
	}
}

// TestWhatCanNotBeReadIsOneLineAndExitCodeOne: each case ends in one line that
// says what is wrong and what to do, and never in an empty report.
func TestWhatCanNotBeReadIsOneLineAndExitCodeOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("no directory"), 0o600))
	block := filepath.Join(t.TempDir(), "01M7Y4ARYTW9G2B2V0JMANNGZC")
	require.NoError(t, os.MkdirAll(filepath.Join(block, "chunks"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(block, "meta.json"), []byte("garbage"), 0o600))
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"no such directory":  {[]string{"--tsdb.path", "/nowhere/at/all"}, []string{"no such file", "check --tsdb.path"}},
		"no data directory":  {[]string{"--tsdb.path", t.TempDir()}, []string{"neither blocks nor a wal", "give the folder"}},
		"a file":             {[]string{"--tsdb.path", file}, []string{"it is a file", "give the folder"}},
		"a corrupt block":    {[]string{"--tsdb.path", filepath.Dir(block)}, []string{block, "damaged", "move that folder away"}},
		"no such host":       {[]string{"--prometheus.url", "http://no-such-host.invalid"}, []string{"no-such-host.invalid", "check the host"}},
		"refused":            {[]string{"--prometheus.url", "http://127.0.0.1:1"}, []string{"127.0.0.1:1", "connection refused", "check that the server runs"}},
		"no log-in":          {atServer(t, http.StatusUnauthorized, "text/plain", "Unauthorized"), []string{"401", "check the user name"}},
		"no answer in time":  {append(atSleeper(t), "--prometheus.timeout", "20ms"), []string{"no answer within 20ms", "raise the timeout"}},
		"a web page":         {atServer(t, http.StatusOK, "text/html", "<!doctype html><html>Log in</html>"), []string{"looks like a web page", "check the URL"}},
		"a web page as JSON": {atServer(t, http.StatusOK, "application/json", "<html>"), []string{"looks like a web page", "check the URL"}},
		"not found":          {atServer(t, http.StatusNotFound, "text/html", "<html>404</html>"), []string{"404", "is this the right path prefix"}},
		"overloaded":         {atServer(t, http.StatusServiceUnavailable, "text/plain", "later"), []string{"503", "see the log of the server"}},
		"half an answer":     {atServer(t, http.StatusOK, "application/json", `{"status":"succ`), []string{"not an answer of the Prometheus API", "check that the URL"}},
		"nothing there": {
			atServer(t, http.StatusOK, "application/json", `{"status":"success","data":{"resultType":"vector","result":[]}}`),
			[]string{"no data", "check that it is the right server"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := burnish(append([]string{"report"}, c.args...)...)
			assert.Equal(t, exitError, code)
			for _, says := range c.says {
				assert.Contains(t, stderr, says)
			}
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
			assert.Empty(t, stdout)
		})
	}
}

// atServer is the flags for a server that answers everything alike.
func atServer(t *testing.T, status int, contentType, body string) []string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return []string{"--prometheus.url", s.URL}
}

// atSleeper is the flags for a server that never answers.
func atSleeper(t *testing.T) []string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees the client leave
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	return []string{"--prometheus.url", s.URL}
}

// TestAWindowWithoutDataIsSaid: no data is not the same as no alerts.
func TestAWindowWithoutDataIsSaid(t *testing.T) {
	dir := realserver.TSDB(t)
	server := realserver.Prometheus(t, realserver.Options{DataDir: realserver.CopyTSDB(t)})
	windows := map[string][]string{
		"before the data":     {"--from", "2020-01-01T00:00:00Z", "--to", "2020-01-08T00:00:00Z"},
		"after the data":      {"--from", "2030-01-01T00:00:00Z", "--to", "2030-01-08T00:00:00Z"},
		"up to long ago":      {"--to", "2020-01-08T00:00:00Z"},
		"from a day to come":  {"--from", "2030-01-01T00:00:00Z"},
		"before 1970, by far": {"--from", "1920-01-01T00:00:00Z", "--to", "1921-01-01T00:00:00Z"},
	}
	for _, command := range [][]string{{"report"}, {"history", "export"}} {
		for _, source := range [][]string{{"--tsdb.path", dir}, {"--prometheus.url", server.URL}} {
			for name, window := range windows {
				t.Run(strings.Join(command, " ")+" "+source[0]+" "+name, func(t *testing.T) {
					code, stdout, stderr := burnish(slices.Concat(command, source, window)...)
					assert.Equal(t, exitError, code)
					assert.Contains(t, stderr, "no data: ")
					assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
					assert.Empty(t, stdout)
				})
			}
		}
	}
}

// TestExportUpToADay: without --from an export begins with the history.
func TestExportUpToADay(t *testing.T) {
	dir := realserver.TSDB(t)
	all := decode(t, must(t, "history", "export", "--tsdb.path", dir))
	early := decode(t, must(t, "history", "export", "--tsdb.path", dir, "--to", all[len(all)/2].ActiveAt.Format(time.RFC3339)))
	assert.NotEmpty(t, early)
	assert.Less(t, len(early), len(all))
	assert.Equal(t, all[0].ActiveAt, early[0].ActiveAt)
}

func TestAReportThatCanNotBeWrittenLeavesNothingHalfDone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.md")
	require.NoError(t, os.WriteFile(path, []byte("the old one"), 0o600))
	err := writeFile(path, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return os.ErrClosed
	})
	require.ErrorIs(t, err, os.ErrClosed)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "the old one", string(text))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

func TestControlCharactersOfAnErrorDoNotReachTheTerminal(t *testing.T) {
	assert.Equal(t, "a [31mb\nc", printable("a\x1b[31mb\nc"))
}
