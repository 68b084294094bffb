package lint

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// names are the labels of the test series; a series carries some of them.
var names = []string{"a", "b", "c", "le"}

// TestNoLabelIsRuledOutThatTheEngineGives evaluates random expressions over
// random series with Prometheus' own engine: whatever label a result carries,
// labelsOf must have left possible.
func TestNoLabelIsRuledOutThatTheEngineGives(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 11))
	storage := teststorage.New(t)
	defer func() { _ = storage.Close() }()
	app := storage.Appender(t.Context())
	for _, metric := range []string{"x", "y", "z"} {
		for range 12 {
			_, err := app.Append(0, randomLabels(rng, metric), 0, float64(rng.IntN(3)))
			if err != nil {
				continue // the same series twice
			}
		}
	}
	require.NoError(t, app.Commit())
	promqlParser := parser.NewParser(parser.Options{EnableExperimentalFunctions: true})
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: promqlParser})
	results, ruledOut := 0, 0
	for range 4000 {
		text := randomExpr(rng, 3)
		expr, err := promqlParser.ParseExpr(text)
		require.NoError(t, err, text)
		given := labelsOf(expr)
		query, err := engine.NewInstantQuery(context.Background(), storage, nil, text, time.UnixMilli(0))
		require.NoError(t, err, text)
		vector, err := query.Exec(t.Context()).Vector()
		if err != nil {
			continue // many-to-many matching and its like
		}
		for _, s := range vector {
			results++
			s.Metric.Range(func(l labels.Label) {
				assert.True(t, l.Name == labels.MetricName || given.may(l.Name), "%s gives %s, labelsOf says %s", text, s.Metric, given)
			})
		}
		for _, n := range names {
			if !given.may(n) {
				ruledOut++
			}
		}
		query.Close()
	}
	assert.Greater(t, results, 2000, "the expressions give something")
	assert.Greater(t, ruledOut, 4000, "and the walk rules something out")
}

func randomLabels(rng *rand.Rand, metric string) labels.Labels {
	b := labels.NewBuilder(labels.FromStrings(labels.MetricName, metric))
	for _, n := range names {
		if rng.IntN(3) > 0 {
			b.Set(n, string(rune('1'+rng.IntN(2))))
		}
	}
	return b.Labels()
}

func pick(rng *rand.Rand, of ...string) string { return of[rng.IntN(len(of))] }

func someNames(rng *rand.Rand) string {
	var out []string
	for _, n := range names {
		if rng.IntN(2) == 0 {
			out = append(out, n)
		}
	}
	return strings.Join(out, ",")
}

// randomExpr is a random expression that gives a vector.
func randomExpr(rng *rand.Rand, depth int) string {
	if depth == 0 {
		return pick(rng, "x", "y", "z") + pick(rng, "", `{a="1"}`, `{b=""}`, `{b!="",c=~"1|2"}`, `{a="1",a=~".+"}`, `{a!="2",a="1"}`)
	}
	inner := func() string { return randomExpr(rng, depth-1) }
	switch rng.IntN(12) {
	case 0, 1:
		return pick(rng, "sum", "max", "count", "group") + pick(rng, " by ", " without ") + "(" + someNames(rng) + ")(" + inner() + ")"
	case 2:
		return pick(rng, "topk", "bottomk") + pick(rng, "", " by (a) ", " without (b) ") + "(3, " + inner() + ")"
	case 3:
		return `count_values` + pick(rng, "", " by (a) ") + `("` + pick(rng, names...) + `", ` + inner() + ")"
	case 4:
		return pick(rng, "absent", "abs", "sort", "timestamp") + "(" + inner() + ")"
	case 5:
		return "absent(" + randomExpr(rng, 0) + ")"
	case 6:
		return `label_replace(` + inner() + `, "` + pick(rng, names...) + `", "$1", "` + pick(rng, names...) + `", "(.*)")`
	case 7:
		return "histogram_quantile(0.9, " + inner() + ")"
	case 8:
		return "(" + inner() + ")" + pick(rng, " > 0", " + 1", " == bool 1", " < scalar(x)")
	case 9:
		return "(" + inner() + ") " + pick(rng, "and", "or", "unless") + pick(rng, "", " on (a)", " ignoring (b)", " on ()") + " (" + inner() + ")"
	case 10:
		return pick(rng, "vector(1)", "vector(time())", "hour()", "max_over_time(x[5m])", "absent_over_time(x{a=\"1\"}[5m])")
	}
	match := pick(rng, "", " on (a)", " on (a,b)", " ignoring (c)", " ignoring (b,le)")
	if match != "" {
		match += pick(rng, "", " group_left ()", " group_left (c)", " group_right (le)", " group_right (b)")
		if strings.Contains(match, "on (a,b) group_right (b)") {
			match = " on (a)"
		}
	}
	return "(" + inner() + ") " + pick(rng, "*", ">", "-", "==") + match + " (" + inner() + ")"
}
