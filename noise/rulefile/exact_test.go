package rulefile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

// tree is a file as any reader of YAML has it, and its alerting rules in order.
type tree struct {
	docs  []any
	rules []treeRule
}

// treeRule is a rule and the list that holds it.
type treeRule struct {
	rule  map[string]any
	group map[string]any
}

// readTree reads a file without the package.
func readTree(t *testing.T, text []byte) *tree {
	t.Helper()
	out := &tree{}
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc any
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err, "%s", text)
		out.docs = append(out.docs, doc)
		root, _ := doc.(map[string]any)
		items, isList := root["items"].([]any)
		if !isList {
			items = []any{root}
		}
		for _, item := range items {
			out.resource(item)
		}
	}
}

func (tr *tree) resource(item any) {
	root, _ := item.(map[string]any)
	if spec, ok := root["spec"].(map[string]any); ok {
		root = spec
	}
	groups, _ := root["groups"].([]any)
	for _, g := range groups {
		group := g.(map[string]any)
		rules, _ := group["rules"].([]any)
		for _, r := range rules {
			if rule := r.(map[string]any); rule["alert"] != nil {
				tr.rules = append(tr.rules, treeRule{rule, group})
			}
		}
	}
}

// apply makes an edit. What a block ends with is kept, as the package says.
func (tr *tree) apply(e rulefile.Edit) {
	r := tr.rules[e.Rule]
	switch {
	case e.Action == rulefile.Comment:
	case e.Action == rulefile.Disable:
		rules := r.group["rules"].([]any)
		at := slices.IndexFunc(rules, func(a any) bool { m, ok := a.(map[string]any); return ok && sameMap(m, r.rule) })
		r.group["rules"] = slices.Delete(slices.Clone(rules), at, at+1)
	case e.Action == rulefile.Remove:
		delete(r.rule, string(e.Field))
	case e.Action == rulefile.Splice:
		expr := r.rule["expr"].(string)
		r.rule["expr"] = expr[:e.Start] + e.Value + expr[e.End:]
	case e.Key != "":
		m, _ := r.rule[string(e.Field)].(map[string]any)
		if m == nil {
			m = map[string]any{}
			r.rule[string(e.Field)] = m
		}
		m[e.Key] = e.Value
	default:
		r.rule[string(e.Field)] = e.Value
	}
}

// sameMap tells whether two maps are one.
func sameMap(a, b map[string]any) bool { return fmt.Sprintf("%p", a) == fmt.Sprintf("%p", b) }

// exactly makes one edit and holds that the file, as any reader has it, differs in
// that value alone, and its bytes within the value's place alone. It is false
// where the edit was refused.
func exactly(t *testing.T, f *rulefile.File, text []byte, e rulefile.Edit) bool {
	t.Helper()
	out, err := f.Apply([]rulefile.Edit{e})
	var refused *rulefile.RefusedError
	if errors.As(err, &refused) {
		return false
	}
	require.NoError(t, err, "%+v\n%s", e, text)
	want, got := readTree(t, text), readTree(t, out)
	want.apply(e)
	trimBlocks(want, got, e)
	require.Equal(t, want.docs, got.docs, "%+v\n%s", e, out)
	before := 0
	for before < len(text) && before < len(out) && text[before] == out[before] {
		before++
	}
	after := 0
	for after < len(text)-before && after < len(out)-before && text[len(text)-1-after] == out[len(out)-1-after] {
		after++
	}
	r := f.Rules()[e.Rule]
	span := (&opened{rules: f.Rules()}).span(e)
	switch {
	case e.Action == rulefile.Remove:
		span = r.Item
	case e.Action == rulefile.Disable && len(want.rules) > 0: // the list may have to be said empty
		span.Start = bytes.LastIndex(text[:r.Item.Start], []byte("rules"))
	}
	if from, to := before, len(text)-after; span != (rulefile.Span{}) {
		assert.True(t, span.Start <= from && to <= span.End+1, "%+v: [%d,%d) is not within [%d,%d)\n%s", e, from, to, span.Start, span.End, out)
	} else if was := string(text[from:to]); was != "null" && was != "~" {
		assert.Equal(t, from, to, "%+v: something goes where something comes\n%s", e, out)
	}
	return true
}

// trimBlocks passes over the line breaks that a block ends a new value with.
func trimBlocks(want, got *tree, e rulefile.Edit) {
	if e.Action != rulefile.Set || e.Rule >= len(got.rules) {
		return
	}
	of := func(tr *tree) (map[string]any, string) {
		if e.Key != "" {
			m, _ := tr.rules[e.Rule].rule[string(e.Field)].(map[string]any)
			return m, e.Key
		}
		return tr.rules[e.Rule].rule, string(e.Field)
	}
	wm, key := of(want)
	gm, _ := of(got)
	if w, ok := wm[key].(string); ok {
		if g, ok := gm[key].(string); ok && bytes.TrimRight([]byte(g), "\n") != nil && string(bytes.TrimRight([]byte(g), "\n")) == w {
			gm[key] = w
		}
	}
}

// everyKind are edits of each kind for a rule.
func everyKind(i int, r rulefile.Located) []rulefile.Edit {
	out := []rulefile.Edit{
		rulefile.SetExpr(i, `sum by (job) (up{job="a: b # c"}) > 4711`), rulefile.SetFor(i, 4711*time.Second), rulefile.SetKeepFiringFor(i, 4711*time.Second),
		rulefile.SetLabel(i, "severity", "123"), rulefile.SetLabel(i, "new", "on"), rulefile.SetAnnotation(i, "burnish", "a: \"b\" # it's"),
		rulefile.CommentAbove(i, "why", "because: of\n- this"), rulefile.CommentOut(i, "never fired"),
	}
	if from, to, ok := threshold(r.Rule.Expr); ok {
		out = append(out, rulefile.SpliceExpr(i, from, to, "0.4711"))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		out = append(out, rulefile.SetLabel(i, name, ""))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Annotations)) {
		out = append(out, rulefile.SetAnnotation(i, name, "{{ $value }}: new\nand another line"))
	}
	for _, f := range []rulefile.Field{rulefile.For, rulefile.KeepFiringFor} {
		if f == rulefile.For && r.For != (rulefile.Span{}) || f == rulefile.KeepFiringFor && r.KeepFiringFor != (rulefile.Span{}) {
			out = append(out, rulefile.RemoveField(i, f))
		}
	}
	return out
}

// TestOneEditChangesOneValue makes each kind of edit by itself in the real files:
// of one rule of about an eighth of the files, or with BURNISH_EVERY_EDIT of every rule.
func TestOneEditChangesOneValue(t *testing.T) {
	done, refused := 0, 0
	every := os.Getenv("BURNISH_EVERY_EDIT") != ""
	for path, file := range realFiles(t) {
		for i, r := range file.rules {
			if !every && (len(filepath.Base(path))%8 != 0 || i != len(filepath.Base(path))%len(file.rules)) {
				continue
			}
			for _, e := range everyKind(i, r) {
				done++
				if !exactly(t, file.f, file.text, e) {
					refused++
				}
			}
		}
	}
	t.Logf("%d edits, of which %d were refused", done, refused)
	assert.Greater(t, done, 120)
	assert.Less(t, refused*50, done)
}
