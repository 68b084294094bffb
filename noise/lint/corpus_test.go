package lint_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/template"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/lint"
	"github.com/burnish-sre/burnish/noise/realdata"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// corpus reads the rules of every file of the shared rule corpus.
func corpus(t testing.TB) (rules []noise.Rule, alerts int) {
	t.Helper()
	var manifest struct {
		Files []struct {
			File   string `json:"file"`
			Alerts int    `json:"alerts"`
		} `json:"files"`
	}
	realdata.JSON(t, &manifest, "rule-corpus", "manifest.json")
	for _, f := range manifest.Files {
		text, err := io.ReadAll(realdata.Open(t, "rule-corpus", f.File))
		require.NoError(t, err)
		found, _ := rulefile.Parse(f.File, text)
		rules = append(rules, found...)
		alerts += f.Alerts
	}
	return rules, alerts
}

// TestEveryRealRuleIsLinted runs over every real rule file. That the findings
// are right is judged by hand in docs/lint-review.md.
func TestEveryRealRuleIsLinted(t *testing.T) {
	rules, alerts := corpus(t)
	require.Len(t, rules, alerts)
	found := lint.Run(lint.Input{Rules: rules}, lint.Options{})
	require.NotEmpty(t, found)
	ids, errors := map[string]bool{}, 0
	for _, f := range found {
		complete(t, f)
		assert.False(t, ids[f.ID], "two findings have the id %s", f.ID)
		ids[f.ID] = true
		if f.Gravity == noise.GravityError {
			errors++
		}
	}
	assert.Less(t, errors, len(rules)/100, "rules that run every day are not broken by the dozen")
}

// TestRealTemplatesParse holds the template check against Prometheus' own: all
// of these files are in use, and every template is judged alike.
func TestRealTemplatesParse(t *testing.T) {
	rules, _ := corpus(t)
	broken := map[string]bool{}
	for _, f := range only(lint.Run(lint.Input{Rules: rules}, lint.Options{}), noise.KindTemplate) {
		if strings.Contains(f.Title, "does not parse") {
			broken[fmt.Sprint(f.Rule.File, f.Rule.Line)] = true
		}
	}
	const definitions = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
	seen := 0
	for _, r := range rules {
		fails := false
		for _, ls := range []labels.Labels{r.Labels, r.Annotations} {
			ls.Range(func(l labels.Label) {
				e := template.NewTemplateExpander(context.Background(), definitions+l.Value, "t", nil, model.Time(0), nil, &url.URL{}, nil)
				fails = fails || e.ParseTest() != nil
				seen++
			})
		}
		assert.Equal(t, fails, broken[fmt.Sprint(r.File, r.Line)], "%s:%d", r.File, r.Line)
	}
	assert.Greater(t, seen, 4000)
}

// BenchmarkLint is the size that the project promises: 10,000 rules in under a
// second, growing linearly. The rules are the real ones, over and over, each
// under a name of its own.
func BenchmarkLint(b *testing.B) {
	real, _ := corpus(b)
	perRule := map[int]float64{}
	for _, n := range []int{1000, 10_000, 20_000} {
		rules := make([]noise.Rule, n)
		for i := range rules {
			rules[i] = real[i%len(real)]
			rules[i].Name += fmt.Sprintf("_%d", i)
			rules[i].File = fmt.Sprintf("%d/%s", i/len(real), rules[i].File)
			rules[i].Annotations = labels.NewBuilder(rules[i].Annotations).Set("n", fmt.Sprintf("{{ $labels.n%d }}", i)).Labels()
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lint.Run(lint.Input{Rules: rules}, lint.Options{})
			}
			perRule[n] = float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(n)
			b.ReportMetric(perRule[n], "ns/rule")
			if least := perRule[1000]; least > 0 {
				b.ReportMetric(perRule[n]/least, "times-1000-per-rule")
			}
		})
	}
}

// BenchmarkLintTwins is linear, too: one rule over and over, each copy proven equal
// to the one before it.
func BenchmarkLintTwins(b *testing.B) {
	for _, n := range []int{1000, 5000, 20_000} {
		in := lint.Input{Rules: make([]noise.Rule, n)}
		for i := range in.Rules {
			in.Rules[i] = noise.Rule{
				Name: "Twin", Group: "g", File: "twins.yml", Line: i + 1, Expr: "up == 0",
				Labels: labels.FromStrings("severity", "page", "copy", strconv.Itoa(i)),
			}
			if i > 0 {
				in.Proofs = append(in.Proofs, lint.Proof{Inner: i - 1, Outer: i, Equal: true})
			}
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			written := 0
			for b.Loop() {
				text, err := json.Marshal(lint.Run(in, lint.Options{}))
				require.NoError(b, err)
				written = len(text)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/rule")
			b.ReportMetric(float64(written)/float64(n), "written-B/rule")
		})
	}
}
