package tune

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// bench is a Prometheus engine over random series: a, b and c by x and y, d by x
// only, with gaps, stale series, NaN and infinities.
type bench struct {
	t       *testing.T
	store   *teststorage.TestStorage
	engine  *promql.Engine
	minutes int
}

func newBench(t *testing.T, rng *rand.Rand) *bench {
	t.Helper()
	b := &bench{t: t, store: teststorage.New(t), minutes: 240}
	t.Cleanup(func() { _ = b.store.Close() })
	b.engine = promql.NewEngine(promql.EngineOpts{
		MaxSamples: 5e7, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: promqlParser(),
	})
	for _, metric := range []string{"a", "b", "c"} {
		for k := range 6 {
			b.fill(rng, labels.FromStrings(labels.MetricName, metric, "x", fmt.Sprint(k%3), "y", fmt.Sprint(k/3)))
		}
	}
	for k := range 3 {
		b.fill(rng, labels.FromStrings(labels.MetricName, "d", "x", fmt.Sprint(k)))
	}
	return b
}

func (b *bench) fill(rng *rand.Rand, ls labels.Labels) {
	app := b.store.Appender(b.t.Context())
	for i, v := range drawValues(rng, b.minutes) {
		if IsAbsent(v) && rng.IntN(2) == 0 {
			continue // a hole without a marker
		}
		_, err := app.Append(0, ls, int64(i)*60_000, v)
		require.NoError(b.t, err)
	}
	require.NoError(b.t, app.Commit())
}

// active is the evaluations at which a query's samples pass, by label set and
// time.
func (b *bench) active(expr string, passes func(v float64) bool) map[string]bool {
	q, err := b.engine.NewRangeQuery(b.t.Context(), b.store, nil, expr, time.UnixMilli(0), time.UnixMilli(int64(b.minutes)*60_000), 90*time.Second)
	require.NoError(b.t, err, expr)
	defer q.Close()
	m, err := q.Exec(b.t.Context()).Matrix()
	require.NoError(b.t, err, expr)
	out := map[string]bool{}
	for _, s := range m {
		key := s.Metric.DropReserved(func(n string) bool { return n == labels.MetricName }).String()
		for _, p := range s.Floats {
			if passes(p.F) {
				require.False(b.t, out[fmt.Sprint(key, p.T)], "one alert twice in %s", expr)
				out[fmt.Sprint(key, p.T)] = true
			}
		}
	}
	return out
}

var joined = []string{
	`a > 1`, `1 >= a`, `a * 2 - b > 1`, `max by (x) (a) <= 2`, `count by (x) (a > 0) >= 2`,
	`a > 1 and b < 2`, `a > 1 and on (x) b < 2`, `a > 1 and ignoring (y) b <= 2`, `d > 0 and on (x) a > 1`,
	`a > 1 and on () d >= 2`, `b == 0 and a > 1`,
	`a > 1 unless b < 2`, `a > 1 unless on (x) b >= 2`, `a < 1 unless ignoring (y) d > 2`, `a > 1 unless d > 0`,
	`a > 1 unless on () c < -2`,
	`a > 1 or b < 0`, `a >= 2 or d > 1`, `a < -1 or a > 1`, `(a < -1 or b > 2) and c > 0`, `c > 0 and (a < -1 or b > 2)`,
	`c >= 0 unless (a <= -1 or b > 2)`, `c > 0 unless (a > 1 unless b < 0)`, `c > 0 unless on (x) (a > 1 and b < 2)`,
	`c > 0 and on (x) (a > 1 unless on (y) b >= 0)`, `(c > 0 or a > 1) unless on (x) (d < 1 and on (x) b > -3)`,
	`c or a > 1`, `absent(nothing) or a > 1`, `-1 < a < 2`, `(a > -2 unless b > 1) <= 2`, `2 > (a and c < 2) != 0`,
	`a > 1 or (b > 2 or c < -2)`, `d unless on (x) (a < 0 unless b < 0)`,
}

// TestAnotherThresholdIsActiveWhereTheQuerySaysSo writes other numbers into
// joined expressions and has Prometheus' own engine evaluate them: they are active
// at exactly the evaluations at which the atom's query passes.
func TestAnotherThresholdIsActiveWhereTheQuerySaysSo(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	b := newBench(t, rng)
	seen, differ := 0, 0
	for _, expr := range joined {
		f, err := Split(expr)
		require.NoError(t, err, expr)
		for i, a := range f.Atoms {
			for _, v := range []float64{-5, -1, 0, 1, 2, 3, a.Written, 0.5} {
				numbers := written(f)
				numbers[i] = v
				other, err := f.With(numbers...)
				require.NoError(t, err, expr)
				want := b.active(other, func(float64) bool { return true })
				got := b.active(a.Query, func(value float64) bool { return a.Op.Holds(value, a.ThresholdOf(v)) })
				if !assert.Equal(t, want, got, "%s by %s %s %v", other, a.Query, a.Op, v) {
					return
				}
				seen += len(want)
				if len(want) > 0 && v != a.Written {
					differ++
				}
			}
		}
	}
	assert.Greater(t, seen, 20_000, "the rules are active")
	assert.Greater(t, differ, 200, "with other numbers too")
}

// corpus is the expressions of all alerting rules in the folder of real files.
func corpus(t *testing.T) []string {
	t.Helper()
	root := os.Getenv("BURNISH_TEST_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	files, err := filepath.Glob(filepath.Join(root, "rule-corpus", "*", "*"))
	if more, _ := filepath.Glob(filepath.Join(root, "rule-corpus", "*", "*", "*")); err == nil {
		files = append(files, more...)
	}
	var out []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasSuffix(file, "ml") {
			continue
		}
		var doc struct {
			Groups []struct {
				Rules []struct{ Alert, Expr string }
			}
		}
		if yaml.Unmarshal(text, &doc) != nil {
			continue
		}
		for _, g := range doc.Groups {
			for _, r := range g.Rules {
				if r.Alert != "" {
					out = append(out, r.Expr)
				}
			}
		}
	}
	if len(out) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("no rule corpus; set BURNISH_TEST_DATA to the folder that holds it")
		}
		t.Skip("no rule corpus; set BURNISH_TEST_DATA to the folder that holds it")
	}
	return out
}

// TestEditsOfRealRulesTouchTheNumberOnly doubles every number that can be tuned
// in real rules.
func TestEditsOfRealRulesTouchTheNumberOnly(t *testing.T) {
	all := corpus(t)
	tunable, edits := 0, 0
	for _, expr := range all {
		f, err := Split(expr)
		if err != nil {
			require.ErrorIs(t, err, ErrNoThreshold, expr)
			continue
		}
		tunable++
		for i, a := range f.Atoms {
			_, err := promqlParser().ParseExpr(a.Query)
			require.NoError(t, err, a.Query)
			numbers := written(f)
			numbers[i] = 2*a.Written + 0.25
			got, err := f.With(numbers...)
			require.NoError(t, err, expr)
			assert.Equal(t, expr[:a.Start], got[:a.Start])
			assert.True(t, strings.HasSuffix(got, expr[a.End:]))
			back, ok := a.WrittenOf(a.Threshold)
			assert.True(t, ok && math.Abs(back-a.Written) <= 1e-9*math.Abs(a.Written), expr)
			edits++
		}
	}
	t.Logf("%d rules, %d tunable, %d numbers", len(all), tunable, edits)
	assert.Greater(t, tunable, len(all)/2)
}
