package web

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// EpisodeReader reads alert history, the newest first. It is called by several
// requests at once.
type EpisodeReader interface {
	Episodes(ctx context.Context, q EpisodeQuery) (EpisodePage, error)
}

// EpisodeQuery says which episodes to read. The zero value of each field asks
// for all.
type EpisodeQuery struct {
	Rule *noise.RuleKey
	// From and To bound when an episode became active, half-open.
	From, To time.Time
	Fired    bool // only those that fired
	// Cursor is where the last page ended; Limit is how many to read at most and
	// is always set.
	Cursor string
	Limit  int
}

// EpisodePage is a stretch of history.
type EpisodePage struct {
	Episodes []noise.Episode
	// Next is the cursor of what follows; empty at the end.
	Next string
	// Total is how many there are in all; -1 where nobody counted.
	Total int
}

// memory is the episodes that a snapshot holds.
type memory struct {
	all    []noise.Episode
	order  []int32 // newest first
	byRule map[noise.RuleKey][]int32
}

func newMemory(all []noise.Episode) *memory {
	m := &memory{all: all, order: make([]int32, len(all)), byRule: map[noise.RuleKey][]int32{}}
	for i := range m.order {
		m.order[i] = int32(i)
	}
	slices.SortStableFunc(m.order, func(a, b int32) int { return all[b].ActiveAt.Compare(all[a].ActiveAt) })
	for from := 0; from < len(m.order); {
		to := from + 1
		for to < len(m.order) && all[m.order[to]].ActiveAt.Equal(all[m.order[from]].ActiveAt) {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(m.order[from:to], func(a, b int32) int { return cmp.Compare(mark(&all[a]), mark(&all[b])) })
		}
		from = to
	}
	for _, i := range m.order {
		key := keyOf(&all[i])
		m.byRule[key] = append(m.byRule[key], i)
	}
	return m
}

func keyOf(e *noise.Episode) noise.RuleKey {
	return noise.RuleKey{Name: e.Rule, Group: e.Group, File: e.File, Severity: e.Severity()}
}

// mark orders episodes that became active at once, in the same way in every
// snapshot.
func mark(e *noise.Episode) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(e.Rule + "\x00" + e.Group + "\x00" + e.File + "\x00"))
	_, _ = h.Write(e.Labels.Bytes(nil))
	return h.Sum64()
}

// cursor is the place after an episode.
type cursor struct {
	at   int64 // milliseconds
	mark uint64
}

func (c cursor) String() string {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.at))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, c.mark))
}

func parseCursor(s string) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 16 {
		return cursor{}, badRequest("The cursor is none that this server gave.")
	}
	return cursor{int64(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint64(b[8:])}, nil
}

// before tells whether the place is before the episode, so that it is still to
// come.
func (c cursor) before(e *noise.Episode) bool {
	at := e.ActiveAt.UnixMilli()
	return at < c.at || at == c.at && mark(e) > c.mark
}

// Episodes reads a page. A cursor stays good when the snapshot is swapped.
func (m *memory) Episodes(ctx context.Context, q EpisodeQuery) (EpisodePage, error) {
	order := m.order
	if q.Rule != nil {
		order = m.byRule[*q.Rule]
	}
	order = m.between(order, q.From, q.To)
	if q.Fired {
		order = slices.DeleteFunc(slices.Clone(order), func(i int32) bool { return !m.all[i].Fired() })
	}
	page := EpisodePage{Total: len(order)}
	if q.Cursor != "" {
		c, err := parseCursor(q.Cursor)
		if err != nil {
			return page, err
		}
		from, _ := slices.BinarySearchFunc(order, true, func(i int32, _ bool) int {
			if c.before(&m.all[i]) {
				return 1
			}
			return -1
		})
		order = order[from:]
	}
	n := min(len(order), max(1, q.Limit))
	for _, i := range order[:n] {
		page.Episodes = append(page.Episodes, m.all[i])
	}
	if n < len(order) {
		last := &m.all[order[n-1]]
		page.Next = cursor{last.ActiveAt.UnixMilli(), mark(last)}.String()
	}
	return page, ctx.Err()
}

// between cuts an order of newest first down to a stretch of time.
func (m *memory) between(order []int32, from, to time.Time) []int32 {
	if !to.IsZero() {
		i, _ := slices.BinarySearchFunc(order, to, func(at int32, t time.Time) int {
			if m.all[at].ActiveAt.Before(t) {
				return 1
			}
			return -1
		})
		order = order[i:]
	}
	if !from.IsZero() {
		i, _ := slices.BinarySearchFunc(order, from, func(at int32, t time.Time) int {
			if m.all[at].ActiveAt.Before(t) {
				return 1
			}
			return -1
		})
		order = order[:i]
	}
	return order
}
