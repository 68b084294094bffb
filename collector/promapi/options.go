package promapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"
	"golang.org/x/net/http/httpguts"

	"github.com/burnish-sre/burnish/collector"
)

var _ collector.Source = (*Client)(nil)

// The defaults of [Options].
const (
	DefaultTimeout     = 2 * time.Minute
	DefaultConcurrency = 4
	DefaultRetries     = 3
	DefaultRetryWait   = 500 * time.Millisecond
	DefaultMaxBytes    = 1 << 30
	DefaultUserAgent   = "burnish"
)

// RemoteRead says whether alert history is asked for over remote read.
type RemoteRead string

// The modes of remote read.
const (
	// RemoteReadAuto tries remote read and falls back to the query API where
	// the server has none. It is the zero value's meaning.
	RemoteReadAuto RemoteRead = "auto"
	// RemoteReadOff only uses the query API.
	RemoteReadOff RemoteRead = "off"
	// RemoteReadOn fails where remote read does.
	RemoteReadOn RemoteRead = "on"
)

// Options say where a server is, how to log in and how hard to ask. Only URL is
// needed. New copies them.
type Options struct {
	// URL is the server's base, such as http://localhost:9090 or, with a path
	// prefix, https://mimir.example.org/prometheus. User name and password in
	// it are taken as basic auth; query parameters are sent with every request.
	// Neither is ever shown.
	URL string
	// Username with Password or PasswordFile is basic auth; empty means none.
	// The file is read at every request, so a password may be rotated.
	Username     string
	Password     string
	PasswordFile string
	// BearerTokenFile holds a bearer token, read at every request; empty means
	// none. It excludes basic auth.
	BearerTokenFile string
	// Headers are sent with every request, such as X-Scope-OrgID: team-a for a
	// tenant.
	Headers map[string]string
	// TLS is how a https server is trusted; the zero value trusts what the
	// system trusts.
	TLS TLS
	// Timeout bounds each request, reading its answer included; for streamed
	// alert history it bounds each wait for more. 0 means DefaultTimeout.
	Timeout time.Duration
	// Concurrency is how many requests run at once; 0 means DefaultConcurrency.
	Concurrency int
	// Retries is how often a request is repeated after 429, a 5xx, a timeout or
	// a broken connection; 0 means DefaultRetries, negative means never.
	Retries int
	// RetryWait is about how long the first repetition waits; later ones wait
	// longer, up to half a minute. 0 means DefaultRetryWait.
	RetryWait time.Duration
	// RemoteRead is auto, on or off; empty means auto.
	RemoteRead RemoteRead
	// MaxBytes bounds each answer, unpacked; 0 means DefaultMaxBytes.
	MaxBytes int64
	// UserAgent is how requests name their sender; empty means
	// DefaultUserAgent.
	UserAgent string
	// Logger takes retries, fallbacks and what servers remark; nil discards.
	Logger *slog.Logger
	// DialContext replaces the way connections are made; nil means TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// TLS is how a https server is trusted and how the client shows who it is.
type TLS struct {
	// CAFile holds the certificates to trust (PEM); empty means the system's.
	CAFile string
	// CertFile and KeyFile are the client's certificate; both or neither.
	CertFile string
	KeyFile  string
	// ServerName is the name to expect in the server's certificate; empty
	// means the URL's host.
	ServerName string
	// InsecureSkipVerify trusts whatever answers.
	InsecureSkipVerify bool
}

// Client asks one server. It is safe for concurrent use.
type Client struct {
	options Options
	base    *url.URL // without userinfo, query and trailing slash
	extra   url.Values
	http    *http.Client
	slots   chan struct{}
	log     *slog.Logger

	external globals
}

// New makes a client of a server. It asks nothing yet; it fails with every
// setting that makes no sense.
func New(o Options) (*Client, error) {
	o.setDefaults()
	base, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if err := o.takeUserinfo(base); err != nil {
		return nil, err
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	client, err := o.client()
	if err != nil {
		return nil, fmt.Errorf("set up the connection to %s: %w", bare(base), err)
	}
	c := &Client{
		options: o, http: client, extra: base.Query(),
		slots: make(chan struct{}, o.Concurrency),
		log:   o.Logger.With("component", "promapi", "server", bare(base)),
	}
	c.base, _ = url.Parse(bare(base))
	return c, nil
}

// Name is the URL of the server without user, password and query.
func (c *Client) Name() string { return c.base.String() }

// Close gives up idle connections. The client may still be used.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

func (o *Options) setDefaults() {
	o.Headers = maps.Clone(o.Headers)
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.Retries == 0 {
		o.Retries = DefaultRetries
	}
	o.Retries = max(0, o.Retries)
	if o.RetryWait == 0 {
		o.RetryWait = DefaultRetryWait
	}
	if o.RemoteRead == "" {
		o.RemoteRead = RemoteReadAuto
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.UserAgent == "" {
		o.UserAgent = DefaultUserAgent
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// parseURL reads the server's URL. Its errors don't show the URL, not even in
// part: what can't be parsed may be a password.
func parseURL(raw string) (*url.URL, error) {
	if strings.TrimSpace(raw) == "" {
		return nil, errors.New("no server URL: give one such as http://localhost:9090")
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, errors.New("the server URL can't be parsed (it is not shown, as it may hold a password): write http://HOST:PORT, with special characters in a user name or password percent-encoded")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return nil, errors.New("the server URL must begin with http:// or https://, such as http://localhost:9090")
	}
	if u.Hostname() == "" {
		return nil, errors.New("the server URL names no host: write http://HOST:PORT")
	}
	return u, nil
}

// bare is a URL that may be shown.
func bare(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return strings.TrimRight(shown.String(), "/")
}

// takeUserinfo moves user name and password from the URL to the options.
func (o *Options) takeUserinfo(u *url.URL) error {
	if u.User == nil {
		return nil
	}
	if o.Username != "" || o.Password != "" {
		return errors.New("the server URL and the settings both name a user: keep one of the two")
	}
	password, has := u.User.Password()
	if has && o.PasswordFile != "" {
		return errors.New("the server URL holds a password and a password file is set: keep one of the two")
	}
	o.Username, o.Password = u.User.Username(), password
	o.URL, u.User = "", nil
	return nil
}

func (o *Options) validate() error {
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	basic := o.Username != "" || o.Password != "" || o.PasswordFile != ""
	refuse(basic && o.BearerTokenFile != "", "basic auth and a bearer token file are both set: keep one of the two")
	refuse(basic && o.Username == "", "a password is set without a user name: set both")
	refuse(o.Password != "" && o.PasswordFile != "", "a password and a password file are both set: keep one of the two")
	refuse((o.TLS.CertFile == "") != (o.TLS.KeyFile == ""), "a TLS certificate file and its key file go together: set both or neither")
	refuse(o.Timeout < 0, "timeout %s is negative: set a positive one", o.Timeout)
	refuse(o.Concurrency < 0, "concurrency %d is negative: set a positive one", o.Concurrency)
	refuse(o.RetryWait < 0, "retry wait %s is negative: set a positive one", o.RetryWait)
	refuse(o.MaxBytes < 0, "the limit of %d bytes an answer is negative: set a positive one", o.MaxBytes)
	modes := []RemoteRead{RemoteReadAuto, RemoteReadOn, RemoteReadOff}
	refuse(!slices.Contains(modes, o.RemoteRead), "remote read mode %q is unknown: set auto, on or off", string(o.RemoteRead))
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		refuse(!httpguts.ValidHeaderFieldName(name), "header name %q is not valid in HTTP", name)
		refuse(!httpguts.ValidHeaderFieldValue(o.Headers[name]), "the value of header %q (not shown) is not valid in HTTP", name)
		_, reserved := promconfig.ReservedHeaders[http.CanonicalHeaderKey(name)]
		refuse(reserved, "header %q can't be set by hand: use the settings for log-in", name)
	}
	return errors.Join(errs...)
}

// client builds the HTTP client that logs in; it follows no redirect, so
// credentials go to no other host.
func (o *Options) client() (*http.Client, error) {
	cfg := promconfig.HTTPClientConfig{
		EnableHTTP2: true,
		ProxyConfig: promconfig.ProxyConfig{ProxyFromEnvironment: true},
		TLSConfig: promconfig.TLSConfig{
			CAFile: o.TLS.CAFile, CertFile: o.TLS.CertFile, KeyFile: o.TLS.KeyFile,
			ServerName: o.TLS.ServerName, InsecureSkipVerify: o.TLS.InsecureSkipVerify,
		},
	}
	if o.Username != "" {
		cfg.BasicAuth = &promconfig.BasicAuth{
			Username: o.Username, Password: promconfig.Secret(o.Password), PasswordFile: o.PasswordFile,
		}
	}
	if o.BearerTokenFile != "" {
		cfg.Authorization = &promconfig.Authorization{Type: "Bearer", CredentialsFile: o.BearerTokenFile}
	}
	if len(o.Headers) > 0 {
		cfg.HTTPHeaders = &promconfig.Headers{Headers: map[string]promconfig.Header{}}
		for name, value := range o.Headers {
			cfg.HTTPHeaders.Headers[name] = promconfig.Header{Secrets: []promconfig.Secret{promconfig.Secret(value)}}
		}
	}
	opts := []promconfig.HTTPClientOption{promconfig.WithUserAgent(o.UserAgent)}
	if o.DialContext != nil {
		opts = append(opts, promconfig.WithDialContextFunc(o.DialContext))
	}
	return promconfig.NewClientFromConfig(cfg, "promapi", opts...)
}
