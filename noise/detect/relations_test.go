package detect

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/truth"
)

// pair is one rule measured within another.
func pair(relation overlap.Relation, a, b noise.RuleRef) overlap.Pair {
	return overlap.Pair{
		A: a, B: b, Relation: relation, Containment: 0.98, Jaccard: 0.97, Lift: 12, Q: 0.001,
		Starts: right(20, 20), After: right(15, 20), Median: 2 * time.Minute,
	}
}

// related is an input in which A, B and C fired ten times each.
func related(pairs []overlap.Pair, proofs ...Proof) Input {
	var episodes []noise.Episode
	for _, name := range []string{"A", "B", "C"} {
		episodes = append(episodes, every(10, day, 30, exact(name, "a", 0, 1))...)
	}
	in := over(episodes...)
	in.Overlap, in.Proofs = &overlap.Result{Pairs: pairs}, proofs
	return in
}

func warning(name string) noise.RuleRef { return noise.RuleRef{RuleKey: keyOf(name, "warning")} }

func TestDuplicate(t *testing.T) {
	equal := Proof{ref("A"), ref("B"), ProofEqual}
	table{
		"equal by text":               {related(nil, equal), Options{}, []string{"B"}},
		"each implies the other":      {related(nil, Proof{ref("A"), ref("B"), ProofFor}, Proof{ref("B"), ref("A"), ProofThreshold}), Options{}, []string{"B"}},
		"one way only":                {related(nil, Proof{ref("A"), ref("B"), ProofFor}), Options{}, nil},
		"a rule and itself":           {related(nil, Proof{ref("A"), ref("A"), ProofEqual}), Options{}, nil},
		"measured":                    {related([]overlap.Pair{pair(overlap.Duplicate, ref("A"), ref("B"))}), Options{}, []string{"B"}},
		"measured in both orders":     {related([]overlap.Pair{pair(overlap.Duplicate, ref("A"), ref("B")), pair(overlap.Duplicate, ref("B"), ref("A"))}), Options{}, []string{"B"}},
		"merely together":             {related([]overlap.Pair{pair(overlap.Together, ref("A"), ref("B"))}), Options{}, nil},
		"three that are alike":        {related(nil, equal, Proof{ref("B"), ref("C"), ProofEqual}), Options{}, []string{"B", "C"}},
		"the graver one is kept":      {related(nil, Proof{warning("A"), ref("B"), ProofEqual}), Options{}, []string{"A"}},
		"the one that is right stays": {related(nil, equal).judged(truth.Score{RuleKey: key("B"), Precision: right(9, 10)}), Options{}, []string{"A"}},
	}.run(t, noise.KindDuplicate)
}

func TestDuplicateCarriesProofAndMeasurement(t *testing.T) {
	f := theOne(t, noise.KindDuplicate, related([]overlap.Pair{pair(overlap.Duplicate, ref("B"), ref("A"))}, Proof{ref("A"), ref("B"), ProofEqual}))
	assert.Equal(t, noise.Proven, f.Confidence)
	assert.InDelta(t, 12, fact(t, f, "lift"), 0)
	assert.InDelta(t, 5, *f.Saves, 1e-9)
	assert.Equal(t, []noise.RuleRef{ref("A")}, f.Others)

	f = theOne(t, noise.KindDuplicate, related([]overlap.Pair{pair(overlap.Duplicate, ref("A"), ref("B"))}))
	assert.Equal(t, noise.Strong, f.Confidence)
	assert.Contains(t, f.Title, "97%")
}

func TestOfTwoThatFireTogetherTheOneAroundTheOtherStays(t *testing.T) {
	together := []overlap.Pair{pair(overlap.Duplicate, ref("A"), ref("B"))}
	assert.Equal(t, "B", theOne(t, noise.KindDuplicate, related(together)).Rule.Name, "of equals the first by name stays")
	f := theOne(t, noise.KindDuplicate, related(together, Proof{ref("A"), ref("B"), ProofThreshold}))
	assert.Equal(t, "A", f.Rule.Name, "A fires only when B does, so B can take its place and not the other way round")
	assert.Equal(t, []noise.RuleRef{ref("B")}, f.Others)
}

func TestARowOfTwinsIsProvenFromEndToEnd(t *testing.T) {
	found := find(t, noise.KindDuplicate, related(nil, Proof{ref("A"), ref("B"), ProofEqual}, Proof{ref("B"), ref("C"), ProofEqual}))
	require.Len(t, found, 2)
	for _, f := range found {
		assert.Equal(t, noise.Proven, f.Confidence, "%s and A are equal, though only its neighbour was compared with it", f.Rule.Name)
		assert.Equal(t, ref("A"), f.Others[0], "the rule to keep comes first")
		assert.Len(t, f.Others, 2)
	}
}

// twins is an input of so many rules that are all proven to be the same, each by
// the one before it.
func twins(n int) Input {
	var in Input
	in.History.Window = twoWeeks()
	in.History.Rules, in.History.RulesKnown = make([]noise.Rule, n), true
	for i := range n {
		in.History.Rules[i] = rule(fmt.Sprintf("Twin%06d", i), i+1)
		if i > 0 {
			in.Proofs = append(in.Proofs, Proof{in.History.Rules[i-1].Ref(), in.History.Rules[i].Ref(), ProofEqual})
		}
	}
	return in
}

func TestThousandsOfTwinsAreNotAllNamedInEachFinding(t *testing.T) {
	const n = 3000
	found := find(t, noise.KindDuplicate, twins(n))
	require.Len(t, found, n-1, "one finding for each that may go")
	for _, f := range found {
		require.Len(t, f.Others, noise.MostOthers)
		require.Equal(t, n-1, len(f.Others)+f.MoreOthers)
		require.Equal(t, "Twin000000", f.Others[0].Name, "the rule to keep comes first")
		require.NotContains(t, f.Others, f.Rule)
	}
}

// BenchmarkTwins is linear: the findings on 20,000 equal rules take twenty times
// the bytes of those on 1,000.
func BenchmarkTwins(b *testing.B) {
	for _, n := range []int{1000, 5000, 20_000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			in, written := twins(n), 0
			for b.Loop() {
				text, err := json.Marshal(Run(in, Options{}))
				require.NoError(b, err)
				written = len(text)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/rule")
			b.ReportMetric(float64(written)/float64(n), "written-B/rule")
		})
	}
}

func TestSubsumed(t *testing.T) {
	within := func(reason ProofReason) Input { return related(nil, Proof{ref("A"), ref("B"), reason}) }
	table{
		"by threshold":         {within(ProofThreshold), Options{}, []string{"A"}},
		"by matchers":          {within(ProofMatchers), Options{}, []string{"A"}},
		"by for":               {within(ProofFor), Options{}, []string{"A"}},
		"equal is a duplicate": {within(ProofEqual), Options{}, nil},
		"measured only":        {related([]overlap.Pair{pair(overlap.Redundant, ref("A"), ref("B"))}), Options{}, nil},
		"a chain":              {related(nil, Proof{ref("A"), ref("B"), ProofFor}, Proof{ref("B"), ref("C"), ProofFor}, Proof{ref("A"), ref("C"), ProofFor}), Options{}, []string{"A", "B"}},
	}.run(t, noise.KindSubsumed)
}

func TestALadderOfSeveritiesIsNoFault(t *testing.T) {
	f := theOne(t, noise.KindSubsumed, related(nil, Proof{ref("A"), warning("B"), ProofThreshold}))
	assert.Equal(t, noise.GravityInfo, f.Gravity)
	assert.Nil(t, f.Saves)
	assert.Contains(t, f.Advice, "Inhibit B (warning) while A (page) fires")

	assert.Empty(t, find(t, noise.KindSubsumed, related(nil, Proof{ref("A"), warning("A"), ProofThreshold})), "severities of one name are stepped so")
	assert.Empty(t, find(t, noise.KindRedundant, related([]overlap.Pair{pair(overlap.Redundant, ref("A"), warning("A"))})))

	f = theOne(t, noise.KindRedundant, related([]overlap.Pair{pair(overlap.Redundant, ref("A"), warning("B"))}))
	assert.Equal(t, noise.GravityInfo, f.Gravity)
	assert.Nil(t, f.Saves)
}

func TestRedundant(t *testing.T) {
	measured := []overlap.Pair{pair(overlap.Redundant, ref("A"), ref("B"))}
	table{
		"within another rule":      {related(measured), Options{}, []string{"A"}},
		"told as subsumed already": {related(measured, Proof{ref("A"), ref("B"), ProofFor}), Options{}, nil},
		"proven of another rule":   {related(measured, Proof{ref("A"), ref("C"), ProofFor}), Options{}, []string{"A"}},
		"a duplicate":              {related([]overlap.Pair{pair(overlap.Duplicate, ref("A"), ref("B"))}), Options{}, nil},
		"nobody compared":          {over(exact("A", "a", 0, 1)), Options{}, nil},
		"switched off":             {related(measured), Options{Disabled: []noise.Kind{noise.KindRedundant}}, nil},
	}.run(t, noise.KindRedundant)
}

func TestRedundantIsToldOncePerRule(t *testing.T) {
	f := theOne(t, noise.KindRedundant, related([]overlap.Pair{
		pair(overlap.Redundant, ref("A"), ref("C")), pair(overlap.Redundant, ref("A"), ref("B")),
	}))
	assert.Equal(t, []noise.RuleRef{ref("B"), ref("C")}, f.Others)
	assert.Contains(t, f.Title, "98%")
	assert.InDelta(t, 5, *f.Saves, 1e-9)
	weak := pair(overlap.Redundant, ref("A"), ref("B"))
	weak.Starts = right(5, 5)
	assert.Equal(t, noise.Weak, theOne(t, noise.KindRedundant, related([]overlap.Pair{weak})).Confidence, "five clusters of starts")
}

func TestCascading(t *testing.T) {
	table{
		"after another rule": {related([]overlap.Pair{pair(overlap.Cascading, ref("A"), ref("B"))}), Options{}, []string{"A"}},
		"redundant":          {related([]overlap.Pair{pair(overlap.Redundant, ref("A"), ref("B"))}), Options{}, nil},
	}.run(t, noise.KindCascading)

	more := pair(overlap.Cascading, ref("A"), ref("C"))
	more.After = right(19, 20)
	f := theOne(t, noise.KindCascading, related([]overlap.Pair{pair(overlap.Cascading, ref("A"), ref("B")), more}))
	assert.Contains(t, f.Title, "A (page) followed C (page) in 19 of 20 (95%) of its starts, typically after 2m.")
	assert.InDelta(t, 4.75, *f.Saves, 1e-9, "95% of five a week")

	f = theOne(t, noise.KindCascading, related([]overlap.Pair{pair(overlap.Cascading, ref("A"), warning("B"))}))
	assert.Nil(t, f.Saves, "the graver one is not inhibited by the lesser")
}

func TestRelationsDoNotDependOnOrder(t *testing.T) {
	pairs := []overlap.Pair{
		pair(overlap.Duplicate, ref("A"), ref("B")), pair(overlap.Redundant, ref("C"), ref("A")),
		pair(overlap.Cascading, ref("B"), ref("C")), pair(overlap.Redundant, ref("C"), ref("B")),
	}
	proofs := []Proof{{ref("A"), ref("C"), ProofFor}, {ref("A"), ref("C"), ProofThreshold}, {ref("B"), ref("C"), ProofMatchers}}
	want := Run(related(pairs, proofs...), Options{})
	require.NotEmpty(t, want)
	slices.Reverse(pairs)
	slices.Reverse(proofs)
	assert.Equal(t, want, Run(related(pairs, proofs...), Options{}))
}
