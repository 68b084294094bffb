package history

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// dumpSchema names the form of a dump in its first line.
const dumpSchema = "burnish/history-dump/v1"

// dumpHead is the first line of a dump.
type dumpHead struct {
	Schema string `json:"schema"`
}

// dumpTable is a table of a dump, with its columns; those in bytes are base64.
type dumpTable struct {
	name    string
	columns []string
	bytes   map[string]bool
}

// dumpTables are all tables, in the order in which they are dumped.
func dumpTables() []dumpTable {
	none, key, body := map[string]bool{}, map[string]bool{"key": true}, map[string]bool{"body": true}
	of := func(name, columns string, bytes map[string]bool) dumpTable {
		return dumpTable{name, strings.Fields(columns), bytes}
	}
	return []dumpTable{
		of("sources", "id name route reach_from reach_to read_from read_to health_known", none),
		of("watermarks", "source_id stream at", none),
		of("alerts", "id key", key),
		of("rule_groups", "id key", key),
		of("episodes", `source_id alert_id seen_from seen_to group_id active_at fired_at resolved_at
			active_edge fired_edge ended_edge gaps bridged replicas pipeline shifts`, none),
		of("spells", "source_id from_at to_at kind rule_group", none),
		of("rules", "source_id since hash body", none),
		of("slis", "id source_id slo labels step exact notes", map[string]bool{"labels": true}),
		of("steps", "sli_id from_at body", body),
		of("documents", "kind source_id id from_at to_at version body", none),
		of("reports", "name from_at to_at form made_at size body", body),
		of("claims", "name from_at to_at holder claimed_at until_at done_at", none),
	}
}

// Dump writes everything that the store holds as lines of JSON, from one moment.
// Restore reads it into an empty store, of either kind.
func (s *Store) Dump(ctx context.Context, to io.Writer) error {
	w := bufio.NewWriterSize(to, 64<<10)
	head, err := json.Marshal(dumpHead{dumpSchema})
	if err != nil {
		return err
	}
	_, _ = w.Write(append(head, '\n')) // Flush tells of it
	t, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: s.snapshot(), ReadOnly: s.addr.dialect == postgres})
	if err != nil {
		return s.fail("dump history store", err)
	}
	defer func() { _ = t.Rollback() }() // nothing was written
	for _, table := range dumpTables() {
		if err := table.dump(&tx{tx: t, dialect: s.addr.dialect, ctx: ctx}, w); err != nil {
			return s.fail("dump history store", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("dump history store: %w", err)
	}
	return nil
}

// snapshot is the isolation in which all tables are read as of one moment.
func (s *Store) snapshot() sql.IsolationLevel {
	if s.addr.dialect == postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// dump writes the rows of a table: its name and the values of its columns.
func (d dumpTable) dump(t *tx, w *bufio.Writer) error {
	values, into := make([]any, len(d.columns)), make([]any, len(d.columns))
	for i := range into {
		into[i] = &values[i]
	}
	line := make([]any, 1+len(d.columns))
	line[0] = d.name
	return t.each(func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok && d.bytes[d.columns[i]] {
				v = base64.StdEncoding.EncodeToString(b)
			} else if ok {
				v = string(b)
			}
			line[1+i] = v
		}
		text, err := json.Marshal(line)
		if err != nil {
			return err
		}
		_, err = w.Write(append(text, '\n'))
		return err
	}, "SELECT "+strings.Join(d.columns, ", ")+" FROM "+d.name)
}

// ErrNotEmpty: a dump is restored into an empty store only.
var ErrNotEmpty = errors.New("the history store holds something already; restore into an empty one")

// mostLine is the longest line that is read of a dump or an import, in bytes.
const mostLine = 512 << 20

// Restore reads a dump into an empty store, whole or not at all.
func (s *Store) Restore(ctx context.Context, from io.Reader) error {
	return s.inTx(ctx, "restore history store", func(t *tx) error {
		for _, table := range dumpTables() {
			var n int
			if err := t.row("SELECT count(*) FROM (SELECT 1 FROM " + table.name + " LIMIT 1) AS one").Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return ErrNotEmpty
			}
		}
		r := &restoring{tx: t}
		lines := bufio.NewScanner(from)
		lines.Buffer(make([]byte, 64<<10), mostLine)
		for n := 1; lines.Scan(); n++ {
			if err := r.take(n, lines.Bytes()); err != nil {
				return fmt.Errorf("line %d of the dump: %w", n, err)
			}
		}
		return errors.Join(lines.Err(), r.flush(), r.begun())
	})
}

// restoring gathers rows of one table.
type restoring struct {
	*tx
	headed bool
	table  dumpTable
	rows   []any
}

// errDump: a line is none of a dump.
var errDump = errors.New("it is no line of a dump that `burnish history backup` wrote")

func (r *restoring) begun() error {
	if !r.headed {
		return errDump
	}
	return nil
}

func (r *restoring) take(n int, line []byte) error {
	if n == 1 {
		var head dumpHead
		if json.Unmarshal(line, &head) != nil || head.Schema != dumpSchema {
			return errDump
		}
		r.headed = true
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var values []any
	if err := dec.Decode(&values); err != nil || len(values) < 2 {
		return errDump
	}
	if name, _ := values[0].(string); name != r.table.name {
		if err := r.turnTo(name); err != nil {
			return err
		}
	}
	if len(values) != 1+len(r.table.columns) {
		return errDump
	}
	for i, v := range values[1:] {
		value, err := r.table.value(i, v)
		if err != nil {
			return err
		}
		r.rows = append(r.rows, value)
	}
	if len(r.rows) >= 50_000 {
		return r.flush()
	}
	return nil
}

func (r *restoring) turnTo(name string) error {
	if err := r.flush(); err != nil {
		return err
	}
	for _, t := range dumpTables() {
		if t.name == name {
			r.table = t
			return nil
		}
	}
	return errDump
}

// value is a value of a column as the database takes it.
func (d dumpTable) value(i int, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case json.Number:
		return v.Int64()
	case string:
		if d.bytes[d.columns[i]] {
			return base64.StdEncoding.DecodeString(v)
		}
		return plain(v), nil
	}
	return nil, errDump
}

func (r *restoring) flush() error {
	rows := r.rows
	r.rows = r.rows[:0]
	if len(rows) == 0 {
		return nil
	}
	return r.insertMany(r.table.name+" ("+strings.Join(r.table.columns, ", ")+")", len(r.table.columns), rows, "")
}
