package history

import (
	"context"
	"database/sql"
	"iter"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Notifications streams those of a window by time; an empty source takes all.
func (s *Store) Notifications(ctx context.Context, source string, over slo.Interval) iter.Seq2[Notification, error] {
	return decoded(s.documents(ctx, kindNotification, source, over), fromJSON[Notification])
}

// notificationsOf is the notifications of a batch as documents, but for those that
// are known by another key. The commit holds the source's lock, so nobody else
// stores one of them in between.
func (c *committing) notificationsOf(told []Notification) ([]document, error) {
	told = slices.Clone(told)
	slices.SortStableFunc(told, func(a, b Notification) int { return a.At.Compare(b.At) })
	known, err := c.knownNotifications(told)
	if err != nil {
		return nil, err
	}
	docs := make([]document, 0, len(told))
	for _, n := range told {
		if slices.ContainsFunc(n.Same, func(key string) bool { return known[plain(key)] }) {
			continue
		}
		known[plain(n.Key)] = true
		docs = append(docs, document{kindNotification, n.Key, slo.Interval{From: n.At, To: n.At}, firstTold(n.At), n})
	}
	return docs, nil
}

// firstTold is the version of a notification: the earlier it was told the higher, so
// that what was told first stands in whatever order it comes.
func firstTold(at time.Time) int64 {
	if at.IsZero() {
		return -mostMillis
	}
	return -at.UnixMilli()
}

// knownNotifications are the further keys of some notifications that are stored.
func (c *committing) knownNotifications(told []Notification) (map[string]bool, error) {
	var keys []string
	for _, n := range told {
		for _, key := range n.Same {
			keys = append(keys, plain(key))
		}
	}
	slices.Sort(keys)
	known := map[string]bool{}
	for some := range slices.Chunk(slices.Compact(keys), 500) {
		args := []any{string(kindNotification), c.source}
		for _, key := range some {
			args = append(args, key)
		}
		err := c.each(func(rows *sql.Rows) error {
			var key string
			err := rows.Scan(&key)
			known[key] = true
			return err
		}, "SELECT id FROM documents WHERE kind = ? AND source_id = ? AND id IN ("+marks(len(some))+")", args...)
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}
