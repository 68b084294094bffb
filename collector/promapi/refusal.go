package promapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refusal is the error of an answer that is not 2xx.
func (c *Client) refusal(a ask, resp *http.Response, w *wire) error {
	e := &APIError{Status: resp.StatusCode, asked: c.asked(a), after: retryAfter(resp.Header)}
	var body []byte
	if r, err := unpack(resp.Header.Get("Content-Encoding"), w); err == nil {
		body, _ = io.ReadAll(io.LimitReader(r, errorBytes))
	}
	var told struct{ ErrorType, Error string }
	switch {
	case json.Unmarshal(body, &told) == nil && told.Error != "":
		e.Type, e.Message = printable(told.ErrorType, shownText), printable(told.Error, errorBytes)
	case looksLikeHTML(body):
		e.Message = "a web page"
	default:
		e.Message = printable(string(body), shownText)
	}
	e.Message = c.scrub(e.Message, resp.Request)
	e.hint = hintFor(e, resp)
	return e
}

// hintFor says what to do about a refusal.
func hintFor(e *APIError, resp *http.Response) string {
	switch s := e.Status; {
	case s/100 == 3:
		to := "another address"
		if u, err := resp.Location(); err == nil {
			to = printable(bare(u), shownText)
		}
		return "redirects are not followed: if " + to + " is the server and no login page, give its URL"
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return "check the user name, password file or bearer token file"
	case s == http.StatusNotFound || s == http.StatusMethodNotAllowed:
		return "is this the right path prefix? Mimir's ends in /prometheus, for one"
	case s == http.StatusTooManyRequests:
		return "the server asks to slow down: lower the concurrency or ask less often"
	case strings.Contains(e.Message, "HTTP request to an HTTPS server"):
		return "use https://"
	case tooMuch(e):
		return "ask for a shorter time, or raise the server's limits"
	case e.Type != "" && s < 500:
		return "check the expression and the range"
	case s >= 500:
		return "see the log of the server, or of the proxy before it"
	}
	return "check that the URL is that of a Prometheus API"
}

// retryAfter reads the header Retry-After, as seconds or, with the server's own
// clock, as a date; 0 where it is missing or makes no sense.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 86400)) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

func looksLikeHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), []byte("<"))
}
