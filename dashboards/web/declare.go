package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Declarer keeps incidents that people declare.
type Declarer interface {
	// Declare keeps an incident and gives it as it is kept. It is ErrExists where
	// there is another of that id, and ErrForbidden where whoever asks may not
	// write. The same incident twice is kept once.
	Declare(ctx context.Context, in noise.Incident) (noise.Incident, error)
}

// The bounds of an incident that is declared.
const (
	declareBytes  = 64 << 10
	declareText   = 4096
	declareID     = 200
	declareLabels = 64
	longest       = 366 * 24 * time.Hour
)

// declaration is an incident as docs/incidents.md describes it.
type declaration struct {
	ID       string            `json:"id"`
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to"`
	Labels   map[string]string `json:"labels"`
	SLO      string            `json:"slo"`
	Severity string            `json:"severity"`
	Note     string            `json:"note"`
}

// declare takes an incident that somebody declares.
func (s *server) declare(req *request) (answer, error) {
	if s.o.Declarer == nil {
		return answer{}, problem{Status: http.StatusNotImplemented, Detail: "There is no store that could keep an incident; name it in a file under incidents.files."}
	}
	if err := fromHere(req.Request); err != nil {
		return answer{}, err
	}
	d, err := readDeclaration(req.Request)
	if err != nil {
		return answer{}, err
	}
	in, err := d.incident()
	if err != nil {
		return answer{}, err
	}
	kept, err := s.o.Declarer.Declare(req.Context(), in)
	if err != nil {
		return answer{}, err
	}
	out := jsonAnswer(struct {
		Schema   string      `json:"schema"`
		Incident declaration `json:"incident"`
	}{"burnish/declared-incident/v1", declarationOf(kept)})
	out.status, out.location = http.StatusCreated, "/api/v1/incidents/"+pathID(kept.ID)
	return out, nil
}

// fromHere refuses what another site makes a browser send, and what is not JSON,
// which a form can't send.
func fromHere(req *http.Request) error {
	if err := http.NewCrossOriginProtection().Check(req); err != nil {
		return problem{Status: http.StatusForbidden, Detail: "The request comes from another site."}
	}
	if kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return problem{Status: http.StatusUnsupportedMediaType, Detail: "An incident is declared as application/json."}
	}
	return nil
}

func readDeclaration(req *http.Request) (declaration, error) {
	var d declaration
	dec := json.NewDecoder(http.MaxBytesReader(nil, req.Body, declareBytes))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return d, problem{Status: http.StatusRequestEntityTooLarge, Detail: "An incident has at most 64 KiB."}
		}
		return d, badRequest("The incident can’t be read: " + cleanLine(err.Error()))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return d, badRequest("There is more than one incident in the request.")
	}
	return d, nil
}

// incident checks the declaration. An id is made from its start where it has none.
func (d declaration) incident() (noise.Incident, error) {
	in := noise.Incident{
		Interval: slo.Interval{From: d.From.UTC(), To: d.To.UTC()}, ID: d.ID, SLO: d.SLO, Severity: d.Severity, Note: d.Note, Declared: true,
	}
	switch {
	case d.From.IsZero() || d.To.IsZero():
		return in, badRequest("An incident has a start and an end: from and to, RFC 3339.")
	case !d.From.Before(d.To):
		return in, badRequest("The incident ends before it begins.")
	case d.To.Sub(d.From) > longest:
		return in, badRequest("The incident is longer than a year.")
	case len(d.ID) > declareID || len(d.SLO) > declareText || len(d.Severity) > declareID || len(d.Note) > declareText:
		return in, badRequest("An id and a severity have at most 200 bytes, an SLO and a note at most 4096.")
	case len(d.Labels) > declareLabels:
		return in, badRequest("An incident has at most 64 labels.")
	}
	for name, value := range d.Labels {
		if !model.LegacyValidation.IsValidLabelName(name) || len(name) > declareID || len(value) > declareText || !utf8.ValidString(value) {
			return in, badRequest("A label is a name that Prometheus allows and a text of at most 4096 bytes.")
		}
	}
	in.Labels = labels.FromMap(d.Labels)
	if in.ID == "" {
		in.ID = "declared@" + in.From.Format(time.RFC3339)
	}
	return in, nil
}

func declarationOf(in noise.Incident) declaration {
	return declaration{
		ID: in.ID, From: in.From.UTC(), To: in.To.UTC(), Labels: in.Labels.Map(), SLO: in.SLO, Severity: in.Severity, Note: in.Note,
	}
}
