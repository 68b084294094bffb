package gate

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const month = 30 * 24 * time.Hour

func TestBakeWithoutAnErrorByHand(t *testing.T) {
	// A baseline that never fails: one error is enough. 1-(1-0.01)^n >= 0.8 first
	// holds at n = 161, which takes 161 s at one event a second.
	b, err := PlanBake(Traffic{PerSecond: 1, Budget: 0.01, Window: month}, 1, Sensitivity{})
	require.NoError(t, err)
	assert.InDelta(t, 161, b.Events, 0)
	assert.InDelta(t, 1, b.Limit, 0)
	assert.Equal(t, 161*time.Second, b.Duration)
	// All of the traffic for 161 s of 2,592,000 s at one budget.
	assert.InDelta(t, 161.0/2592000, b.AtRisk, 1e-12)
	assert.Equal(t, time.Second, b.WorstNoticed)
	assert.InDelta(t, 100.0/2592000, b.WorstAtRisk, 1e-12)
}

func TestClumpedErrorsTakeLonger(t *testing.T) {
	traffic := Traffic{PerSecond: 100, Baseline: 0.002, Budget: 0.001, Window: month}
	plain, err := PlanBake(traffic, 0.1, Sensitivity{})
	require.NoError(t, err)
	clumped, err := PlanBake(traffic, 0.1, Sensitivity{Clumping: 3})
	require.NoError(t, err)
	assert.InEpsilon(t, 3, clumped.Duration.Seconds()/plain.Duration.Seconds(), 0.01)
}

func TestLessTrafficTakesLonger(t *testing.T) {
	traffic := Traffic{PerSecond: 100, Baseline: 0.002, Budget: 0.001, Window: month}
	last := time.Duration(math.MaxInt64)
	for _, share := range []float64{0.01, 0.05, 0.1, 0.25, 0.5} {
		b, err := PlanBake(traffic, share, Sensitivity{})
		require.NoError(t, err)
		assert.Less(t, b.Duration, last, "share %v", share)
		last = b.Duration
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	sound := Traffic{PerSecond: 1, Baseline: 0.001, Budget: 0.001, Window: month}
	for name, c := range map[string]struct {
		change func(*Traffic)
		share  float64
		s      Sensitivity
	}{
		"no traffic":        {func(t *Traffic) { t.PerSecond = 0 }, 0.1, Sensitivity{}},
		"no number":         {func(t *Traffic) { t.Baseline = math.NaN() }, 0.1, Sensitivity{}},
		"no budget":         {func(t *Traffic) { t.Budget = 0 }, 0.1, Sensitivity{}},
		"all fails already": {func(t *Traffic) { t.Baseline = 1 }, 0.1, Sensitivity{}},
		"no window":         {func(t *Traffic) { t.Window = 0 }, 0.1, Sensitivity{}},
		"no share":          {func(*Traffic) {}, 0, Sensitivity{}},
		"too large a share": {func(*Traffic) {}, 1.1, Sensitivity{}},
		"a bad alpha":       {func(*Traffic) {}, 0.1, Sensitivity{Alpha: 0.6}},
		"no degradation":    {func(*Traffic) {}, 0.1, Sensitivity{Times: 1, Burn: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			traffic := sound
			c.change(&traffic)
			_, err := PlanBake(traffic, c.share, c.s)
			require.Error(t, err)
		})
	}
	_, err := Compare(Counts{5, 4}, Counts{0, 10}, 0.01, Sensitivity{})
	require.Error(t, err)
	_, err = Compare(Counts{math.NaN(), 4}, Counts{0, 10}, 0.01, Sensitivity{})
	require.Error(t, err)
}

func TestVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		canary, baseline Counts
		s                Sensitivity
		want             CanaryVerdict
	}{
		"three times as bad":         {Counts{60, 10_000}, Counts{200, 100_000}, Sensitivity{}, CanaryWorse},
		"three times as bad, looked": {Counts{60, 10_000}, Counts{200, 100_000}, Sensitivity{Repeated: true}, CanaryWorse},
		"far better":                 {Counts{1, 10_000}, Counts{200, 100_000}, Sensitivity{}, CanaryBetter},
		"alike":                      {Counts{20, 10_000}, Counts{200, 100_000}, Sensitivity{}, CanaryNoEvidence},
		"hardly seen":                {Counts{0, 100}, Counts{200, 100_000}, Sensitivity{}, CanaryTooLittle},
		"clumped":                    {Counts{30, 10_000}, Counts{200, 100_000}, Sensitivity{Clumping: 50}, CanaryTooLittle},
		"unseen":                     {Counts{}, Counts{200, 100_000}, Sensitivity{}, CanaryUnknown},
		"nothing beside it":          {Counts{1, 10}, Counts{}, Sensitivity{}, CanaryUnknown},
		"fractions":                  {Counts{19.6, 9999.7}, Counts{200.3, 100_000.2}, Sensitivity{}, CanaryNoEvidence},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Compare(c.canary, c.baseline, 0.001, c.s)
			require.NoError(t, err)
			assert.Equal(t, c.want, got.Verdict)
		})
	}
}

func TestNoticeableIsTheInverse(t *testing.T) {
	s := Sensitivity{}.withDefaults()
	n, _ := knownEvents(pair{0.01, 0.03}, s)
	got := Noticeable(n, 0.01, s)
	require.True(t, got.Known)
	assert.InEpsilon(t, 0.03, got.Value, 0.03)
	assert.False(t, Noticeable(0, 0.01, s).Known)
	assert.False(t, Noticeable(1, 0.5, s).Known)
}

func TestTheNormalFormIsNearWhereItIsUsed(t *testing.T) {
	for _, c := range []struct{ drawn, bad, all float64 }{{1e5, 50_000, 1e6}, {1e6, 500_000, 1e8}, {5e4, 30_000, 1e5}} {
		mean := c.drawn * c.bad / c.all
		sd := math.Sqrt(mean * (1 - c.bad/c.all) * (1 - c.drawn/c.all))
		for _, z := range []float64{0.5, 1.645, 2.33} {
			k := math.Round(mean + z*sd)
			assert.InEpsilon(t, hypergeometricTail(k, c.drawn, c.bad, c.all), normalTail(k, c.drawn, c.bad, c.all), 0.04)
		}
	}
}

func TestHugeCountsAreQuick(t *testing.T) {
	b, err := PlanBake(Traffic{PerSecond: 1e6, Baseline: 0.1, Budget: 0.2, Window: month}, 0.1, Sensitivity{Times: 1.01, Burn: 1e-9})
	require.NoError(t, err)
	assert.True(t, b.Possible)
	b, err = PlanBake(Traffic{PerSecond: 1e9, Baseline: 0.1, Budget: 0.2, Window: month}, 0.1, Sensitivity{Times: 1.0001, Burn: 1e-9})
	require.NoError(t, err)
	assert.True(t, b.Possible)
	// Textbook size of a one-sided comparison of two ratios, n and 9n events:
	// (z_alpha+z_beta)^2 · p(1-p)(1+1/9) / difference^2.
	want := math.Pow(quantile(0.05)+quantile(0.2), 2) * 0.09 * (1 + 1.0/9) / (1e-5 * 1e-5)
	assert.InEpsilon(t, want, b.Events, 0.02)
	got, err := Compare(Counts{1e8, 1e9}, Counts{1e9, 1e10}, 0.2, Sensitivity{Times: 1.01, Burn: 1e-9})
	require.NoError(t, err)
	assert.Equal(t, CanaryNoEvidence, got.Verdict)
	assert.InDelta(t, 0.5, got.Worse.Value, 0.01)
}
