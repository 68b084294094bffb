package tune

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
)

func TestFoldJoinsWhatIsOneAlert(t *testing.T) {
	a, b := labels.FromStrings("instance", "a"), labels.FromStrings("instance", "b")
	first := []float64{1, Absent(), Absent()}
	s := Samples{Grid{Start: start, Step: time.Minute, Slots: 3}, []Series{
		{a, first}, {b, []float64{4, 4, 4}}, {a, []float64{9, 2, Absent()}},
	}}
	got := s.Fold()
	assert.Len(t, got.Series, 2)
	assert.Equal(t, []float64{1, 2}, got.Series[0].Values[:2])
	assert.True(t, IsAbsent(got.Series[0].Values[2]))
	assert.Equal(t, []float64{4, 4, 4}, got.Series[1].Values)
	assert.True(t, IsAbsent(first[1]), "what was given is left alone")
}

func TestSliceStartsInactive(t *testing.T) {
	s := Samples{Grid{Start: start, Step: time.Minute, Slots: 5}, []Series{{Values: []float64{7, 7, 7, 7, 7}}}}
	cut := s.Slice(2, 5)
	assert.Equal(t, s.Grid.At(2), cut.Grid.Start)
	assert.Equal(t, []Span{{0, 1, 3}}, Simulate(cut.Grid, cut.Series[0].Values, Shape{Op: Above, Threshold: 5, For: time.Minute}))
}

func TestASpanIsAnEpisode(t *testing.T) {
	g := Grid{Start: start, Step: time.Minute, Slots: 5}
	rule := noise.Rule{Name: "R", Group: "g", File: "f"}
	e := Span{0, 2, 4}.Episode(g, rule, Series{Labels: labels.FromStrings("instance", "a")})
	assert.Equal(t, "R", e.Rule)
	assert.Equal(t, g.At(2), e.FiredAt)
	assert.Equal(t, g.At(4), e.ResolvedAt)
	assert.Equal(t, noise.EdgeExact, e.Certainty.Resolved)
	assert.True(t, Span{0, 2, 5}.Episode(g, rule, Series{}).Open())
}

func TestSlotsRoundUp(t *testing.T) {
	g := Grid{Start: start, Step: time.Minute, Slots: 5}
	for name, c := range map[string]struct {
		after time.Duration
		want  int
	}{
		"on a slot":        {2 * time.Minute, 2},
		"just after one":   {2*time.Minute + 1, 3},
		"just before one":  {2*time.Minute - 1, 2},
		"before the first": {-90 * time.Second, -1},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, g.Slot(start.Add(c.after)))
		})
	}
}
