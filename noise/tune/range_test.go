package tune

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func TestRound(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct{ lo, hi, want float64 }{
		"two digits":             {0.7134, 0.7291, 0.72},
		"a half is rounder":      {0.742, 0.768, 0.75},
		"one digit":              {0.68, 0.73, 0.7},
		"a power of ten":         {73, 140, 100},
		"nearest to the middle":  {2.2, 4.9, 4},
		"round, and at the end":  {90, 91, 90},
		"large":                  {13_812_000, 14_293_000, 14_000_000},
		"small":                  {0.000_018_3, 0.000_018_9, 0.000_0185},
		"negative":               {-0.7291, -0.7134, -0.72},
		"zero is round":          {-3, 8, 0},
		"one number only":        {0.123456789, 0.123456789, 0.123456789},
		"no end above":           {3, inf, 0},
		"an empty interval":      {2, 1, math.NaN()},
		"no interval":            {math.NaN(), 1, math.NaN()},
		"the smallest number":    {5e-324, 5e-324, 5e-324},
		"the largest number":     {math.MaxFloat64, math.MaxFloat64, math.MaxFloat64},
		"no room for fewer bits": {1, math.Nextafter(1, 2), 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := Round(c.lo, c.hi)
			switch {
			case math.IsNaN(c.want):
				assert.True(t, math.IsNaN(got))
			case math.IsInf(c.hi, 1):
				assert.GreaterOrEqual(t, got, c.lo)
			default:
				assert.Equal(t, c.want, got)
			}
		})
	}
}

func FuzzRound(f *testing.F) {
	f.Add(0.1, 0.2)
	f.Add(-5e-324, 1e300)
	f.Add(1.0, math.MaxFloat64)
	f.Fuzz(func(t *testing.T, a, b float64) {
		if math.IsNaN(a) || math.IsNaN(b) {
			return
		}
		lo, hi := min(a, b), max(a, b)
		got := Round(lo, hi)
		require.True(t, lo <= got && got <= hi, "%v in [%v, %v]", got, lo, hi)
		for _, v := range Rounds(lo, hi, 300) {
			require.True(t, lo <= v && v <= hi, "%v in [%v, %v]", v, lo, hi)
		}
	})
}

func TestRounds(t *testing.T) {
	assert.Equal(t, []float64{0.95, 0.96, 0.97, 0.98, 0.99, 1, 1.1, 1.2}, Rounds(0.95, 1.25, 100))
	assert.Equal(t, []float64{1, 1.1, 1.2}, Rounds(0.95, 1.25, 3))
	assert.Equal(t, []float64{-12, -11, -10}, Rounds(-12.5, -9.95, 100))
	assert.Equal(t, []float64{-0.11, 0.11}, Rounds(-0.11, 0.11, 2))
	assert.Contains(t, Rounds(-0.11, 0.11, 1e6), 0.0)
	assert.Empty(t, Rounds(1, 0, 10))
	assert.Empty(t, Rounds(0, 1, 0))
}

// TestRangeIsThatOfTheValuesWithoutIncident takes each value out by hand.
func TestRangeIsThatOfTheValuesWithoutIncident(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 4))
		s := draw(rng, 1+rng.IntN(150))
		o, op, threshold := drawOptions(rng, s), ops[rng.IntN(4)], float64(rng.IntN(7)-3)
		o.Window = slo.Interval{}
		var normal []float64
		fires := 0
		for _, series := range s.Series {
			for i, v := range series.Values {
				slot := slo.Interval{From: s.Grid.At(i), To: s.Grid.At(i + 1)}
				if math.IsNaN(v) || slices.ContainsFunc(o.Incidents, func(k noise.Incident) bool {
					from := k.From.Add(-o.Lead)
					return !k.Empty() && k.Concerns(series.Labels) && slot.From.Before(k.To) && from.Before(slot.To)
				}) {
					continue
				}
				normal = append(normal, v)
				if op.Holds(v, threshold) {
					fires++
				}
			}
		}
		slices.Sort(normal)
		if op.down() {
			slices.Reverse(normal)
		}
		got, err := Range(s, Shape{Op: op, Threshold: threshold}, o)
		require.NoError(t, err)
		require.Equal(t, len(normal), got.Samples)
		require.Equal(t, slo.Proportion{Count: fires, Of: len(normal)}, got.Firing)
		if require.Equal(t, len(normal) > 0, got.Known); got.Known {
			require.Equal(t, normal[int(math.Ceil(0.95*float64(len(normal))))-1], got.P95)
			require.Equal(t, normal[int(math.Ceil(0.5*float64(len(normal))))-1], got.P50)
		}
	}
}

// TestANearMissIsCaughtByWhatItNames draws rules and holds each near miss to the
// state machine, and looks for misses that were left out.
func TestANearMissIsCaughtByWhatItNames(t *testing.T) {
	byThreshold, byFor := 0, 0
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 6))
		s := draw(rng, 20+rng.IntN(100))
		o, op := drawOptions(rng, s), ops[rng.IntN(4)]
		shape := Shape{Op: op, Threshold: float64(rng.IntN(7) - 3), For: 3 * s.Grid.Step}
		o.Also = []float64{shape.Threshold}
		surface, err := Outcomes(s, Candidates{op, []time.Duration{0, s.Grid.Step, shape.For}, []time.Duration{0}}, o)
		require.NoError(t, err)
		const margin = 2
		found := map[int]bool{}
		for _, miss := range surface.NearMisses(2, 0, shape.Threshold, margin) {
			found[miss.Incident] = true
			now, other := score(t, s, shape, o), shape
			require.Zero(t, now.CaughtAt[miss.Incident])
			if miss.Level >= 0 {
				require.LessOrEqual(t, miss.Distance, float64(margin))
				other.Threshold = miss.Threshold
				require.LessOrEqual(t, math.Abs(miss.Threshold-shape.Threshold), float64(margin))
				require.NotZero(t, score(t, s, other, o).CaughtAt[miss.Incident])
				byThreshold++
			}
			if other = shape; miss.Shorter {
				other.For = miss.For
				require.NotZero(t, score(t, s, other, o).CaughtAt[miss.Incident])
				byFor++
			}
		}
		now := score(t, s, shape, o)
		for k := range o.Incidents {
			for _, d := range []time.Duration{0, s.Grid.Step} {
				other := shape
				other.For = d
				if now.Bears[k] && now.CaughtAt[k].IsZero() && !score(t, s, other, o).CaughtAt[k].IsZero() {
					require.True(t, found[k], "seed %d", seed)
				}
			}
		}
	}
	assert.Greater(t, byThreshold, 20)
	assert.Greater(t, byFor, 20)
}

func score(t *testing.T, s Samples, shape Shape, o Options) Score {
	t.Helper()
	out, err := Tally(s, shape, o)
	require.NoError(t, err)
	return out
}

func TestTheNearestThresholdOfANearMiss(t *testing.T) {
	s := Samples{Grid: Grid{Start: start, Step: time.Minute, Slots: 8}, Series: []Series{{
		Labels: labels.FromStrings("instance", "a"), Values: []float64{1, 1, 8.46, 8.44, 8.46, 1, 1, 9},
	}}}
	o := Options{Also: []float64{9}, Incidents: []noise.Incident{{Interval: slo.Interval{From: s.Grid.At(2), To: s.Grid.At(5)}}}}
	surface, err := Outcomes(s, Candidates{Above, []time.Duration{time.Minute}, []time.Duration{0}}, o)
	require.NoError(t, err)
	misses := surface.NearMisses(0, 0, 9, 1)
	require.Len(t, misses, 1)
	assert.InDelta(t, 0.56, misses[0].Distance, 1e-9, "just under 8.44")
	assert.Equal(t, 8.0, misses[0].Threshold)
	assert.Equal(t, time.Minute, misses[0].Delay)
	assert.Empty(t, surface.NearMisses(0, 0, 9, 0.5))
	assert.Empty(t, surface.NearMisses(0, 0, 3, 1), "it is caught")
}
