package history

import (
	"context"
	"database/sql"
	"time"
)

// Retention is how long each kind of thing is kept; 0 keeps it for ever.
type Retention struct {
	Episodes, Notifications, Silences, Acknowledgements time.Duration
	Increments, Incidents, Findings, Reports            time.Duration
}

// Pruned is how many of each kind were dropped. Increments are counted in rows of
// 120 steps.
type Pruned struct {
	Episodes, Notifications, Silences, Acknowledgements int64
	Increments, Incidents, Findings, Reports            int64
}

// Prune drops what ended longer ago than it is kept, in one transaction, and gives
// the room back to the file system where that is cheap. Claims and rules that
// nothing needs any more go with it.
func (s *Store) Prune(ctx context.Context, keep Retention) (Pruned, error) {
	var out Pruned
	now := s.now()
	err := s.inTx(ctx, "prune history store", func(t *tx) error {
		out = Pruned{}
		if err := t.lockPrune(true); err != nil {
			return err
		}
		p := &pruning{tx: t, now: now}
		p.drop(&out.Episodes, keep.Episodes, "DELETE FROM episodes WHERE seen_to < ?")
		p.drop(new(int64), keep.Episodes, "DELETE FROM spells WHERE to_at < ?")
		p.drop(new(int64), keep.Episodes, `DELETE FROM rules WHERE since < ? AND EXISTS
			(SELECT 1 FROM rules newer WHERE newer.source_id = rules.source_id AND newer.since > rules.since AND newer.since < ?)`)
		p.dropSteps(&out.Increments, keep.Increments)
		for _, d := range []struct {
			into *int64
			keep time.Duration
			kind kind
		}{
			{&out.Notifications, keep.Notifications, kindNotification},
			{&out.Silences, keep.Silences, kindSilence},
			{&out.Acknowledgements, keep.Acknowledgements, kindAcknowledgement},
			{&out.Incidents, keep.Incidents, kindIncident},
			{&out.Findings, keep.Findings, kindFinding},
		} {
			p.drop(d.into, d.keep, "DELETE FROM documents WHERE kind = '"+string(d.kind)+"' AND to_at < ?")
		}
		p.drop(&out.Reports, keep.Reports, "DELETE FROM reports WHERE to_at < ?")
		p.drop(new(int64), keep.Reports, "DELETE FROM claims WHERE to_at < ?")
		p.sweep()
		return p.err
	})
	if err != nil {
		return Pruned{}, err
	}
	return out, s.shrink(ctx)
}

// pruning drops rows; the first error ends it.
type pruning struct {
	*tx
	now time.Time
	err error
}

// drop deletes what lies before the limit, which stands for every parameter.
func (p *pruning) drop(count *int64, keep time.Duration, statement string) {
	if keep <= 0 || p.err != nil {
		return
	}
	limit := p.now.Add(-keep).UnixMilli()
	args := []any{limit}
	for i := 1; i < countMarks(statement); i++ {
		args = append(args, limit)
	}
	*count, p.err = p.exec(statement, args...)
}

// dropSteps deletes blocks of steps that lie wholly before the limit, SLIs of one step
// after another, so that no block that stays is looked at.
func (p *pruning) dropSteps(count *int64, keep time.Duration) {
	if keep <= 0 || p.err != nil {
		return
	}
	var steps []int64
	p.err = p.each(func(rows *sql.Rows) error {
		var step int64
		err := rows.Scan(&step)
		steps = append(steps, step)
		return err
	}, "SELECT DISTINCT step FROM slis")
	for _, step := range steps {
		if p.err != nil {
			return
		}
		var dropped int64
		dropped, p.err = p.exec("DELETE FROM steps WHERE sli_id IN (SELECT id FROM slis WHERE step = ?) AND from_at < ?",
			step, p.now.Add(-keep).UnixMilli()-step*chunkSlots)
		*count += dropped
	}
}

func countMarks(statement string) int {
	n := 0
	for _, c := range statement {
		if c == '?' {
			n++
		}
	}
	return n
}

// sweep drops names that nothing bears any more.
func (p *pruning) sweep() {
	for _, statement := range []string{
		`DELETE FROM alerts WHERE NOT EXISTS
			(SELECT 1 FROM episodes WHERE source_id IN (SELECT id FROM sources) AND alert_id = alerts.id)`,
		"DELETE FROM rule_groups WHERE id NOT IN (SELECT group_id FROM episodes)",
		"DELETE FROM slis WHERE NOT EXISTS (SELECT 1 FROM steps WHERE sli_id = slis.id)",
	} {
		if p.err == nil {
			_, p.err = p.exec(statement)
		}
	}
}

// shrink gives free pages back. PostgreSQL vacuums by itself.
func (s *Store) shrink(ctx context.Context) error {
	if s.addr.dialect == postgres {
		return nil
	}
	if _, err := s.write.ExecContext(ctx, "PRAGMA incremental_vacuum"); err != nil {
		return s.fail("shrink history store", err)
	}
	_, err := s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return s.fail("shrink history store", err)
}
