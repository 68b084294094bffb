package spec

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type schemaNode struct {
	Ref                  string                `json:"$ref"`
	Defs                 map[string]schemaNode `json:"$defs"`
	Properties           map[string]schemaNode `json:"properties"`
	PatternProperties    map[string]any        `json:"patternProperties"`
	AdditionalProperties any                   `json:"additionalProperties"`
	Required             []string              `json:"required"`
	Items                *schemaNode           `json:"items"`
	AnyOf                []schemaNode          `json:"anyOf"`
	Enum                 []string              `json:"enum"`
	Pattern              string                `json:"pattern"`
	Description          string                `json:"description"`
}

func publishedSchema(t *testing.T) schemaNode {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "slo-spec.schema.json"))
	require.NoError(t, err)
	var root schemaNode
	require.NoError(t, json.Unmarshal(text, &root))
	return root
}

// TestSchemaAndDecoderKnowTheSameKeys: what an editor offers is what is read.
func TestSchemaAndDecoderKnowTheSameKeys(t *testing.T) {
	root := publishedSchema(t)
	assert.Equal(t, "#/$defs/document", root.Ref)
	assert.ElementsMatch(t, slices.Collect(maps.Keys(burnishKeys)), slices.Collect(maps.Keys(root.Defs)))
	for name, keys := range burnishKeys {
		def := root.Defs[name]
		assert.ElementsMatch(t, keys, slices.Collect(maps.Keys(def.Properties)), name)
		assert.Equal(t, false, def.AdditionalProperties, "%s: an unknown key is wrong", name)
		assert.NotEmpty(t, def.Description, name)
		for key, property := range def.Properties {
			assert.True(t, property.Description != "" || property.Ref != "", "%s.%s says what it is", name, key)
		}
		for _, key := range def.Required {
			assert.Contains(t, keys, key)
		}
	}
}

// TestSchemaFitsWhatIsRead walks files through the schema: those that the decoder
// takes fit, and the full one uses every key.
func TestSchemaFitsWhatIsRead(t *testing.T) {
	root := publishedSchema(t)
	text, err := os.ReadFile("testdata/full.yml")
	require.NoError(t, err)
	var doc yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &doc))
	used := map[string]bool{}
	assert.Empty(t, root.misfits(root, resolve(&doc), "document", used))
	for name, keys := range burnishKeys {
		for _, key := range keys {
			assert.True(t, used[name+"."+key], "the full file uses %s.%s", name, key)
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte("version: burnish/v1\nservice: s\nslos: [{name: a, objektive: 9, window: soon, alerting: {windows: [{severity: shout}]}}]"), &doc))
	assert.ElementsMatch(t, []string{
		"slo: objektive is unknown", "slo: objective is missing", "slo: sli is missing", `slo.window: "soon" does not fit`,
		`condition.severity: "shout" does not fit`, "condition: long is missing", "condition: factor is missing",
	}, root.misfits(root, resolve(&doc), "document", used))
}

// misfits is where a document does not fit the schema, as far as the keys, the
// enumerations and the patterns go.
func (s schemaNode) misfits(root schemaNode, n *yaml.Node, name string, used map[string]bool) (out []string) {
	if def, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		return root.Defs[def].misfits(root, n, def, used)
	}
	if len(s.AnyOf) > 0 && n.Kind == yaml.MappingNode {
		return s.AnyOf[1].misfits(root, n, name, used)
	}
	if len(s.AnyOf) > 0 {
		return s.AnyOf[0].misfits(root, n, name, used)
	}
	switch n.Kind {
	case yaml.MappingNode:
		out = s.misfitKeys(root, n, name, used)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			out = append(out, s.Items.misfits(root, resolve(item), name, used)...)
		}
	case yaml.ScalarNode:
		fits := s.Pattern == "" || regexp.MustCompile(s.Pattern).MatchString(n.Value)
		if !fits || len(s.Enum) > 0 && !slices.Contains(s.Enum, n.Value) {
			out = append(out, name+": "+quoted(n.Value)+" does not fit")
		}
	}
	return out
}

func (s schemaNode) misfitKeys(root schemaNode, n *yaml.Node, name string, used map[string]bool) (out []string) {
	if s.AdditionalProperties != false {
		return nil // labels
	}
	all, _ := pairs(n, 0)
	has := map[string]bool{}
	for _, kv := range all {
		key := kv.key.Value
		has[key], used[name+"."+key] = true, true
		property, ok := s.Properties[key]
		switch {
		case ok:
			out = append(out, property.misfits(root, kv.value, name+"."+key, used)...)
		case s.PatternProperties == nil || !strings.HasPrefix(key, extension):
			out = append(out, name+": "+key+" is unknown")
		}
	}
	for _, key := range s.Required {
		if !has[key] {
			out = append(out, name+": "+key+" is missing")
		}
	}
	return out
}
