package history

import (
	"database/sql"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// alertRows is what a batch and the store know of one alert.
type alertRows struct {
	key          []byte
	known, fresh []stretch
}

// paintEpisodes replaces what is known of a window by what was read of it.
func (c *committing) paintEpisodes(a Alerts) error {
	w, interval := windowOf(a.Window), longestInterval(a)
	alerts := map[int64]*alertRows{}
	for _, e := range a.Episodes {
		a := rowsOf(alerts, e)
		a.fresh = append(a.fresh, seen(inMillis(e), w))
	}
	if err := c.loadKnown(alerts, `seen_from <= ? AND seen_to >= ?`, w.to, w.from); err != nil {
		return err
	}
	for id, a := range alerts {
		a.fresh = apart(a.fresh)
		if err := c.loadLastBefore(id, a, w); err != nil {
			return err
		}
	}
	return c.replace(alerts, func(a *alertRows) []stretch { return repaint(a.known, a.fresh, w, interval) })
}

// The bounds of the evaluation intervals that are believed, and the one that is
// taken where the rules are not known.
const (
	leastInterval   = time.Minute
	mostInterval    = time.Hour
	unknownInterval = 5 * time.Minute
)

// longestInterval is how far apart evaluations may lie, in milliseconds.
func longestInterval(a Alerts) int64 {
	longest := leastInterval
	for _, r := range a.Rules {
		longest = max(longest, r.Interval+r.QueryOffset)
	}
	if len(a.Rules) == 0 {
		longest = unknownInterval
	}
	return min(longest, mostInterval).Milliseconds()
}

// takeTold takes episodes that were told one by one.
func (c *committing) takeTold(b Batch) error {
	if len(b.Episodes) == 0 {
		return nil
	}
	alerts := map[int64]*alertRows{}
	w := window{}
	for i, e := range b.Episodes {
		a := rowsOf(alerts, e)
		told := toldStretch(inMillis(e))
		a.fresh = append(a.fresh, told)
		if i == 0 {
			w = window{told.from, told.to}
		}
		w.from, w.to = min(w.from, told.from), max(w.to, told.to)
		if told.Open() {
			w.to = mostMillis
		}
	}
	ids := slices.Sorted(maps.Keys(alerts))
	for part := range slices.Chunk(ids, 500) {
		args := []any{w.to, w.from}
		for _, id := range part {
			args = append(args, id)
		}
		where := "seen_from <= ? AND (seen_to >= ? OR resolved_at IS NULL) AND e.alert_id IN (" + marks(len(part)) + ")"
		if err := c.loadKnown(alerts, where, args...); err != nil {
			return err
		}
	}
	return c.replace(alerts, func(a *alertRows) []stretch {
		out := a.known
		for _, e := range a.fresh {
			out = tell(out, e)
		}
		return out
	})
}

// mostMillis is later than every time that is stored.
const mostMillis = int64(1) << 60

// inMillis is the episode as the store holds it.
func inMillis(e noise.Episode) noise.Episode {
	for _, t := range []*time.Time{&e.ActiveAt, &e.FiredAt, &e.ResolvedAt} {
		*t = instant(millis(*t))
	}
	e.Certainty.Bridged = e.Certainty.Bridged.Truncate(time.Millisecond)
	e.Certainty.Replicas = max(1, e.Certainty.Replicas)
	return e
}

// rowsOf finds or makes what is gathered of an episode's alert.
func rowsOf(alerts map[int64]*alertRows, e noise.Episode) *alertRows {
	key := alertKey(e.Rule, e.Labels)
	id := idOf(key)
	a := alerts[id]
	if a == nil {
		a = &alertRows{key: key}
		alerts[id] = a
	}
	return a
}

// columnsOfEpisode are read by scanStretch, in this order.
const columnsOfEpisode = `e.alert_id, e.seen_from, e.seen_to, e.active_at, e.fired_at, e.resolved_at,
	e.active_edge, e.fired_edge, e.ended_edge, e.gaps, e.bridged, e.replicas, e.pipeline, e.shifts, g.key`

// scanStretch reads a row but for the alert itself.
func scanStretch(rows *sql.Rows, more ...any) (alert int64, s stretch, err error) {
	var active, bridged int64
	var fired, resolved *int64
	var edges [3]uint8
	var pipeline, shifts string
	var group []byte
	into := append([]any{
		&alert, &s.from, &s.to, &active, &fired, &resolved,
		&edges[0], &edges[1], &edges[2], &s.Certainty.Gaps, &bridged, &s.Certainty.Replicas, &pipeline, &shifts, &group,
	}, more...)
	if err := rows.Scan(into...); err != nil {
		return 0, s, err
	}
	s.ActiveAt, s.FiredAt, s.ResolvedAt = instant(&active), instant(fired), instant(resolved)
	s.Certainty.Active, s.Certainty.Fired, s.Certainty.Resolved = noise.Edge(edges[0]), noise.Edge(edges[1]), noise.Edge(edges[2])
	s.Certainty.Bridged = time.Duration(bridged) * time.Millisecond
	if pipeline != "" {
		for kind := range strings.SplitSeq(pipeline, ",") {
			s.Certainty.Pipeline = append(s.Certainty.Pipeline, noise.SpellKind(kind))
		}
	}
	if s.shifts, err = parseShifts(shifts); err != nil {
		return 0, s, err
	}
	rest := group
	if s.File, rest, err = cutPart(group); err == nil {
		s.Group, _, err = cutPart(rest)
	}
	return alert, s, err
}

// loadKnown reads what is known of the source's alerts where a condition holds.
// Alerts of which the batch tells nothing are gathered too.
func (c *committing) loadKnown(alerts map[int64]*alertRows, where string, args ...any) error {
	return c.each(func(rows *sql.Rows) error {
		id, s, err := scanStretch(rows)
		if err != nil {
			return err
		}
		a := alerts[id]
		if a == nil {
			a = &alertRows{}
			alerts[id] = a
		}
		a.known = append(a.known, s)
		return nil
	}, `SELECT `+columnsOfEpisode+` FROM episodes e JOIN rule_groups g ON g.id = e.group_id
		WHERE e.source_id = ? AND `+where+` ORDER BY e.alert_id, e.seen_from`, append([]any{c.source}, args...)...)
}

// loadLastBefore reads the last of an alert's episodes before the window, where
// the first one in it may go on with it.
func (c *committing) loadLastBefore(id int64, a *alertRows, w window) error {
	if len(a.fresh) == 0 || !a.fresh[0].isCut(w) || len(a.known) > 0 && a.known[0].from < w.from {
		return nil
	}
	return c.each(func(rows *sql.Rows) error {
		_, s, err := scanStretch(rows)
		a.known = append([]stretch{s}, a.known...)
		return err
	}, `SELECT `+columnsOfEpisode+` FROM episodes e JOIN rule_groups g ON g.id = e.group_id
		WHERE e.source_id = ? AND e.alert_id = ? AND e.seen_from < ? ORDER BY e.seen_from DESC LIMIT 1`, c.source, id, w.from)
}

// replace writes what is known of alerts from now on. Rows that stay as they are
// are not touched.
func (c *committing) replace(alerts map[int64]*alertRows, repaint func(*alertRows) []stretch) error {
	var keys, rows []any
	groups := map[int64][]byte{}
	for _, id := range slices.Sorted(maps.Keys(alerts)) {
		a := alerts[id]
		gone, fresh := difference(a.known, repaint(a))
		for _, from := range gone {
			if err := c.deleteEpisode(id, from); err != nil {
				return err
			}
		}
		for _, s := range fresh {
			group := appendPart(appendPart(nil, s.File), s.Group)
			groups[idOf(group)] = group
			rows = append(rows, c.rowOf(id, s, idOf(group))...)
		}
		if len(fresh) > 0 && a.key != nil {
			keys = append(keys, id, a.key)
		}
	}
	if err := c.insertMany("alerts (id, key)", 2, keys, "ON CONFLICT DO NOTHING"); err != nil {
		return err
	}
	if err := c.insertMany("rule_groups (id, key)", 2, groupRows(groups), "ON CONFLICT DO NOTHING"); err != nil {
		return err
	}
	return c.insertMany(`episodes (source_id, alert_id, seen_from, seen_to, group_id, active_at, fired_at, resolved_at,
		active_edge, fired_edge, ended_edge, gaps, bridged, replicas, pipeline, shifts)`, 16, rows, "")
}

// difference tells which of an alert's rows go, by where they begin, and which
// come. A row that changes does both.
func difference(known, now []stretch) (gone []int64, fresh []stretch) {
	old := make(map[int64]stretch, len(known))
	for _, s := range known {
		old[s.from] = s
	}
	for _, s := range now {
		if was, ok := old[s.from]; ok && sameStretch(was, s) {
			delete(old, s.from)
			continue
		}
		fresh = append(fresh, s)
	}
	return slices.Sorted(maps.Keys(old)), fresh
}

// groupRows are rule groups as rows, in the order of their ids, so that two
// writers who share some lock them in one order.
func groupRows(groups map[int64][]byte) []any {
	rows := make([]any, 0, 2*len(groups))
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		rows = append(rows, id, groups[id])
	}
	return rows
}

// deleteEpisode takes back one row of an alert.
func (c *committing) deleteEpisode(alert, from int64) error {
	_, err := c.exec("DELETE FROM episodes WHERE source_id = ? AND alert_id = ? AND seen_from = ?", c.source, alert, from)
	return err
}

// rowOf is a stretch in the order of the table's columns.
func (c *committing) rowOf(alert int64, s stretch, group int64) []any {
	kinds := make([]string, len(s.Certainty.Pipeline))
	for i, k := range s.Certainty.Pipeline {
		kinds[i] = plain(string(k))
	}
	return []any{
		c.source, alert, s.from, s.to, group, s.ActiveAt.UnixMilli(), millis(s.FiredAt), millis(s.ResolvedAt),
		int64(s.Certainty.Active), int64(s.Certainty.Fired), int64(s.Certainty.Resolved),
		int64(s.Certainty.Gaps), s.Certainty.Bridged.Milliseconds(), int64(s.Certainty.Replicas), strings.Join(kinds, ","), formatShifts(s.shifts),
	}
}

// sameStretch tells whether two stretches of one alert would be the same row.
func sameStretch(a, b stretch) bool {
	ca, cb := a.Certainty, b.Certainty
	same := a.from == b.from && a.to == b.to && a.ActiveAt.Equal(b.ActiveAt) && a.FiredAt.Equal(b.FiredAt) &&
		a.ResolvedAt.Equal(b.ResolvedAt) && a.Group == b.Group && a.File == b.File && slices.Equal(ca.Pipeline, cb.Pipeline) && slices.Equal(a.shifts, b.shifts)
	ca.Pipeline, cb.Pipeline = nil, nil
	return same && reflect.DeepEqual(ca, cb)
}
