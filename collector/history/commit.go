package history

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Commit takes a batch in one transaction: whole, or after an error not at all.
// Batches of one source are taken one after the other, those of several sources
// at the same time where the database can.
func (s *Store) Commit(ctx context.Context, b Batch) error {
	if b.Source == "" {
		return errors.New("commit to history store: the batch names no source")
	}
	if err := b.check(); err != nil {
		return fmt.Errorf("commit to history store: %w", err)
	}
	return s.inTx(ctx, "commit to history store", func(t *tx) error { return t.commit(b) })
}

// check finds what can't be taken before anything is written.
func (b Batch) check() error {
	if b.Alerts != nil && b.Alerts.Window.Empty() {
		return errors.New("the window of the alerts is empty")
	}
	for _, i := range b.Increments {
		if i.Steps == nil || i.Steps.Step <= 0 || i.Steps.Step.Milliseconds() == 0 {
			return fmt.Errorf("the increments of %s have no steps", i.SLO)
		}
	}
	for _, f := range b.Findings {
		if f.ID == "" || f.Period.Empty() {
			return errors.New("a finding has no id or no period")
		}
	}
	return nil
}

func (t *tx) commit(b Batch) error {
	if err := t.lockPrune(false); err != nil {
		return err
	}
	if err := t.lock("source\x00" + b.Source); err != nil {
		return err
	}
	c := &committing{tx: t, source: sourceID(b.Source)}
	for _, step := range []func(Batch) error{c.takeSource, c.takeAlerts, c.takeTold, c.takeIncrements, c.takeDocuments, c.takeWatermark} {
		if err := step(b); err != nil {
			return err
		}
	}
	return nil
}

// committing takes one batch.
type committing struct {
	*tx
	source int64
}

func sourceID(name string) int64 { return idOf([]byte("source\x00" + plain(name))) }

func (c *committing) takeSource(b Batch) error {
	_, err := c.exec("INSERT INTO sources (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING", c.source, plain(b.Source))
	return err
}

func (c *committing) takeWatermark(b Batch) error {
	if b.Watermark.IsZero() {
		return nil
	}
	_, err := c.exec(`INSERT INTO watermarks (source_id, stream, at) VALUES (?, ?, ?)
		ON CONFLICT (source_id, stream) DO UPDATE SET at = excluded.at WHERE watermarks.at < excluded.at`,
		c.source, plain(b.Stream), b.Watermark.UnixMilli())
	return err
}

// takeAlerts takes what was read of a window.
func (c *committing) takeAlerts(b Batch) error {
	if b.Alerts == nil {
		return nil
	}
	a := *b.Alerts
	if err := c.noteReading(a); err != nil {
		return err
	}
	if err := c.paintEpisodes(a); err != nil {
		return err
	}
	if err := c.paintSpells(windowOf(a.Window), a.Spells); err != nil {
		return err
	}
	if !a.RulesKnown {
		return nil
	}
	return c.takeRules(a.Window.To, a.Rules)
}

// noteReading widens what is known to have been read of the source.
func (c *committing) noteReading(a Alerts) error {
	known := 0
	if a.HealthKnown {
		known = 1
	}
	_, err := c.exec(`UPDATE sources SET
		route = CASE WHEN read_to IS NULL OR read_to <= ? THEN ? ELSE route END,
		read_from = CASE WHEN read_from IS NULL OR read_from > ? THEN ? ELSE read_from END,
		read_to = CASE WHEN read_to IS NULL OR read_to < ? THEN ? ELSE read_to END,
		health_known = CASE WHEN health_known > ? THEN health_known ELSE ? END WHERE id = ?`,
		a.Window.To.UnixMilli(), string(a.Route), a.Window.From.UnixMilli(), a.Window.From.UnixMilli(),
		a.Window.To.UnixMilli(), a.Window.To.UnixMilli(), known, known, c.source)
	if err != nil || a.Reach.Empty() {
		return err
	}
	from, to := a.Reach.From.UnixMilli(), a.Reach.To.UnixMilli()
	_, err = c.exec(`UPDATE sources SET
		reach_from = CASE WHEN reach_from IS NULL OR reach_from > ? THEN ? ELSE reach_from END,
		reach_to = CASE WHEN reach_to IS NULL OR reach_to < ? THEN ? ELSE reach_to END WHERE id = ?`,
		from, from, to, to, c.source)
	return err
}

// insertMany inserts rows of as many columns into a table, several hundred with a
// statement, which is what makes it fast over a network. What comes after the
// values (ON CONFLICT ...) may be empty.
func (t *tx) insertMany(into string, columns int, rows []any, after string) error {
	if len(rows) == 0 {
		return nil
	}
	const mostParameters = 8000 // SQLite takes 32,766 and PostgreSQL 65,535
	per := mostParameters / columns * columns
	one := ",(" + strings.Repeat(",?", columns)[1:] + ")"
	statement := func(n int) string {
		return t.dialect.bind("INSERT INTO " + into + " VALUES " + strings.Repeat(one, n/columns)[1:] + " " + after)
	}
	if len(rows) > 2*per {
		full, err := t.tx.PrepareContext(t.ctx, statement(per))
		if err != nil {
			return err
		}
		defer full.Close()
		for ; len(rows) > per; rows = rows[per:] {
			if _, err := full.ExecContext(t.ctx, rows[:per]...); err != nil {
				return err
			}
		}
	}
	for len(rows) > 0 {
		n := min(per, len(rows))
		if _, err := t.tx.ExecContext(t.ctx, statement(n), rows[:n]...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
