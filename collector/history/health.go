package history

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// paintSpells replaces the spells of a window. What of them lies outside stays,
// and those that meet at an edge are one.
func (c *committing) paintSpells(w window, fresh []noise.Spell) error {
	known, err := c.spells(w)
	if err != nil {
		return err
	}
	all := make([]noise.Spell, 0, len(fresh)+len(known))
	for _, k := range known {
		for _, rest := range k.Minus([]slo.Interval{{From: time.UnixMilli(w.from), To: time.UnixMilli(w.to)}}) {
			all = append(all, noise.Spell{Interval: rest, Kind: k.Kind, Group: k.Group})
		}
	}
	for _, s := range fresh {
		if s.From.UnixMilli() < s.To.UnixMilli() {
			all = append(all, noise.Spell{
				Interval: slo.Interval{From: time.UnixMilli(s.From.UnixMilli()), To: time.UnixMilli(s.To.UnixMilli())},
				Kind:     noise.SpellKind(plain(string(s.Kind))), Group: plain(s.Group),
			})
		}
	}
	if _, err := c.exec("DELETE FROM spells WHERE source_id = ? AND from_at <= ? AND to_at >= ?", c.source, w.to, w.from); err != nil {
		return err
	}
	var rows []any
	for _, s := range coalesce(all) {
		rows = append(rows, c.source, s.From.UnixMilli(), s.To.UnixMilli(), string(s.Kind), s.Group)
	}
	return c.insertMany("spells (source_id, from_at, to_at, kind, rule_group)", 5, rows,
		"ON CONFLICT (source_id, from_at, kind, rule_group) DO UPDATE SET to_at = excluded.to_at")
}

// coalesce joins spells of one kind and group that touch.
func coalesce(in []noise.Spell) []noise.Spell {
	slices.SortFunc(in, func(a, b noise.Spell) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Group, b.Group), a.From.Compare(b.From))
	})
	var out []noise.Spell
	for _, s := range in {
		if n := len(out); n > 0 && out[n-1].Kind == s.Kind && out[n-1].Group == s.Group && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// spells are those of the source that touch a window.
func (c *committing) spells(w window) ([]noise.Spell, error) {
	var out []noise.Spell
	err := c.each(func(rows *sql.Rows) error {
		s, err := scanSpell(rows)
		out = append(out, s)
		return err
	}, "SELECT from_at, to_at, kind, rule_group FROM spells WHERE source_id = ? AND from_at <= ? AND to_at >= ?", c.source, w.to, w.from)
	return out, err
}

func scanSpell(rows *sql.Rows) (s noise.Spell, err error) {
	var from, to int64
	err = rows.Scan(&from, &to, &s.Kind, &s.Group)
	s.From, s.To = instant(&from), instant(&to)
	return s, err
}

// takeRules notes the rules in force where they are not those that were noted
// last before or first after.
func (c *committing) takeRules(at time.Time, rules []noise.Rule) error {
	body, err := json.Marshal(rules)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:16])
	var last string
	err = c.row("SELECT hash FROM rules WHERE source_id = ? AND since <= ? ORDER BY since DESC LIMIT 1", c.source, at.UnixMilli()).Scan(&last)
	if err == nil && last == hash {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	// The same rules that were noted later have been in force since now.
	var next int64
	var nextHash string
	err = c.row("SELECT since, hash FROM rules WHERE source_id = ? AND since > ? ORDER BY since LIMIT 1", c.source, at.UnixMilli()).Scan(&next, &nextHash)
	if err == nil && nextHash == hash {
		_, err = c.exec("UPDATE rules SET since = ? WHERE source_id = ? AND since = ?", at.UnixMilli(), c.source, next)
		return err
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = c.exec(`INSERT INTO rules (source_id, since, hash, body) VALUES (?, ?, ?, ?)
		ON CONFLICT (source_id, since) DO UPDATE SET hash = excluded.hash, body = excluded.body`, c.source, at.UnixMilli(), hash, string(body))
	return err
}

// rules are those of a source that were in force at an instant, or the first that
// are known after it.
func (s *Store) rules(ctx context.Context, source int64, at time.Time) (rules []noise.Rule, known bool, err error) {
	for _, query := range []string{
		"SELECT body FROM rules WHERE source_id = ? AND since <= ? ORDER BY since DESC LIMIT 1",
		"SELECT body FROM rules WHERE source_id = ? AND since > ? ORDER BY since LIMIT 1",
	} {
		err = s.each(ctx, func(rows *sql.Rows) error {
			var body []byte
			if err := rows.Scan(&body); err != nil {
				return err
			}
			known = true
			return json.Unmarshal(body, &rules)
		}, query, source, at.UnixMilli())
		if err != nil || known {
			return rules, known, err
		}
	}
	return nil, false, nil
}
