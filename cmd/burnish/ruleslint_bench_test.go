package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// fleetFiles writes files that hold n rules: the real ones of the rule corpus,
// over and over, each time for another cluster, so that no two expressions are
// the same text. It returns their paths.
func fleetFiles(b *testing.B, n int) []string {
	b.Helper()
	files := corpusRules(b)
	dir := b.TempDir()
	var paths []string
	for cluster := 0; n > 0; cluster++ {
		for i, rules := range files {
			rules = rules[:min(n, len(rules))]
			if n -= len(rules); len(rules) == 0 {
				break
			}
			path := filepath.Join(dir, fmt.Sprintf("%03d-%03d.yml", cluster, i))
			require.NoError(b, os.WriteFile(path, fleetFile(b, rules, cluster), 0o600))
			paths = append(paths, path)
		}
	}
	return paths
}

// corpusRules are the real rules, file by file, in the order of the files.
func corpusRules(b *testing.B) [][]noise.Rule {
	b.Helper()
	root := filepath.Join(realserver.Data(b), "rule-corpus")
	var out [][]noise.Rule
	require.NoError(b, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains([]string{".yml", ".yaml"}, filepath.Ext(path)) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// What can't be read, such as a file of tests, gives no rules.
		if rules, _ := rulefile.Parse(path, text); len(rules) > 0 {
			out = append(out, rules)
		}
		return nil
	}))
	return out
}

// fleetFile is a file of rules whose every selector is of one cluster.
func fleetFile(b *testing.B, rules []noise.Rule, cluster int) []byte {
	b.Helper()
	group := rulefmt.RuleGroup{Name: "fleet"}
	only := labels.MustNewMatcher(labels.MatchEqual, "cluster", fmt.Sprintf("c%d", cluster))
	for _, r := range rules {
		expr, err := parser.NewParser(parser.Options{EnableExperimentalFunctions: true}).ParseExpr(r.Expr)
		require.NoError(b, err)
		parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
			if s, ok := n.(*parser.VectorSelector); ok {
				s.LabelMatchers = append(s.LabelMatchers, only)
			}
			return nil
		})
		group.Rules = append(group.Rules, rulefmt.Rule{
			Alert: r.Name, Expr: expr.String(), For: model.Duration(r.For), KeepFiringFor: model.Duration(r.KeepFiringFor),
			Labels: r.Labels.Map(), Annotations: r.Annotations.Map(),
		})
	}
	text, err := yaml.Marshal(rulefmt.RuleGroups{Groups: []rulefmt.RuleGroup{group}})
	require.NoError(b, err)
	return text
}

// BenchmarkRulesLintCommand is `burnish rules lint` from reading the files to
// the last line printed, proofs between rules included. The baseline is
// Prometheus' own reading of the same files (rulefmt, what `promtool check rules`
// does), which judges nothing: times-a-check is burnish divided by it.
func BenchmarkRulesLintCommand(b *testing.B) {
	perRule := map[int]float64{}
	for _, n := range []int{1000, 10_000, 20_000} {
		paths := fleetFiles(b, n)
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			var check time.Duration
			for b.Loop() {
				must(b, append([]string{"rules", "lint"}, paths...)...)
				b.StopTimer()
				check += checkTime(b, paths)
				b.StartTimer()
			}
			perRule[n] = float64(b.Elapsed().Nanoseconds()) / float64(b.N*n)
			b.ReportMetric(perRule[n], "ns/rule")
			b.ReportMetric(float64(b.Elapsed())/float64(check), "times-a-check")
			if least := perRule[1000]; least > 0 {
				b.ReportMetric(perRule[n]/least, "times-1000-per-rule")
			}
		})
	}
}

// checkTime is how long Prometheus takes to read and check the files.
func checkTime(b *testing.B, paths []string) time.Duration {
	b.Helper()
	start := time.Now()
	for _, path := range paths {
		_, errs := rulefmt.ParseFile(path, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		require.Empty(b, errs)
	}
	return time.Since(start)
}
