package detect

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

func TestNothingGivesNothing(t *testing.T) {
	assert.Empty(t, Run(Input{}, Options{}))
	assert.Empty(t, Run(over(), Options{}))
	for _, d := range All() {
		in := over(exact("R", "a", 0, 60))
		assert.Empty(t, d.Find(&in, Options{}), d.Kind)
	}
}

func TestEachKindHasOneDetector(t *testing.T) {
	var kinds []noise.Kind
	for _, d := range All() {
		assert.NotContains(t, kinds, d.Kind)
		kinds = append(kinds, d.Kind)
		assert.NotEmpty(t, d.Title, d.Kind)
		assert.NotEmpty(t, d.Source, d.Kind)
		assert.NotEmpty(t, d.Action, d.Kind)
	}
	assert.Len(t, kinds, 20)
}

func TestSuppression(t *testing.T) {
	in := over(exact("R", "a", 0, 2*day), exact("S", "a", 0, 2*day))
	assert.Len(t, Run(in, Options{}), 2)
	only := func(r noise.RuleRef, k noise.Kind) bool { return r.Name == "R" && k == noise.KindStale }
	assert.Equal(t, []string{"S"}, names(Run(in, Options{Suppressed: only})))
	assert.Empty(t, Run(in, Options{Disabled: []noise.Kind{noise.KindStale}}))
}

func TestFindingsAreOrderedByEffect(t *testing.T) {
	quiet, loud := exact("Q", "a", 0, 3*day), every(40, 60, 2, exact("L", "a", 0, 1))
	found := Run(over(append(loud, quiet)...), Options{})
	require.True(t, slices.IsSortedFunc(found, Compare))
	assert.Equal(t, "L", found[0].Rule.Name)
}

func TestNamesFromOutsideAreTamed(t *testing.T) {
	evil := "\x1b[31m" + string(make([]byte, 100_000)) + "\xff\n|<script>"
	f := theOne(t, noise.KindStale, over(exact(evil, evil, 0, 2*day)))
	assert.Less(t, len(f.Title)+len(f.Advice), 1000)
	assert.NotContains(t, f.Title, "\x1b")
	assert.NotContains(t, f.Title, "\x00")
}

// mixed is an input with everything in it, of so many episodes.
func mixed(rng *rand.Rand, n int) Input {
	in := over().knowing()
	in.History.RulesKnown = true
	for i := range 12 {
		r := rule("R"+number(i), i+1)
		r.Labels = labels.FromStrings("severity", []string{"page", "warning", "none", ""}[i%4])
		in.History.Rules = append(in.History.Rules, r)
	}
	for range n {
		r := in.History.Rules[rng.IntN(12)]
		start := float64(rng.IntN(2 * week))
		e := exact(r.Name, number(rng.IntN(5)), start, start+float64(1+rng.IntN(40)))
		e.Labels = labels.NewBuilder(e.Labels).Set("severity", r.Severity()).Set("value", number(rng.IntN(3))).Labels()
		switch rng.IntN(12) {
		case 0:
			e = restarted(e)
		case 1:
			e.Certainty.Resolved = noise.EdgeLost
		case 2:
			e.ResolvedAt, e.Certainty.Resolved = time.Time{}, noise.EdgeOpen
		case 3:
			e.FiredAt, e.Certainty.Fired = time.Time{}, noise.EdgeNone
		}
		in.History.Episodes = append(in.History.Episodes, e)
	}
	slices.SortFunc(in.History.Episodes, noise.Compare)
	in.History.Episodes = slices.CompactFunc(in.History.Episodes, func(a, b noise.Episode) bool { return noise.Compare(a, b) == 0 })
	for i := range 30 {
		a, b := in.History.Rules[rng.IntN(12)].Ref(), in.History.Rules[rng.IntN(12)].Ref()
		in.Proofs = append(in.Proofs, Proof{a, b, []ProofReason{ProofFor, ProofThreshold, ProofMatchers}[i%3]})
		in.Presence = append(in.Presence, Presence{Rule: a, Metric: "m" + number(i)})
		in.NearMisses = append(in.NearMisses, NearMiss{number(i % 7), a, ChangeThreshold, 1, 0.9, 0.1})
		in.Ranges = append(in.Ranges, Range{Rule: b, Operator: ">", Threshold: float64(i), Q995: 20, Q999: 30, Samples: 5000, Extreme: 1})
		in.History.Spells = append(in.History.Spells, spell(noise.SpellRestart, "", float64(i), float64(i+1)))
		in.Silences = append(in.Silences, silence(in.History.Episodes[i], in.History.Episodes[i].ActiveAt))
	}
	in.Overlap = &overlap.Result{}
	for _, relation := range []overlap.Relation{overlap.Redundant, overlap.Cascading, overlap.Duplicate} {
		in.Overlap.Pairs = append(in.Overlap.Pairs, pair(relation, in.History.Rules[rng.IntN(6)].Ref(), in.History.Rules[6+rng.IntN(6)].Ref()))
	}
	in.Judgement = &truth.Judgement{Known: true, Window: in.History.Window}
	for i, r := range in.History.Rules {
		in.Judgement.Rules = append(in.Judgement.Rules, truth.Score{
			RuleKey: r.Ref().RuleKey, Basis: truth.BasisLabels, Precision: right(i/6, 40), Onset: right(i, 12), SLOs: []string{"shop/api"},
		})
	}
	in.Judgement.SLOs = []truth.SLOScore{{SLO: "shop/api", Missed: []string{"b", "a"}}, {SLO: "shop/web", Missed: []string{"c"}}}
	return in
}

// shuffled is the same input in another order.
func shuffled(rng *rand.Rand, in Input) Input {
	j := *in.Judgement
	in.Judgement, in.Overlap = &j, &overlap.Result{Pairs: shuffle(rng, in.Overlap.Pairs)}
	in.History.Episodes, in.History.Rules = shuffle(rng, in.History.Episodes), shuffle(rng, in.History.Rules)
	in.History.Spells, in.Silences = shuffle(rng, in.History.Spells), shuffle(rng, in.Silences)
	in.Proofs, in.Presence = shuffle(rng, in.Proofs), shuffle(rng, in.Presence)
	in.NearMisses, in.Ranges = shuffle(rng, in.NearMisses), shuffle(rng, in.Ranges)
	j.Rules, j.SLOs = shuffle(rng, j.Rules), shuffle(rng, j.SLOs)
	return in
}

func shuffle[T any](rng *rand.Rand, s []T) []T {
	s = slices.Clone(s)
	rng.Shuffle(len(s), func(i, k int) { s[i], s[k] = s[k], s[i] })
	return s
}

func TestTheOrderOfTheInputDoesNotMatter(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		in := mixed(rng, 600)
		want := Run(in, Options{})
		kinds := map[noise.Kind]bool{}
		ids := map[string]bool{}
		for _, f := range want {
			checkFinding(t, f)
			assert.False(t, ids[f.ID], "the id %s is given twice", f.ID)
			kinds[f.Kind], ids[f.ID] = true, true
		}
		require.Greater(t, len(kinds), 8, "the input is too dull: %v", kinds)
		for range 3 {
			require.Equal(t, want, Run(shuffled(rng, in), Options{}))
		}
	}
}

func TestARuleIsNotSavedMoreThanItSends(t *testing.T) {
	for seed := range uint64(8) {
		in := mixed(rand.New(rand.NewPCG(seed, 2)), 600)
		sums := map[noise.RuleKey]float64{}
		for _, f := range Run(in, Options{}) {
			if f.Saves != nil && f.Kind != noise.KindPipeline {
				sums[f.Rule.RuleKey] += *f.Saves
			}
		}
		o := in.fill(Options{})
		m := measure(&in, &o)
		for key, sum := range sums {
			assert.LessOrEqual(t, sum, m.rate(m.rule(key))+1e-9, key)
		}
	}
}

// BenchmarkRun is the size that the project promises: 5,000 rules and a million
// episodes over 30 days.
func BenchmarkRun(b *testing.B) {
	in := large(5000, 1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		Run(in, Options{})
	}
}

func large(rules, episodes int) Input {
	rng := rand.New(rand.NewPCG(9, 10))
	h := noise.History{Window: slo.Interval{From: epoch, To: at(30 * day)}, RulesKnown: true}
	for i := range rules {
		r := rule("Rule"+number(i), i+1)
		r.Labels = labels.FromStrings("severity", "warning")
		h.Rules = append(h.Rules, r)
	}
	sets := make([]labels.Labels, 20)
	for i := range sets {
		sets[i] = labels.FromStrings("instance", number(i), "job", "node", "severity", "warning")
	}
	for i := range episodes {
		from := float64(i) * 30 * day / float64(episodes)
		e := exact(h.Rules[rng.IntN(rules)].Name, "", from, from+float64(1+rng.IntN(60)))
		e.Group, e.File = "g", "rules/app.yml"
		e.Labels = sets[rng.IntN(len(sets))]
		h.Episodes = append(h.Episodes, e)
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	return Input{History: h, Judgement: &truth.Judgement{Known: true}, Silences: []noise.Silence{}}
}
