package rulefile_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

// restyled is a text written anew with each of its nodes changed.
func restyled(t *testing.T, text string, change func(*yaml.Node)) string {
	t.Helper()
	var doc yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &doc))
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		change(n)
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(&doc)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	require.NoError(t, enc.Encode(&doc))
	return out.String()
}

// values gives all values of text a style.
func values(style yaml.Style) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 1; i < len(n.Content); i += 2 {
			if v := n.Content[i]; v.Kind == yaml.ScalarNode && v.ShortTag() == "!!str" {
				v.Style = style
			}
		}
	}
}

var (
	itemLine = regexp.MustCompile(`(?m)^( *)- (alert|record): `)
	plainFor = regexp.MustCompile(`(?m)^( +for: )(\w+)$`)
	blockEnd = regexp.MustCompile(`(expr|summary|description): ([|>])[-+]?\n`)
)

// variants are forms in which the same rules may be written.
func variants(t *testing.T) map[string]func(text string) string {
	t.Helper()
	restyle := func(change func(*yaml.Node)) func(string) string {
		return func(text string) string { return restyled(t, text, change) }
	}
	asJSON := func(indent string) func(string) string {
		return func(text string) string {
			var v any
			require.NoError(t, yaml.Unmarshal([]byte(text), &v))
			var out bytes.Buffer
			enc := json.NewEncoder(&out)
			enc.SetIndent("", indent)
			require.NoError(t, enc.Encode(v))
			return out.String()
		}
	}
	indented := func(text, by string) string {
		return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
	}
	resource := func(text string) string {
		return "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n" + indented(text, "  ")
	}
	return map[string]func(string) string{
		"Windows line ends":        func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"a byte order mark":        func(s string) string { return "\uFEFF" + s },
		"no line break at the end": func(s string) string { return strings.TrimRight(s, "\n") },
		"comments with tabs": func(s string) string {
			s = itemLine.ReplaceAllString(s, "$1# a\tb\t\n$0")
			return plainFor.ReplaceAllString(s, "$1$2 \t# c:\td")
		},
		"values in single quotes":  restyle(values(yaml.SingleQuotedStyle)),
		"values in double quotes":  restyle(values(yaml.DoubleQuotedStyle)),
		"values in literal blocks": restyle(values(yaml.LiteralStyle)),
		"values in folded blocks":  restyle(values(yaml.FoldedStyle)),
		"blocks that keep their ends": func(s string) string {
			return blockEnd.ReplaceAllString(restyled(t, s, values(yaml.LiteralStyle)), "$1: $2+\n")
		},
		"blocks that drop their ends": func(s string) string {
			return blockEnd.ReplaceAllString(restyled(t, s, values(yaml.FoldedStyle)), "$1: $2-\n")
		},
		"rules in brackets": restyle(func(n *yaml.Node) {
			if n.Kind == yaml.MappingNode && len(n.Content) > 0 && (n.Content[0].Value == "alert" || n.Content[0].Value == "record") {
				n.Style = yaml.FlowStyle
			}
		}),
		"labels in brackets": restyle(func(n *yaml.Node) {
			for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == "labels" || n.Content[i].Value == "annotations" {
					n.Content[i+1].Style = yaml.FlowStyle
				}
			}
		}),
		"one very long line of JSON": asJSON(""),
		"JSON over lines":            asJSON("\t"),
		"a resource":                 resource,
		"a list of resources": func(s string) string {
			item := "- " + strings.TrimPrefix(indented(resource(s), "  "), "  ")
			return "apiVersion: v1\nkind: List\nitems:\n" + item + "- {apiVersion: v1, kind: ConfigMap}\n" + item
		},
		"several documents": func(s string) string { return "# one\n---\n" + resource(s) + "---\n" + s + "...\n---\n---\n" + s },
		"each rule twice": restyle(func(n *yaml.Node) {
			for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == "rules" && n.Content[i+1].Kind == yaml.SequenceNode {
					n.Content[i+1].Content = append(slices.Clone(n.Content[i+1].Content), n.Content[i+1].Content...)
				}
			}
		}),
		"anchors and tags that nothing uses": restyle(func(n *yaml.Node) {
			for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
				if v := n.Content[i+1]; n.Content[i].Value == "for" || n.Content[i].Value == "expr" || n.Content[i].Value == "labels" {
					v.Anchor = "a" + n.Content[i].Value
					v.Style |= yaml.TaggedStyle
				}
			}
		}),
	}
}

// plainForms are texts of our own that hold what the real files don't: quoted
// numbers, words that are no text, two rules of one name and of one expression,
// comments everywhere, empty and missing parts.
const plainForms = `# head
groups:
  # a group
  - name: "g"
    rules:
      - record: a:b
        expr: up > 1
      - alert: A   # named
        expr: up{a="b"} > 1  # why 1
        for: 5m # and five
        labels:
          severity: page
          level: "7"
          code: '007'
          on: "true"
        annotations: {summary: "it's {{ $value }}"}

      - alert: A
        expr: up{a="b"} > 1
        labels: {}
      - expr: |2-
            up > 1
           and up < 1
        alert: A
        annotations:

      - "alert": 'B'
        "for": '300s'
        keep_firing_for: "1h"
        expr: >+
          up > 1

          or up > 1
        labels:
          severity: 'page'
  - name: h
    rules:
      - alert: C
        for: 0s
        expr: 1 < 1 + up > 1
`

// TestEditsInEveryForm writes rules in many forms and makes each kind of edit.
func TestEditsInEveryForm(t *testing.T) {
	texts := map[string]string{"our own": plainForms}
	for path, file := range realFiles(t) {
		if n := len(file.rules); n > 1 && n < 5 && len(filepath.Base(path))%9 == 0 && !bytes.ContainsAny(file.text, "&\r") && !bytes.Contains(file.text, []byte("\nspec:")) {
			texts[path] = string(file.text)
		}
	}
	require.Greater(t, len(texts), 1)
	for name, variant := range variants(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done, refused := 0, 0
			for path, text := range texts {
				text = variant(text)
				f, err := rulefile.Open("f.yml", []byte(text))
				require.NoError(t, err, "%s\n%s", path, text)
				same, err := f.Apply(nil)
				require.NoError(t, err)
				require.Equal(t, text, string(same))
				for i, r := range f.Rules() {
					if path != "our own" && i > 0 {
						break
					}
					for _, e := range everyKind(i, r) {
						done++
						if !exactly(t, f, []byte(text), e) {
							refused++
							bracketed := strings.Contains(name, "brackets") || strings.Contains(name, "JSON")
							assert.True(t, bracketed && (e.Action == rulefile.Disable || e.Action == rulefile.Comment), "%+v\n%s", e, text)
						}
					}
				}
			}
			t.Logf("%d files, %d edits, of which %d were refused", len(texts), done, refused)
			assert.Greater(t, done, 50)
		})
	}
}
