package burnrate_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

func tiers(p burnrate.Policy) (out []string) {
	for _, w := range p.Windows {
		out = append(out, burnrate.Tier(w)+"x"+strconv.FormatFloat(w.Factor, 'f', -1, 64))
	}
	return out
}

func TestScaledToOtherWindowsAndObjectives(t *testing.T) {
	const d = 24 * time.Hour
	for name, c := range map[string]struct {
		period    time.Duration
		objective float64
		want      []string
		note      string
	}{
		"the book's":           {30 * d, 0.999, []string{"1h/5mx14.4", "6h/30mx6", "1d/2hx3", "3d/6hx1"}, ""},
		"four weeks":           {28 * d, 0.999, []string{"1h/5mx13.44", "6h/30mx5.6", "1d/2hx2.8", "3d/6hx1"}, "under 1 the budget is kept"},
		"a quarter":            {90 * d, 0.999, []string{"1h/5mx43.2", "6h/30mx18", "1d/2hx9", "3d/6hx3"}, ""},
		"a week":               {7 * d, 0.999, []string{"15m/1mx13.44", "1h/5mx8.4", "6h/30mx2.8", "18h/2hx1"}, "shrunk to an SLO window of 1w"},
		"a day":                {d, 0.999, []string{"5m/1mx5.76", "45m/5mx3.2", "2h/10mx1.2"}, "left out"},
		"a modest objective":   {30 * d, 0.9, []string{"1h/5mx8", "6h/30mx6", "1d/2hx3", "3d/6hx1"}, "lowered to 8"},
		"a very low objective": {30 * d, 0.5, []string{"1h/5mx1.6", "3d/6hx1"}, "always fires before it"},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := burnrate.PolicyNamed("")
			got, notes := p.Scaled(burnrate.Terms{Objective: c.objective, Period: c.period, Shortest: time.Minute})
			assert.Equal(t, c.want, tiers(got))
			if c.note == "" {
				assert.Empty(t, notes)
			} else {
				assert.Contains(t, strings.Join(notes, "\n"), c.note)
			}
		})
	}
}

// TestScaledPoliciesAreSane: whatever the promise, every condition can fire, none
// fires while the budget is kept, and every short window is long enough.
func TestScaledPoliciesAreSane(t *testing.T) {
	for _, p := range burnrate.Policies() {
		for _, period := range []time.Duration{time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, month, 92 * 24 * time.Hour, 366 * 24 * time.Hour} {
			for _, objective := range []float64{0.1, 0.5, 0.8, 0.9, 0.99, 0.999, 0.99999} {
				got, _ := p.Scaled(burnrate.Terms{Objective: objective, Period: period, Shortest: 2 * time.Minute})
				for _, w := range got.Windows {
					at := []any{p.Name, period, objective, burnrate.Tier(w)}
					c := burnrate.Condition{Window: w, Objective: objective, Period: period}
					assert.True(t, c.CanFire(), at)
					assert.GreaterOrEqual(t, w.Factor, 1.0, at)
					assert.Less(t, w.Short, w.Long, at)
					assert.True(t, w.Short == 0 || w.Short >= time.Minute, at)
				}
			}
		}
	}
}

func TestForTakesCustomWindows(t *testing.T) {
	s := requests()
	s.Objective = 0.9
	s.Alerting.Windows = []slo.AlertWindow{
		{Severity: slo.SeverityTicket, Long: 24 * time.Hour, Short: 2 * time.Hour, Factor: 0.9},
		{Severity: slo.SeverityPage, Long: time.Hour, Short: 10 * time.Second, Factor: 5},
		{Severity: slo.SeverityPage, Long: 2 * time.Hour, Short: time.Minute, Factor: 14.4},
	}
	p, notes, err := burnrate.For(s, time.Minute)
	require.NoError(t, err)
	assert.Equal(t, []string{"1h/1mx5", "1d/2hx0.9"}, tiers(p))
	text := strings.Join(notes, "\n")
	assert.Contains(t, text, "2h/1m: left out, since a total outage burns only 10 times too fast")
	assert.Contains(t, text, "1h/10s: the short window is raised to 1m")
	assert.Contains(t, text, "1d/2h: fires while the budget is kept")

	s.Alerting.Page.Disabled = true
	p, _, err = burnrate.For(s, time.Minute)
	require.NoError(t, err)
	assert.Equal(t, []string{"1d/2hx0.9"}, tiers(p))

	s.Alerting.Policy = "nope"
	_, _, err = burnrate.For(s, time.Minute)
	assert.ErrorContains(t, err, "there are recommended, workbook-1")
}
