package implies

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/realdata"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// rulesIn reads every rule of every file under a folder, by file. Files that are
// no rule files give what was read before the error.
func rulesIn(t testing.TB, folder string) map[string][]noise.Rule {
	t.Helper()
	out := map[string][]noise.Rule{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || entry.IsDir() || ext != ".yml" && ext != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rules, _ := rulefile.Parse(path, text)
		out[path] = rules
		return nil
	}))
	return out
}

// TestRealRules proves what it can of real rules, file by file as one team's
// Prometheus would load them. Every claim is printed; the figures are a floor.
func TestRealRules(t *testing.T) {
	rules, pairs, verdicts, odd := 0, 0, map[Verdict]int{}, map[string]int{}
	for path, rs := range rulesIn(t, filepath.Join(realdata.Folder(t), "rule-corpus")) {
		rules += len(rs)
		for _, p := range Pairs(rs) {
			pairs++
			verdicts[p.Verdict]++
			a, b := rs[p.A], rs[p.B]
			t.Logf("%s: %s %v: %s (%s)  =>  %s (%s)", filepath.Base(path), p.Verdict, p.Reasons, a.Expr, a.For, b.Expr, b.For)
		}
		for _, r := range rs {
			if why, ok := Impossible(r.Expr); ok {
				odd["impossible"]++
				t.Logf("impossible: %s: %s: %s", filepath.Base(path), r.Expr, why)
			}
			if why, ok := Always(r.Expr); ok {
				odd["always"]++
				t.Logf("always: %s: %s: %s", filepath.Base(path), r.Expr, why)
			}
		}
	}
	t.Logf("%d rules, %d pairs: %v; %v", rules, pairs, verdicts, odd)
	assert.Greater(t, rules, 1000)
	assert.Greater(t, verdicts[Implies], 40)
	assert.Positive(t, odd["impossible"])
}

type plantedRule struct {
	Alert       string `json:"alert"`
	Expr        string `json:"expr"`
	For         string `json:"for"`
	Class       string `json:"class"`
	SubsetOf    string `json:"subset_of"`
	DuplicateOf string `json:"duplicate_of"`
}

// TestPlantedSubsetsAreProven: the expression of every rule that was planted as
// a subset or a copy of another implies the other's, or the other way round; and
// Pairs links them wherever `for` allows.
func TestPlantedSubsetsAreProven(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(realdata.Folder(t), "rules-truth", "*.json"))
	require.NoError(t, err)
	planted := 0
	for _, file := range files {
		var truth struct{ Rules []plantedRule }
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &truth))
		for i, r := range truth.Rules {
			other := r.SubsetOf + r.DuplicateOf
			if other == "" || !onOneMetric(truth.Rules, r.Expr, other) {
				continue // a subset in these data, not by its text
			}
			planted++
			assert.True(t, proven(truth.Rules, i, other), "%s: %+v", file, r)
		}
	}
	assert.Greater(t, planted, 80)
	t.Logf("%d planted", planted)
}

// onOneMetric tells whether a rule of the other name begins as the expression does.
func onOneMetric(rules []plantedRule, expr, other string) bool {
	return slices.ContainsFunc(rules, func(r plantedRule) bool {
		return r.Alert == other && strings.Fields(r.Expr)[0] == strings.Fields(expr)[0] && !strings.Contains(expr+r.Expr, "!= ")
	})
}

// proven tells whether some rule of the other name is proven to be a superset,
// or for a copy a subset, of rule i.
func proven(rules []plantedRule, i int, other string) bool {
	a := Condition{Expr: rules[i].Expr}
	for k, r := range rules {
		b := Condition{Expr: r.Expr}
		if k == i || r.Alert != other {
			continue
		}
		if Prove(a, b).Verdict != Unknown || rules[i].DuplicateOf != "" && Prove(b, a).Verdict != Unknown {
			return true
		}
	}
	return false
}

// TestPairsFindWhatComparingAllDoes: over each rule file, and over all of them as
// one rule set, what Pairs leaves out follows from what it reports, and the other
// way round.
func TestPairsFindWhatComparingAllDoes(t *testing.T) {
	root := realdata.Folder(t)
	all := rulesIn(t, filepath.Join(root, "rules"))
	var together []noise.Rule
	for _, rs := range rulesIn(t, filepath.Join(root, "rule-corpus")) {
		together = append(together, rs...)
	}
	all["every file of the rule corpus"] = together
	missed, want := 0, 0
	for path, rs := range all {
		linked, plain := closure(len(rs), Pairs(rs)), compareAll(rs)
		want += len(plain)
		for places := range plain {
			if !linked[places] {
				missed++
				t.Logf("%s: %s => %s", filepath.Base(path), rs[places[0]].Expr, rs[places[1]].Expr)
			}
		}
		for _, p := range Pairs(rs) {
			assert.True(t, plain[[2]int{p.A, p.B}], "%s: %s => %s", path, rs[p.A].Expr, rs[p.B].Expr)
		}
	}
	t.Logf("%d of %d proofs not linked", missed, want)
	assert.Zero(t, missed)
	assert.Greater(t, want, 500)
}

// compareAll is every proven pair, found by comparing each rule with each.
func compareAll(rules []noise.Rule) map[[2]int]bool {
	book := Read(rules)
	read := make([]*compiled, len(rules))
	for i := range rules {
		read[i] = book.condition(i)
	}
	out := map[[2]int]bool{}
	for i, a := range read {
		for k, b := range read {
			if i != k && a != nil && b != nil && a.prove(b).Verdict != Unknown {
				out[[2]int{i, k}] = true
			}
		}
	}
	return out
}

// closure is what follows from pairs by one or more steps.
func closure(n int, pairs []Pair) map[[2]int]bool {
	next := make([][]int, n)
	for _, p := range pairs {
		next[p.A] = append(next[p.A], p.B)
		if p.Verdict == Equal {
			next[p.B] = append(next[p.B], p.A)
		}
	}
	out := map[[2]int]bool{}
	for start := range n {
		for todo := []int{start}; len(todo) > 0; todo = todo[1:] {
			for _, k := range next[todo[0]] {
				if !out[[2]int{start, k}] {
					out[[2]int{start, k}] = true
					todo = append(todo, k)
				}
			}
		}
	}
	return out
}

// manyRules repeats the corpus with other thresholds and matchers.
func manyRules(t testing.TB, n int) []noise.Rule {
	var real []noise.Rule
	files := rulesIn(t, filepath.Join(realdata.Folder(t), "rule-corpus"))
	for _, path := range slices.Sorted(maps.Keys(files)) {
		real = append(real, files[path]...)
	}
	r := rand.New(rand.NewPCG(1, 1))
	out := make([]noise.Rule, n)
	for i := range out {
		out[i] = real[i%len(real)]
		if i >= len(real) {
			out[i].Expr = fmt.Sprintf("(%s) > %v", out[i].Expr, r.IntN(1000))
		}
	}
	return out
}

func oneMetric(n int, expr func(i int) string) []noise.Rule {
	out := make([]noise.Rule, n)
	for i := range out {
		out[i] = noise.Rule{Expr: expr(i)}
	}
	return out
}

// hostile are rule sets of which every rule falls into one bucket.
func hostile(n int) map[string][]noise.Rule {
	timed := oneMetric(n, func(int) string { return "x > 5" })
	for i := range timed {
		timed[i].For = time.Duration(i) * time.Second
	}
	return map[string][]noise.Rule{
		"one text":      oneMetric(n, func(int) string { return "x > 5" }),
		"one bare text": oneMetric(n, func(int) string { return "x" }),
		"thresholds":    oneMetric(n, func(i int) string { return fmt.Sprintf("x > %d", i) }),
		"equalities":    oneMetric(n, func(i int) string { return fmt.Sprintf("x == %d", i) }),
		"instances":     oneMetric(n, func(i int) string { return fmt.Sprintf(`x{job="a",instance="i%d"} > 5`, i) }),
		"exclusions":    oneMetric(n, func(i int) string { return fmt.Sprintf(`x{instance!="i%d"} > 5`, i) }),
		"lists":         oneMetric(n, func(i int) string { return fmt.Sprintf(`x{instance=~"i%d|j"} > 5`, i) }),
		"two parts":     oneMetric(n, func(i int) string { return fmt.Sprintf("x > %d and y > %d", i, n-i) }),
		"or":            oneMetric(n, func(i int) string { return fmt.Sprintf("x > %d or y > %d", i, n-i) }),
		"for":           timed,
	}
}

func TestPairsStayNearLinear(t *testing.T) {
	for name, rules := range hostile(1000) {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			pairs := Pairs(rules)
			assert.LessOrEqual(t, len(pairs), 20*len(rules))
			assert.Less(t, time.Since(start), 5*time.Second)
			assert.Equal(t, pairs, Pairs(rules))
		})
	}
	chain := Pairs(oneMetric(500, func(i int) string { return fmt.Sprintf("x > %d", i*7%500) }))
	assert.Len(t, chain, 499, "each threshold with its neighbour only")
}

func BenchmarkPairs(b *testing.B) {
	sets := hostile(10_000)
	sets["corpus"] = manyRules(b, 10_000)
	for name, rules := range sets {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			pairs := 0
			for b.Loop() {
				pairs = len(Pairs(rules))
			}
			b.ReportMetric(float64(pairs), "pairs")
		})
	}
}
