package gateapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/burnish-sre/burnish/slo/gate"
)

// Question is what a caller asks.
type Question struct {
	// SLOs are names or patterns of SLOs as service/name, and Services are services
	// all of whose SLOs are meant. Both empty asks about every SLO.
	SLOs, Services []string
	Change         string  // the kind of change; may be empty
	Share          float64 // of the traffic that runs the change now, in [0,1]
}

// Decider answers questions. ErrNoSuchSLO says that a name fits no SLO.
type Decider interface {
	Decide(ctx context.Context, q Question) (gate.Answer, error)
}

// ErrNoSuchSLO says that a question names what there is not.
var ErrNoSuchSLO = errors.New("no such SLO")

// Bounds of a question.
const (
	maxBody  = 64 << 10 // bytes
	maxNames = 100
	maxName  = 300 // bytes
)

// maxEvent bounds the text of an answer to Flagger: it becomes a Kubernetes event,
// which holds 1024 bytes.
const maxEvent = 900

// Handler serves POST, PUT and GET of the gate's endpoint. It takes Flagger's
// webhooks, the web metrics of Argo Rollouts, and burnish's own form. Log may be
// nil.
func Handler(d Decider, log *slog.Logger) http.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &handler{decider: d, log: log}
}

type handler struct {
	decider Decider
	log     *slog.Logger
}

// shape is how a caller wants to be answered.
type shape string

const (
	shapeMetric  shape = "metric"  // 200 and JSON, whatever the answer
	shapeFlagger shape = "flagger" // the status code is the answer
)

// hook is what Flagger does with the answer.
type hook string

const (
	hookGate     hook = ""         // 2xx goes on
	hookRollback hook = "rollback" // 2xx rolls back
	hookEvent    hook = "event"    // it only tells what happened
)

// asked is a request that was read.
type asked struct {
	Question
	shape shape
	hook  hook
	// guessed says that the service is only the canary's name.
	guessed bool
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, status, err := read(w, r)
	if err != nil {
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, POST, PUT")
		}
		writeError(w, status, err)
		return
	}
	if a.hook == hookEvent {
		w.WriteHeader(http.StatusOK)
		return
	}
	answer, err := h.decider.Decide(r.Context(), a.Question)
	if errors.Is(err, ErrNoSuchSLO) {
		writeError(w, http.StatusNotFound, err)
		return
	}
	if err != nil {
		h.log.Error("the gate was asked and could not answer", "err", err)
		writeError(w, http.StatusInternalServerError, errors.New("the gate could not look: see the log of burnish"))
		return
	}
	h.write(w, a, answer)
}

// write answers in the caller's shape. A roll-back is told only what is known to
// be wrong: nobody rolls back because data are missing.
func (h *handler) write(w http.ResponseWriter, a asked, answer gate.Answer) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if a.shape == shapeMetric {
		var b bytes.Buffer
		if err := WriteJSON(&b, answer); err != nil {
			h.log.Error("the gate's answer could not be written", "err", err)
			writeError(w, http.StatusInternalServerError, errors.New("the answer could not be written"))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(b.Bytes())
		return
	}
	yes := answer.Allowed
	if a.hook == hookRollback {
		yes = answer.Verdict == gate.VerdictDeny
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !yes {
		w.WriteHeader(http.StatusForbidden)
	}
	_, _ = io.WriteString(w, eventText(answer))
}

// eventText is the answer as short as an event has to be.
func eventText(a gate.Answer) string {
	parts := []string{headline(a)}
	for _, r := range append(append([]gate.Reason{}, a.Reasons...), a.Unknowns...) {
		parts = append(parts, line(r))
	}
	text := plain(strings.Join(parts, " "))
	if len(text) > maxEvent {
		text = strings.ToValidUTF8(text[:maxEvent], "") + "..."
	}
	return text
}

// writeError answers with what is wrong, as JSON.
func writeError(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": fmt.Sprintf("%.500s", plain(err.Error()))})
}
