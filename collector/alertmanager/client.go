package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/burnish-sre/burnish/collector/promapi"
)

// The defaults of [Options], and the most that is read of a list.
const (
	DefaultTimeout  = 30 * time.Second
	DefaultMaxBytes = 256 << 20
	maxItems        = 1_000_000
)

// Options say where an Alertmanager is and how to log in. Only URL is needed. New
// copies them. Fields are as in promapi.Options.
type Options struct {
	// URL is the server's base, such as http://localhost:9093 or, with a path
	// prefix, https://mimir.example.org/alertmanager. User name and password in
	// it are taken as basic auth and never shown.
	URL string
	// Username with Password or PasswordFile is basic auth.
	Username     string
	Password     string
	PasswordFile string
	// BearerTokenFile holds a bearer token, read at every request; it excludes
	// basic auth.
	BearerTokenFile string
	// Headers are sent with every request.
	Headers map[string]string
	// TLS is how a https server is trusted.
	TLS promapi.TLS
	// Timeout bounds each request; 0 means DefaultTimeout.
	Timeout time.Duration
	// Retries is how often a request is repeated after 429, a 5xx, a timeout or
	// a broken connection; 0 means promapi.DefaultRetries, negative means never.
	Retries int
	// RetryWait is about how long the first repetition waits; 0 means
	// promapi.DefaultRetryWait.
	RetryWait time.Duration
	// MaxBytes bounds each answer, unpacked; 0 means DefaultMaxBytes.
	MaxBytes int64
	// UserAgent is how requests name their sender; empty means
	// promapi.DefaultUserAgent.
	UserAgent string
	// Logger takes retries; nil discards.
	Logger *slog.Logger
	// DialContext replaces the way connections are made; nil means TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client asks one Alertmanager. It is safe for concurrent use.
type Client struct{ api *promapi.Client }

// New makes a client. It asks nothing yet; it fails with every setting that makes
// no sense.
func New(o Options) (*Client, error) {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	api, err := promapi.New(promapi.Options{
		URL: o.URL, Username: o.Username, Password: o.Password, PasswordFile: o.PasswordFile,
		BearerTokenFile: o.BearerTokenFile, Headers: o.Headers, TLS: o.TLS, Timeout: o.Timeout,
		Retries: o.Retries, RetryWait: o.RetryWait, MaxBytes: o.MaxBytes, UserAgent: o.UserAgent,
		Logger: o.Logger, DialContext: o.DialContext,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the Alertmanager: %w", err)
	}
	return &Client{api: api}, nil
}

// Name is the URL of the server without user, password and query.
func (c *Client) Name() string { return c.api.Name() }

// Close gives up idle connections. The client may still be used.
func (c *Client) Close() error { return c.api.Close() }

func (c *Client) fetch(ctx context.Context, what, path string, query url.Values, take func(io.Reader) error) error {
	return c.api.Fetch(ctx, promapi.Fetch{What: what, API: "Alertmanager API", Path: "/api/v2" + path, Query: query}, take)
}

// errShape says that an answer is JSON and yet not what was asked for.
var errShape = errors.New("not an answer of the Alertmanager API")

// list reads a JSON array one item at a time, so that a hostile one is given up
// before it is in memory.
func list[T any](from io.Reader, each func(T) error) error {
	d := json.NewDecoder(from)
	if open, err := d.Token(); err != nil {
		return fmt.Errorf("%w: %w", errShape, err)
	} else if open != json.Delim('[') {
		return fmt.Errorf("%w: it is no list", errShape)
	}
	for n := 0; d.More(); n++ {
		if n == maxItems {
			return fmt.Errorf("it lists more than %d items", maxItems)
		}
		var item T
		if err := d.Decode(&item); err != nil {
			return fmt.Errorf("%w: %w", errShape, err)
		}
		if err := each(item); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%w: %w", errShape, err)
	}
	return nil
}
