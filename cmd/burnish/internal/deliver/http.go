package deliver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cenkalti/backoff/v5"
)

// The most that is read of an answer and of a file with a secret, and the most of
// a server's words in an error, in bytes.
const (
	mostAnswer = 64 << 10
	mostSecret = 64 << 10
	mostWords  = 300
)

// secret reads a secret from its file, without the end of the line.
func secret(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostSecret))
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	s := strings.TrimSpace(string(text))
	if s == "" {
		return "", fmt.Errorf("read a secret: %s is empty", file)
	}
	return s, nil
}

// trust is how a server's certificate is checked.
func trust(caFile, serverName string) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: serverName}
	if caFile == "" {
		return out, nil
	}
	text, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	out.RootCAs = x509.NewCertPool()
	if !out.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read certificates: %s holds none", caFile)
	}
	return out, nil
}

// client makes a client for one try. It follows no redirection, which would
// carry the report to where nobody wanted it.
func client(caFile string) (*http.Client, error) {
	conf, err := trust(caFile, "")
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: bounded{&http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: conf, DisableKeepAlives: true,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: mostAnswer,
			DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// bounded cuts what is read of answers.
type bounded struct{ http.RoundTripper }

// RoundTrip is that of the transport below, with a body that ends early.
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = cutBody{io.LimitReader(resp.Body, mostAnswer), resp.Body}
	return resp, nil
}

type cutBody struct {
	io.Reader
	io.Closer
}

// answered judges an answer by its status: what may work later is repeated.
func answered(status int, header http.Header, words string) error {
	if status/100 == 2 {
		return nil
	}
	err := fmt.Errorf("it answered %d %s%s", status, http.StatusText(status), quoted(words))
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		if s, convErr := strconv.Atoi(header.Get("Retry-After")); convErr == nil {
			return laterError(err, s)
		}
		return err
	case status >= 500 || status == http.StatusRequestTimeout:
		return err
	}
	return backoff.Permanent(err)
}

// quoted are a server's words, made safe to show.
func quoted(words string) string {
	words = strings.TrimSpace(strings.ToValidUTF8(words, ""))
	if words == "" {
		return ""
	}
	for len(words) > mostWords || !utf8.ValidString(words) {
		words = words[:min(len(words)-1, mostWords)]
	}
	return ": " + strconv.Quote(words)
}

// withoutURL takes the address, which may be a secret, out of an error of
// net/http.
func withoutURL(err error) error {
	if of, ok := errors.AsType[*url.Error](err); ok {
		return of.Err
	}
	return err
}

// hide replaces secrets in the text of an error, and keeps what it is.
func hide(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := text
	for _, s := range secrets {
		if s != "" {
			clean = strings.ReplaceAll(clean, s, "<hidden>")
		}
	}
	if clean == text {
		return err
	}
	plain := errors.New(clean)
	if permanent, ok := errors.AsType[*backoff.PermanentError](err); ok && permanent != nil {
		return backoff.Permanent(plain)
	}
	if l, ok := errors.AsType[*backoff.RetryAfterError](err); ok {
		return &later{plain, l}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", clean, context.DeadlineExceeded)
	}
	return plain
}
