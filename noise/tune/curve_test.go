package tune

import (
	"fmt"
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

var start = time.Date(2026, 11, 2, 8, 0, 7, 0, time.UTC)

// draw makes samples in which everything odd happens: gaps, NaN, infinities,
// many equal values, negative ones and both zeros, noise and long spells.
func draw(rng *rand.Rand, slots int) Samples {
	steps := []time.Duration{15 * time.Second, 30 * time.Second, time.Minute}
	s := Samples{Grid: Grid{Start: start, Step: steps[rng.IntN(len(steps))], Slots: slots}}
	for i := range 1 + rng.IntN(3) {
		s.Series = append(s.Series, Series{
			Labels: labels.FromStrings("instance", fmt.Sprintf("host-%d", i)), Values: drawValues(rng, slots),
		})
	}
	return s
}

func drawValues(rng *rand.Rand, slots int) []float64 {
	out := make([]float64, 0, slots)
	spell, fine := []float64{1, 4, 20}[rng.IntN(3)], rng.IntN(3) == 0
	for len(out) < slots {
		v := float64(rng.IntN(9) - 4)
		if fine {
			v = rng.NormFloat64() * 3
		}
		switch rng.IntN(16) {
		case 0:
			v = math.NaN()
		case 1:
			v = math.Inf(1 - 2*rng.IntN(2))
		case 2, 3:
			v = Absent()
		case 4:
			v = math.Copysign(0, -1)
		}
		for range min(slots-len(out), 1+int(rng.ExpFloat64()*spell)) {
			out = append(out, v)
		}
	}
	return out
}

func drawIncidents(rng *rand.Rand, g Grid) []noise.Incident {
	var out []noise.Incident
	for range rng.IntN(5) {
		from := g.Start.Add(time.Duration(rng.Int64N(int64(g.Step)*int64(g.Slots+20))) - 10*g.Step)
		i := noise.Incident{Interval: slo.Interval{From: from, To: from.Add(time.Duration(rng.Int64N(int64(30 * g.Step))))}}
		if rng.IntN(2) == 0 {
			i.Labels = labels.FromStrings("instance", fmt.Sprintf("host-%d", rng.IntN(4)))
		}
		out = append(out, i)
	}
	return out
}

func drawDurations(rng *rand.Rand, step time.Duration) []time.Duration {
	all := []time.Duration{0, 0, step / 3, step, 2 * step, 2*step + 1, 5 * step, 17 * step, 1000 * step}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:1+rng.IntN(4)]
}

func drawOptions(rng *rand.Rand, s Samples) Options {
	o := Options{
		Incidents: drawIncidents(rng, s.Grid), Lead: time.Duration(rng.Int64N(int64(6 * s.Grid.Step))),
		Also: []float64{rng.NormFloat64() * 4, 2, math.NaN(), math.Inf(1)},
	}
	if rng.IntN(2) == 0 {
		span := s.Grid.Span()
		o.Window.From = span.From.Add(time.Duration(rng.Int64N(int64(span.Duration()))))
		o.Window.To = o.Window.From.Add(time.Duration(rng.Int64N(int64(span.Duration()))))
	}
	if rng.IntN(3) == 0 {
		o.Levels = 4 + rng.IntN(8)
	}
	return o
}

var ops = []Op{Above, AtLeast, Below, AtMost, Present}

// sameScore holds a level of a curve against the state machine.
func sameScore(t *testing.T, c *Curve, level int, want Score) bool {
	t.Helper()
	ok := assert.Equal(t, want.Outcome, c.At(level))
	for i := range want.CaughtAt {
		at, _ := c.Caught(i, level)
		ok = assert.Equal(t, want.CaughtAt[i], at, "incident %d", i) && assert.Equal(t, want.Bears[i], c.Bears(i)) && ok
	}
	return ok
}

// TestEveryLevelIsWhatTheStateMachineDoes draws rules and samples and compares
// the curves with one run of the state machine for each threshold.
func TestEveryLevelIsWhatTheStateMachineDoes(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 7))
		s := draw(rng, 1+rng.IntN(160))
		o, op := drawOptions(rng, s), ops[rng.IntN(len(ops))]
		fors, keeps := drawDurations(rng, s.Grid.Step), drawDurations(rng, s.Grid.Step)
		surface, err := Outcomes(s, Candidates{op, fors, keeps}, o)
		require.NoError(t, err)
		i, j := rng.IntN(len(fors)), rng.IntN(len(keeps))
		c := surface.Curve(i, j)
		require.Equal(t, fors[i], c.For)
		require.Equal(t, keeps[j], c.KeepFiringFor)
		for _, threshold := range thresholds(rng, surface) {
			level, exact := surface.Level(threshold)
			if !exact {
				require.False(t, surface.Complete() && !math.IsNaN(threshold), "%s %v", op, threshold)
				continue
			}
			want, err := Tally(s, Shape{op, threshold, fors[i], keeps[j]}, o)
			require.NoError(t, err)
			if !sameScore(t, c, level, want) {
				t.Fatalf("seed %d: %s %v for %s keep %s, level %d, options %+v", seed, op, threshold, fors[i], keeps[j], level, o)
			}
		}
	}
}

// thresholds are those of the levels, those at both ends of their plateaus, and
// some at random.
func thresholds(rng *rand.Rand, s *Surface) []float64 {
	out := []float64{math.NaN()}
	for level := range s.Levels() {
		lo, hi := s.Plateau(level).Closed()
		out = append(out, s.Threshold(level), rng.NormFloat64()*4)
		if lo <= hi {
			out = append(out, lo, hi, Round(lo, hi))
		}
	}
	return out
}

// TestAPlateauEndsWhereTheOutcomeMayChange: its ends belong to its level.
func TestAPlateauEndsWhereTheOutcomeMayChange(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 8))
		s := draw(rng, 60)
		surface, err := Outcomes(s, Candidates{ops[rng.IntN(4)], []time.Duration{0}, []time.Duration{0}}, drawOptions(rng, s))
		require.NoError(t, err)
		c := surface.Curve(0, 0)
		for level := range surface.Levels() {
			lo, hi := surface.Plateau(level).Closed()
			if !(lo <= hi) {
				continue
			}
			for _, threshold := range []float64{lo, hi} {
				got, exact := surface.Level(threshold)
				require.True(t, exact)
				require.Equal(t, c.At(level), c.At(got))
			}
		}
	}
}

func TestOutcomesRefuses(t *testing.T) {
	g := Grid{Start: start, Step: time.Minute, Slots: 2}
	one := []time.Duration{0}
	for name, c := range map[string]struct {
		samples    Samples
		candidates Candidates
		want       string
	}{
		"no step":               {Samples{Grid: Grid{Slots: 2}}, Candidates{Above, one, one}, "check grid"},
		"a series too short":    {Samples{g, []Series{{Values: []float64{1}}}}, Candidates{Above, one, one}, "check series 0: 1 values"},
		"no `for`":              {Samples{Grid: g}, Candidates{Above, nil, one}, "of at least 0 are needed"},
		"a negative keep":       {Samples{Grid: g}, Candidates{Above, one, []time.Duration{-1}}, "of at least 0 are needed"},
		"another comparison":    {Samples{Grid: g}, Candidates{"==", one, one}, `unknown comparison "=="`},
		"an endless evaluation": {Samples{Grid: Grid{Step: 1, Slots: 1 << 40}}, Candidates{Above, one, one}, "check grid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Outcomes(c.samples, c.candidates, Options{})
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestNothingComesOfNothing(t *testing.T) {
	for name, s := range map[string]Samples{
		"no series": {Grid: Grid{Start: start, Step: time.Minute, Slots: 9}},
		"no slots":  {Grid: Grid{Start: start, Step: time.Minute}, Series: []Series{{}}},
		"no values": {Grid: Grid{Start: start, Step: time.Minute, Slots: 2}, Series: []Series{{Values: absent(2)}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, op := range ops {
				surface, err := Outcomes(s, Candidates{op, []time.Duration{0, time.Hour}, []time.Duration{0}}, Options{})
				require.NoError(t, err)
				for level := range surface.Levels() {
					assert.Zero(t, surface.Curve(1, 0).At(level))
				}
			}
		})
	}
}

// TestThinnedLevelsAreExactAndDenseWhereItFires: with fewer levels than values
// each level keeps its outcome, and the largest values are levels one by one.
func TestThinnedLevelsAreExactAndDenseWhereItFires(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 5000)
	for i := range values {
		values[i] = rng.NormFloat64()
	}
	s := Samples{Grid{Start: start, Step: time.Minute, Slots: len(values)}, []Series{{Values: values}}}
	hold := []time.Duration{0}
	surface, err := Outcomes(s, Candidates{Below, hold, hold}, Options{Levels: 200, Also: []float64{-1.5}})
	require.NoError(t, err)
	assert.False(t, surface.Complete())
	assert.LessOrEqual(t, surface.Levels(), 201)
	_, exact := surface.Level(-1.5)
	assert.True(t, exact)
	for level := range surface.Levels() {
		want := score(t, s, Shape{Op: Below, Threshold: surface.Threshold(level)}, Options{})
		require.Equal(t, want.Outcome, surface.Curve(0, 0).At(level))
	}
	slices.Sort(values)
	for _, v := range values[:10] {
		_, exact := surface.Level(v)
		assert.True(t, exact, v)
	}
}
