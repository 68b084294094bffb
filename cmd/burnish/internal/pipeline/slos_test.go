package pipeline

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
)

// counted is a source that has counted every SLO already.
type counted struct {
	collector.Source

	steps *slo.Steps
}

func (counted) Name() string { return "counted" }

func (c counted) SLISteps(context.Context, slo.SLO, slo.Interval) ([]collector.SLISteps, []string, error) {
	return []collector.SLISteps{{Steps: c.steps, Exact: true}}, nil, nil
}

// month is thirty days by the minute of an SLO that fails now and then.
func month(to time.Time) *slo.Steps {
	s := slo.NewSteps(slo.Interval{From: to.AddDate(0, 0, -30), To: to}, time.Minute)
	for i := range s.Total {
		s.Total[i], s.Known[i] = float64(60+i%17), i%5000 > 10
		if i%9000 < 20 {
			s.Bad[i] = 7
		}
	}
	return s
}

// BenchmarkStandingOfAThousandSLOs is what a report does with the events of SLOs,
// once they are read.
func BenchmarkStandingOfAThousandSLOs(b *testing.B) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var slos []slo.SLO
	for i := range 1000 {
		slos = append(slos, slo.SLO{Name: fmt.Sprint(i), Service: "x", Objective: 0.999, Window: slo.Window{Rolling: 30 * 24 * time.Hour}, SLI: slo.Probe{Selector: "up"}})
	}
	src := counted{steps: month(at)}
	b.ReportAllocs()
	for b.Loop() {
		_, err := slosOf(b.Context(), src, slos, at)
		require.NoError(b, err)
	}
}

func slosOf(ctx context.Context, src collector.Source, slos []slo.SLO, at time.Time) (Truth, error) {
	_, told, _, err := standing(ctx, src, slos, SLOOptions{
		At: at, Now: at, BurnWindows: DefaultBurnWindows(), Judged: slo.Interval{From: at.AddDate(0, 0, -7), To: at},
	})
	return told, err
}

// TestManySLOsAreLookedAtInCoarserSteps: what a report says of thousands is what it
// says of few, as of the end of the coarser step.
func TestManySLOsAreLookedAtInCoarserSteps(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 3, 0, 0, time.UTC)
	end := at.Truncate(coarseStep)
	promise := slo.SLO{Name: "a", Service: "x", Objective: 0.999, Window: slo.Window{Rolling: 30 * 24 * time.Hour}, SLI: slo.Probe{Selector: "up"}}
	many := make([]slo.SLO, manySLOs+1)
	for i := range many {
		many[i] = promise
	}
	o := SLOOptions{At: end, Now: at, BurnWindows: DefaultBurnWindows(), Judged: slo.Interval{From: end.AddDate(0, 0, -7), To: end}}
	src := counted{steps: month(at.Add(-3 * time.Minute))}
	few, toldFew, _, err := standing(t.Context(), src, many[:1], o)
	require.NoError(t, err)
	o.At = at
	all, told, _, err := standing(t.Context(), src, many, o)
	require.NoError(t, err)
	assert.Equal(t, end, all.At)
	want, got := few.Groups[0], all.Groups[manySLOs]
	assert.InDelta(t, want.Status.BudgetRemaining.Value, got.Status.BudgetRemaining.Value, 1e-9)
	assert.InDelta(t, want.Status.Tally.Total, got.Status.Tally.Total, 1e-6)
	assert.InDelta(t, want.Status.Tally.Coverage(), got.Status.Tally.Coverage(), 1e-3)
	for w, burn := range want.Status.Burn {
		assert.InDelta(t, burn.Value, got.Status.Burn[w].Value, 1e-9, w)
	}
	assert.Len(t, told.Watched, len(many))
	require.Len(t, got.Losses, len(want.Losses))
	require.NotEmpty(t, want.Losses)
	assert.Len(t, told.Incidents, len(many)*len(toldFew.Incidents))
	for i, l := range want.Losses {
		assert.WithinDuration(t, l.From, got.Losses[i].From, coarseStep)
		assert.InDelta(t, l.Share, got.Losses[i].Share, l.Share/10)
	}
}
