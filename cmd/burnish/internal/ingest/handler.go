package ingest

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// The paths that are answered.
const (
	WebhookPath = "/api/v1/alertmanager/webhook"
	EventsPath  = "/api/v1/alertmanager/events"
)

// Handler answers POST on WebhookPath and EventsPath. It bounds the time of each
// body; the time for headers and idle connections is for the server to bound,
// and its write timeout has to be longer than body and store timeout together.
//
// 200 says that everything is on disk; 503 with Retry-After that the sender
// should come again; 400, 401, 408, 413 and 415 that it was not taken.
func (in *Intake) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+WebhookPath, in.receive(doorWebhook, func(body []byte) ([]alertmanager.Event, error) {
		return alertmanager.ParseWebhook(body, in.w.Now(), in.o.limits())
	}))
	mux.Handle("POST "+EventsPath, in.receive(doorEvents, func(body []byte) ([]alertmanager.Event, error) {
		return alertmanager.ParseRecorded(body, in.o.limits())
	}))
	return mux
}

// turnedAway is why a request is not served, and with which status.
type turnedAway struct {
	status int
	reason string
	text   string
}

func (t *turnedAway) Error() string { return t.text }

func (in *Intake) receive(d door, parse func([]byte) ([]alertmanager.Event, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		err := in.serve(w, req, d, parse)
		if err == nil {
			w.WriteHeader(http.StatusOK)
			return
		}
		if req.Context().Err() != nil && errors.Is(err, req.Context().Err()) {
			return // the sender is gone; what it sent is stored all the same
		}
		away := in.explain(err)
		in.metrics.refused.WithLabelValues(string(d), away.reason).Inc()
		switch away.status {
		case http.StatusServiceUnavailable:
			w.Header().Set("Retry-After", "2")
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", in.auth.challenge())
		}
		http.Error(w, away.text, away.status)
	})
}

// serve serves one request to its end.
func (in *Intake) serve(w http.ResponseWriter, req *http.Request, d door, parse func([]byte) ([]alertmanager.Event, error)) error {
	if !in.auth.admits(req) {
		return &turnedAway{http.StatusUnauthorized, whyAuth, "say who you are"}
	}
	if kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &turnedAway{http.StatusUnsupportedMediaType, whyType, "send application/json"}
	}
	if e := req.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return &turnedAway{http.StatusUnsupportedMediaType, whyType, "send it without compression"}
	}
	body, reserved, err := in.body(w, req)
	if err != nil {
		in.release(reserved)
		return err
	}
	in.metrics.received.WithLabelValues(string(d)).Inc()
	events, err := in.parse(req.Context(), body, parse)
	if err != nil {
		in.release(reserved)
		return err
	}
	in.metrics.alerts.WithLabelValues(string(d)).Add(float64(len(events)))
	total := len(body) + eventBytes*len(events)
	in.release(reserved)
	if !in.reserve(total) {
		return errBusy
	}
	return in.submit(req.Context(), &delivery{door: d, events: events, bytes: total})
}

// parse reads a body as events. As many run at once as there are processors.
func (in *Intake) parse(ctx context.Context, body []byte, parse func([]byte) ([]alertmanager.Event, error)) ([]alertmanager.Event, error) {
	select {
	case in.parsing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-in.parsing }()
	return parse(body)
}

// firstBytes is how much room a body gets at first; it then doubles.
const firstBytes = 4 << 10

// body reads a body, within the limits, and tells how many bytes it has
// reserved: as many as have come, not as many as were announced.
func (in *Intake) body(w http.ResponseWriter, req *http.Request) (body []byte, reserved int, err error) {
	if req.ContentLength > int64(in.o.MaxBody) {
		w.Header().Set("Connection", "close")
		return nil, 0, &http.MaxBytesError{Limit: int64(in.o.MaxBody)}
	}
	// A recorder in a test has no deadline to set.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Duration(in.o.BodyTimeout)))
	from := http.MaxBytesReader(w, req.Body, int64(in.o.MaxBody))
	for {
		if len(body) == cap(body) {
			size := max(firstBytes, 2*cap(body))
			if req.ContentLength >= 0 {
				size = min(size, int(req.ContentLength)+1)
			}
			if !in.reserve(size - reserved) {
				return nil, reserved, errBusy
			}
			reserved = size
			grown := make([]byte, len(body), size)
			copy(grown, body)
			body = grown
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, reserved, nil
		} else if err != nil {
			return nil, reserved, err
		}
	}
}

// explain turns an error into an answer.
func (in *Intake) explain(err error) *turnedAway {
	if away, ok := errors.AsType[*turnedAway](err); ok {
		return away
	}
	if refused, ok := errors.AsType[*alertmanager.Refusal](err); ok {
		return &turnedAway{http.StatusBadRequest, string(refused.Fault), refused.Detail}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &turnedAway{http.StatusRequestEntityTooLarge, whyLarge, "the delivery is too large"}
	}
	switch {
	case errors.Is(err, errBusy), errors.Is(err, errClosed):
		return &turnedAway{http.StatusServiceUnavailable, whyBusy, err.Error()}
	case errors.Is(err, errStore):
		return &turnedAway{http.StatusServiceUnavailable, whyStore, errStore.Error()}
	case errors.Is(err, ErrRejected):
		return &turnedAway{http.StatusBadRequest, whyRejected, ErrRejected.Error()}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &turnedAway{http.StatusRequestTimeout, whySlow, "the delivery took too long"}
	}
	return &turnedAway{http.StatusBadRequest, whyBroken, "the delivery broke off"}
}
