package truth_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// randomCase is a small case of everything that may meet: declared incidents and
// losses that overlap, some without an end; alerts with and without labels; open,
// cut and pending episodes; holes in what was watched.
func randomCase(rng *rand.Rand) (truth.Case, truth.Options) {
	minutes := func(n int) time.Duration { return time.Duration(rng.IntN(n)) * time.Minute }
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	c := truth.Case{Declared: rng.IntN(2) == 0, History: noise.History{Window: within(day, 3*day), RulesKnown: true}}
	for i := range rng.IntN(4) {
		c.History.Rules = append(c.History.Rules, noise.Rule{
			Name: pick("A", "B", "C", "D"), Group: "g", File: fmt.Sprint("f", i), Line: i + 1, Expr: `up{service="x"} == 0`,
		})
	}
	for range rng.IntN(40) {
		from := minutes(4 * 24 * 60)
		e := noise.Episode{
			Rule: pick("A", "B", "C"), ActiveAt: after(from),
			Labels: labels.FromMap(map[string]string{pick("service", "node", "region"): pick("x", "y"), "severity": pick("page", "info")}),
		}
		if rng.IntN(5) > 0 {
			e.FiredAt = after(from + minutes(10))
		}
		if rng.IntN(6) > 0 {
			e.ResolvedAt = after(from + 10*time.Minute + minutes(600))
		}
		e.Certainty.Fired = [...]noise.Edge{noise.EdgeExact, noise.EdgeCut, noise.EdgeUnsaid}[rng.IntN(3)]
		c.History.Episodes = append(c.History.Episodes, e)
	}
	for i := range rng.IntN(12) {
		from, burned := minutes(4*24*60), float64(i)
		in := noise.Incident{
			ID: fmt.Sprint(i), Interval: within(from, from+minutes(400)), SLO: pick("", "x/a", "y/b"), Burned: &burned,
			Labels: labels.FromStrings(pick("service", "region"), pick("x", "y")), Declared: rng.IntN(2) == 0,
		}
		if rng.IntN(10) == 0 {
			in.To = time.Time{}
		}
		c.Incidents = append(c.Incidents, in)
	}
	for _, region := range []string{"x", "y"} {
		c.Watched = append(c.Watched, truth.Watched{
			SLO: "x/a", Labels: labels.FromStrings("service", "x", "region", region),
			Covered: []slo.Interval{within(minutes(2000), 2*day+minutes(1000))},
		})
	}
	return c, truth.Options{Support: 1, FDR: 0.5}
}

func TestTheOrderOfTheInputDoesNotMatter(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 7))
		c, o := randomCase(rng)
		want := truth.Judge(c, o)
		rng.Shuffle(len(c.Incidents), func(i, j int) { c.Incidents[i], c.Incidents[j] = c.Incidents[j], c.Incidents[i] })
		e, r, w := c.History.Episodes, c.History.Rules, c.Watched
		rng.Shuffle(len(e), func(i, j int) { e[i], e[j] = e[j], e[i] })
		rng.Shuffle(len(r), func(i, j int) { r[i], r[j] = r[j], r[i] })
		rng.Shuffle(len(w), func(i, j int) { w[i], w[j] = w[j], w[i] })
		require.Equal(t, want, truth.Judge(c, o), "seed %d", seed)
	}
}

func TestFiguresAddUp(t *testing.T) {
	for seed := range uint64(150) {
		c, o := randomCase(rand.New(rand.NewPCG(seed, 8)))
		j := truth.Judge(c, o)
		summary := noise.Summarize(c.History, noise.Options{})
		if !j.Known {
			continue
		}
		require.Len(t, j.Rules, len(summary.Rules), "the rules of the summary")
		unjudged := 0
		for _, s := range j.Rules {
			unjudged += s.Unjudged
			addsUp(t, s, len(j.Incidents))
		}
		require.Equal(t, unjudged, j.Unjudged)
		for _, s := range j.SLOs {
			require.LessOrEqual(t, s.Onset.Count, s.Recall.Count)
			require.LessOrEqual(t, s.Caught, s.Burned)
			require.GreaterOrEqual(t, len(s.Missed), s.Recall.Of-s.Recall.Count)
			require.LessOrEqual(t, len(s.Missed), s.Recall.Of-s.Onset.Count)
			require.Equal(t, s.Onset.Count > 0, s.TellsUs != nil)
			require.Equal(t, s.Onset.Count, s.Detection.Count)
		}
		untold := 0
		for _, v := range j.Incidents {
			untold += one(!v.Told())
			require.Equal(t, !v.DetectedAt.IsZero(), len(v.Signals) > 0 && v.Signals[0].Onset)
			require.True(t, v.DetectedAt.IsZero() || v.Told())
		}
		require.Equal(t, untold, j.Actions.NotGiven)
	}
}

func addsUp(t *testing.T, s truth.Score, incidents int) {
	t.Helper()
	require.LessOrEqual(t, s.Precision.Count, s.Precision.Of)
	require.LessOrEqual(t, s.Onset.Count, s.Recall.Count)
	require.LessOrEqual(t, s.Recall.Of, incidents)
	require.LessOrEqual(t, s.Caught, s.Burned)
	require.Equal(t, s.Onset.Count, s.Detection.Count)
	require.LessOrEqual(t, s.Alone, s.First)
	require.LessOrEqual(t, s.First, s.Onset.Count)
	require.Equal(t, s.Precision.Of-s.Precision.Count, s.Actions.GivenNeedlessly)
	require.Len(t, s.Needless, min(3, s.Actions.GivenNeedlessly))
	if s.Basis == truth.BasisNone {
		require.Zero(t, s.Recall.Of+s.Precision.Of)
	}
}

// TestAnotherRuleChangesNoPrecision: a rule is judged by the truth alone.
func TestAnotherRuleChangesNoPrecision(t *testing.T) {
	for seed := range uint64(100) {
		c, o := randomCase(rand.New(rand.NewPCG(seed, 9)))
		o.Support = 1000 // what is measured is controlled over all rules
		before := truth.Judge(c, o)
		c.History.Episodes = append(c.History.Episodes, fires("Zoo", 2*day, 2*day+time.Hour, "service", "x"))
		now := truth.Judge(c, o)
		for i, s := range before.Rules {
			require.Equal(t, s.Precision, now.Rules[i].Precision)
			require.Equal(t, s.Recall, now.Rules[i].Recall)
			require.Equal(t, s.Onset, now.Rules[i].Onset)
		}
	}
}

// TestChanceTiesNothing: rules that fire at random are not tied to an SLO more
// often than the false-discovery rate allows.
func TestChanceTiesNothing(t *testing.T) {
	tied, judged := 0, 0
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 10))
		c := watchedShop()
		for r := range 50 {
			for range 5 + rng.IntN(60) {
				at := time.Duration(rng.Int64N(int64(7 * day)))
				c.History.Episodes = append(c.History.Episodes, fires(fmt.Sprint("R", r), at, at+5*time.Minute, "node", "n"))
			}
		}
		for _, s := range truth.Judge(c, truth.Options{}).Rules {
			judged++
			tied += one(s.Basis != truth.BasisNone)
		}
	}
	assert.Equal(t, 1000, judged)
	assert.LessOrEqual(t, tied, 1)
}

// TestSignalsAreBounded: what a verdict lists is cut, what it counts is not.
func TestSignalsAreBounded(t *testing.T) {
	c := truth.Case{Declared: true, History: noise.History{Window: within(0, day)}, Incidents: []noise.Incident{
		{ID: "i", Declared: true, Interval: within(noon, noon+time.Hour)},
	}}
	for i := range 100 {
		at := noon + time.Duration(i*7%100)*time.Second
		c.History.Episodes = append(c.History.Episodes, fires("A", at, at+time.Hour, "instance", fmt.Sprint(i)))
	}
	v := truth.Judge(c, truth.Options{Signals: 3}).Incidents[0]
	require.Len(t, v.Signals, 3)
	assert.Equal(t, 97, v.Hidden)
	for i, s := range v.Signals {
		assert.Equal(t, after(noon+time.Duration(i)*time.Second), s.FiredAt)
	}
}
