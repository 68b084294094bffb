package gate

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// draw is the number of failures of n events, exactly: it skips from failure to
// failure by geometric gaps.
func draw(rng *rand.Rand, n, p float64) float64 {
	if p <= 0 {
		return 0
	}
	if p > 0.5 {
		return n - draw(rng, n, 1-p)
	}
	failures, at, scale := 0.0, 0.0, math.Log1p(-p)
	for {
		at += math.Floor(math.Log(1-rng.Float64())/scale) + 1
		if at > n {
			return failures
		}
		failures++
	}
}

func TestFisherByHand(t *testing.T) {
	// Fisher's lady: 3 of 4 cups against 1 of 4; (16+1)/70.
	got, err := Compare(Counts{3, 4}, Counts{1, 4}, 0.01, Sensitivity{})
	require.NoError(t, err)
	assert.InDelta(t, 17.0/70, got.Worse.Value, 1e-12)
	assert.InDelta(t, 69.0/70, got.Better.Value, 1e-12)
	assert.Equal(t, CanaryTooLittle, got.Verdict)
}

func TestNewcombesInterval(t *testing.T) {
	// Newcombe 1998, table II: 56/70 and 48/80 give 0.0524 to 0.3339 at 95%.
	got, err := Compare(Counts{56, 70}, Counts{48, 80}, 0.01, Sensitivity{Alpha: 0.025})
	require.NoError(t, err)
	assert.InDelta(t, 0.2, got.Difference.Value, 1e-12)
	assert.InDelta(t, 0.0524, got.Low.Value, 5e-5)
	assert.InDelta(t, 0.3339, got.High.Value, 5e-5)
}

func TestTailsAgainstSums(t *testing.T) {
	for n := 1.0; n <= 30; n++ {
		for _, p := range []float64{0.001, 0.1, 0.5, 0.93} {
			sum := 0.0
			for k := n; k >= 0; k-- {
				sum += binomialAt(k, n, p)
				require.InDelta(t, sum, binomialTail(k, n, p), 1e-11, "binomial %v of %v at %v", k, n, p)
			}
		}
		for bad := 0.0; bad <= n+7; bad++ {
			sum := 0.0
			for k := min(n, bad); k >= max(0, bad-7); k-- {
				sum += hypergeometric(k, n, bad, n+7)
				require.InDelta(t, sum, hypergeometricTail(k, n, bad, n+7), 1e-11, "hypergeometric %v of %v, %v bad", k, n, bad)
			}
		}
	}
}

// TestTypeOneErrorAtSmallCounts: a canary that is as good as its baseline is
// called worse, or better, no more often than alpha says.
func TestTypeOneErrorAtSmallCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ canary, baseline, ratio float64 }{
		{20, 20, 0.1}, {50, 950, 0.02}, {10, 30, 0.5}, {200, 200, 0.005}, {400, 3600, 0.01},
	} {
		worse, better := map[[2]float64]bool{}, 0
		const trials = 20_000
		count, cache := 0, map[[2]float64]CanaryVerdict{}
		for range trials {
			key := [2]float64{draw(rng, c.canary, c.ratio), draw(rng, c.baseline, c.ratio)}
			verdict, ok := cache[key]
			if !ok {
				got, err := Compare(Counts{key[0], c.canary}, Counts{key[1], c.baseline}, 0.01, Sensitivity{})
				require.NoError(t, err)
				verdict, cache[key] = got.Verdict, got.Verdict
			}
			switch verdict {
			case CanaryWorse:
				worse[key] = true
				count++
			case CanaryBetter:
				better++
			case CanaryNoEvidence, CanaryTooLittle, CanaryUnknown:
			}
		}
		bound := trials * (0.05 + 3*math.Sqrt(0.05*0.95/trials))
		assert.LessOrEqual(t, float64(count), bound, "worse: %+v", c)
		assert.LessOrEqual(t, float64(better), bound, "better: %+v", c)
		assert.NotEmpty(t, worse, "the test can call a canary worse: %+v", c)
	}
}

// TestLookingAllTheTimeStaysHonest: Fisher's test that is repeated at each look
// raises many false alarms; the evidence does not.
func TestLookingAllTheTimeStaysHonest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const trials, looks = 2000, 100
	falseAlarms, fisher, caught := 0, 0, 0
	for range trials {
		var canary, baseline, bad Counts
		byEvidence, byFisher, found := false, false, false
		for range looks {
			canary = Counts{canary.Bad + draw(rng, 100, 0.02), canary.Total + 100}
			bad = Counts{bad.Bad + draw(rng, 100, 0.06), bad.Total + 100}
			baseline = Counts{baseline.Bad + draw(rng, 900, 0.02), baseline.Total + 900}
			byEvidence = byEvidence || evidence(canary, baseline, 2) >= 20
			byFisher = byFisher || hypergeometricTail(canary.Bad, canary.Total, canary.Bad+baseline.Bad, canary.Total+baseline.Total) <= 0.05
			found = found || evidence(bad, baseline, 2) >= 20
		}
		falseAlarms += int(indicator(byEvidence))
		fisher += int(indicator(byFisher))
		caught += int(indicator(found))
	}
	t.Logf("of %d sound canaries looked at %d times: %d called worse by evidence, %d by Fisher's test; of bad ones %d", trials, looks, falseAlarms, fisher, caught)
	assert.LessOrEqual(t, float64(falseAlarms), trials*(0.05+3*math.Sqrt(0.05*0.95/trials)))
	assert.Greater(t, fisher, 2*trials/10, "the plain test is not fit for this")
	assert.Greater(t, caught, trials*95/100)
}

// TestBakeTimeAgreesWithSimulation finds by simulation the time after which the
// test notices the degradation with the power asked for, and holds the planned
// time against it.
func TestBakeTimeAgreesWithSimulation(t *testing.T) {
	for name, c := range map[string]struct {
		traffic Traffic
		share   float64
		s       Sensitivity
	}{
		"a small canary":     {Traffic{100, 0.002, 0.001, month}, 0.05, Sensitivity{}},
		"half and half":      {Traffic{20, 0.01, 0.005, month}, 0.5, Sensitivity{}},
		"hardly an error":    {Traffic{50, 0.0001, 0.001, month}, 0.1, Sensitivity{Burn: 5}},
		"all traffic, known": {Traffic{10, 0.005, 0.005, month}, 1, Sensitivity{}},
		"strict":             {Traffic{200, 0.001, 0.001, month}, 0.2, Sensitivity{Alpha: 0.01, Power: 0.95}},
		"known, strict":      {Traffic{30, 0.001, 0.001, month}, 1, Sensitivity{Alpha: 0.01, Power: 0.9, Times: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := PlanBake(c.traffic, c.share, c.s)
			require.NoError(t, err)
			require.True(t, b.Possible)
			simulated := simulatedBake(c.traffic, b, c.s.withDefaults())
			t.Logf("planned %s, simulated %.0f s, ratio %.3f", b.Duration, simulated, b.Duration.Seconds()/simulated)
			assert.InEpsilon(t, simulated, b.Duration.Seconds(), 0.1)
		})
	}
}

// simulatedBake lets many canaries run with arrivals at random and returns the
// time from which on the test notices often enough: the last look of those at
// which it still did not.
func simulatedBake(traffic Traffic, b Bake, s Sensitivity) float64 {
	rng := rand.New(rand.NewPCG(5, 6))
	noticed := func(seconds float64) float64 {
		const trials = 3000
		n := 0
		for range trials {
			c := Counts{Total: arrivals(rng, traffic.PerSecond*b.Share*seconds)}
			o := Counts{Total: arrivals(rng, traffic.PerSecond*(1-b.Share)*seconds)}
			c.Bad, o.Bad = draw(rng, c.Total, b.Degraded), draw(rng, o.Total, b.Baseline)
			if b.Method == MethodKnown {
				n += int(indicator(binomialTail(c.Bad, c.Total, b.Baseline) <= s.Alpha))
				continue
			}
			n += int(indicator(hypergeometricTail(c.Bad, c.Total, c.Bad+o.Bad, c.Total+o.Total) <= s.Alpha))
		}
		return float64(n) / trials
	}
	const looks = 60
	return b.Duration.Seconds() * (0.5 + float64(sort.Search(looks, func(i int) bool {
		return noticed(b.Duration.Seconds()*(0.5+float64(i)/looks)) >= s.Power
	}))/looks)
}

// arrivals is a Poisson count, by its normal form where it is large.
func arrivals(rng *rand.Rand, mean float64) float64 {
	if mean > 200 {
		return max(0, math.Round(mean+math.Sqrt(mean)*rng.NormFloat64()))
	}
	n, at := -1.0, 0.0
	for at < mean {
		at += rng.ExpFloat64()
		n++
	}
	return n
}

// TestKnownSampleSizeByBruteForce: from the planned number of events on there is
// always a limit with both error rates, and just below there is a number without.
func TestKnownSampleSizeByBruteForce(t *testing.T) {
	for _, c := range []pair{{0.01, 0.05}, {0.1, 0.2}, {0.02, 0.3}, {0, 0.02}} {
		s := Sensitivity{}.withDefaults()
		n, limit := knownEvents(c, s)
		fit := func(n float64) bool {
			for k := 1.0; k <= n; k++ {
				if binomialTail(k, n, c.baseline) <= s.Alpha {
					return binomialTail(k, n, c.degraded) >= s.Power
				}
			}
			return false
		}
		for m := n; m < n+300; m++ {
			require.True(t, fit(m), "%+v at %v", c, m)
		}
		assert.False(t, fit(n-1), "%+v: %v is not the first", c, n)
		assert.LessOrEqual(t, binomialTail(limit, n, c.baseline), s.Alpha)
	}
}
