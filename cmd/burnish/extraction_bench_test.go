package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/simulate"
	"github.com/burnish-sre/burnish/slo"
)

// benchCorpora have alerts at one-minute and five-minute intervals over a month
// and more.
var benchCorpora = []string{"smd", "asd", "cloudmon", "nezha"}

// benchEnd is where those data end.
var benchEnd = time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)

// BenchmarkExtraction30Days compares the extraction of thirty days of alert
// history, as whole processes that write the episodes as JSON lines, with the
// naive way. Over HTTP that is a range query of ALERTS as JSON at the rule
// interval with the official client; for a directory it is a dump of the same
// series as text. Every x- figure is a ratio, baseline to burnish, so larger is
// better.
//
// The noisy system is real series under rules of which most are planted faults;
// half of its episodes last a minute. The shop is the demo's month.
func BenchmarkExtraction30Days(b *testing.B) {
	b.Run("noisy", func(b *testing.B) {
		benchmarkExtraction(b, realserver.CopyTSDB(b, benchCorpora...), benchEnd)
	})
	b.Run("shop", func(b *testing.B) {
		sim, err := simulate.Run(b.Context(), simulate.Options{Dir: b.TempDir(), Seed: 1, End: demoEnd})
		require.NoError(b, err)
		benchmarkExtraction(b, sim.TSDBDir, demoEnd)
	})
}

func benchmarkExtraction(b *testing.B, dir string, end time.Time) {
	window := []string{end.AddDate(0, 0, -30).Format(time.RFC3339), end.Format(time.RFC3339)}
	export := func(flag, source string) []string {
		return []string{"history", "export", flag, source, "--from", window[0], "--to", window[1]}
	}
	naive := func(source string) []string { return append([]string{source}, window...) }
	b.Run("directory", func(b *testing.B) {
		for b.Loop() {
			compare(b, measure(b, "dump", naive(dir)...), measure(b, "burnish", export("--tsdb.path", dir)...))
		}
	})
	server := realserver.Prometheus(b, realserver.Options{
		DataDir: dir,
		// A target, so that the server is live as real ones are.
		Config: "scrape_configs:\n- job_name: x\n  scrape_interval: 1s\n  static_configs: [{targets: ['127.0.0.1:9']}]\n",
	})
	b.Run("http", func(b *testing.B) {
		for b.Loop() {
			ours := measure(b, "burnish", export("--prometheus.url", server.URL)...)
			theirs := measure(b, "naive", naive(server.URL)...)
			ours.wire, ours.read = wireBytes(b, server.URL, "burnish", func(u string) []string { return export("--prometheus.url", u) })
			theirs.wire, theirs.read = wireBytes(b, server.URL, "naive", naive)
			compare(b, theirs, ours)
		}
	})
}

// sourceAndWindow reads the arguments of the baselines.
func sourceAndWindow(args []string) (source string, window slo.Interval, err error) {
	from, errFrom := time.Parse(time.RFC3339, args[1])
	to, errTo := time.Parse(time.RFC3339, args[2])
	return args[0], slo.Interval{From: from, To: to}, errors.Join(errFrom, errTo)
}

// cost is what a process took.
type cost struct {
	wall   time.Duration
	memory int64 // peak resident set, bytes
	wire   int64 // bytes of answers as sent, mostly compressed
	read   int64 // bytes of answers as parsed
}

// measure runs a process five times and keeps the fastest and the leanest.
func measure(b *testing.B, as string, args ...string) cost {
	b.Helper()
	var best cost
	for i := range 5 {
		peak := filepath.Join(b.TempDir(), "peak")
		cmd := process(b, as, args...)
		cmd.Env = append(cmd.Env, peakEnv+"="+peak)
		began := time.Now()
		out, err := cmd.Output()
		took := time.Since(began)
		require.NoError(b, err, "%s: %s", as, stderrOf(err))
		require.NotEmpty(b, out)
		memory := peakMemory(b, peak)
		if i == 0 || took < best.wall {
			best.wall = took
		}
		if i == 0 || memory < best.memory {
			best.memory = memory
		}
	}
	return best
}

// peakEnv names the file into which a process of this test binary writes its
// /proc/self/status as it ends. The kernel's account of a child's peak counts
// its parent's before the exec, so the parent can't tell.
const peakEnv = "BURNISH_TEST_PEAK"

// notePeak is called as a process ends.
func notePeak() {
	if path := os.Getenv(peakEnv); path != "" {
		status, _ := os.ReadFile("/proc/self/status")
		_ = os.WriteFile(path, status, 0o600)
	}
}

func peakMemory(b *testing.B, path string) int64 {
	b.Helper()
	status, err := os.ReadFile(path)
	require.NoError(b, err)
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	if !ok {
		b.Skip("this system does not tell a process's peak memory in /proc")
	}
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	require.NoError(b, err)
	return kib << 10
}

func stderrOf(err error) string {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(exit.Stderr)
	}
	return ""
}

// wireBytes counts what a process reads of the server's answers, as they are
// sent and unpacked.
func wireBytes(b *testing.B, server, as string, args func(url string) []string) (wire, read int64) {
	b.Helper()
	target, err := url.Parse(server)
	require.NoError(b, err)
	var sent, unpacked atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	proxy.ModifyResponse = func(r *http.Response) error {
		body, err := io.ReadAll(r.Body)
		if err = errors.Join(err, r.Body.Close()); err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		sent.Add(int64(len(body)))
		n, err := unpackedLen(body, r.Header.Get("Content-Encoding"))
		unpacked.Add(n)
		return err
	}
	front := httptest.NewServer(proxy)
	defer front.Close()
	out, err := process(b, as, args(front.URL)...).Output()
	require.NoError(b, err, stderrOf(err))
	require.NotEmpty(b, out)
	return sent.Load(), unpacked.Load()
}

func unpackedLen(body []byte, encoding string) (int64, error) {
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch encoding {
	case "":
	case "gzip":
		r, err = gzip.NewReader(r)
	default:
		err = fmt.Errorf("unknown encoding %q", encoding)
	}
	if err != nil {
		return 0, err
	}
	return io.Copy(io.Discard, r)
}

func compare(b *testing.B, baseline, ours cost) {
	b.Helper()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(baseline.wall.Seconds()/ours.wall.Seconds(), "x-wall")
	b.ReportMetric(float64(baseline.memory)/float64(ours.memory), "x-memory")
	b.ReportMetric(ours.wall.Seconds(), "burnish-s")
	b.ReportMetric(baseline.wall.Seconds(), "baseline-s")
	b.ReportMetric(float64(ours.memory)/1e6, "burnish-MB")
	b.ReportMetric(float64(baseline.memory)/1e6, "baseline-MB")
	if ours.wire == 0 {
		return
	}
	b.ReportMetric(float64(baseline.read)/float64(ours.read), "x-read")
	b.ReportMetric(float64(baseline.wire)/float64(ours.wire), "x-wire")
	b.ReportMetric(float64(ours.read)/1e6, "burnish-read-MB")
	b.ReportMetric(float64(baseline.read)/1e6, "baseline-read-MB")
	b.ReportMetric(float64(baseline.wire)/1e6, "baseline-wire-MB")
}

// naive is the baseline over HTTP, as most scripts do it: ALERTS as JSON at the
// rule interval, in chunks under the limit of 11,000 points, all held, then cut
// into episodes at gaps.
func naive(args []string) int {
	source, window, err := sourceAndWindow(args)
	if err != nil {
		return fail(err)
	}
	client, err := api.NewClient(api.Config{Address: source})
	if err != nil {
		return fail(err)
	}
	const chunk = 7 * 24 * time.Hour
	var held []model.Matrix
	for from := window.From; from.Before(window.To); from = from.Add(chunk) {
		to := from.Add(chunk - time.Minute)
		if to.After(window.To) {
			to = window.To
		}
		v, _, _, err := v1.NewAPI(client).QueryRange(context.Background(), "ALERTS", v1.Range{Start: from, End: to, Step: time.Minute})
		if err != nil {
			return fail(err)
		}
		held = append(held, v.(model.Matrix))
	}
	w := bufio.NewWriter(os.Stdout)
	if err := errors.Join(writeNaive(json.NewEncoder(w), held), w.Flush()); err != nil {
		return fail(err)
	}
	return exitFine
}

// naiveEpisode is what the naive way knows of an episode.
type naiveEpisode struct {
	Labels   model.Metric `json:"labels"`
	From, To time.Time
}

func writeNaive(enc *json.Encoder, held []model.Matrix) error {
	runs := map[string][]*naiveEpisode{}
	for _, m := range held {
		for _, s := range m {
			id := s.Metric.String()
			for _, p := range s.Values {
				if n := len(runs[id]); n > 0 && p.Timestamp.Time().Sub(runs[id][n-1].To) <= time.Minute {
					runs[id][n-1].To = p.Timestamp.Time()
					continue
				}
				runs[id] = append(runs[id], &naiveEpisode{s.Metric, p.Timestamp.Time(), p.Timestamp.Time()})
			}
		}
	}
	for _, episodes := range runs {
		for _, e := range episodes {
			if err := enc.Encode(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// dump is the baseline for a directory: every sample of the alert series as a
// line of text.
func dump(args []string) int {
	dir, window, err := sourceAndWindow(args)
	if err != nil {
		return fail(err)
	}
	sandbox, err := os.MkdirTemp("", "dump")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(sandbox)
	w := bufio.NewWriter(os.Stdout)
	name, last := "", labels.EmptyLabels()
	err = dumpAlerts(dir, sandbox, window, func(ls labels.Labels, ts int64, v float64) {
		if name == "" || !labels.Equal(ls, last) {
			name, last = ls.String(), ls
		}
		_, _ = fmt.Fprintf(w, "%s %g %d\n", name, v, ts)
	})
	if err = errors.Join(err, w.Flush()); err != nil {
		return fail(err)
	}
	return exitFine
}

func fail(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, strings.TrimSpace(err.Error()))
	return exitError
}
