package rulefile_test

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

const latencyRule = `groups:
- name: shop
  rules:
  - alert: Slow
    expr: latency_seconds{job="shop"} > 0.5
    for: 2m
    keep_firing_for: 3m
    labels: {severity: page, where: "{{ $labels.instance }}"}
    annotations: {summary: '{{ $labels.instance }} takes {{ $value | humanizeDuration }} (100% "sure")'}
`

func known(values ...float64) []rulefile.Sample {
	out := make([]rulefile.Sample, len(values))
	for i, v := range values {
		out[i] = rulefile.Sample{Value: v, Known: true}
	}
	return out
}

// latencyTest holds gaps, a stale series, repeats, and both states of the alert.
func latencyTest(t *testing.T) rulefile.Test {
	t.Helper()
	rules, err := rulefile.Parse("rules.yml", []byte(latencyRule))
	require.NoError(t, err)
	series := labels.FromStrings("__name__", "latency_seconds", "job", "shop", "instance", `a"b\c`)
	loud := append(known(0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9), rulefile.Sample{}, rulefile.Sample{})
	loud = append(loud, known(0.1, 0.25, 1e-7, math.Inf(1), math.NaN(), math.Float64frombits(value.StaleNaN), 0, 0, 0, -3, -3)...)
	firing := []rulefile.Firing{{Labels: series, Value: 0.9}}
	return rulefile.Test{
		RuleFiles: []string{"rules.yml"}, Rule: rules[0],
		Cases: []rulefile.Case{
			{
				Name: "fires on an incident", Series: []rulefile.Series{{Labels: series, Samples: loud}},
				Expect: []rulefile.Expectation{{At: 4 * time.Minute}, {At: 5 * time.Minute, Firing: firing}, {At: 10 * time.Minute, Firing: firing}, {At: 19 * time.Minute}},
			},
			{
				Name: "stays quiet", Step: 30 * time.Second, Series: []rulefile.Series{{Labels: series, Samples: known(0.9, 0.9, 0.1, 0.1)}},
				Expect: []rulefile.Expectation{{At: 90 * time.Second}},
			},
		},
	}
}

func runPromtool(t *testing.T, test []byte) (string, error) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skipf("no promtool: %v", err)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(latencyRule), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "test.yml"), test, 0o600))
	cmd := exec.CommandContext(t.Context(), promtool, "test", "rules", "test.yml")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestPromtoolRunsTheUnitTest(t *testing.T) {
	text, err := rulefile.UnitTest(latencyTest(t))
	require.NoError(t, err)
	out, err := runPromtool(t, text)
	assert.NoError(t, err, "%s\n%s", out, text)
}

func TestPromtoolNoticesAWrongExpectation(t *testing.T) {
	test := latencyTest(t)
	test.Cases[0].Expect[0].Firing = test.Cases[0].Expect[1].Firing
	text, err := rulefile.UnitTest(test)
	require.NoError(t, err)
	out, err := runPromtool(t, text)
	assert.Error(t, err, out)
	assert.Contains(t, out, "FAILED")
}

func TestTemplatesThatAskTheServerAreAnError(t *testing.T) {
	test := latencyTest(t)
	test.Rule.Annotations = labels.FromStrings("summary", `{{ query "up" }}`)
	_, err := rulefile.UnitTest(test)
	assert.ErrorContains(t, err, "query")
	_, err = rulefile.UnitTest(rulefile.Test{})
	assert.Error(t, err)
}

// TestSamplesAreReadBackAsTheyWere writes random series and reads them with
// Prometheus' own parser of the notation.
func TestSamplesAreReadBackAsTheyWere(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pool := []float64{0, 1, -1, 0.1, 1e-9, 1e21, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(value.StaleNaN)}
	for range 2000 {
		var samples []rulefile.Sample
		for range rng.IntN(6) + 1 {
			s := rulefile.Sample{Value: pool[rng.IntN(len(pool))], Known: true}
			if rng.IntN(4) == 0 {
				s = rulefile.Sample{}
			}
			for range rng.IntN(4) + 1 {
				samples = append(samples, s)
			}
		}
		set := labels.FromStrings("__name__", "m", "a", "line\nbreak", "b", `quote " and \`)
		line := inputLine(t, rulefile.Series{Labels: set, Samples: samples})
		gotSet, got, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(line)
		require.NoError(t, err, line)
		assert.Equal(t, set.String(), gotSet.String())
		require.Len(t, got, len(samples), line)
		for i, s := range samples {
			assert.Equal(t, !s.Known, got[i].Omitted, line)
			if s.Known && !math.IsNaN(s.Value) {
				assert.Equal(t, s.Value, got[i].Value, line)
			}
			assert.Equal(t, s.Known && value.IsStaleNaN(s.Value), !got[i].Omitted && value.IsStaleNaN(got[i].Value), line)
		}
	}
}

// inputLine is a series and its values as the test file has them.
func inputLine(t *testing.T, s rulefile.Series) string {
	t.Helper()
	test := rulefile.Test{RuleFiles: []string{"r.yml"}, Cases: []rulefile.Case{{Series: []rulefile.Series{s}}}}
	test.Rule.Name = "A"
	text, err := rulefile.UnitTest(test)
	require.NoError(t, err)
	var file struct {
		Tests []struct {
			Input []struct{ Series, Values string } `yaml:"input_series"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	in := file.Tests[0].Input[0]
	return strings.Join([]string{in.Series, in.Values}, " ")
}
