package rulefile_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
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
	name string
	edit func(i int, r rulefile.Located) (rulefile.Edit, bool)
}

func trials() []trial {
	return []trial{
		{"a threshold", func(i int, r rulefile.Located) (rulefile.Edit, bool) {
			from, to, ok := threshold(r.Rule.Expr)
			return rulefile.SpliceExpr(i, from, to, "4711"), ok
		}},
		{"an expression", func(i int, r rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetExpr(i, `sum by (job) (up{job="a: b # c"}) > 4711`), true
		}},
		{"for", func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetFor(i, 4711*time.Second), true
		}},
		{"no for", func(i int, r rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.RemoveField(i, rulefile.For), r.For != (rulefile.Span{})
		}},
		{"keep_firing_for", func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetKeepFiringFor(i, 4711*time.Second), true
		}},
		{"severity", func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetLabel(i, "severity", "ticket"), true
		}},
		{"a new annotation", func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.SetAnnotation(i, "burnish", `threshold 0.5: "too tight" # it's`), true
		}},
		{"an annotation that is there", func(i int, r rulefile.Located) (rulefile.Edit, bool) {
			for name := range r.Annotations {
				return rulefile.SetAnnotation(i, name, "{{ $value }}: new\nand a second line"), true
			}
			return rulefile.Edit{}, false
		}},
		{"comments", func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.CommentAbove(i, "evidence", "- alert: Injected\n  expr: up"), true
		}},
		{"a rule that goes", func(i int, _ rulefile.Located) (rulefile.Edit, bool) {
			return rulefile.CommentOut(i, "never fired"), true
		}},
	}
}

// TestEveryEditOfRealFiles makes every kind of edit of every rule of the shared
// files, in turn: at each round each rule of a file gets another one. What is
// read from the result is compared with what was asked for.
func TestEveryEditOfRealFiles(t *testing.T) {
	done, refused := map[string]int{}, map[string]int{}
	results := map[string][]byte{}
	all := trials()
	for path, file := range realFiles(t) {
		same, err := file.f.Apply(nil)
		require.NoError(t, err)
		require.Equal(t, file.text, same, path)
		for round := range all {
			var edits []rulefile.Edit
			var names []string
			for i, r := range file.rules {
				try := all[(i+round)%len(all)]
				e, ok := try.edit(i, r)
				if !ok {
					continue
				}
				names = append(names, try.name)
				edits = append(edits, e)
			}
			edits = file.possible(edits, func(i int) { refused[names[i]]++ })
			for _, name := range names {
				done[name]++
			}
			out, err := file.f.Apply(edits)
			if assert.NoError(t, err, path) {
				compareEdited(t, file, edits, out)
				results[path] = out
			}
		}
	}
	for name, n := range refused {
		assert.Less(t, 20*n, done[name], "%s: %d refused", name, n)
	}
	promtoolAccepts(t, results)
}

// possible leaves out the edits that Apply refuses, which it may only where
// anchors share values.
func (o *opened) possible(edits []rulefile.Edit, refused func(int)) []rulefile.Edit {
	_, err := o.f.Apply(edits)
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // all of a joined error are wanted.
	if !ok || !strings.Contains(string(o.text), "&") {
		return edits
	}
	drop := map[int]bool{}
	for _, err := range joined.Unwrap() {
		var r *rulefile.RefusedError
		if errors.As(err, &r) {
			drop[r.Edit] = true
			refused(r.Edit)
		}
	}
	var kept []rulefile.Edit
	for i, e := range edits {
		if !drop[i] {
			kept = append(kept, e)
		}
	}
	return kept
}

// compareEdited reads the new text and compares each rule with the old one with
// its edit made, and each line that belongs to no edit with the old lines.
func compareEdited(t *testing.T, file *opened, edits []rulefile.Edit, out []byte) {
	t.Helper()
	now, err := rulefile.Parse("f", out)
	require.NoError(t, err)
	of := map[int]rulefile.Edit{}
	for _, e := range edits {
		of[e.Rule] = e
	}
	n := 0
	for i, r := range file.rules {
		e, edited := of[i]
		if edited && e.Action == rulefile.Disable {
			continue
		}
		require.Less(t, n, len(now))
		want := wanted(r.Rule, e, edited)
		want.File, want.Line = now[n].File, now[n].Line
		assert.Equal(t, trimmed(want), trimmed(now[n]))
		n++
	}
	assert.Len(t, now, n)
}

// wanted is a rule with an edit made, worked out without the package.
func wanted(r noise.Rule, e rulefile.Edit, edited bool) noise.Rule {
	switch {
	case !edited || e.Action == rulefile.Comment:
	case e.Action == rulefile.Splice:
		r.Expr = r.Expr[:e.Start] + e.Value + r.Expr[e.End:]
	case e.Action == rulefile.Remove:
		r.For = 0
	case e.Field == rulefile.Expr:
		r.Expr = e.Value
	case e.Field == rulefile.For:
		r.For = 4711 * time.Second
	case e.Field == rulefile.KeepFiringFor:
		r.KeepFiringFor = 4711 * time.Second
	case e.Field == rulefile.Label:
		r.Labels = labels.NewBuilder(r.Labels).Set(e.Key, e.Value).Labels()
	case e.Field == rulefile.Annotation:
		r.Annotations = labels.NewBuilder(r.Annotations).Set(e.Key, e.Value).Labels()
	}
	return r
}

// trimmed is a rule without the line breaks that a block ends its values with.
func trimmed(r noise.Rule) noise.Rule {
	r.Expr = strings.TrimRight(r.Expr, "\n")
	b := labels.NewBuilder(labels.EmptyLabels())
	r.Annotations.Range(func(l labels.Label) { b.Set(l.Name, strings.TrimRight(l.Value, "\n")) })
	r.Annotations = b.Labels()
	return r
}

// promtoolAccepts runs promtool over plain rule files, all at once.
func promtoolAccepts(t *testing.T, texts map[string][]byte) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool is not installed: its check is left out")
		return
	}
	args := []string{"check", "rules", "--lint=none"}
	for path, text := range texts {
		if !strings.Contains(string(text), "\nspec:") {
			file := filepath.Join(t.TempDir(), filepath.Base(path))
			require.NoError(t, os.WriteFile(file, text, 0o600))
			args = append(args, file)
		}
	}
	out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

// TestAThresholdChangesItsBytesAlone holds the text around a spliced number
// against the old one, byte by byte, in every real expression.
func TestAThresholdChangesItsBytesAlone(t *testing.T) {
	n := 0
	for path, file := range realFiles(t) {
		var edits []rulefile.Edit
		want, done := []byte(nil), 0
		for i, r := range file.rules {
			from, to, ok := threshold(r.Rule.Expr)
			e := rulefile.SpliceExpr(i, from, to, "4711")
			if !ok || r.Expr == (rulefile.Span{}) || r.Expr.Start < done || strings.Contains(string(file.text), "<<:") {
				continue
			}
			raw := string(file.text[r.Expr.Start:r.Expr.End])
			number := r.Rule.Expr[from:to]
			if strings.Count(raw, number) != 1 {
				continue
			}
			at := r.Expr.Start + strings.Index(raw, number)
			want = append(append(want, file.text[done:at]...), "4711"...)
			done = at + len(number)
			edits = append(edits, e)
			n++
		}
		out, err := file.f.Apply(edits)
		require.NoError(t, err, path)
		assert.Equal(t, string(append(want, file.text[done:]...)), string(out), path)
	}
	assert.Greater(t, n, 1000)
}

// TestCommentingOutAllRules leaves every real file valid without any alert.
func TestCommentingOutAllRules(t *testing.T) {
	results := map[string][]byte{}
	for path, file := range realFiles(t) {
		if strings.Contains(string(file.text), " &") {
			continue
		}
		var edits []rulefile.Edit
		for i := range file.rules {
			edits = append(edits, rulefile.CommentOut(i, "reason"))
		}
		out, err := file.f.Apply(edits)
		require.NoError(t, err, path)
		rules, err := rulefile.Parse(path, out)
		assert.NoError(t, err)
		assert.Empty(t, rules, path)
		results[path] = out
	}
	promtoolAccepts(t, results)
}
