package rulefile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

// TestEditsByExample shows before and after: | begins each line of them.
func TestEditsByExample(t *testing.T) {
	head := "groups:\n- name: g\n  rules:\n"
	for name, c := range map[string]struct {
		before, after string
		edits         []rulefile.Edit
	}{
		"missing keys follow the expression, in order": {
			"  - alert: A\n    expr: up == 0 # why\n    labels:\n        team: x\n",
			"  - alert: A\n    expr: up == 0 # why\n    for: 5m\n    keep_firing_for: 1h30m\n    labels:\n        team: x\n        severity: page\n    annotations:\n        summary: a\n        note: b\n",
			[]rulefile.Edit{
				rulefile.SetKeepFiringFor(0, 90*time.Minute), rulefile.SetAnnotation(0, "summary", "a"), rulefile.SetFor(0, 5*time.Minute),
				rulefile.SetAnnotation(0, "note", "b"), rulefile.SetLabel(0, "severity", "page"),
			},
		},
		"no line break at the end": {
			"  - alert: A\n    expr: up == 0", "  - alert: A\n    expr: up == 0\n    for: 5m\n    labels:\n      a: b\n      c: d",
			[]rulefile.Edit{rulefile.SetFor(0, 5*time.Minute), rulefile.SetLabel(0, "a", "b"), rulefile.SetLabel(0, "c", "d")},
		},
		"Windows line ends": {
			"  - alert: A\r\n    expr: up == 0\r\n", "  # why\r\n  - alert: A\r\n    expr: up == 0\r\n    for: 5m\r\n",
			[]rulefile.Edit{rulefile.SetFor(0, 5*time.Minute), rulefile.CommentAbove(0, "why")},
		},
		"a threshold in a folded block": {
			"  - alert: A\n    expr: >-2\n        sum(up)\n          > 5\n\n    for: 1m\n", "  - alert: A\n    expr: >-2\n        sum(up)\n          > 7.5\n\n    for: 1m\n",
			[]rulefile.Edit{rulefile.SpliceExpr(0, 16, 17, "7.5")},
		},
		"two thresholds of a literal block that keeps its lines": {
			"  - alert: A\n    expr: |+\n      up > 5 # é\n      and up < 6\n\n", "  - alert: A\n    expr: |+\n      up > 7 # é\n      and up < 8\n\n    for: 1m\n",
			[]rulefile.Edit{rulefile.SpliceExpr(0, 5, 6, "7"), rulefile.SpliceExpr(0, 21, 22, "8"), rulefile.SetFor(0, time.Minute)},
		},
		"quotes are kept": {
			"  - {alert: A, 'expr': 'up{a=\"it''s\"} > 1', for: \"1m\", labels: {}}\n", "  - {alert: A, 'expr': 'up{a=\"it''s\"} > 2', for: \"2m\", keep_firing_for: 3m, labels: {severity: page, b: '\"'}}\n",
			[]rulefile.Edit{
				rulefile.SpliceExpr(0, 15, 16, "2"), rulefile.SetFor(0, 2*time.Minute), rulefile.SetKeepFiringFor(0, 3*time.Minute),
				rulefile.SetLabel(0, "severity", "page"), rulefile.SetLabel(0, "b", `"`),
			},
		},
		"a plain expression that needs quotes now": {
			"  - alert: A\n    expr: up > 1\n", "  - alert: A\n    expr: 'up{a=\"b: c #d\"} > 1'\n",
			[]rulefile.Edit{rulefile.SpliceExpr(0, 2, 2, `{a="b: c #d"}`)},
		},
		"the first key goes": {
			"  - for: 5m\n    alert: A\n    expr: up\n", "  - alert: A\n    expr: up\n",
			[]rulefile.Edit{rulefile.RemoveField(0, rulefile.For)},
		},
		"a key in brackets goes": {
			"  - {alert: A, for: 5m, expr: up}\n", "  - {alert: A, expr: up}\n",
			[]rulefile.Edit{rulefile.RemoveField(0, rulefile.For)},
		},
		"all rules of a group go": {
			"  - alert: A\n    expr: |\n      up\n\n      == 0\n  # two\n  - alert: B\n    expr: up\n- name: h\n  rules: []\n",
			"  # gone: it's x\n  # - alert: A\n  #   expr: |\n  #     up\n  #\n  #     == 0\n  # two\n  # - alert: B\n  #   expr: up\n- name: h\n  rules: []\n",
			[]rulefile.Edit{rulefile.CommentOut(0, "gone: it's\nx"), rulefile.CommentOut(1)},
		},
		"labels without a value": {
			"  - alert: A\n    labels:\n    expr: up\n", "  - alert: A\n    labels: {a: b, c: \"1\"}\n    expr: up\n",
			[]rulefile.Edit{rulefile.SetLabel(0, "a", "b"), rulefile.SetLabel(0, "c", "1")},
		},
		"what YAML would not take for text": {
			"  - alert: A\n    expr: up\n    labels: {a: b}\n", "  - alert: A\n    expr: up\n    labels: {a: \"on\", c: \"a\\nb\", d: '{{ \"x\" }}'}\n",
			[]rulefile.Edit{rulefile.SetLabel(0, "a", "on"), rulefile.SetLabel(0, "c", "a\nb"), rulefile.SetLabel(0, "d", `{{ "x" }}`)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			head := head
			if strings.Contains(c.before, "\r") {
				head = strings.ReplaceAll(head, "\n", "\r\n")
			}
			f, err := rulefile.Open("f.yml", []byte(head+c.before))
			require.NoError(t, err)
			out, err := f.Apply(c.edits)
			require.NoError(t, err)
			want := head + c.after
			if name == "all rules of a group go" {
				want = strings.Replace(want, "rules:\n", "rules: []\n", 1)
			}
			assert.Equal(t, want, string(out))
		})
	}
}

func TestResourcesAndSeveralDocuments(t *testing.T) {
	text := "\uFEFF# é\napiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n---\napiVersion: v1\nkind: List\nitems:\n- kind: PrometheusRule\n  spec:\n    groups:\n" +
		"    - name: g\n      rules:\n      - {alert: Ä, expr: up > 1}\n---\n{\"spec\": {\"groups\": [{\"name\": \"h\", \"rules\": [\n  {\n    \"alert\": \"B\",\n    \"expr\": \"é > 1\"\n  }]}]}}\n"
	text = strings.Replace(text, `é > 1"`, `up{a=\"é\"} > 1"`, 1)
	f, err := rulefile.Open("f.yml", []byte(text))
	require.NoError(t, err)
	out, err := f.Apply([]rulefile.Edit{rulefile.SpliceExpr(0, 5, 6, "2"), rulefile.SetFor(1, time.Minute), rulefile.SetExpr(1, `up{a="ü"} > 3`)})
	require.NoError(t, err)
	want := strings.Replace(text, "expr: up > 1", "expr: up > 2", 1)
	want = strings.Replace(want, `"up{a=\"é\"} > 1"`, "\"up{a=\\\"ü\\\"} > 3\",\n    \"for\": \"1m\"", 1)
	assert.Equal(t, want, string(out))
}

func TestPlacesOfValues(t *testing.T) {
	text := "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      up\n    for: 5m # c\n    labels: {severity: 'x'}\n"
	f, err := rulefile.Open("f.yml", []byte(text))
	require.NoError(t, err)
	r := f.Rules()[0]
	at := func(s rulefile.Span) string { return text[s.Start:s.End] }
	assert.Equal(t, "|\n      up", at(r.Expr))
	assert.Equal(t, "5m", at(r.For))
	assert.Equal(t, "'x'", at(r.Labels["severity"]))
	assert.Zero(t, r.KeepFiringFor)
	assert.True(t, strings.HasPrefix(at(r.Item), "- alert: A") && strings.HasSuffix(at(r.Item), "'x'}"))
	assert.Equal(t, strings.Index(text, "    for:"), r.Insert)
}

func TestWhatAnAnchorSharesIsRefused(t *testing.T) {
	text := "groups:\n- name: g\n  rules:\n  - &a\n    alert: A\n    expr: up > 1\n    for: &d 5m\n    labels: &l {x: y}\n  - <<: *a\n    expr: up > 2\n  - alert: C\n    expr: up\n    for: *d\n    labels: *l\n"
	f, err := rulefile.Open("f.yml", []byte(text))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		edit rulefile.Edit
		why  string
	}{
		"an anchored value":          {rulefile.SetFor(0, time.Hour), "shares it"},
		"a new key of a merged rule": {rulefile.SetKeepFiringFor(0, time.Hour), "shares it"},
		"anchored labels":            {rulefile.SetLabel(0, "x", "z"), "shares it"},
		"an alias":                   {rulefile.SetFor(2, time.Hour), "alias"},
		"labels that are an alias":   {rulefile.SetLabel(2, "x", "z"), "alias"},
		"a rule that others need":    {rulefile.CommentOut(0), "shares it"},
		"merged labels":              {rulefile.SetLabel(1, "x", "z"), "merge key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Apply([]rulefile.Edit{rulefile.CommentAbove(1, "x"), c.edit})
			var refused *rulefile.RefusedError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, 1, refused.Edit)
			assert.ErrorContains(t, err, c.why)
		})
	}
	out, err := f.Apply([]rulefile.Edit{rulefile.SpliceExpr(0, 5, 6, "3"), rulefile.SetFor(1, time.Hour), rulefile.CommentOut(2)})
	require.NoError(t, err, "what is overridden, and what overrides, is free")
	assert.Contains(t, string(out), "    expr: up > 3\n")
	assert.Contains(t, string(out), "    expr: up > 2\n    for: 1h\n  # - alert: C\n")
}

func TestEditsThatMakeNoSense(t *testing.T) {
	text := "groups:\n- name: g\n  rules: [{alert: A, expr: up > 1}]\n"
	f, err := rulefile.Open("f.yml", []byte(text))
	require.NoError(t, err)
	for name, edits := range map[string][]rulefile.Edit{
		"no such rule":            {rulefile.SetFor(7, 0)},
		"a broken expression":     {rulefile.SetExpr(0, "sum(")},
		"a splice that breaks it": {rulefile.SpliceExpr(0, 3, 6, "sum(")},
		"out of bounds":           {rulefile.SpliceExpr(0, 3, 99, "1")},
		"overlapping":             {rulefile.SpliceExpr(0, 0, 4, "a"), rulefile.SpliceExpr(0, 3, 5, "b")},
		"twice the same":          {rulefile.SetFor(0, 1), rulefile.SetFor(0, 2)},
		"edit of what goes":       {rulefile.CommentOut(0), rulefile.SetFor(0, 2)},
		"a comment in brackets":   {rulefile.CommentOut(0)},
		"nothing to remove":       {rulefile.RemoveField(0, rulefile.For)},
		"a bad label name":        {rulefile.SetLabel(0, "\xff", "x")},
		"a bad template":          {rulefile.SetAnnotation(0, "x", "{{ nope")},
		"a bad duration":          {{Field: rulefile.For, Value: "soon"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := f.Apply(edits)
			assert.Error(t, err)
			assert.Nil(t, out)
		})
	}
}

func TestMalformedTextIsRefusedWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, place string }{
		"a tab":             {"groups:\n- name: g\n\trules: []\n", "f.yml:3:1:"},
		"a bad expression":  {"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(\n", "f.yml:5:11:"},
		"UTF-16":            {"groups: \xff", "f.yml:1:9:"},
		"an open quote":     {"groups:\n- name: 'g\n", "f.yml:"},
		"an unknown anchor": {"groups: *a\n", "f.yml:1:1:"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rulefile.Open("f.yml", []byte(c.text))
			assert.ErrorContains(t, err, c.place)
			assert.NotErrorIs(t, err, rulefile.ErrTemplated)
		})
	}
}

func TestTemplatedSourcesAreRecognised(t *testing.T) {
	rule := "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > %s\n    annotations: {summary: \"{{ $value }}\"}\n"
	for name, c := range map[string]struct{ file, text, place string }{
		"a value of Helm's":    {"f.yml", fmt.Sprintf(rule, "{{ .Values.x }}"), ":5:16:"},
		"Helm within quotes":   {"f.yml", strings.Replace(fmt.Sprintf(rule, "1"), "$value", ".Values.x", 1), ":6:29:"},
		"a block of Helm's":    {"f.yml", "{{- if .Values.on }}\n" + fmt.Sprintf(rule, "1") + "{{- end }}\n", ":1:1:"},
		"Jinja":                {"f.yml", "{% raw %}\n" + fmt.Sprintf(rule, "1"), ":1:1:"},
		"a bare value":         {"f.yml", strings.Replace(fmt.Sprintf(rule, "1"), "alert: A", "alert: {{ name }}", 1), ":4:12:"},
		"jsonnet by name":      {"f.libsonnet", "{\n  prometheusAlerts+:: {},\n}", ":2:3:"},
		"jsonnet by its looks": {"f.yml", "{\n  prometheusAlerts+:: {\n    groups+: [],\n  },\n}\n", ":2:3:"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rulefile.Open(c.file, []byte(c.text))
			require.ErrorIs(t, err, rulefile.ErrTemplated)
			assert.ErrorContains(t, err, c.place)
		})
	}
	_, err := rulefile.Open("f.yml", fmt.Appendf(nil, rule, "1"))
	assert.NoError(t, err, "templates of alerts are no templates of files")
}

func manyRules(n int) []byte {
	var b strings.Builder
	b.WriteString("groups:\n- name: g\n  rules:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - alert: A%d\n    expr: |\n      sum by (job) (rate(errors_total{job=\"j%d\"}[5m])) > 0.5\n    for: 5m\n    labels:\n      severity: page\n    annotations:\n      summary: \"{{ $labels.job }} is loud\"\n", i, i)
	}
	return []byte(b.String())
}

func thousandEdits(n int) []rulefile.Edit {
	var edits []rulefile.Edit
	for i := range n / 10 {
		r := i * 10
		edits = append(edits, rulefile.SetFor(r, time.Hour), rulefile.SetKeepFiringFor(r+1, time.Hour),
			rulefile.SetAnnotation(r+2, "note", "x: y"), rulefile.CommentAbove(r+3, "why"), rulefile.CommentOut(r+4, "why"))
	}
	return edits
}

func BenchmarkApplyThousandEditsToTenThousandRules(b *testing.B) {
	text := manyRules(10_000)
	edits := thousandEdits(2_000)
	for b.Loop() {
		f, err := rulefile.Open("f.yml", text)
		require.NoError(b, err)
		out, err := f.Apply(edits)
		require.NoError(b, err)
		rulefile.Diff("f.yml", text, out)
	}
}

func FuzzApply(f *testing.F) {
	for _, text := range []string{
		"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: >-\n      up\n      > 1\n    for: 5m\n    labels: {a: b}\n    annotations:\n      s: 'x'\n",
		"groups: [{name: g, rules: [{alert: A, expr: \"up > 1\", labels: {}}]}]",
		"\uFEFFspec:\r\n  groups:\r\n  - name: g\r\n    rules:\r\n    - &a\r\n      alert: A\r\n      expr: |2+\r\n        up\r\n\r\n    - <<: *a\r\n      labels:\r\n",
		"- &a [*a]",
	} {
		f.Add([]byte(text), "x: y #\n", uint8(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, value string, pick uint8) {
		file, err := rulefile.Open("f", text)
		if err != nil {
			return
		}
		same, err := file.Apply(nil)
		require.NoError(t, err)
		require.Equal(t, string(text), string(same))
		for i, r := range file.Rules() {
			edits := []rulefile.Edit{
				rulefile.SetAnnotation(i, "x", value), rulefile.SpliceExpr(i, 0, min(1, len(r.Rule.Expr)), value),
				rulefile.SetExpr(i, value), rulefile.SetLabel(i, "severity", value), rulefile.CommentOut(i, value),
				rulefile.CommentAbove(i, value), rulefile.SetFor(i, time.Duration(pick)*time.Second), rulefile.RemoveField(i, rulefile.For),
			}
			out, err := file.Apply(edits[int(pick)%len(edits):][:1])
			if err == nil {
				_, err = rulefile.Open("f", out)
				if err != nil {
					assert.ErrorIs(t, err, rulefile.ErrTemplated, "%q", out)
				}
			}
			if i > 3 {
				break
			}
		}
	})
}
