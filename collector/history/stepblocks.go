package history

import (
	"context"
	"database/sql"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/slo"
)

// BlockSteps is how many steps the store keeps together; such a block begins at a
// multiple of its length since the unix epoch.
const BlockSteps = chunkSlots

// SLI is what the store holds of one group of an SLO from one source.
type SLI struct {
	ID     int64
	Source string
	SLO    string // slo.SLO.ID
	Group  labels.Labels
	Step   time.Duration
	Exact  bool
}

// SLIs lists what the store holds, ordered by SLO, source and step: of one group
// [Store.Increments] takes the first that has anything.
func (s *Store) SLIs(ctx context.Context) ([]SLI, error) {
	var out []SLI
	err := s.each(ctx, func(rows *sql.Rows) error {
		var i SLI
		var step, exact int64
		var group []byte
		if err := rows.Scan(&i.ID, &i.Source, &i.SLO, &group, &step, &exact); err != nil {
			return err
		}
		var err error
		i.Step, i.Exact = time.Duration(step)*time.Millisecond, exact != 0
		_, i.Group, err = splitAlertKey(group)
		out = append(out, i)
		return err
	}, "SELECT i.id, o.name, i.slo, i.labels, i.step, i.exact FROM slis i JOIN sources o ON o.id = i.source_id ORDER BY i.slo, o.name, i.step, i.id")
	return out, s.fail("list SLIs", err)
}

// SLIIDs are the ids of the SLIs alone, which is a cheap way to see new ones.
func (s *Store) SLIIDs(ctx context.Context) ([]int64, error) {
	var out []int64
	err := s.each(ctx, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	}, "SELECT id FROM slis")
	return out, s.fail("list SLIs", err)
}

// blocksAtOnce is of how many SLIs blocks are asked for with a statement.
const blocksAtOnce = 500

// StepBlocks gives the blocks of SLIs of one step that overlap an interval, those of
// one SLI in time order. The steps are only valid until take returns.
func (s *Store) StepBlocks(ctx context.Context, slis []SLI, over slo.Interval, take func(SLI, *slo.Steps) error) error {
	if over.Empty() {
		return nil
	}
	for len(slis) > 0 {
		some := slis[:min(len(slis), blocksAtOnce)]
		slis = slis[len(some):]
		if err := s.stepBlocks(ctx, some, over, take); err != nil {
			return s.fail("read increments", err)
		}
	}
	return nil
}

func (s *Store) stepBlocks(ctx context.Context, slis []SLI, over slo.Interval, take func(SLI, *slo.Steps) error) error {
	step := slis[0].Step
	length := step * chunkSlots
	of, args := make(map[int64]SLI, len(slis)), make([]any, 0, len(slis)+2)
	for _, i := range slis {
		of[i.ID] = i
		args = append(args, i.ID)
	}
	args = append(args, floor(over.From.UnixMilli(), length.Milliseconds()), over.To.UnixMilli())
	steps := &slo.Steps{Step: step, Bad: make([]float64, chunkSlots), Total: make([]float64, chunkSlots), Known: make([]bool, chunkSlots)}
	var body sql.RawBytes
	return s.each(ctx, func(rows *sql.Rows) error {
		var id, from int64
		if err := rows.Scan(&id, &from, &body); err != nil {
			return err
		}
		c, err := decodeChunk(body)
		if err != nil {
			return err
		}
		steps.From = time.UnixMilli(from).UTC()
		for k := range c {
			steps.Bad[k], steps.Total[k], steps.Known[k] = c[k].bad, c[k].total, c[k].known
		}
		return take(of[id], steps)
	}, "SELECT sli_id, from_at, body FROM steps WHERE sli_id IN ("+marks(len(slis))+") AND from_at >= ? AND from_at < ? ORDER BY sli_id, from_at", args...)
}
