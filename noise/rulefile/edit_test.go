package rulefile_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// TestEditsOfRealFiles edits every rule of the shared files.
func TestEditsOfRealFiles(t *testing.T) {
	files := realFiles(t)
	for round, name := range []string{"new values and comments", "other values and none", "every second rule commented out"} {
		t.Run(name, func(t *testing.T) { everyEdit(t, files, round) })
	}
	t.Run("a threshold changes its bytes alone", func(t *testing.T) { thresholdBytes(t, files) })
	t.Run("all rules commented out", func(t *testing.T) { allCommentedOut(t, files) })
}

// everyEdit makes every edit of a round to every rule and compares what is read
// from the result with what was asked for.
func everyEdit(t *testing.T, files map[string]*opened, round int) {
	t.Parallel()
	done, refused := map[string]int{}, map[string]int{}
	results := map[string][]byte{}
	for path, file := range files {
		same, err := file.f.Apply(nil)
		require.NoError(t, err)
		require.Equal(t, string(file.text), string(same), path)
		names, edits := file.round(round)
		for _, name := range names {
			done[name]++
		}
		edits = file.possible(edits, func(i int) { refused[names[i]]++ })
		out, err := file.f.Apply(edits)
		if assert.NoError(t, err, path) {
			compareEdited(t, file, edits, out)
			linesKept(t, file, edits, out)
			results[path] = out
		}
	}
	for name, n := range refused {
		assert.Less(t, 20*n, done[name], "%s: %d refused", name, n)
	}
	promtoolAccepts(t, results)
}

// round is the edits of all rules in one round, and their trials' names.
func (o *opened) round(round int) (names []string, edits []rulefile.Edit) {
	for i, r := range o.rules {
		for _, try := range trials() {
			if e, ok := try.edit(i, r); ok && try.round == round {
				names = append(names, try.name)
				edits = append(edits, e)
			}
		}
	}
	return names, edits
}

// possible leaves out the edits that Apply refuses, which it may only where
// anchors share values.
func (o *opened) possible(edits []rulefile.Edit, refused func(int)) []rulefile.Edit {
	if !strings.Contains(string(o.text), "&") {
		return edits
	}
	_, err := o.f.Apply(edits)
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // all of a joined error are wanted.
	if !ok {
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
// its edits made.
func compareEdited(t *testing.T, file *opened, edits []rulefile.Edit, out []byte) {
	t.Helper()
	now, err := rulefile.Parse("f", out)
	require.NoError(t, err)
	of := map[int][]rulefile.Edit{}
	for _, e := range edits {
		of[e.Rule] = append(of[e.Rule], e)
	}
	n := 0
	for i, r := range file.rules {
		if len(of[i]) > 0 && of[i][0].Action == rulefile.Disable {
			continue
		}
		require.Less(t, n, len(now))
		want := r.Rule
		for _, e := range of[i] {
			want = wanted(want, e)
		}
		want.File, want.Line = now[n].File, now[n].Line
		if want, now := trimmed(want), trimmed(now[n]); !reflect.DeepEqual(want, now) {
			assert.Equal(t, want, now)
		}
		n++
	}
	assert.Len(t, now, n)
}

// linesKept holds that every line of the old text outside the edited values is
// there in the new one, in its order.
func linesKept(t *testing.T, file *opened, edits []rulefile.Edit, out []byte) {
	t.Helper()
	edited := make([]bool, len(file.text)+1)
	for _, e := range edits {
		span := file.span(e)
		for i := span.Start; i < span.End; i++ {
			edited[i] = true
		}
	}
	rest := strings.SplitAfter(string(out), "\n")
	at := 0
	for line := range strings.Lines(string(file.text)) {
		start := at
		at += len(line)
		if slices.Contains(edited[start:at], true) {
			continue
		}
		i := slices.IndexFunc(rest, func(l string) bool {
			l, line := strings.TrimSuffix(l, "\n"), strings.TrimSuffix(line, "\n")
			return l == line || strings.TrimSpace(line) == "rules:" && l == line+" []"
		})
		if i < 0 {
			assert.Fail(t, "a line is gone", "%q", line)
			return
		}
		rest = rest[i+1:]
	}
}

// span is the bytes that an edit may change.
func (o *opened) span(e rulefile.Edit) rulefile.Span {
	r := o.rules[e.Rule]
	switch {
	case e.Action == rulefile.Disable:
		return r.Item
	case e.Action == rulefile.Comment:
		return rulefile.Span{}
	case e.Field == rulefile.Expr:
		return r.Expr
	case e.Field == rulefile.For:
		return r.For
	case e.Field == rulefile.KeepFiringFor:
		return r.KeepFiringFor
	case e.Field == rulefile.Label:
		return r.Labels[e.Key]
	}
	return r.Annotations[e.Key]
}

// wanted is a rule with an edit made, worked out without the package.
func wanted(r noise.Rule, e rulefile.Edit) noise.Rule {
	switch {
	case e.Action == rulefile.Comment:
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

// thresholdBytes holds the text around a spliced number
// against the old one, byte by byte, in every real expression.
func thresholdBytes(t *testing.T, files map[string]*opened) {
	t.Parallel()
	n := 0
	for path, file := range files {
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

// allCommentedOut leaves every real file valid without any alert.
func allCommentedOut(t *testing.T, files map[string]*opened) {
	t.Parallel()
	results := map[string][]byte{}
	for path, file := range files {
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
