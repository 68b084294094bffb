package history

import (
	"database/sql"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// manyEpisodes is n episodes of 5,000 alerts, in batches of a day each.
func manyEpisodes(n int) []Batch {
	const alerts, perDay = 5000, 25_000
	var out []Batch
	for made := 0; made < n; made += perDay {
		day := epoch.Add(time.Duration(made/perDay) * 24 * time.Hour)
		var episodes []noise.Episode
		for i := range perDay {
			e := fired("Rule"+strconv.Itoa(i%200), 0, 0)
			e.Labels = labels.FromStrings("instance", "host-"+strconv.Itoa(i%alerts)+":9100", "job", "node", "severity", "page")
			e.ActiveAt = day.Add(time.Duration(i/alerts) * 4 * time.Hour)
			e.FiredAt, e.ResolvedAt = e.ActiveAt.Add(time.Minute), e.ActiveAt.Add(30*time.Minute)
			e.Certainty.Resolved = noise.EdgeExact
			episodes = append(episodes, e)
		}
		w := slo.Interval{From: day, To: day.Add(24 * time.Hour)}
		out = append(out, Batch{Source: "p", Stream: "alerts", Watermark: w.To, Alerts: &Alerts{Window: w, Episodes: episodes}})
	}
	return out
}

// million is how many episodes the benchmarks write.
const million = 1_000_000

// BenchmarkCommit writes a million episodes in batches of a day, each joined with
// what the store holds, against plain prepared INSERTs of the same rows into the
// same table, in transactions of the same size.
func BenchmarkCommit(b *testing.B) {
	batches := manyEpisodes(million)
	b.Run("batches", func(b *testing.B) {
		for b.Loop() {
			s := newStore(b)
			for _, batch := range batches {
				require.NoError(b, s.Commit(b.Context(), batch))
			}
		}
		b.ReportMetric(million*float64(b.N)/b.Elapsed().Seconds(), "episodes/s")
	})
	b.Run("again", func(b *testing.B) {
		s := newStore(b)
		for _, batch := range batches {
			require.NoError(b, s.Commit(b.Context(), batch))
		}
		for b.Loop() {
			for _, batch := range batches {
				require.NoError(b, s.Commit(b.Context(), batch))
			}
		}
		b.ReportMetric(million*float64(b.N)/b.Elapsed().Seconds(), "episodes/s")
	})
	b.Run("plain INSERT", func(b *testing.B) {
		for b.Loop() {
			s := newStore(b)
			for _, batch := range batches {
				plainInsert(b, s.write, batch)
			}
		}
		b.ReportMetric(million*float64(b.N)/b.Elapsed().Seconds(), "episodes/s")
	})
}

// plainInsert is what anybody would write first.
func plainInsert(b *testing.B, db *sql.DB, batch Batch) {
	b.Helper()
	t, err := db.BeginTx(b.Context(), nil)
	require.NoError(b, err)
	alert, err := t.PrepareContext(b.Context(), "INSERT INTO alerts (id, key) VALUES (?, ?) ON CONFLICT DO NOTHING")
	require.NoError(b, err)
	episode, err := t.PrepareContext(b.Context(), `INSERT INTO episodes (source_id, alert_id, seen_from, seen_to, group_id, active_at, fired_at, resolved_at,
		active_edge, fired_edge, ended_edge, gaps, bridged, replicas, pipeline, shifts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	require.NoError(b, err)
	c := &committing{source: sourceID(batch.Source)}
	w := windowOf(batch.Alerts.Window)
	for _, e := range batch.Alerts.Episodes {
		key := alertKey(e.Rule, e.Labels)
		id := idOf(key)
		_, err := alert.ExecContext(b.Context(), id, key)
		require.NoError(b, err)
		_, err = episode.ExecContext(b.Context(), c.rowOf(id, seen(e, w), 1)...)
		require.NoError(b, err)
	}
	require.NoError(b, t.Commit())
}

// BenchmarkEpisodes streams a million episodes out of the store.
func BenchmarkEpisodes(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "history.db"), Options{Now: time.Now})
	require.NoError(b, err)
	defer s.Close()
	for _, batch := range manyEpisodes(million) {
		require.NoError(b, s.Commit(b.Context(), batch))
	}
	for b.Loop() {
		n := 0
		for _, err := range s.Episodes(b.Context(), Query{}) {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, million, n)
	}
	b.ReportMetric(million*float64(b.N)/b.Elapsed().Seconds(), "episodes/s")
}
