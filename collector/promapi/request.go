package promapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// The longest wait between two tries, be it ours or the server's Retry-After,
// and the most that is read of an error's body.
const (
	longestWait  = 30 * time.Second
	longestAfter = 2 * time.Minute
	errorBytes   = 4 << 10
)

// ask is one request of the API.
type ask struct {
	verb   string // what it does, for errors: "evaluate"
	expr   string // the expression it is about, for errors; may be empty
	path   string // below the base URL
	form   url.Values
	get    bool   // the form goes into the URL, not into the body
	body   []byte // sent instead of the form
	header map[string]string
	packed bool // the answer is taken as it came, still packed
	stream bool // the timeout is for each wait, not for the whole
}

// answer is the body of a 2xx answer, unpacked and bounded.
type answer struct {
	io.Reader
	contentType string
	header      http.Header
	wire        *wire
	sent        *http.Request
}

// do sends a request and hands the answer to take, again and again while that
// may help; so take begins afresh at every call. Errors of reading the body are
// explained like those of the request.
func (c *Client) do(ctx context.Context, a ask, take func(*answer) error) error {
	var last error
	try := func() (struct{}, error) {
		last = c.attempt(ctx, a, take)
		if last == nil {
			return struct{}{}, nil
		}
		if ctx.Err() != nil || !worthRetrying(last) {
			return struct{}{}, backoff.Permanent(last)
		}
		var api *APIError
		if errors.As(last, &api) && api.after > 0 {
			if api.after > longestAfter {
				return struct{}{}, backoff.Permanent(last)
			}
			return struct{}{}, &backoff.RetryAfterError{Duration: api.after}
		}
		return struct{}{}, last
	}
	_, err := backoff.Retry(ctx, try,
		backoff.WithBackOff(c.waits()), backoff.WithMaxElapsedTime(0),
		backoff.WithMaxTries(uint(c.options.Retries)+1),
		backoff.WithNotify(func(_ error, wait time.Duration) {
			c.log.InfoContext(ctx, "asking again", "in", wait, "after", last)
		}))
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return c.transport(a, context.Cause(ctx))
	}
	return last
}

// waits are the pauses between tries: doubling, with jitter so that many
// clients don't come back at once.
func (c *Client) waits() backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = c.options.RetryWait, longestWait, 2
	b.Reset()
	return b
}

// attempt sends a request once.
func (c *Client) attempt(ctx context.Context, a ask, take func(*answer) error) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return c.transport(a, context.Cause(ctx))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alarm := time.AfterFunc(c.options.Timeout, func() { cancel(errTimeout) })
	defer alarm.Stop()

	req, err := c.request(ctx, a)
	if err != nil {
		return c.transport(a, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.transport(a, cause(ctx, err))
	}
	defer resp.Body.Close()
	w := &wire{from: resp.Body}
	if a.stream {
		w.progress = func() { alarm.Reset(c.options.Timeout) }
	}
	if resp.StatusCode/100 != 2 {
		return c.refusal(a, resp, w)
	}
	ans, err := c.accept(a, resp, w)
	if err == nil {
		err = take(ans)
	}
	if err == nil {
		return nil
	}
	return c.readError(ctx, a, w, err)
}

// accept unpacks and bounds a 2xx answer.
func (c *Client) accept(a ask, resp *http.Response, w *wire) (*answer, error) {
	var unpacked io.Reader = w
	if !a.packed {
		var err error
		if unpacked, err = unpack(resp.Header.Get("Content-Encoding"), w); err != nil {
			return nil, err
		}
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // an unreadable type is none
	return &answer{
		Reader:      &limited{from: unpacked, left: c.options.MaxBytes, failed: &w.err},
		contentType: kind, header: resp.Header, wire: w, sent: resp.Request,
	}, nil
}

// readError explains why an answer could not be read: the connection's own error
// comes before what a decoder makes of it.
func (c *Client) readError(ctx context.Context, a ask, w *wire, err error) error {
	var api *APIError
	var known *failure
	if errors.As(err, &api) || errors.As(err, &known) {
		return err
	}
	if w.err != nil {
		err = w.err
	}
	return c.transport(a, cause(ctx, err))
}

// cause is why a context was given up, where that is what err is about.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (c *Client) request(ctx context.Context, a ask) (*http.Request, error) {
	target := *c.base
	target.Path += a.path
	target.RawPath = ""
	if c.base.RawPath != "" {
		target.RawPath = c.base.RawPath + a.path
	}
	method, payload, query := http.MethodPost, a.body, url.Values{}
	maps.Copy(query, c.extra)
	switch {
	case a.get:
		method = http.MethodGet
		maps.Copy(query, a.form)
	case payload == nil:
		payload = []byte(a.form.Encode())
	}
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Accept", "application/json")
	if !a.get {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range a.header {
		req.Header.Set(name, value)
	}
	return req, nil
}
