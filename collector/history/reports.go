package history

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// ReportID names a finished report in one form.
type ReportID struct {
	Name   string // of the schedule, or any other
	Period slo.Interval
	Form   string // html, md, json
}

// StoredReport is a report of the archive without its bytes.
type StoredReport struct {
	ReportID
	MadeAt time.Time
	Size   int64 // bytes, unpacked
}

// mostReport is the largest report that is unpacked, in bytes.
const mostReport = 256 << 20

// PutReport keeps a finished report; one of the same id is replaced.
func (s *Store) PutReport(ctx context.Context, id ReportID, text []byte) error {
	if id.Name == "" || id.Form == "" || id.Period.Empty() {
		return errors.New("keep report: want a name, a form and a period")
	}
	if len(text) > mostReport {
		return fmt.Errorf("keep report: it is over %d bytes", mostReport)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("keep report: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("keep report: %w", err)
	}
	p := windowOf(id.Period)
	return s.inTx(ctx, "keep report", func(t *tx) error {
		_, err := t.exec(`INSERT INTO reports (name, from_at, to_at, form, made_at, size, body) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (name, from_at, to_at, form) DO UPDATE SET made_at = excluded.made_at, size = excluded.size, body = excluded.body`,
			plain(id.Name), p.from, p.to, plain(id.Form), s.now().UnixMilli(), int64(len(text)), packed.Bytes())
		return err
	})
}

// Reports lists the archive, the newest period first; an empty name takes all.
func (s *Store) Reports(ctx context.Context, name string) ([]StoredReport, error) {
	var out []StoredReport
	err := s.each(ctx, func(rows *sql.Rows) error {
		var r StoredReport
		var from, to, made int64
		err := rows.Scan(&r.Name, &from, &to, &r.Form, &made, &r.Size)
		r.Period, r.MadeAt = slo.Interval{From: instant(&from), To: instant(&to)}, instant(&made)
		out = append(out, r)
		return err
	}, `SELECT name, from_at, to_at, form, made_at, size FROM reports WHERE ? = '' OR name = ?
		ORDER BY to_at DESC, from_at DESC, name, form`, plain(name), plain(name))
	return out, s.fail("list reports", err)
}

// Report is the bytes of a report of the archive, or ErrNotFound.
func (s *Store) Report(ctx context.Context, id ReportID) ([]byte, error) {
	p := windowOf(id.Period)
	var packed []byte
	found := false
	err := s.each(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&packed)
	}, "SELECT body FROM reports WHERE name = ? AND from_at = ? AND to_at = ? AND form = ?", plain(id.Name), p.from, p.to, plain(id.Form))
	if err != nil {
		return nil, s.fail("read report", err)
	}
	if !found {
		return nil, fmt.Errorf("read report %.80q: %w", id.Name, ErrNotFound)
	}
	return unpack(packed)
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack report: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, mostReport))
	if err != nil {
		return nil, fmt.Errorf("unpack report: %w", err)
	}
	return text, nil
}
