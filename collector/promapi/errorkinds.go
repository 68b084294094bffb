package promapi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, errTimeout) || errors.As(err, &n) && n.Timeout()
}

// broken tells whether a connection was lost half way.
func broken(err error) bool {
	for _, target := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// worthRetrying tells whether the same request may well succeed next time.
func worthRetrying(err error) bool {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.Status == http.StatusTooManyRequests ||
			api.Status >= 500 && api.Status != http.StatusNotImplemented
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !isTimeout(err) {
		return false
	}
	return isTimeout(err) || broken(err) || errors.Is(err, errBroken)
}

// statusOf is the HTTP status of a refusal, 0 for any other error.
func statusOf(err error) int {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.Status
	}
	return 0
}

// isNoAPI tells whether what came was no answer of the Prometheus API at all.
func isNoAPI(err error) bool {
	return errors.Is(err, errShape) || errors.Is(err, errWebPage)
}

// unsupported tells whether a server says that it has no such page. (Some say so
// with 400 and words.)
func unsupported(err error) bool {
	var api *APIError
	return errors.As(err, &api) && strings.Contains(strings.ToLower(api.Message), "unsupported")
}

// tooMuch tells whether a server, or the limit of this client, finds that too
// many samples were asked for at once. Servers say it in words only.
func tooMuch(err error) bool {
	if errors.Is(err, errTooLarge) {
		return true
	}
	var api *APIError
	if !errors.As(err, &api) {
		return false
	}
	if api.Status == http.StatusRequestEntityTooLarge || api.Type == "timeout" {
		return true
	}
	switch api.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false
	}
	text := strings.ToLower(api.Message)
	for _, words := range []string{"too many samples", "too many points", "exceed", "cannot select more than", "limit", "context deadline"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// tooManySamples tells whether a server found more samples than it takes on.
func tooManySamples(err error) bool {
	var api *APIError
	return errors.As(err, &api) && tooMuch(err) && strings.Contains(strings.ToLower(api.Message), "samples")
}
