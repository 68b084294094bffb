package rulefile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

// sharedData is the folder of the real rule files.
func sharedData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BURNISH_TEST_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	if _, err := os.Stat(filepath.Join(dir, "rule-corpus")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the shared rule files must be there in CI: %v", err)
		}
		t.Skipf("no shared rule files: %v", err)
	}
	return dir
}

// realFiles is every file of the shared corpora that holds alerting rules, opened.
func realFiles(t *testing.T) map[string]*opened {
	t.Helper()
	dir := sharedData(t)
	files := map[string]*opened{}
	for _, sub := range []string{"rule-corpus", "rules"} {
		require.NoError(t, filepath.Walk(filepath.Join(dir, sub), func(path string, _ os.FileInfo, err error) error {
			if ext := filepath.Ext(path); err != nil || ext != ".yml" && ext != ".yaml" {
				return err
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			f, err := rulefile.Open(path, text)
			if err == nil && len(f.Rules()) > 0 {
				files[path] = &opened{text, f, f.Rules()}
			} else if !strings.Contains(path, "test") {
				assert.NoError(t, err, path)
			}
			return nil
		}))
	}
	require.Greater(t, len(files), 150)
	return files
}

type opened struct {
	text  []byte
	f     *rulefile.File
	rules []rulefile.Located
}

// threshold is the place of the last number that an expression is compared with.
func threshold(expr string) (from, to int, ok bool) {
	e, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return 0, 0, false
	}
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if b, isBinary := n.(*parser.BinaryExpr); isBinary && b.Op.IsComparisonOperator() {
			if num, isNumber := b.RHS.(*parser.NumberLiteral); isNumber {
				p := num.PositionRange()
				from, to, ok = int(p.Start), int(p.End), true
			}
		}
		return nil
	})
	return from, to, ok
}

// trial is one kind of edit, tried on every rule.
type trial struct {
	name  string
	round int // trials of one round are made together
	edit  func(i int, r rulefile.Located) (rulefile.Edit, bool)
}

func trials() []trial {
	return []trial{
		{"a threshold", 0, func(i int, r rulefile.Located) (rulefile.Edit, bool) {
			from, to, ok := threshold(r.Rule.Expr)
			return rulefile.SpliceExpr(i, from, to, "4711"), ok
		}},
		{"an expression", 1, func(i int, r rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetExpr(i, `sum by (job) (up{job="a: b # c"}) > 4711`), true
		}},
		{"for", 0, func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetFor(i, 4711*time.Second), true
		}},
		{"no for", 1, func(i int, r rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.RemoveField(i, rulefile.For), r.For != (rulefile.Span{})
		}},
		{"keep_firing_for", 0, func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetKeepFiringFor(i, 4711*time.Second), true
		}},
		{"severity", 0, func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetLabel(i, "severity", "ticket"), true
		}},
		{"a new annotation", 0, func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetAnnotation(i, "burnish", `threshold 0.5: "too tight" # it's`), true
		}},
		{"an annotation that is there", 1, func(i int, r rulefile.Located) (rulefile.Edit, bool) {
			for name := range r.Annotations {
				return rulefile.SetAnnotation(i, name, "{{ $value }}: new\nand a second line"), true
			}
			return rulefile.Edit{}, false
		}},
		{"comments", 0, func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.CommentAbove(i, "evidence", "- alert: Injected\n  expr: up"), true
		}},
		{"a rule that goes", 2, func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.CommentOut(i, "never fired"), i%2 == 0
		}},
	}
}
