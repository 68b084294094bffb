package daemon

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPackedTextIsServedAsItWasWritten(t *testing.T) {
	text := strings.Repeat(`{"name": "a promise"}`+"\n", 40_000)
	p, err := pack(func(w io.Writer) error {
		for i := 0; i < len(text); i += 1000 {
			if _, err := io.WriteString(w, text[i:min(len(text), i+1000)]); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	assert.Less(t, len(p.gz), len(text)/20)
	ask := func(method string, headers ...string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(method, "/report.json", nil)
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		rec := httptest.NewRecorder()
		p.serve(rec, req, "application/json")
		return rec
	}
	plain := ask("GET")
	assert.Equal(t, text, plain.Body.String())
	assert.Equal(t, fmt.Sprint(len(text)), plain.Header().Get("Content-Length"))
	assert.Empty(t, plain.Header().Get("Content-Encoding"))

	for _, accepts := range []string{"gzip", "br, GZIP;q=0.5", "gzip, deflate"} {
		packed := ask("GET", "Accept-Encoding", accepts)
		assert.Equal(t, "gzip", packed.Header().Get("Content-Encoding"), accepts)
		z, err := gzip.NewReader(packed.Body)
		require.NoError(t, err)
		got, err := io.ReadAll(z)
		require.NoError(t, err)
		assert.Equal(t, text, string(got))
		assert.NotEqual(t, plain.Header().Get("ETag"), packed.Header().Get("ETag"))
		assert.Equal(t, http.StatusNotModified, ask("GET", "Accept-Encoding", accepts, "If-None-Match", packed.Header().Get("ETag")).Code)
	}
	for _, refuses := range []string{"gzip;q=0", "br", "identity, gzip; q=0.0"} {
		assert.Empty(t, ask("GET", "Accept-Encoding", refuses).Header().Get("Content-Encoding"), refuses)
	}
	assert.Equal(t, http.StatusNotModified, ask("GET", "If-None-Match", plain.Header().Get("ETag")).Code)
	assert.Empty(t, ask("HEAD").Body.String())
	part := ask("GET", "Range", "bytes=100000-100099")
	assert.Equal(t, http.StatusPartialContent, part.Code)
	assert.Equal(t, text[100_000:100_100], part.Body.String())

	_, err = pack(func(io.Writer) error { return errors.New("broken") })
	require.Error(t, err)
}
