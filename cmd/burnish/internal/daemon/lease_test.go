package daemon

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAListenerOutlivesItsServers lets servers follow one another on one listener
// while somebody asks all the time: nobody is refused.
func TestAListenerOutlivesItsServers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	held := Holding{l.(*net.TCPListener)}
	defer held.Close()
	asked := make(chan error, 1)
	enough := make(chan struct{})
	go func() {
		defer close(asked)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
		for {
			select {
			case <-enough:
				return
			default:
			}
			resp, err := client.Get("http://" + l.Addr().String())
			if err != nil {
				asked <- err
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}()
	for range 10 {
		server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
		done := make(chan error, 1)
		lent := held.Lease()
		go func() { done <- serve(lent, server, Options{}) }()
		resp, err := http.Get("http://" + l.Addr().String()) //nolint:noctx // a test
		require.NoError(t, err)
		_ = resp.Body.Close()
		stop(server, lent)
		require.NoError(t, <-done)
	}
	next := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = next.Serve(held.Lease()) }()
	defer next.Close()
	close(enough)
	assert.NoError(t, <-asked)
}

func TestWhoMayChangeSomething(t *testing.T) {
	for _, c := range []struct {
		name, method, path, user, origin string
		admins                           []string
		want                             int
	}{
		{"everybody reads", "GET", "/rules", "eve", "", []string{"ana"}, http.StatusOK},
		{"an admin declares", "POST", "/api/v1/incidents", "ana", "", []string{"ana"}, http.StatusOK},
		{"another does not", "POST", "/api/v1/incidents", "eve", "", []string{"ana"}, http.StatusForbidden},
		{"nobody named does not reload", "POST", "/-/reload", "", "", []string{"ana"}, http.StatusForbidden},
		{"everybody asks the gate", "POST", "/api/v1/gate", "eve", "", []string{"ana"}, http.StatusOK},
		{"everybody asks over MCP", "POST", "/mcp", "eve", "", []string{"ana"}, http.StatusOK},
		{"a path that only looks like it", "POST", "/api/v1/gatecrash", "eve", "", []string{"ana"}, http.StatusForbidden},
		{"senders show a right of their own", "POST", "/api/v1/alertmanager/webhook", "", "", []string{"ana"}, http.StatusOK},
		{"without admins everybody may", "POST", "/-/reload", "", "", nil, http.StatusOK},
		{"another site's page may not", "POST", "/-/reload", "", "https://evil.example.org", nil, http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := rights(c.admins, slog.New(slog.DiscardHandler), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			req := httptest.NewRequest(c.method, c.path, http.NoBody)
			if c.user != "" {
				req.SetBasicAuth(c.user, "proven already")
			}
			if c.origin != "" {
				req.Header.Set("Origin", c.origin)
				req.Header.Set("Sec-Fetch-Site", "cross-site")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			assert.Equal(t, c.want, w.Code)
		})
	}
}
