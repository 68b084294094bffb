package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// text is a report that says one thing in every form.
type text string

func (t text) WriteHTML(w io.Writer) error {
	_, err := fmt.Fprintf(w, "<!doctype html><html><body class=\"a\"><h1>%s</h1></body></html>", string(t))
	return err
}

func (t text) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(string(t)) }

func (t text) WriteMarkdown(w io.Writer) error {
	_, err := fmt.Fprintf(w, "# %s\n", string(t))
	return err
}

// unwritable is a report that fails in its last form.
type unwritable struct{ text }

func (unwritable) WriteMarkdown(io.Writer) error { return errors.New("no room") }

// box holds what a test changes while the loop reads it.
type box[T any] struct {
	mtx sync.Mutex
	v   T
}

func (b *box[T]) get() T {
	b.mtx.Lock()
	defer b.mtx.Unlock()
	return b.v
}

func (b *box[T]) set(v T) {
	b.mtx.Lock()
	defer b.mtx.Unlock()
	b.v = v
}

// start runs a refresher's loop inside a synctest bubble and gives the handler
// that serves what it publishes.
func start(t *testing.T, o Options) (http.Handler, *refresher) {
	t.Helper()
	o.Source = "prometheus.example.org"
	o.Interval = time.Minute
	o.Timeout = 20 * time.Second
	o = o.withDefaults()
	r := newRefresher(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.loop(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	synctest.Wait()
	return newHandler(o, r), r
}

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
	return w
}

// pass lets time pass until everything that falls due has been done.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestSourceGoesAwayAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down box[error]
		var log bytes.Buffer
		h, r := start(t, Options{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Report: func(_ context.Context, now time.Time) (Report, error) {
				return text("report of " + now.UTC().Format("15:04")), down.get()
			},
		})
		assert.Contains(t, ask(h, "GET", "/").Body.String(), "report of 00:00")
		assert.NotContains(t, ask(h, "GET", "/").Body.String(), "unreachable")

		down.set(errors.New("connection refused by <prometheus>"))
		pass(2*time.Minute + time.Second)
		const notice = "Source unreachable since 00:01 UTC; showing the report of 00:00 UTC: connection refused by "
		page := ask(h, "GET", "/")
		assert.Equal(t, http.StatusOK, page.Code)
		assert.Contains(t, page.Body.String(), notice+"&lt;prometheus&gt;")
		assert.Contains(t, page.Body.String(), "report of 00:00", "the last report stays")
		assert.Equal(t, "2000-01-01T00:01:00Z", page.Header().Get("Burnish-Stale-Since"))
		assert.Contains(t, ask(h, "GET", "/report.md").Body.String(), notice+"&lt;prometheus&gt;")
		assert.JSONEq(t, `"report of 00:00"`, ask(h, "GET", "/report.json").Body.String(), "its schema has no room for a notice")
		assert.Equal(t, http.StatusOK, ask(h, "GET", "/-/ready").Code, "an old report is better than none")
		assert.Contains(t, ask(h, "GET", "/-/ready").Body.String(), notice)
		assert.Zero(t, testutil.ToFloat64(r.metrics.sourceUp.WithLabelValues("prometheus.example.org")))

		down.set(nil)
		pass(time.Minute)
		page = ask(h, "GET", "/")
		assert.Contains(t, page.Body.String(), "report of 00:03")
		assert.NotContains(t, page.Body.String(), "unreachable")
		assert.Empty(t, page.Header().Get("Burnish-Stale-Since"))
		assert.Equal(t, 1.0, testutil.ToFloat64(r.metrics.sourceUp.WithLabelValues("prometheus.example.org")))
		assert.Equal(t, 4.0, testutil.ToFloat64(r.metrics.refreshes))
		assert.Equal(t, 2.0, testutil.ToFloat64(r.metrics.failures.WithLabelValues("source")))
		assert.Contains(t, log.String(), `msg="refresh works again" component=refresh source=prometheus.example.org after=2m0s`)
	})
}

func TestReadinessBeforeTheFirstReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h, _ := start(t, Options{Report: func(ctx context.Context, _ time.Time) (Report, error) {
			select {
			case <-release:
				return text("first"), nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}})
		assert.Equal(t, http.StatusOK, ask(h, "GET", "/-/healthy").Code, "the process lives")
		ready := ask(h, "GET", "/-/ready")
		assert.Equal(t, http.StatusServiceUnavailable, ready.Code)
		assert.Equal(t, "Not ready. The first report is being made.\n", ready.Body.String())
		for _, path := range []string{"/", "/report.json", "/report.md"} {
			w := ask(h, "GET", path)
			assert.Equal(t, http.StatusServiceUnavailable, w.Code, path)
			assert.NotEmpty(t, w.Header().Get("Retry-After"), path)
		}
		metrics := ask(h, "GET", "/metrics").Body.String()
		assert.NotContains(t, metrics, "burnish_source_up{", "not known yet, which is not zero")
		assert.NotContains(t, metrics, "burnish_last_refresh_timestamp_seconds ")

		pass(21 * time.Second) // the first refresh runs into its timeout
		assert.Contains(t, ask(h, "GET", "/-/ready").Body.String(), "Source unreachable since 2000-01-01 00:00 UTC: no report within 20s")

		close(release)
		pass(time.Minute)
		assert.Equal(t, "Ready.\n", ask(h, "GET", "/-/ready").Body.String())
		assert.Equal(t, http.StatusOK, ask(h, "GET", "/report.json").Code)
	})
}

func TestRefreshesNeverOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running, most, calls := 0, 0, 0
		h, r := start(t, Options{Report: func(context.Context, time.Time) (Report, error) {
			running++
			calls++
			most = max(most, running)
			select { // does not heed its own context
			case <-time.After(150 * time.Second):
			case <-t.Context().Done():
			}
			running--
			return text("late"), nil
		}})
		pass(time.Minute)
		assert.Contains(t, ask(h, "GET", "/").Body.String(), "no report within 20s", "said at the timeout, not when it ends")
		pass(9 * time.Minute)
		assert.Equal(t, 1, most)
		assert.Equal(t, 4, calls, "one after the other, ticks in between dropped")
		assert.Equal(t, 4.0, testutil.ToFloat64(r.metrics.failures.WithLabelValues("timeout")))
	})
}

func TestReportThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report := box[Report]{v: text("good")}
		h, r := start(t, Options{Report: func(context.Context, time.Time) (Report, error) { return report.get(), nil }})
		report.set(unwritable{"bad"})
		pass(time.Minute)
		page := ask(h, "GET", "/").Body.String()
		assert.Contains(t, page, "The report could not be written since 00:01 UTC; showing the report of 00:00 UTC")
		assert.Contains(t, page, "good")
		assert.Equal(t, 1.0, testutil.ToFloat64(r.metrics.sourceUp.WithLabelValues("prometheus.example.org")), "the source is not to blame")

		report.set(nil)
		pass(time.Minute)
		assert.Contains(t, ask(h, "GET", "/").Body.String(), "no report and no error was given")
	})
}

func TestShutdownWhileARefreshHangs(t *testing.T) {
	for _, c := range []struct {
		name   string
		heeds  bool
		within time.Duration
	}{
		{"it heeds its context", true, 0},
		{"it does not heed its context", false, stopGrace},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				hang := make(chan struct{})
				r := newRefresher(Options{Report: func(ctx context.Context, _ time.Time) (Report, error) {
					if c.heeds {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					<-hang
					return nil, errors.New("late")
				}}.withDefaults())
				done := make(chan struct{})
				go func() { defer close(done); r.loop(ctx) }()
				synctest.Wait()
				asked := time.Now()
				cancel()
				<-done
				assert.Equal(t, c.within, time.Since(asked))
				assert.Zero(t, testutil.ToFloat64(r.metrics.refreshes), "the daemon's own end says nothing of the source")
				close(hang)
			})
		})
	}
}

func TestRoutes(t *testing.T) {
	o := Options{Report: func(context.Context, time.Time) (Report, error) { return text("r"), nil }}.withDefaults()
	r := newRefresher(o)
	r.refresh(t.Context())
	h := newHandler(o, r)
	for _, c := range []struct {
		name, method, path string
		status             int
		contentType        string
	}{
		{"page", "GET", "/", 200, "text/html; charset=utf-8"},
		{"page without its body", "HEAD", "/", 200, "text/html; charset=utf-8"},
		{"JSON", "GET", "/report.json", 200, "application/json"},
		{"Markdown", "GET", "/report.md", 200, "text/markdown; charset=utf-8"},
		{"metrics", "GET", "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"},
		{"health", "GET", "/-/healthy", 200, "text/plain; charset=utf-8"},
		{"post to the page", "POST", "/", 405, ""},
		{"delete a report", "DELETE", "/report.json", 405, ""},
		{"unknown method", "BREW", "/-/healthy", 405, ""},
		{"unknown page", "GET", "/reports", 404, ""},
		{"below a known page", "GET", "/report.json/x", 404, ""},
		{"upwards out of the root", "GET", "/../../etc/passwd", 307, ""},
		{"upwards, encoded", "GET", "/%2e%2e/%2e%2e/etc/passwd", 404, ""},
		{"another host", "GET", "//evil.example/", 307, ""},
		{"a NUL", "GET", "/%00", 404, ""},
		{"markup", "GET", "/<script>alert(1)</script>", 404, ""},
		{"profiles are not offered", "GET", "/debug/pprof/", 404, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, c.method, c.path)
			assert.Equal(t, c.status, w.Code)
			if c.contentType != "" {
				assert.Equal(t, c.contentType, w.Header().Get("Content-Type"))
			}
			assert.Equal(t, contentPolicy, w.Header().Get("Content-Security-Policy"))
			assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			assert.NotContains(t, w.Body.String(), "<script>")
			if to := w.Header().Get("Location"); to != "" {
				assert.Regexp(t, `^/[^/]`, to, "a redirect stays on this host")
			}
		})
	}
}

func TestContentPolicyAllowsNothingThatRuns(t *testing.T) {
	allowed := map[string]string{}
	for part := range strings.SplitSeq(contentPolicy, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		allowed[name] = value
	}
	assert.Equal(t, map[string]string{
		"default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:",
		"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
	}, allowed)
}

func TestUnchangedPageIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := box[text]{v: "one"}
		h, _ := start(t, Options{Report: func(context.Context, time.Time) (Report, error) { return body.get(), nil }})
		etag := ask(h, "GET", "/").Header().Get("ETag")
		again := func() int {
			req := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			req.Header.Set("If-None-Match", etag)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			return w.Code
		}
		assert.Equal(t, http.StatusNotModified, again())
		body.set("two")
		pass(time.Minute)
		assert.Equal(t, http.StatusOK, again())
	})
}

func TestNoticeIsBoundedAndOnOneLine(t *testing.T) {
	at := time.Date(2026, 11, 15, 23, 58, 0, 0, time.UTC)
	fault := &failure{why: reasonSource, since: at.Add(5 * time.Minute), err: errors.New(strings.Repeat("very\nlong ", 1000))}
	got := notice(&rendered{at: at}, fault)
	assert.True(t, strings.HasPrefix(got, "Source unreachable since 2026-11-16 00:03 UTC; showing the report of 23:58 UTC: very long very"))
	assert.LessOrEqual(t, len([]rune(got)), 501)
	assert.NotContains(t, got, "\n")
}

func TestMarkdownNoticeIsEscaped(t *testing.T) {
	got := string(withQuote([]byte("# r\n"), "![x](http://evil) <b>`*_"))
	assert.Equal(t, "> **\\!\\[x\\](http://evil) &lt;b&gt;\\`\\*\\_**\n\n# r\n", got)
}

func TestBannerWithoutBody(t *testing.T) {
	assert.Regexp(t, `^<p role="alert".*>old</p>plain$`, string(withBanner([]byte("plain"), "old")))
}

func TestMetricNames(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := newMetrics(Options{Registry: reg, Version: "1.2.3", Source: "s"})
	m.observe(time.Second, nil, time.Unix(1794700800, 0))
	m.observe(time.Second, &failure{why: reasonTimeout}, time.Unix(1794700860, 0))
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	assert.Empty(t, problems)
	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP burnish_last_refresh_timestamp_seconds When the report that is being served was finished, in unix seconds.
# TYPE burnish_last_refresh_timestamp_seconds gauge
burnish_last_refresh_timestamp_seconds 1.7947008e+09
# HELP burnish_refresh_failures_total Refreshes of the report that failed, by reason: source, timeout or render.
# TYPE burnish_refresh_failures_total counter
burnish_refresh_failures_total{reason="render"} 0
burnish_refresh_failures_total{reason="source"} 0
burnish_refresh_failures_total{reason="timeout"} 1
# HELP burnish_refreshes_total Refreshes of the report that came to an end, failed ones included.
# TYPE burnish_refreshes_total counter
burnish_refreshes_total 2
# HELP burnish_source_up Whether the source could be read at the last refresh.
# TYPE burnish_source_up gauge
burnish_source_up{source="s"} 0
`), "burnish_last_refresh_timestamp_seconds", "burnish_refresh_failures_total", "burnish_refreshes_total", "burnish_source_up"))
}

// runDaemon starts Run on a free port and gives its base URL and a stop that
// ends it, waits, and says how long that took.
func runDaemon(t *testing.T, o Options) (base string, stop func() (time.Duration, error)) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	o.Listener = l
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, o) }()
	return "http://" + l.Addr().String(), func() (time.Duration, error) {
		asked := time.Now()
		cancel()
		err := <-ended
		return time.Since(asked), err
	}
}

func TestRunServesAndStopsWhileRefreshAndReaderHang(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	base, stop := runDaemon(t, Options{Report: func(context.Context, time.Time) (Report, error) {
		<-hang
		return nil, errors.New("late")
	}})
	resp, err := http.Get(base + "/-/healthy")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)

	slow, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	defer slow.Close()
	_, err = slow.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")) // and never the rest
	require.NoError(t, err)

	took, err := stop()
	require.NoError(t, err)
	assert.Less(t, took, 2*time.Second)
}

func TestRunAsksForAPasswordWhereOneIsSet(t *testing.T) {
	file := filepath.Join(t.TempDir(), "web.yml")
	const hash = "$2a$04$72nKGxCv0aMNOUDBP/ixOOM0zxW/EbHOe/fGo2dFNCZd8jn1DWcFK" // of "open sesame"
	require.NoError(t, os.WriteFile(file, []byte("basic_auth_users:\n  alice: "+hash+"\n"), 0o600))
	base, stop := runDaemon(t, Options{
		WebConfigFile: file,
		Report:        func(context.Context, time.Time) (Report, error) { return text("secret"), nil },
	})
	for password, want := range map[string]int{"": http.StatusUnauthorized, "open sesame": http.StatusOK} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/-/healthy", http.NoBody)
		require.NoError(t, err)
		if password != "" {
			req.SetBasicAuth("alice", password)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, want, resp.StatusCode)
	}
	_, err := stop()
	require.NoError(t, err)
}

func TestRunRefusesWhatItCannotServe(t *testing.T) {
	report := func(context.Context, time.Time) (Report, error) { return text("r"), nil }
	bad := filepath.Join(t.TempDir(), "web.yml")
	require.NoError(t, os.WriteFile(bad, []byte("nonsense: true\n"), 0o600))
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"no report function", Options{}, "no report function"},
		{"a web configuration with unknown settings", Options{Report: report, WebConfigFile: bad}, "read web configuration"},
		{"a port that is taken", Options{Report: report, Address: busy.Addr().String()}, "choose another with --web.listen-address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorContains(t, Run(t.Context(), c.o), c.want)
		})
	}
}
