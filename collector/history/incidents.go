package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// declaredBy is the source of incidents that people declare.
const declaredBy = "declared"

// incidentDocument is an incident as docs/incidents.md has it.
type incidentDocument struct {
	ID       string        `json:"id"`
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to,omitzero"`
	Labels   labels.Labels `json:"labels"`
	SLO      string        `json:"slo,omitempty"`
	Severity string        `json:"severity,omitempty"`
	Note     string        `json:"note,omitempty"`
}

// PutIncident declares an incident, or changes the one of its id. One whose To is
// zero goes on.
func (s *Store) PutIncident(ctx context.Context, i noise.Incident) error {
	if i.ID == "" || i.From.IsZero() || !i.To.IsZero() && i.Empty() {
		return errors.New("declare incident: want an id, and a from that is before to")
	}
	over := i.Interval
	if over.To.IsZero() {
		over.To = time.UnixMilli(mostMillis)
	}
	body := incidentDocument{ID: i.ID, From: i.From.UTC(), To: i.To.UTC(), Labels: i.Labels, SLO: i.SLO, Severity: i.Severity, Note: i.Note}
	return s.inTx(ctx, "declare incident", func(t *tx) error {
		c := &committing{tx: t, source: sourceID(declaredBy)}
		if err := c.takeSource(Batch{Source: declaredBy}); err != nil {
			return err
		}
		return c.putDocuments([]document{{kindIncident, i.ID, over, 0, body}})
	})
}

// Incidents are the declared ones that touch a window, by start; an open edge of
// the window is the zero time.
func (s *Store) Incidents(ctx context.Context, over slo.Interval) ([]noise.Incident, error) {
	return collect(decoded(s.documents(ctx, kindIncident, declaredBy, over), readIncident))
}

func readIncident(d storedDocument) (noise.Incident, error) {
	in, err := fromJSON[incidentDocument](d)
	return noise.Incident{
		Interval: slo.Interval{From: in.From, To: in.To}, ID: in.ID, SLO: in.SLO, Labels: in.Labels,
		Severity: in.Severity, Note: in.Note, Declared: true,
	}, err
}

// Incident is the declared incident of an id, or ErrNotFound.
func (s *Store) Incident(ctx context.Context, id string) (noise.Incident, error) {
	for i, err := range decoded(s.documents(ctx, kindIncident, declaredBy, slo.Interval{}), readIncident) {
		if err != nil || i.ID == id {
			return i, err
		}
	}
	return noise.Incident{}, fmt.Errorf("read incident %.80q: %w", id, ErrNotFound)
}

// DeleteIncident takes back a declared incident; ErrNotFound where there is none.
func (s *Store) DeleteIncident(ctx context.Context, id string) error {
	var gone int64
	err := s.inTx(ctx, "delete incident", func(t *tx) (err error) {
		gone, err = t.exec("DELETE FROM documents WHERE kind = ? AND source_id = ? AND id = ?", string(kindIncident), sourceID(declaredBy), plain(id))
		return err
	})
	if err == nil && gone == 0 {
		return fmt.Errorf("delete incident %.80q: %w", id, ErrNotFound)
	}
	return err
}
