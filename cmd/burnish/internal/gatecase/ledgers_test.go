package gatecase

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/ledgers"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
)

// TestTheLedgersDecideAsTheStoreDoes asks about SLOs of every state once with and once
// without ledgers, and then again a round later.
func TestTheLedgersDecideAsTheStoreDoes(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	store, err := history.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), history.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	slos := []slo.SLO{}
	for _, name := range []string{"burning", "fine", "never-seen", "spent", "stale"} {
		slos = append(slos, slo.SLO{Service: "shop", Name: name, Objective: 0.99, Window: slo.Window{Rolling: 2 * 24 * time.Hour}})
	}
	book := ledgers.New(store, ledgers.Options{SLOs: func() ([]slo.SLO, error) { return slos, nil }, Windows: []time.Duration{time.Hour}})
	policy := gate.DefaultPolicy()
	for _, at := range []time.Time{now, now.Add(time.Minute)} {
		over := slo.Interval{From: now.Add(-3 * 24 * time.Hour), To: at}
		commit(t, store, over)
		require.NoError(t, book.Refresh(t.Context(), at))
		src, err := history.NewSource(t.Context(), store, history.SourceOptions{})
		require.NoError(t, err)
		o := Options{Now: at.Add(90 * time.Second), Policy: policy}
		want, _, err := Ask(t.Context(), src, slos, o)
		require.NoError(t, err)
		o.Ledgers = book
		got, _, err := Ask(t.Context(), src, slos, o)
		require.NoError(t, err)
		assert.Equal(t, gate.Decide(want, policy), gate.Decide(got, policy))
		require.Len(t, got.Standings, 4)
		for i, s := range got.Standings {
			assert.Equal(t, want.Standings[i].SLO.Name, s.SLO.Name)
			assert.Equal(t, want.Standings[i].Newest, s.Newest, s.SLO.Name)
		}
		assert.NotEmpty(t, got.Standings[0].Losses, "a loss that goes on is counted in full")
		assert.Empty(t, got.Standings[1].Losses, "the others are answered at once")
	}
}

func commit(t *testing.T, store *history.Store, over slo.Interval) {
	t.Helper()
	b := history.Batch{Source: "p", Alerts: &history.Alerts{Window: over}}
	for name, bad := range map[string]func(left time.Duration) float64{
		"burning": func(left time.Duration) float64 {
			if left < 4*time.Hour {
				return 30
			}
			return 0
		},
		"fine": func(time.Duration) float64 { return 0 },
		"spent": func(left time.Duration) float64 {
			if left > 20*time.Hour && left < 40*time.Hour {
				return 90
			}
			return 0
		},
		"stale": func(left time.Duration) float64 {
			if left < 3*time.Hour {
				return -1
			}
			return 0
		},
	} {
		steps := slo.NewSteps(over, time.Minute)
		for i := range steps.Total {
			n := bad(over.To.Sub(steps.From) - time.Duration(i)*time.Minute)
			if n >= 0 {
				steps.Total[i], steps.Bad[i], steps.Known[i] = 100, n, true
			}
		}
		b.Increments = append(b.Increments, history.Increments{SLO: "shop/" + name, Group: labels.EmptyLabels(), Window: over, Steps: steps, Exact: true})
	}
	require.NoError(t, store.Commit(t.Context(), b))
}
