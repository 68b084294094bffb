package config

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/prometheus/common/model"
)

// Source is one place to read from: a server (URL) or a data directory
// (TSDBPath), never both.
type Source struct {
	Name        string         `yaml:"name" doc:"How the source is called in reports and metrics; the host or the directory where it is left out. Unique."`
	URL         string         `yaml:"url" doc:"A server with the Prometheus HTTP API, with its path prefix where it has one. Without credentials."`
	TSDBPath    string         `yaml:"tsdb_path" doc:"A Prometheus data directory, opened read-only."`
	Auth        Auth           `yaml:"auth" doc:"How to log on to the server; either a user name or a bearer token."`
	Headers     Headers        `yaml:"headers" doc:"Headers sent with every request, such as the tenant: {X-Scope-OrgID: team-a}."`
	TLS         TLS            `yaml:"tls" doc:"How to trust the server, and a client certificate."`
	Timeout     model.Duration `yaml:"timeout" doc:"How long one request may take."`
	Concurrency int            `yaml:"concurrency" doc:"How many requests run at once, 1 to 64."`
	RemoteRead  RemoteRead     `yaml:"remote_read" doc:"Whether alert history is read over remote read: auto (where the server offers it), on, off."`
}

// DefaultSource is a source of which nothing is said.
func DefaultSource() Source {
	return Source{Timeout: model.Duration(2 * time.Minute), Concurrency: 4, RemoteRead: RemoteReadAuto}
}

// shownName is the name that the source was given, else its host and path
// prefix or its directory.
func (s Source) shownName() string {
	if s.Name != "" || s.URL == "" {
		return firstOf(s.Name, s.TSDBPath)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return ""
	}
	return u.Host + u.Path
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Auth is how to log on to a server. Secrets stand in files, which are read
// again for every request and so may be rotated.
type Auth struct {
	Username        string `yaml:"username" doc:"User name of basic authentication."`
	PasswordFile    string `yaml:"password_file" doc:"File that holds the password."`
	BearerTokenFile string `yaml:"bearer_token_file" doc:"File that holds a bearer token."`
}

// TLS is how to trust a server and what to show it.
type TLS struct {
	CAFile             string `yaml:"ca_file" doc:"Certificates to trust instead of the system's, PEM."`
	CertFile           string `yaml:"cert_file" doc:"Client certificate, PEM."`
	KeyFile            string `yaml:"key_file" doc:"Key of the client certificate, PEM."`
	ServerName         string `yaml:"server_name" doc:"The name that the server's certificate has to carry, where it is not the URL's host."`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify" doc:"Trust any certificate. For trials only."`
}

// RemoteRead says whether alert history is read over remote read.
type RemoteRead string

// The choices of RemoteRead.
const (
	RemoteReadAuto RemoteRead = "auto" // where the server offers it
	RemoteReadOn   RemoteRead = "on"   // always; a server without it is an error
	RemoteReadOff  RemoteRead = "off"  // never; the query API is asked
)

// Headers are HTTP headers by name. Values may be secrets, so every way of
// printing Headers hides them; range over the map to use them.
type Headers map[string]string

const hidden = "<hidden>"

func (h Headers) masked() map[string]string {
	out := make(map[string]string, len(h))
	for name := range h {
		out[name] = hidden
	}
	return out
}

// GoString shows the names only.
func (h Headers) GoString() string { return h.String() }

// MarshalJSON shows the names only.
func (h Headers) MarshalJSON() ([]byte, error) { return json.Marshal(h.masked()) }

// MarshalYAML shows the names only.
func (h Headers) MarshalYAML() (any, error) { return h.masked(), nil }

// String shows the names only.
func (h Headers) String() string { return fmt.Sprint(h.masked()) }
