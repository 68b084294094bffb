package promapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// APIError is a server's refusal: an answer with an HTTP status other than 2xx,
// or one that says "status":"error".
type APIError struct {
	// Status is the HTTP status.
	Status int
	// Type is Prometheus' errorType, such as bad_data or execution; empty where
	// the answer was not Prometheus' JSON.
	Type string
	// Message is the server's own words, printable and at most 4 KiB.
	Message string

	asked string
	hint  string
	after time.Duration // Retry-After; 0 where not given
}

// Error says in one line what was asked, what came back and what to do next.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: the server answered %d", e.asked, e.Status)
	if text := http.StatusText(e.Status); text != "" {
		b.WriteString(" " + text)
	}
	if e.Type != "" {
		b.WriteString(" (" + e.Type + ")")
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.hint != "" {
		b.WriteString("; " + e.hint)
	}
	return b.String()
}

// failure is a request that got no usable answer.
type failure struct {
	asked string
	came  string
	hint  string
	err   error // the cause, without the URL that net/http wraps around it
}

// Error is what was asked, what came of it, and what to do.
func (f *failure) Error() string {
	if f.hint == "" {
		return f.asked + ": " + f.came
	}
	return f.asked + ": " + f.came + "; " + f.hint
}

// Unwrap is the cause.
func (f *failure) Unwrap() error { return f.err }

// The causes that the package itself finds.
var (
	errTimeout  = errors.New("the time for the request is up")
	errTooLarge = errors.New("the answer is larger than the limit")
	errBroken   = errors.New("the stream broke off")
	errShape    = errors.New("not an answer of the Prometheus API")
	errWebPage  = errors.New("the answer is a web page")
	errEncoding = errors.New("chunk encoding not understood")
)

// transport explains why a request got no answer, or only half of one.
func (c *Client) transport(a ask, err error) error {
	for {
		var u *url.Error
		if !errors.As(err, &u) {
			break
		}
		err = u.Err
	}
	f := &failure{asked: c.asked(a), came: c.scrub(printable(err.Error(), shownText), nil), err: err}
	for _, explain := range []func(*failure) bool{
		c.explainLimits, c.explainNetwork, explainTLS, explainFile,
	} {
		if explain(f) {
			return f
		}
	}
	f.hint = "check that the URL is that of a server with the Prometheus API"
	return f
}

func (c *Client) explainLimits(f *failure) bool {
	switch {
	case errors.Is(f.err, context.Canceled), errors.Is(f.err, context.DeadlineExceeded):
		f.came, f.hint = f.err.Error(), ""
	case isTimeout(f.err):
		f.came = fmt.Sprintf("no answer within %s", c.options.Timeout)
		f.hint = "check that the server is up and not overloaded, or raise the timeout"
	case errors.Is(f.err, errTooLarge):
		f.came = fmt.Sprintf("the answer is larger than %d bytes", c.options.MaxBytes)
		f.hint = "ask for a shorter time or fewer series, or raise the limit"
	case errors.Is(f.err, errWebPage):
		f.came = "this looks like a web page (a log-in or a proxy?), not an answer of the Prometheus API"
		f.hint = "check the URL, its path prefix and the log-in"
	case errors.Is(f.err, errShape):
		f.hint = "check that the URL and its path prefix are those of a Prometheus API"
	case errors.Is(f.err, errBroken):
		f.hint = "see the server's log, or read with remote read off"
	default:
		return false
	}
	return true
}

func (c *Client) explainNetwork(f *failure) bool {
	var dns *net.DNSError
	switch {
	case errors.As(f.err, &dns):
		f.came = fmt.Sprintf("the host name %q can't be resolved", c.base.Hostname())
		f.hint = "check the host in the URL"
	case errors.Is(f.err, syscall.ECONNREFUSED):
		f.came = "connection refused"
		f.hint = "nothing listens there: check that the server runs and that host and port are right"
	case broken(f.err):
		f.came = "the connection broke off"
		f.hint = "see the server's log, or that of a proxy before it"
	default:
		return false
	}
	return true
}

func explainTLS(f *failure) bool {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(f.err, &authority):
		f.hint = "give the CA that signed the server's certificate"
	case errors.As(f.err, &host):
		f.hint = "use the host name in the certificate, or set the TLS server name"
	case errors.As(f.err, &invalid):
		f.hint = "the server's certificate must be renewed, or this machine's clock is wrong"
	case errors.Is(f.err, http.ErrSchemeMismatch), errors.As(f.err, &record):
		f.came = "the server does not speak TLS on this port"
		f.hint = "use http:// or the server's TLS port"
	case errors.As(f.err, &alert):
		f.hint = "the server refused the TLS handshake: check the client certificate"
	default:
		return false
	}
	return true
}

func explainFile(f *failure) bool {
	if _, ok := errors.AsType[*fs.PathError](f.err); !ok {
		return false
	}
	f.hint = "check the password file, bearer token file and TLS files"
	return true
}
