package overlap

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// planted is a month of independent rules among which some are related: Copy is
// Base on another grid, Inner lies within Base, Late comes minutes after it and
// Follower much later, and Standing fires all the time.
func planted(seed uint64) noise.History {
	w := newWorld(seed, 30)
	for x := range 4 {
		host := fmt.Sprint("host", x)
		w.live("Base", steady(1.5, 40), "instance", host, "severity", "page")
		for i := range 12 {
			w.live(ruleName("Other", i), steady(1+w.Float64()*10, 15), "instance", host, "severity", "page")
		}
		w.fires("Standing", 0, w.minutes(), "instance", host, "severity", "info")
	}
	for _, e := range slices.Clone(w.episodes) {
		if e.Rule != "Base" {
			continue
		}
		host, from, length := e.Labels.Get("instance"), int(e.FiredAt.Sub(epoch)/time.Minute), int(e.ResolvedAt.Sub(e.FiredAt)/time.Minute)
		w.fires("Copy", from, length, "instance", host, "severity", "warning")
		if length > 12 {
			w.fires("Inner", from+3, length-8, "instance", host, "severity", "page")
		}
		w.fires("Follower", from+max(12, length/2), length+10, "instance", host, "team", "shop")
		if w.Float64() < 0.8 {
			w.fires("Late", from+3+w.IntN(5), 3+length*2, "instance", host, "severity", "page")
		}
	}
	return w.history()
}

func find(r Result, a, b string) (Pair, bool) {
	i := slices.IndexFunc(r.Pairs, func(p Pair) bool {
		return p.A.Name == a && p.B.Name == b || p.A.Name == b && p.B.Name == a
	})
	if i < 0 {
		return Pair{}, false
	}
	return r.Pairs[i], true
}

func TestPlantedRelationsAreFound(t *testing.T) {
	for seed := range uint64(8) {
		r := Measure(planted(seed), Options{})
		for _, want := range []struct {
			a, b string
			is   Relation
		}{{"Copy", "Base", Duplicate}, {"Inner", "Base", Redundant}, {"Inner", "Copy", Redundant}, {"Late", "Base", Cascading}, {"Follower", "Base", Together}} {
			p, ok := find(r, want.a, want.b)
			require.True(t, ok, "seed %d: %s and %s", seed, want.a, want.b)
			assert.Equal(t, want.is, p.Relation, "seed %d: %s and %s: %+v", seed, want.a, want.b, p)
			if want.is == Redundant || want.is == Cascading {
				assert.Equal(t, want.a, p.A.Name)
			}
			assert.Equal(t, []string{"instance"}, p.On)
			assert.Less(t, p.Q, 0.05)
			assert.Greater(t, p.Lift, 2.0)
		}
		inner, _ := find(r, "Inner", "Base")
		assert.Equal(t, 3*time.Minute, inner.Median)
		assert.Zero(t, inner.First+inner.Alone)
		related := []string{"Base", "Copy", "Inner", "Late", "Follower"}
		for _, p := range r.Pairs {
			assert.Subset(t, related, []string{p.A.Name, p.B.Name}, "seed %d: %s", seed, p.Relation)
		}
		require.Len(t, r.Clusters, 1)
		assert.Equal(t, "Base", r.Clusters[0].Name.Name)
		assert.Len(t, r.Clusters[0].Members, 3)
	}
}

func TestClusterIsNamedByPrecision(t *testing.T) {
	r := Measure(planted(1), Options{Precision: func(k noise.RuleKey) (float64, bool) {
		return map[string]float64{"Copy": 0.9, "Base": 0.2, "Inner": 1}[k.Name], k.Name != "Base"
	}})
	require.Len(t, r.Clusters, 1)
	assert.Equal(t, "Copy", r.Clusters[0].Name.Name, "the most precise of those that nothing contains")
}

// TestOneStormIsOneCluster: however many alerts a storm has, it is one piece of
// evidence.
func TestOneStormIsOneCluster(t *testing.T) {
	w := newWorld(3, 30)
	for storm := range 4 {
		for x := range 100 {
			at := 5000 + storm*9000 + w.IntN(8)
			w.fires("A", at, 30, "instance", fmt.Sprint(x))
			w.fires("B", at, 30, "instance", fmt.Sprint(x))
		}
	}
	assert.Empty(t, Measure(w.history(), Options{}).Pairs, "four storms")
	for x := range 100 {
		w.fires("A", 1000, 30, "instance", fmt.Sprint(x))
		w.fires("B", 1000, 30, "instance", fmt.Sprint(x))
	}
	r := Measure(w.history(), Options{})
	require.Len(t, r.Pairs, 1, "five storms")
	assert.Equal(t, Duplicate, r.Pairs[0].Relation)
	assert.Equal(t, slo.Proportion{Count: 5, Of: 5}, r.Pairs[0].Starts)
}

// TestOneBurstIsOneEvent: two rules that flap through the same two hours of a
// month have met once, not twelve times.
func TestOneBurstIsOneEvent(t *testing.T) {
	w := newWorld(4, 30)
	for i := range 11 {
		w.fires("A", 20000+11*i, 5)
		w.fires("B", 20000+11*i, 5)
	}
	w.live("Other", steady(1, 10))
	assert.Empty(t, Measure(w.history(), Options{FDR: 0.001}).Pairs)
}

func TestDifferentThingsAreNotCompared(t *testing.T) {
	w := newWorld(5, 14)
	for i := range 20 {
		w.fires("A", 100+900*i, 20, "instance", "left")
		w.fires("B", 100+900*i+w.IntN(2), 20, "instance", "right")
	}
	r := Measure(w.history(), Options{})
	assert.Zero(t, r.Compared)
	assert.Empty(t, r.Pairs)
}

// TestRulesThatShareNoLabel are compared as a whole.
func TestRulesThatShareNoLabel(t *testing.T) {
	w := newWorld(6, 30)
	for range 25 {
		at := w.IntN(w.minutes() - 100)
		w.fires("A", at+1, 20, "pod", fmt.Sprint(w.IntN(50)))
		w.fires("B", at, 40, "node", "n1")
	}
	r := Measure(w.history(), Options{})
	require.Len(t, r.Pairs, 1)
	assert.Equal(t, Redundant, r.Pairs[0].Relation)
	assert.Empty(t, r.Pairs[0].On)
}

// TestKnownRules: what a rule itself writes into its labels is not joined on,
// and two rules of one name and severity are told apart.
func TestKnownRules(t *testing.T) {
	w := newWorld(7, 30)
	for range 25 {
		at := w.IntN(w.minutes() - 100)
		w.fires("Slow", at, 20, "service", "api", "tier", "one", "severity", "page")
		w.fires("Slow", at, 20, "service", "api", "tier", "two", "severity", "page")
	}
	h := w.history()
	require.Empty(t, Measure(h, Options{}).Pairs, "without the rules they are one")
	rule := func(line int, tier string) noise.Rule {
		return noise.Rule{Name: "Slow", Group: "g", File: "f.yml", Line: line, Labels: labels.FromStrings("severity", "page", "tier", tier)}
	}
	h.Rules, h.RulesKnown = []noise.Rule{rule(3, "one"), rule(9, "two")}, true
	r := Measure(h, Options{})
	require.Len(t, r.Pairs, 1)
	assert.Equal(t, Duplicate, r.Pairs[0].Relation)
	assert.Equal(t, []string{"service"}, r.Pairs[0].On)
	assert.ElementsMatch(t, []int{3, 9}, []int{r.Pairs[0].A.Line, r.Pairs[0].B.Line})
}

// TestPipelineIsNotBlamed: rules that come back together after each restart, and
// rules that are silent together because nothing was recorded, are unrelated.
func TestPipelineIsNotBlamed(t *testing.T) {
	w := newWorld(8, 30)
	spells := []noise.Spell{}
	at := func(minute int) time.Time { return epoch.Add(time.Duration(minute) * time.Minute) }
	for range 12 {
		m := w.IntN(w.minutes() - 200)
		w.fires("A", m+2, 15)
		w.fires("B", m+2, 15)
		spells = append(spells, noise.Spell{Interval: slo.Interval{From: at(m), To: at(m + 5)}, Kind: noise.SpellRestart})
	}
	h := w.history()
	require.NotEmpty(t, Measure(h, Options{}).Pairs)
	h.Spells = spells
	assert.Empty(t, Measure(h, Options{}).Pairs)

	w = newWorld(9, 30)
	for m := 0; m < 1440; m += 60 {
		w.fires("A", m+w.IntN(60), 10)
		w.fires("B", m+w.IntN(60), 10)
	}
	w.fires("End", w.minutes()-5, 2)
	h = w.history()
	h.Spells = []noise.Spell{{Interval: slo.Interval{From: at(1500), To: at(w.minutes() - 60)}, Kind: noise.SpellOutage}}
	r := Measure(h, Options{})
	assert.Empty(t, r.Pairs)
	assert.InDelta(t, 1560, read(h, r.Options).axis.slots, 60, "a day and an hour, but for what lies before the first alert")
}

// TestResultIsStable: neither the order of the episodes nor the number of
// processors changes anything.
func TestResultIsStable(t *testing.T) {
	h := planted(2)
	want := Measure(h, Options{})
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(h.Episodes), func(i, j int) { h.Episodes[i], h.Episodes[j] = h.Episodes[j], h.Episodes[i] })
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	assert.Equal(t, want, Measure(h, Options{}))
}
