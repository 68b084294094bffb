package historysuite

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// testStepBlocks holds many blocks that are read at once against the increments.
func testStepBlocks(t *testing.T, db *database) {
	s := open(t, db.fresh(t))
	over := slo.Interval{From: minute(7), To: minute(400)}
	var batch []history.Increments
	for n, group := range []labels.Labels{labels.EmptyLabels(), labels.FromStrings("zone", "a")} {
		steps := slo.NewSteps(over, time.Minute)
		for i := range steps.Total {
			steps.Total[i], steps.Bad[i], steps.Known[i] = float64(100*n+i), float64(i%3), i%17 != 0
		}
		batch = append(batch, history.Increments{SLO: "shop/a", Group: group, Window: over, Steps: steps, Exact: true})
	}
	require.NoError(t, s.Commit(t.Context(), history.Batch{Source: "p", Increments: batch}))

	slis, err := s.SLIs(t.Context())
	require.NoError(t, err)
	require.Len(t, slis, 2)
	ids, err := s.SLIIDs(t.Context())
	require.NoError(t, err)
	assert.ElementsMatch(t, []int64{slis[0].ID, slis[1].ID}, ids)
	want, err := s.Increments(t.Context(), "", "shop/a", slo.Interval{From: minute(0), To: minute(480)})
	require.NoError(t, err)
	blocks := 0
	require.NoError(t, s.StepBlocks(t.Context(), slis, slo.Interval{From: minute(1), To: minute(399)}, func(i history.SLI, b *slo.Steps) error {
		assert.Equal(t, history.SLI{ID: i.ID, Source: "p", SLO: "shop/a", Group: i.Group, Step: time.Minute, Exact: true}, i)
		blocks++
		for _, w := range want {
			if !labels.Equal(w.Group, i.Group) {
				continue
			}
			for k := range b.Total {
				at := int(b.From.Add(time.Duration(k)*time.Minute).Sub(w.Steps.From) / time.Minute)
				assert.Equal(t, w.Steps.Total[at], b.Total[k])
				assert.Equal(t, w.Steps.Bad[at], b.Bad[k])
				assert.Equal(t, w.Steps.Known[at], b.Known[k])
			}
		}
		return nil
	}))
	assert.Equal(t, 2*4, blocks)
}
