package promapi

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		options Options
		want    string
	}{
		"no URL":                   {Options{}, "no server URL"},
		"no scheme":                {Options{URL: "localhost:9090"}, "must begin with http://"},
		"no host":                  {Options{URL: "http:///prometheus"}, "names no host"},
		"another scheme":           {Options{URL: "ftp://h"}, "must begin with http://"},
		"URL that can't be parsed": {Options{URL: "http://me:s3cret/x@h:9090"}, "can't be parsed"},
		"user named twice":         {Options{URL: "http://me@h", Username: "you"}, "both name a user"},
		"password twice":           {Options{URL: "http://me:s3cret@h", PasswordFile: "f"}, "keep one"},
		"basic auth and bearer":    {Options{URL: "http://me:s3cret@h", BearerTokenFile: "f"}, "keep one"},
		"password without user":    {Options{URL: "http://h", Password: "s3cret"}, "without a user name"},
		"key without certificate":  {Options{URL: "http://h", TLS: TLS{KeyFile: "k"}}, "go together"},
		"missing CA file":          {Options{URL: "https://h", TLS: TLS{CAFile: "/does/not/exist"}}, "/does/not/exist"},
		"unknown remote read mode": {Options{URL: "http://h", RemoteRead: "maybe"}, `"maybe" is unknown`},
		"negative timeout":         {Options{URL: "http://h", Timeout: -1}, "negative"},
		"negative concurrency":     {Options{URL: "http://h", Concurrency: -1}, "negative"},
		"header name":              {Options{URL: "http://h", Headers: map[string]string{"a b": "x"}}, "not valid in HTTP"},
		"header value":             {Options{URL: "http://h", Headers: map[string]string{"X-A": "s3cret\n"}}, "not valid in HTTP"},
		"reserved header":          {Options{URL: "http://h", Headers: map[string]string{"authorization": "s3cret"}}, "can't be set by hand"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := New(tc.options)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "s3cret")
			require.Nil(t, c)
		})
	}
}

func TestNameHoldsNoCredentials(t *testing.T) {
	t.Parallel()
	c, err := New(Options{URL: "https://me:s3cret@host:9090/prometheus/?key=s3cret#s3cret"})
	require.NoError(t, err)
	require.Equal(t, "https://host:9090/prometheus", c.Name())
}

func TestRequestsCarryTheLogin(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set  func(*Options)
		want string
	}{
		"user and password in the URL": {
			func(o *Options) { o.URL = "http://me:pass%2Fword@" + o.URL[len("http://"):] },
			"Basic bWU6cGFzcy93b3Jk",
		},
		"no login": {func(*Options) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := "never asked"
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r.Header.Get("Authorization")
				_, _ = w.Write([]byte(nothing))
			}, tc.set)
			require.NoError(t, ping(t, c))
			require.Equal(t, tc.want, got)
		})
	}
}

func TestSecretFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set  func(*Options, string)
		want []string
	}{
		"bearer token": {
			func(o *Options, file string) { o.BearerTokenFile = file },
			[]string{"Bearer first", "Bearer second"},
		},
		"password": {
			func(o *Options, file string) { o.Username, o.PasswordFile = "me", file },
			[]string{"Basic bWU6Zmlyc3Q=", "Basic bWU6c2Vjb25k"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "secret")
			var got []string
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = append(got, r.Header.Get("Authorization"))
				_, _ = w.Write([]byte(nothing))
			}, func(o *Options) { tc.set(o, file) })
			require.ErrorContains(t, ping(t, c), file)
			for _, secret := range []string{"first\n", "second"} {
				require.NoError(t, os.WriteFile(file, []byte(secret), 0o600))
				require.NoError(t, ping(t, c))
			}
			require.Equal(t, tc.want, got)
		})
	}
}

func TestRequestsCarryPrefixParametersAndHeaders(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/a%2Fb/prometheus/api/v1/query", r.URL.EscapedPath())
		assert.Equal(t, "true", r.URL.Query().Get("dedup"))
		assert.Equal(t, "team-a", r.Header.Get("X-Scope-OrgID"))
		assert.Equal(t, "burnish/1.2", r.UserAgent())
		assert.Equal(t, "up", r.PostFormValue("query"))
		_, _ = w.Write([]byte(nothing))
	}, func(o *Options) {
		o.URL += "/a%2Fb/prometheus/?dedup=true"
		o.Headers = map[string]string{"X-Scope-OrgID": "team-a"}
		o.UserAgent = "burnish/1.2"
	})
	require.NoError(t, ping(t, c))
}

func TestOptionsAreCopied(t *testing.T) {
	t.Parallel()
	headers := map[string]string{"X-Scope-OrgID": "team-a"}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "team-a", r.Header.Get("X-Scope-OrgID"))
		_, _ = w.Write([]byte(nothing))
	}, func(o *Options) { o.Headers = headers })
	headers["X-Scope-OrgID"] = "team-b"
	require.NoError(t, ping(t, c))
}
