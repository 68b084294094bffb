package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
)

// takeIncrements takes the events of SLOs.
func (c *committing) takeIncrements(b Batch) error {
	var rows []any
	for _, i := range b.Increments {
		id, err := c.takeSLI(i)
		if err != nil {
			return err
		}
		chunks, err := c.chunksOf(id, i)
		if err != nil {
			return err
		}
		for _, part := range chunks {
			rows = append(rows, id, part.from, part.chunk.encode())
		}
	}
	return c.insertMany("steps (sli_id, from_at, body)", 3, rows, "ON CONFLICT (sli_id, from_at) DO UPDATE SET body = excluded.body")
}

// sliNote is something that had to be put right in what was read of a window.
type sliNote struct {
	From, To int64 // unix milliseconds
	Text     string
}

// mostNotes is how many notes are kept of an SLI, the newest.
const mostNotes = 64

// takeSLI notes the SLI itself and gives its id.
func (c *committing) takeSLI(i Increments) (int64, error) {
	step := i.Steps.Step.Milliseconds()
	group := alertKey(plain(i.SLO), i.Group)
	id := idOf(fmt.Appendf(nil, "sli\x00%d\x00%d\x00%s", c.source, step, group))
	var notes []sliNote
	err := c.each(func(rows *sql.Rows) error {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return err
		}
		return json.Unmarshal(text, &notes)
	}, "SELECT notes FROM slis WHERE id = ?", id)
	if err != nil {
		return 0, err
	}
	w := windowOf(i.Window)
	notes = slices.DeleteFunc(notes, func(n sliNote) bool { return n.From >= w.from && n.To <= w.to })
	for _, text := range i.Steps.Notes {
		notes = append(notes, sliNote{w.from, w.to, text})
	}
	text, err := json.Marshal(notes[max(0, len(notes)-mostNotes):])
	if err != nil {
		return 0, err
	}
	exact := int64(0)
	if i.Exact {
		exact = 1
	}
	_, err = c.exec(`INSERT INTO slis (id, source_id, slo, labels, step, exact, notes) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET exact = excluded.exact, notes = excluded.notes`, id, c.source, plain(i.SLO), group, step, exact, string(text))
	return id, err
}

// placedChunk is a chunk and where it begins, in unix milliseconds.
type placedChunk struct {
	from  int64
	chunk chunk
}

// chunksOf are the chunks that the increments touch, as they are afterwards.
func (c *committing) chunksOf(id int64, i Increments) ([]placedChunk, error) {
	step := i.Steps.Step.Milliseconds()
	length := step * chunkSlots
	all := windowOf(i.Steps.Interval())
	var out []placedChunk
	at := map[int64]int{}
	for from := floor(all.from, length); from < all.to; from += length {
		at[from] = len(out)
		out = append(out, placedChunk{from: from})
	}
	err := c.each(func(rows *sql.Rows) error {
		var from int64
		var body []byte
		if err := rows.Scan(&from, &body); err != nil {
			return err
		}
		known, err := decodeChunk(body)
		if k, ok := at[from]; ok && err == nil {
			out[k].chunk = known
		}
		return err
	}, "SELECT from_at, body FROM steps WHERE sli_id = ? AND from_at >= ? AND from_at < ?", id, floor(all.from, length), all.to)
	if err != nil {
		return nil, err
	}
	w := windowOf(i.Window)
	for n := range i.Steps.Total {
		from := all.from + int64(n)*step
		k := &out[at[floor(from, length)]]
		k.chunk[(from-k.from)/step].take(slot{
			bad: i.Steps.Bad[n], total: i.Steps.Total[n], known: i.Steps.Known[n],
			whole: from >= w.from && from+step <= w.to,
		})
	}
	return out, nil
}

// floor is the multiple of step that is not after ms.
func floor(ms, step int64) int64 {
	rest := ms % step
	if rest < 0 {
		rest += step
	}
	return ms - rest
}

// Increments are the events of an SLO that the store holds of a window, group by
// group in the order of the groups; steps that were never read are unknown. Where
// several sources tell of one group, an empty source name takes the first by name.
func (s *Store) Increments(ctx context.Context, source, sloID string, over slo.Interval) ([]collector.SLISteps, error) {
	slis, err := s.slis(ctx, source, sloID)
	if err != nil {
		return nil, s.fail("read increments", err)
	}
	var out []collector.SLISteps
	for _, i := range slis {
		got, any, err := s.stepsOf(ctx, i, over)
		if err != nil {
			return nil, s.fail("read increments", err)
		}
		same := func(g collector.SLISteps) bool { return labels.Equal(g.Group, got.Group) }
		if any && !slices.ContainsFunc(out, same) {
			out = append(out, got)
		}
	}
	slices.SortFunc(out, func(a, b collector.SLISteps) int { return labels.Compare(a.Group, b.Group) })
	return out, nil
}

// storedSLI is an SLI of the store.
type storedSLI struct {
	id, step int64
	group    labels.Labels
	exact    bool
	notes    []sliNote
}

func (s *Store) slis(ctx context.Context, source, sloID string) ([]storedSLI, error) {
	var out []storedSLI
	err := s.each(ctx, func(rows *sql.Rows) error {
		var i storedSLI
		var group, notes []byte
		var exact int64
		if err := rows.Scan(&i.id, &i.step, &group, &exact, &notes); err != nil {
			return err
		}
		i.exact = exact != 0
		var err error
		if _, i.group, err = splitAlertKey(group); err != nil {
			return err
		}
		out = append(out, i)
		return json.Unmarshal(notes, &out[len(out)-1].notes)
	}, `SELECT i.id, i.step, i.labels, i.exact, i.notes FROM slis i JOIN sources o ON o.id = i.source_id
		WHERE i.slo = ? AND (? = '' OR o.name = ?) ORDER BY o.name, i.step`, plain(sloID), plain(source), plain(source))
	return out, err
}

// stepsOf reads the steps of one SLI over an interval, widened to whole steps.
func (s *Store) stepsOf(ctx context.Context, i storedSLI, over slo.Interval) (out collector.SLISteps, any bool, err error) {
	steps := slo.NewSteps(over, time.Duration(i.step)*time.Millisecond)
	all, length := windowOf(steps.Interval()), i.step*chunkSlots
	err = s.each(ctx, func(rows *sql.Rows) error {
		var from int64
		var body []byte
		if err := rows.Scan(&from, &body); err != nil {
			return err
		}
		c, err := decodeChunk(body)
		if err != nil {
			return err
		}
		any = true
		for k, sl := range c {
			if n := (from + int64(k)*i.step - all.from) / i.step; from+int64(k)*i.step >= all.from && n < int64(steps.Len()) {
				steps.Bad[n], steps.Total[n], steps.Known[n] = sl.bad, sl.total, sl.known
			}
		}
		return nil
	}, "SELECT from_at, body FROM steps WHERE sli_id = ? AND from_at >= ? AND from_at < ? ORDER BY from_at", i.id, floor(all.from, length), all.to)
	for _, n := range i.notes {
		if n.From < all.to && n.To > all.from && !slices.Contains(steps.Notes, n.Text) {
			steps.Notes = append(steps.Notes, n.Text)
		}
	}
	return collector.SLISteps{Group: i.group, Steps: steps, Exact: i.exact}, any, err
}
