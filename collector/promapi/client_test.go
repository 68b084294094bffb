package promapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serve starts a fake server and a client of it that retries at once.
func serve(t *testing.T, h http.HandlerFunc, settings ...func(*Options)) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return dial(t, server.URL, settings...)
}

func dial(t *testing.T, url string, settings ...func(*Options)) *Client {
	t.Helper()
	o := Options{URL: url, RetryWait: time.Millisecond, Timeout: 10 * time.Second}
	for _, set := range settings {
		set(&o)
	}
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// says answers everything with one status and body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// ping asks for something small.
func ping(t *testing.T, c *Client) error {
	t.Helper()
	_, err := c.Query(context.Background(), "up", time.Unix(1000, 0))
	return err
}

const nothing = `{"status":"success","data":{"resultType":"vector","result":[]}}`
