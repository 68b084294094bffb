package slo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tenHours is a ledger of ten hours at 100 events an hour, of which the given
// numbers are bad; a negative number is an hour that nobody looked at.
func tenHours(t *testing.T, bad ...float64) (*Ledger, Interval) {
	t.Helper()
	from := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	window := Interval{From: from, To: from.Add(10 * time.Hour)}
	steps := NewSteps(window, time.Hour)
	require.Len(t, bad, steps.Len())
	for i, n := range bad {
		if n >= 0 {
			steps.Bad[i], steps.Total[i], steps.Known[i] = n, 100, true
		}
	}
	l, err := NewLedger([]Tier{{time.Hour, 11 * time.Hour}})
	require.NoError(t, err)
	l.Append(steps)
	return l, window
}

func TestBurnDown(t *testing.T) {
	const none = -1
	unknown := Figure{}
	for name, c := range map[string]struct {
		bad      []float64
		excluded []time.Duration // begin and end, from the window's start
		pieces   int
		want     []Figure
	}{
		// 1000 events at 99% allow 10 bad ones: 2 cost a fifth.
		"a loss in the third hour": {[]float64{0, 0, 2, 0, 0, 0, 0, 0, 0, 0}, nil, 5, []Figure{known(1), known(0.8), known(0.8), known(0.8), known(0.8)}},
		"an even spend":            {[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, nil, 5, []Figure{known(0.8), known(0.6), known(0.4), known(0.2), known(0)}},
		"overspent":                {[]float64{0, 0, 0, 0, 20, 0, 0, 0, 0, 0}, nil, 2, []Figure{known(-1), known(-1)}},
		// 800 events allow 8 bad ones.
		"two hours in the dark": {[]float64{0, 0, none, none, 4, 0, 0, 0, 0, 0}, nil, 5, []Figure{known(1), unknown, known(0.5), known(0.5), known(0.5)}},
		"nothing known":         {[]float64{none, none, none, none, none, none, none, none, none, none}, nil, 2, []Figure{unknown, unknown}},
		// The 30 bad events of the excluded hours are not counted, nor are their 200 events.
		"planned work":          {[]float64{0, 4, 15, 15, 0, 0, 0, 0, 0, 0}, []time.Duration{2 * time.Hour, 4 * time.Hour}, 5, []Figure{known(0.5), known(0.5), known(0.5), known(0.5), known(0.5)}},
		"pieces that cut hours": {[]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 10}, nil, 4, []Figure{known(1), known(1), known(1), known(0)}},
	} {
		t.Run(name, func(t *testing.T) {
			l, window := tenHours(t, c.bad...)
			s := SLO{Objective: 0.99, Window: Window{Rolling: 10 * time.Hour}}
			var excluded []Interval
			if c.excluded != nil {
				excluded = []Interval{{window.From.Add(c.excluded[0]), window.From.Add(c.excluded[1])}}
			}
			got := s.BurnDown(l, window, excluded, c.pieces)
			require.Len(t, got, len(c.want))
			for i := range c.want {
				assert.Equal(t, c.want[i].Known, got[i].Known, "piece %d", i)
				assert.InDelta(t, c.want[i].Value, got[i].Value, 1e-9, "piece %d", i)
			}
			st := s.StatusAt(l, window.To, StatusOptions{Exclusions: excluded})
			assert.Equal(t, st.BudgetRemaining.Known, got[len(got)-1].Known)
			assert.InDelta(t, st.BudgetRemaining.Value, got[len(got)-1].Value, 1e-9, "it ends at the budget left")
		})
	}
}

func TestBurnDownEndsAtTheWindowsEndWhateverThePieces(t *testing.T) {
	for _, n := range []int{1, 7, 60, 997} {
		assert.Equal(t, 30*24*time.Hour+time.Nanosecond, portion(30*24*time.Hour+time.Nanosecond, n, n))
	}
}

func TestCoveredIsTheTimeThatWasLookedAt(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	minute := func(n int) time.Time { return from.Add(time.Duration(n) * time.Minute) }
	steps := NewSteps(Interval{From: from, To: minute(6)}, time.Minute)
	assert.Empty(t, steps.Covered(), "nobody looked")
	for _, i := range []int{0, 1, 4} {
		steps.Known[i] = true
	}
	assert.Equal(t, []Interval{{From: from, To: minute(2)}, {From: minute(4), To: minute(5)}}, steps.Covered())
}
