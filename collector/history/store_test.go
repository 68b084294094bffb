package history

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

var epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return epoch.Add(time.Duration(n) * time.Minute) }

// newStore is an empty store in a file of the test's own.
func newStore(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "history.db"), Options{Now: func() time.Time { return minute(100_000) }})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func fired(name string, from, to int) noise.Episode {
	e := noise.Episode{
		Rule: name, Group: "g", File: "f.yml", Labels: labels.FromStrings("instance", "a\x00\xff", "severity", "page"),
		ActiveAt: minute(from), FiredAt: minute(from + 1),
		Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeOpen, Replicas: 1},
	}
	if to > 0 {
		e.ResolvedAt, e.Certainty.Resolved = minute(to), noise.EdgeExact
	}
	return e
}

func read(t testing.TB, s *Store, q Query) []noise.Episode {
	t.Helper()
	var out []noise.Episode
	for e, err := range s.Episodes(t.Context(), q) {
		require.NoError(t, err)
		out = append(out, e.Episode)
	}
	return out
}

func TestAnOpenEpisodeIsReplacedByItsEnd(t *testing.T) {
	s := newStore(t)
	first := Batch{
		Source: "p", Stream: "alerts", Watermark: minute(100),
		Alerts: &Alerts{Window: slo.Interval{From: minute(0), To: minute(100)}, Episodes: []noise.Episode{fired("A", 5, 10), fired("A", 90, 0)}},
	}
	cut := fired("A", 90, 120)
	cut.FiredAt, cut.Certainty.Fired, cut.Certainty.Active = minute(95), noise.EdgeCut, noise.EdgeCut
	second := Batch{
		Source: "p", Stream: "alerts", Watermark: minute(200),
		Alerts: &Alerts{Window: slo.Interval{From: minute(95), To: minute(200)}, Episodes: []noise.Episode{cut}},
	}
	want := []noise.Episode{fired("A", 5, 10), fired("A", 90, 120)}
	for _, b := range []Batch{first, second, first, second, second} {
		require.NoError(t, s.Commit(t.Context(), b))
	}
	assert.Equal(t, want, read(t, s, Query{}))
	at, err := s.Watermark(t.Context(), "p", "alerts")
	require.NoError(t, err)
	assert.Equal(t, minute(200), at)
}
