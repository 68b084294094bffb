package promapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		body   string
		want   []string
	}{
		"unauthorized":       {401, "no\x1b[31m entry\n", []string{"401 Unauthorized: no [31m entry", "check the user name, password file or bearer token file"}},
		"forbidden":          {403, "", []string{"403 Forbidden", "bearer token file"}},
		"wrong prefix":       {404, "404 page not found", []string{"404 Not Found: 404 page not found", "right path prefix"}},
		"bad expression":     {400, `{"status":"error","errorType":"bad_data","error":"parse error: no"}`, []string{"(bad_data): parse error: no", "check the expression"}},
		"too many samples":   {422, `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`, []string{"(execution)", "shorter time"}},
		"TLS port":           {400, "Client sent an HTTP request to an HTTPS server.\n", []string{"use https://"}},
		"slow down":          {429, "", []string{"429 Too Many Requests", "lower the concurrency"}},
		"broken proxy":       {502, "<html><body>Bad gateway", []string{"502 Bad Gateway: a web page", "proxy before it"}},
		"not implemented":    {501, "", []string{"501 Not Implemented"}},
		"error in a 200":     {200, `{"status":"error","errorType":"execution","error":"boom"}`, []string{"(execution): boom"}},
		"web page":           {200, "\n <!DOCTYPE html><html>log in", []string{"looks like a web page"}},
		"not JSON":           {200, "hello", []string{"not an answer of the Prometheus API"}},
		"other JSON":         {200, `{"hello":"world"}`, []string{"it has no status", "path prefix"}},
		"other JSON array":   {200, `[1,2]`, []string{"not an answer of the Prometheus API"}},
		"success, no data":   {200, `{"status":"success"}`, []string{"it has no data"}},
		"empty body":         {200, ``, []string{"not an answer of the Prometheus API"}},
		"JSON cut short":     {200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"va`, []string{"not an answer"}},
		"value not a number": {200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"one"]}]}}`, []string{"its value is no number"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, says(tc.status, tc.body), func(o *Options) { o.Retries = -1 })
			err := ping(t, c)
			for _, want := range append(tc.want, `evaluate "up" at `+c.Name()+"/api/v1/query: ") {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), "\x1b")
		})
	}
}

func TestRefusalsAreTyped(t *testing.T) {
	t.Parallel()
	c := serve(t, says(422, `{"status":"error","errorType":"execution","error":"boom"}`))
	var api *APIError
	require.ErrorAs(t, ping(t, c), &api)
	require.Equal(t, 422, api.Status)
	require.Equal(t, "execution", api.Type)
	require.Equal(t, "boom", api.Message)
}

func TestLongErrorBodiesAreCut(t *testing.T) {
	t.Parallel()
	c := serve(t, says(400, strings.Repeat("word ", 1<<20)))
	require.Less(t, len(ping(t, c).Error()), 1000)
}

func TestUnreachableServersSayWhatToDo(t *testing.T) {
	t.Parallel()
	tlsServer := httptest.NewTLSServer(says(200, nothing))
	tlsServer.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(tlsServer.Close)
	plain := httptest.NewServer(says(200, nothing))
	t.Cleanup(plain.Close)
	closed := httptest.NewServer(says(200, nothing))
	closed.Close()
	for name, tc := range map[string]struct {
		url  string
		set  func(*Options)
		want []string
	}{
		"refused":             {closed.URL, nil, []string{"connection refused", "check that the server runs"}},
		"unknown authority":   {tlsServer.URL, nil, []string{"unknown authority", "give the CA"}},
		"TLS to a plain port": {strings.Replace(plain.URL, "http:", "https:", 1), nil, []string{"does not speak TLS", "use http://"}},
		"plain to a TLS port": {strings.Replace(tlsServer.URL, "https:", "http:", 1), nil, []string{"use https://"}},
		"unknown host": {"http://no.such.host.invalid:9090", func(o *Options) {
			o.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "no.such.host.invalid", IsNotFound: true}}
			}
		}, []string{`host name "no.such.host.invalid" can't be resolved`, "check the host"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, tc.url, func(o *Options) {
				o.Retries = -1
				if tc.set != nil {
					tc.set(o)
				}
			})
			err := ping(t, c)
			for _, want := range append(tc.want, c.Name()) {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

// hang keeps a request waiting until the client gives up. (A server only sees
// that once it has read the body.)
func hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestTimeoutIsSaidAndRetried(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		hang(r)
	}, func(o *Options) { o.Timeout, o.Retries = 250*time.Millisecond, 2 })
	require.ErrorContains(t, ping(t, c), "no answer within 250ms")
	require.EqualValues(t, 3, asked.Load())
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	body := `{"status":"success","data":{"resultType":"vector","result":[` + strings.Repeat(" ", 1<<20) + `]}}`
	c := serve(t, says(200, body), func(o *Options) { o.MaxBytes = 1 << 19 })
	require.ErrorContains(t, ping(t, c), "larger than 524288 bytes")
}

func TestCancelledRequestsEndAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		hang(r)
	})
	_, err := c.Query(ctx, "up", time.Unix(0, 0))
	require.ErrorIs(t, err, context.Canceled)
}

func TestWhatIsRetried(t *testing.T) {
	t.Parallel()
	cut := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(nothing[:20]))
	}
	reset := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	status := func(code int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(code) }
	}
	for name, tc := range map[string]struct {
		fail  func(http.ResponseWriter)
		again bool
	}{
		"too many requests": {status(429), true}, "internal error": {status(500), true},
		"bad gateway": {status(502), true}, "unavailable": {status(503), true}, "gateway timeout": {status(504), true},
		"connection closed": {reset, true}, "answer cut short": {cut, true},
		"bad request": {status(400), false}, "unauthorized": {status(401), false}, "forbidden": {status(403), false},
		"not found": {status(404), false}, "unprocessable": {status(422), false}, "not implemented": {status(501), false},
		"web page": {func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) == 1 {
					tc.fail(w)
					return
				}
				_, _ = w.Write([]byte(nothing))
			})
			err := ping(t, c)
			if tc.again {
				require.NoError(t, err)
				require.EqualValues(t, 2, asked.Load())
				return
			}
			require.Error(t, err)
			require.EqualValues(t, 1, asked.Load())
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"none":              {nil, 0},
		"seconds":           {map[string]string{"Retry-After": "7"}, 7 * time.Second},
		"date":              {map[string]string{"Retry-After": "Sun, 15 Nov 2026 00:00:30 GMT", "Date": "Sun, 15 Nov 2026 00:00:00 GMT"}, 30 * time.Second},
		"date in the past":  {map[string]string{"Retry-After": "Sun, 15 Nov 2026 00:00:00 GMT", "Date": "Sun, 15 Nov 2026 00:01:00 GMT"}, 0},
		"date without date": {map[string]string{"Retry-After": "Sun, 15 Nov 2026 00:00:30 GMT"}, 0},
		"rubbish":           {map[string]string{"Retry-After": "soon"}, 0},
		"negative":          {map[string]string{"Retry-After": "-5"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			for k, v := range tc.header {
				h.Set(k, v)
			}
			require.Equal(t, tc.want, retryAfter(h))
		})
	}
	t.Run("too long to wait for", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int32
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		require.ErrorContains(t, ping(t, c), "503")
		require.EqualValues(t, 1, asked.Load())
	})
}

// Wherever a request ends, and however talkative the other side is, no credential
// is in the error or in the log.
func TestCredentialsStaySecret(t *testing.T) {
	t.Parallel()
	const password, key = "pass/w0rd", "k3y-k3y-k3y"
	echo := func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintln(w, r.Header, r.URL, user, pass)
	}
	elsewhere := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://x:"+key+"@elsewhere.example/login?token="+key)
		w.WriteHeader(http.StatusFound)
	}
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
	}
	for name, h := range map[string]http.HandlerFunc{"echo": echo, "redirect": elsewhere, "hang up": hangUp} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			c := serve(t, h, func(o *Options) {
				o.URL = strings.Replace(o.URL, "http://", "http://me:pass%2Fw0rd@", 1) + "/p?key=" + key
				o.Headers = map[string]string{"X-Api-Key": key}
				o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			err := ping(t, c)
			require.Error(t, err)
			fmt.Fprintln(&log, c.Name())
			for e := err; e != nil; e = errors.Unwrap(e) {
				fmt.Fprintf(&log, "%v %+v\n", e, e)
			}
			for _, secret := range []string{password, "pass%2Fw0rd", key, "bWU6cGFzcy93MHJk"} {
				require.NotContains(t, log.String(), secret)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	t.Cleanup(other.Close)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/login?x=1", http.StatusFound)
	}, func(o *Options) { o.Headers = map[string]string{"X-Api-Key": "abcdef"} })
	err := ping(t, c)
	require.ErrorContains(t, err, "redirects are not followed")
	require.ErrorContains(t, err, other.URL+"/login")
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\n\x1b[2Jb", 3)
	f.Fuzz(func(t *testing.T, s string, most int) {
		out := printable(s, most%100)
		require.NotContains(t, out, "\n")
		require.NotContains(t, out, "\x1b")
		require.LessOrEqual(t, len([]rune(out)), max(0, most%100)+2)
	})
}
