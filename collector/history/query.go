package history

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Query says which episodes are asked for. The zero value asks for all.
type Query struct {
	// Window takes the episodes that were active in it; a zero edge is open.
	Window slo.Interval
	Source string
	Rule   string // the alertname
	Group  string
	// Matchers are about the alert's labels and its alertname.
	Matchers []*labels.Matcher
	// Fired leaves out those that were pending only.
	Fired bool
	// After is the Cursor of the last entry of the page before; Limit is how
	// many are given at most, 0 means all.
	After string
	Limit int
}

// Entry is an episode of the store.
type Entry struct {
	noise.Episode
	Source string
	// Seen is the part of its life that was looked at.
	Seen slo.Interval

	key    []byte
	shifts []int64
}

// Cursor is where a page that ends with this entry ends, for Query.After.
func (e Entry) Cursor() string {
	at := binary.BigEndian.AppendUint64(nil, uint64(e.ActiveAt.UnixMilli()))
	at = binary.BigEndian.AppendUint64(at, uint64(e.Seen.From.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(appendPart(at, plain(e.Source)), e.key...))
}

// ErrCursor: Query.After is no cursor.
var ErrCursor = errors.New("this is no cursor of a page of episodes; take it from the page before")

// errStop ends a query whose reader wants no more.
var errStop = errors.New("stop")

func isStop(err error) bool { return errors.Is(err, errStop) }

// Episodes streams the episodes that a query asks for, ordered by ActiveAt,
// alertname, labels and source, whatever their number. An episode that was open
// when its source was read last is open; one that was open at the end of what was
// read then, and of which later readings show nothing, is cut there.
func (s *Store) Episodes(ctx context.Context, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		text, args, err := q.sql()
		if err != nil {
			yield(Entry{}, err)
			return
		}
		given := 0
		err = s.each(ctx, func(rows *sql.Rows) error {
			e, err := scanEntry(rows)
			if err != nil {
				return err
			}
			if !q.takes(e) {
				return nil
			}
			if !yield(e, nil) {
				return errStop
			}
			if given++; q.Limit > 0 && given == q.Limit {
				return errStop
			}
			return nil
		}, text, args...)
		if err != nil && !isStop(err) {
			yield(Entry{}, s.fail("read episodes", err))
		}
	}
}

// sql is the query without what is filtered afterwards.
func (q Query) sql() (string, []any, error) {
	var where []string
	var args []any
	and := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if !q.Window.From.IsZero() {
		and("e.seen_to > ?", q.Window.From.UnixMilli())
	}
	if !q.Window.To.IsZero() {
		and("e.active_at < ?", q.Window.To.UnixMilli())
	}
	if q.Source != "" {
		and("o.name = ?", plain(q.Source))
	}
	if q.Rule != "" {
		key := appendPart(nil, q.Rule)
		and("a.key >= ? AND a.key < ?", key, append(key[:len(key)-1:len(key)-1], 2))
	}
	if q.Fired {
		and("e.fired_at IS NOT NULL")
	}
	if q.After != "" {
		at, err := parseCursor(q.After)
		if err != nil {
			return "", nil, err
		}
		and(`(e.active_at > ? OR e.active_at = ? AND (a.key > ? OR a.key = ? AND (o.name > ? OR o.name = ? AND e.seen_from > ?)))`,
			at.active, at.active, at.key, at.key, at.source, at.source, at.seen)
	}
	text := `SELECT ` + columnsOfEpisode + `, a.key, o.name, o.read_to FROM episodes e
		JOIN alerts a ON a.id = e.alert_id JOIN rule_groups g ON g.id = e.group_id JOIN sources o ON o.id = e.source_id`
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	text += " ORDER BY e.active_at, a.key, o.name, e.seen_from"
	if q.Limit > 0 && q.Group == "" && len(q.Matchers) == 0 {
		text, args = text+" LIMIT ?", append(args, q.Limit)
	}
	return text, args, nil
}

type cursor struct {
	active, seen int64
	source       string
	key          []byte
}

func parseCursor(text string) (c cursor, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < 16 {
		return c, ErrCursor
	}
	c.active, c.seen = int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	if c.source, c.key, err = cutPart(b[16:]); err != nil {
		return c, ErrCursor
	}
	c.source = plain(c.source)
	return c, nil
}

func scanEntry(rows *sql.Rows) (Entry, error) {
	var e Entry
	var readTo *int64
	_, s, err := scanStretch(rows, &e.key, &e.Source, &readTo)
	if err != nil {
		return e, err
	}
	e.Episode, e.shifts = s.Episode, s.shifts
	e.Seen = slo.Interval{From: time.UnixMilli(s.from).UTC(), To: time.UnixMilli(s.to).UTC()}
	if e.Open() && readTo != nil && s.to < *readTo {
		e.ResolvedAt, e.Certainty.Resolved = e.Seen.To, noise.EdgeCut
	}
	e.Rule, e.Labels, err = splitAlertKey(e.key)
	return e, err
}

// takes tells whether an entry is asked for.
func (q Query) takes(e Entry) bool {
	if q.Group != "" && q.Group != e.Group {
		return false
	}
	for _, m := range q.Matchers {
		value := e.Labels.Get(m.Name)
		if m.Name == labels.AlertName {
			value = e.Rule
		}
		if !m.Matches(value) {
			return false
		}
	}
	return true
}

// Watermark is how far a reading of a source has come; the zero time where it has
// not begun.
func (s *Store) Watermark(ctx context.Context, source, stream string) (time.Time, error) {
	var at time.Time
	err := s.each(ctx, func(rows *sql.Rows) error {
		var ms int64
		err := rows.Scan(&ms)
		at = instant(&ms)
		return err
	}, "SELECT at FROM watermarks WHERE source_id = ? AND stream = ?", sourceID(source), plain(stream))
	return at, s.fail("read watermark", err)
}
