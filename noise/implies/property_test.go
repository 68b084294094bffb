package implies

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProofsHoldOnRandomData draws pairs of conditions. Whatever is claimed of
// one is held against Prometheus' own engine over random series: at no instant
// may the first fire and the second not.
func TestProofsHoldOnRandomData(t *testing.T) {
	const sets = 12
	r := rand.New(rand.NewPCG(7, 11))
	engine := newEngine()
	var worlds []data
	for range sets {
		worlds = append(worlds, randomData(r))
	}
	claimed, checked, fired, unreadable := 0, 0, 0, 0
	reasons := map[Reason]int{}
	seen := map[[2]Condition]bool{}
	for range pairs {
		a, b := pair(r)
		proof := Prove(a, b)
		if proof.Verdict == Unknown && r.IntN(10) == 0 {
			if _, err := parse(a.Expr); err != nil {
				unreadable += 10
			}
		}
		if proof.Verdict == Unknown {
			continue
		}
		claimed++
		for _, why := range proof.Reasons {
			reasons[why]++
		}
		if key := [2]Condition{a, b}; a == b || seen[key] {
			continue
		} else {
			seen[key] = true
		}
		checked++
		for range 2 {
			d := worlds[r.IntN(sets)]
			n := requireImplied(t, engine, d, [2]Condition{a, b})
			if proof.Verdict == Equal {
				n += requireImplied(t, engine, d, [2]Condition{b, a})
			}
			if n > 0 {
				fired++
			}
		}
	}
	t.Logf("%d pairs (about %d not PromQL): %d claims, %d different ones checked; the first fired in %d of %d runs; %v",
		pairs, unreadable, claimed, checked, fired, 2*checked, reasons)
	assert.Less(t, unreadable, pairs/10)
	assert.Greater(t, checked, pairs/20)
	assert.Greater(t, fired, pairs/30)
	for _, why := range []Reason{ByText, ByThreshold, ByMatchers, BySets, ByFor, ByKeep} {
		assert.Greater(t, reasons[why], pairs/400, why)
	}
}

// evaluator is one of the ways to evaluate an expression.
type evaluator func(*testing.T, *promql.Engine, data, string) ([]map[string]string, bool)

// requireImplied fails where the first fires and the second does not; it counts
// the firings. What a range query shows is looked at again as rules do it.
func requireImplied(t *testing.T, engine *promql.Engine, d data, c [2]Condition) int {
	t.Helper()
	fired, wrong := compare(t, engine, d, c, evaluate)
	if wrong != "" {
		_, wrong = compare(t, engine, d, c, evaluateEach)
	}
	require.Empty(t, wrong)
	return fired
}

func compare(t *testing.T, engine *promql.Engine, d data, c [2]Condition, eval evaluator) (fired int, wrong string) {
	t.Helper()
	first, ok := eval(t, engine, d, c[0].Expr)
	if !ok {
		return 0, ""
	}
	second, ok := eval(t, engine, d, c[1].Expr)
	if !ok {
		return 0, "only the second fails: " + describe(c)
	}
	a, b := firing(c[0], first), firing(c[1], second)
	for i := range a {
		if a[i] == nil || b[i] == nil {
			continue
		}
		for id := range a[i] {
			fired++
			if !b[i][id] {
				return fired, fmt.Sprintf("step %d, %s: %s", i, id, describe(c))
			}
		}
	}
	return fired, ""
}

func describe(c [2]Condition) string {
	return fmt.Sprintf("\n  %+v\n  %+v", c[0], c[1])
}

// TestImpossibleNeverFires holds what is said of single expressions against the
// engine. The series obey the conventions that Impossible relies on.
func TestImpossibleNeverFires(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	engine := newEngine()
	worlds := []data{randomData(r), randomData(r), randomData(r), randomData(r)}
	claims := 0
	for range 5_000 {
		expr := valid((&tape{r: r}).condition(2))
		if _, ok := Impossible(expr); !ok {
			continue
		}
		claims++
		for range 2 {
			if truth, ok := evaluate(t, engine, worlds[r.IntN(len(worlds))], expr); ok {
				for _, alerts := range truth {
					require.Empty(t, alerts, expr)
				}
			}
		}
	}
	assert.Greater(t, claims, 100)
}

// TestNormalTextMeansTheSame: the same result, or the same failure.
func TestNormalTextMeansTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	engine := newEngine()
	worlds := []data{randomData(r), randomData(r), randomData(r), randomData(r)}
	changed := 0
	for range 1000 {
		expr := valid((&tape{r: r}).condition(2))
		normal, err := Normalise(expr)
		if err != nil {
			continue
		}
		again, err := Normalise(normal)
		require.NoError(t, err, normal)
		require.Equal(t, normal, again, expr)
		e, err := parse(expr)
		require.NoError(t, err)
		if normal == expr || unsteady(e, false) {
			continue
		}
		changed++
		d := worlds[r.IntN(len(worlds))]
		want, wantOK := evaluate(t, engine, d, expr)
		got, gotOK := evaluate(t, engine, d, normal)
		if wantOK != gotOK || !assert.ObjectsAreEqual(want, got) {
			want, wantOK = evaluateEach(t, engine, d, expr)
			got, gotOK = evaluateEach(t, engine, d, normal)
		}
		require.Equal(t, wantOK, gotOK, "%s\n%s", expr, normal)
		require.Equal(t, want, got, "%s\n%s", expr, normal)
	}
	assert.Greater(t, changed, 500)
}

func TestFiringAsPrometheusDoes(t *testing.T) {
	truth := func(s string) []map[string]string {
		var out []map[string]string
		for _, c := range s {
			out = append(out, map[string]map[string]string{"x": {"": "1"}, "y": {"": "2"}, ".": nil}[string(c)])
		}
		return out
	}
	for name, c := range map[string]struct {
		rule        Condition
		truth, want string
	}{
		"at once":                {Condition{}, "x.xx.", "x.xx."},
		"for":                    {Condition{For: 2 * time.Minute}, "xxxx.xx", "..xx..."},
		"for between steps":      {Condition{For: 90 * time.Second}, "xxxx.xx", "..xx..."},
		"keep":                   {Condition{KeepFiringFor: 2 * time.Minute}, "x...x.x..", "xxx.xxxxx"},
		"keep what never fired":  {Condition{For: time.Minute, KeepFiringFor: 2 * time.Minute}, "x..xx...", "....xxx."},
		"restless":               {Condition{For: time.Minute, Restless: true}, "xyxxyy", "...x.x"},
		"every second step only": {Condition{For: time.Minute, Interval: 2 * time.Minute}, "xxxxx", "__x_x"},
	} {
		t.Run(name, func(t *testing.T) {
			got := firing(c.rule, truth(c.truth))
			for i, w := range c.want {
				if got[i] != nil {
					assert.Equal(t, w == 'x', got[i][""], "step %d", i)
				}
			}
		})
	}
}
