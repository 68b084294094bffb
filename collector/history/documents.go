package history

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// kind is what a document is.
type kind string

const (
	kindNotification    kind = "notification"
	kindSilence         kind = "silence"
	kindAcknowledgement kind = "acknowledgement"
	kindIncident        kind = "incident"
	kindFinding         kind = "finding"
)

// document is something that is told in one piece. Of two versions of it the
// higher one counts, of equal ones the later told.
type document struct {
	kind    kind
	id      string
	over    slo.Interval
	version int64
	body    any
}

// takeDocuments takes what a batch tells in pieces.
func (c *committing) takeDocuments(b Batch) error {
	docs, err := c.notificationsOf(b.Notifications)
	if err != nil {
		return err
	}
	for _, s := range b.Silences {
		docs = append(docs, document{kindSilence, s.ID, s.Interval, orZero(s.UpdatedAt), silenceJSON(s)})
	}
	for _, a := range b.Acknowledgements {
		docs = append(docs, document{kindAcknowledgement, a.ID, slo.Interval{From: a.At, To: a.At}, 0, a})
	}
	for _, f := range b.Findings {
		id := f.ID + " " + f.Period.From.UTC().Format(time.RFC3339) + " " + f.Period.To.UTC().Format(time.RFC3339)
		docs = append(docs, document{kindFinding, id, f.Period, 0, f.Finding})
	}
	return c.putDocuments(docs)
}

// putDocuments writes documents; of those with one id the last counts.
func (c *committing) putDocuments(docs []document) error {
	rows := make([]any, 0, 7*len(docs))
	place := map[string]int{}
	for _, d := range docs {
		body, err := json.Marshal(d.body)
		if err != nil {
			return fmt.Errorf("write %s %.80q: %w", d.kind, d.id, err)
		}
		row := []any{string(d.kind), c.source, plain(d.id), orZero(d.over.From), orZero(d.over.To), d.version, string(body)}
		key := string(d.kind) + "\x00" + plain(d.id)
		if at, twice := place[key]; twice {
			if rows[at+5].(int64) <= d.version {
				copy(rows[at:], row)
			}
			continue
		}
		place[key] = len(rows)
		rows = append(rows, row...)
	}
	return c.insertMany("documents (kind, source_id, id, from_at, to_at, version, body)", 7, rows,
		`ON CONFLICT (kind, source_id, id) DO UPDATE SET from_at = excluded.from_at, to_at = excluded.to_at,
		version = excluded.version, body = excluded.body WHERE documents.version <= excluded.version`)
}

// storedDocument is a document as it was read.
type storedDocument struct {
	source, id string
	from, to   int64
	version    int64
	body       []byte
}

// documents streams those of a kind that touch an interval, by start and id; an
// empty interval takes all.
func (s *Store) documents(ctx context.Context, k kind, source string, over slo.Interval) iter.Seq2[storedDocument, error] {
	from, to := -mostMillis, mostMillis
	if !over.From.IsZero() {
		from = over.From.UnixMilli()
	}
	if !over.To.IsZero() {
		to = over.To.UnixMilli()
	}
	return func(yield func(storedDocument, error) bool) {
		err := s.each(ctx, func(rows *sql.Rows) error {
			var d storedDocument
			if err := rows.Scan(&d.source, &d.id, &d.from, &d.to, &d.version, &d.body); err != nil {
				return err
			}
			if !yield(d, nil) {
				return errStop
			}
			return nil
		}, `SELECT o.name, d.id, d.from_at, d.to_at, d.version, d.body FROM documents d JOIN sources o ON o.id = d.source_id
			WHERE d.kind = ? AND d.from_at < ? AND (d.to_at > ? OR d.from_at >= ?) AND (? = '' OR o.name = ?)
			ORDER BY d.from_at, d.id, o.name`, string(k), to, from, from, plain(source), plain(source))
		if err != nil && !isStop(err) {
			yield(storedDocument{}, s.fail("read "+string(k)+"s", err))
		}
	}
}

// decoded turns documents into values.
func decoded[T any](docs iter.Seq2[storedDocument, error], read func(storedDocument) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for d, err := range docs {
			var v T
			if err == nil {
				v, err = read(d)
			}
			if err != nil {
				err = fmt.Errorf("read %.80q of the history store: %w", d.id, err)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// collect gathers a stream.
func collect[T any](all iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for v, err := range all {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// fromJSON reads a document's body.
func fromJSON[T any](d storedDocument) (v T, err error) {
	return v, json.Unmarshal(d.body, &v)
}

// Acknowledgements are those of a window by time.
func (s *Store) Acknowledgements(ctx context.Context, source string, over slo.Interval) ([]Acknowledgement, error) {
	return collect(decoded(s.documents(ctx, kindAcknowledgement, source, over), fromJSON[Acknowledgement]))
}

// StoredFinding is a finding as it was committed: its JSON is that of a report.
type StoredFinding struct {
	ID     string
	Period slo.Interval
	JSON   json.RawMessage
}

// Findings are those whose period touches a window, by period and id.
func (s *Store) Findings(ctx context.Context, source string, over slo.Interval) ([]StoredFinding, error) {
	return collect(decoded(s.documents(ctx, kindFinding, source, over), func(d storedDocument) (StoredFinding, error) {
		var head struct {
			ID string `json:"id"`
		}
		err := json.Unmarshal(d.body, &head)
		return StoredFinding{ID: cmp.Or(head.ID, d.id), Period: d.interval(), JSON: d.body}, err
	}))
}

// interval is the time of a document.
func (d storedDocument) interval() slo.Interval {
	return slo.Interval{From: time.UnixMilli(d.from).UTC(), To: time.UnixMilli(d.to).UTC()}
}
