package history

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// numbered is a batch of many episodes.
func numbered(i int) Batch {
	var episodes []noise.Episode
	for k := range 200 {
		episodes = append(episodes, fired("A"+strconv.Itoa(k), 10*i, 10*i+8))
	}
	return Batch{
		Source: "p", Stream: "alerts", Watermark: minute(10*i + 10),
		Alerts: &Alerts{Window: slo.Interval{From: minute(10 * i), To: minute(10*i + 10)}, Episodes: episodes},
	}
}

func TestAFullDiskLosesNothingThatWasTaken(t *testing.T) {
	s := newStore(t)
	limit := func(pages int) {
		_, err := s.write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		require.NoError(t, err)
	}
	require.NoError(t, s.Commit(t.Context(), numbered(0)))
	limit(150)
	taken := 1
	var err error
	for ; err == nil; taken++ {
		require.Less(t, taken, 1000)
		err = s.Commit(t.Context(), numbered(taken))
	}
	taken-- // the last one failed
	require.ErrorIs(t, err, ErrFull)
	assert.Contains(t, err.Error(), "free some room")
	assert.Len(t, read(t, s, Query{}), 200*taken)
	at, markErr := s.Watermark(t.Context(), "p", "alerts")
	require.NoError(t, markErr)
	assert.Equal(t, minute(10*taken), at)

	limit(100_000)
	require.NoError(t, s.Commit(t.Context(), numbered(taken)))
	assert.Len(t, read(t, s, Query{}), 200*(taken+1))
}

func TestAStoreThatAnotherHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	s, err := Open(t.Context(), path, Options{Now: time.Now, BusyTimeout: 20 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, other.Close()) })
	held, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	err = s.Commit(t.Context(), numbered(0))
	require.ErrorIs(t, err, ErrBusy)
	assert.Contains(t, err.Error(), "another process holds")
	assert.Empty(t, read(t, s, Query{}), "readers go on")
	require.NoError(t, held.Rollback())
	require.NoError(t, s.Commit(t.Context(), numbered(0)))
}

func TestAStoreOfANewerBurnishIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	s, err := Open(t.Context(), path, Options{Now: time.Now})
	require.NoError(t, err)
	_, err = s.write.ExecContext(t.Context(), "INSERT INTO burnish_schema (version_id, is_applied) VALUES (99, 1)")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = Open(t.Context(), path, Options{Now: time.Now})
	require.ErrorIs(t, err, ErrNewer)
}

func TestWhatCanNotBeOpened(t *testing.T) {
	dir := t.TempDir()
	torn := filepath.Join(dir, "torn.db")
	s, err := Open(t.Context(), torn, Options{Now: time.Now})
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), numbered(0)))
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(torn)
	require.NoError(t, err)
	for i := 4096; i < len(whole); i++ {
		whole[i] = byte(i * 7)
	}
	require.NoError(t, os.WriteFile(torn, whole, 0o600))
	for name, c := range map[string]struct {
		url string
		o   Options
		is  error
	}{
		"no clock":        {filepath.Join(dir, "x.db"), Options{}, nil},
		"not there":       {filepath.Join(dir, "x.db"), Options{Now: time.Now, MustExist: true}, ErrNotFound},
		"no folder":       {filepath.Join(dir, "no", "x.db"), Options{Now: time.Now}, errNoAccess},
		"torn":            {torn, Options{Now: time.Now}, ErrDamaged},
		"a query":         {"x.db?mode=memory", Options{Now: time.Now}, errAddress},
		"another kind":    {"redis://h/0", Options{Now: time.Now}, errAddress},
		"nothing":         {"", Options{Now: time.Now}, errAddress},
		"nothing, SQLite": {"sqlite:", Options{Now: time.Now}, errAddress},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.url, c.o)
			require.Error(t, err)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"burnish.db": "burnish.db", "/var/lib/burnish/history.db": "/var/lib/burnish/history.db", "sqlite:x.db": "x.db",
		"sqlite:///a/b.db": "/a/b.db", "./a:b.db": "a:b.db", "file:a%20b.db": "a b.db",
		"postgres://u:p@h:5433/d?sslmode=disable": "postgres://h:5433/d", "postgresql://h/d": "postgres://h/d",
		"postgres:///d?host=/run/postgresql": "postgres:///run/postgresql/d",
	} {
		a, err := parseAddress(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, a.name, text)
	}
}

func TestBatchesThatMakeNoSense(t *testing.T) {
	s := newStore(t)
	for name, b := range map[string]Batch{
		"no source":  {Watermark: minute(1)},
		"no window":  {Source: "p", Alerts: &Alerts{}},
		"no steps":   {Source: "p", Increments: []Increments{{SLO: "s/a"}}},
		"no finding": {Source: "p", Findings: []Finding{{}}},
	} {
		require.Error(t, s.Commit(t.Context(), b), name)
	}
	assert.Equal(t, "SELECT $1, $2 FROM x", postgres.bind("SELECT ?, ? FROM x"))
}
