package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
)

// schema is the published description, and what of it was used.
type schema struct {
	root map[string]any
	used map[string]bool // paths of properties that a document had
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "report.schema.json"))
	require.NoError(t, err)
	s := &schema{used: map[string]bool{}}
	require.NoError(t, json.Unmarshal(raw, &s.root))
	return s
}

// check holds a value against the part of JSON Schema that the description
// uses, and lists what does not fit.
func (s *schema) check(at string, node map[string]any, value any) (wrong []string) {
	if ref, ok := node["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		return s.check("$"+name, s.root["$defs"].(map[string]any)[name].(map[string]any), value)
	}
	if choices, ok := node["anyOf"].([]any); ok {
		return s.checkAnyOf(at, choices, value)
	}
	if constant, ok := node["const"]; ok && constant != value {
		wrong = append(wrong, at+": not the constant")
	}
	if enum, ok := node["enum"].([]any); ok && !slices.Contains(enum, value) {
		wrong = append(wrong, fmt.Sprintf("%s: %v is not listed", at, value))
	}
	if !typeFits(node["type"], value) {
		return append(wrong, fmt.Sprintf("%s: %v is no %v", at, value, node["type"]))
	}
	switch v := value.(type) {
	case map[string]any:
		wrong = append(wrong, s.checkObject(at, node, v)...)
	case []any:
		items, _ := node["items"].(map[string]any)
		for _, item := range v {
			wrong = append(wrong, s.check(at+"[]", items, item)...)
		}
	case float64:
		wrong = append(wrong, checkBounds(at, node, v)...)
	case string:
		if _, err := time.Parse(time.RFC3339, v); node["format"] == "date-time" && err != nil {
			wrong = append(wrong, at+": no time")
		}
	}
	return wrong
}

func (s *schema) checkAnyOf(at string, choices []any, value any) []string {
	var wrong []string
	for _, c := range choices {
		found := s.check(at, c.(map[string]any), value)
		if len(found) == 0 {
			return nil
		}
		wrong = append(wrong, found...)
	}
	return wrong
}

func (s *schema) checkObject(at string, node, value map[string]any) (wrong []string) {
	props, _ := node["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(value)) {
		prop, ok := props[key].(map[string]any)
		if !ok {
			wrong = append(wrong, s.checkOther(at+"."+key, node["additionalProperties"], value[key])...)
			continue
		}
		s.used[at+"."+key] = true
		wrong = append(wrong, s.check(at+"."+key, prop, value[key])...)
	}
	required, _ := node["required"].([]any)
	for _, key := range required {
		if _, ok := value[key.(string)]; !ok {
			wrong = append(wrong, at+"."+key.(string)+": missing")
		}
	}
	return wrong
}

// checkOther checks what has no property of its own.
func (s *schema) checkOther(at string, others, value any) []string {
	if others == false {
		return []string{at + ": not documented"}
	}
	if node, ok := others.(map[string]any); ok {
		return s.check(at, node, value)
	}
	return nil
}

func checkBounds(at string, node map[string]any, v float64) (wrong []string) {
	if low, ok := node["minimum"].(float64); ok && v < low {
		wrong = append(wrong, fmt.Sprintf("%s: %v is under %v", at, v, low))
	}
	if high, ok := node["maximum"].(float64); ok && v > high {
		wrong = append(wrong, fmt.Sprintf("%s: %v is over %v", at, v, high))
	}
	return wrong
}

func typeFits(want, value any) bool {
	if list, ok := want.([]any); ok {
		return slices.ContainsFunc(list, func(w any) bool { return typeFits(w, value) })
	}
	name, ok := want.(string)
	if !ok {
		return true
	}
	switch v := value.(type) {
	case nil:
		return name == "null"
	case float64:
		return name == "number" || name == "integer" && v == float64(int64(v))
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case []any:
		return name == "array"
	}
	return name == "object"
}

// documented lists the paths of all properties of the description.
func documented(at string, node map[string]any) (paths []string) {
	props, _ := node["properties"].(map[string]any)
	for key, prop := range props {
		paths = append(paths, at+"."+key)
		paths = append(paths, documented(at+"."+key, prop.(map[string]any))...)
	}
	if items, ok := node["items"].(map[string]any); ok {
		paths = append(paths, documented(at+"[]", items)...)
	}
	choices, _ := node["anyOf"].([]any)
	for _, c := range choices {
		paths = append(paths, documented(at, c.(map[string]any))...)
	}
	return paths
}

func TestJSONIsAsTheSchemaSays(t *testing.T) {
	s := readSchema(t)
	alone := smallInput()
	alone.Previous, alone.Warnings = nil, []string{"partial response"}
	for name, in := range map[string]Input{
		"with the week before":    smallInput(),
		"with promises":           promisingInput(t),
		"judged":                  judgedInput(t),
		"with all":                weeklyInput(t),
		"with teams":              teamsInput(t),
		"of a team":               teamInput(t),
		"without the week before": alone,
		"no data":                 {Current: noise.Summarize(noise.History{Window: week()}, noise.Options{})},
		"no window":               {Current: noise.Summarize(noise.History{}, noise.Options{})},
	} {
		var doc any
		require.NoError(t, json.Unmarshal([]byte(written(t, Build(in).WriteJSON)), &doc))
		assert.Empty(t, s.check("", s.root, doc), name)
	}

	all := documented("", s.root)
	for name, def := range s.root["$defs"].(map[string]any) {
		all = append(all, documented("$"+name, def.(map[string]any))...)
	}
	for _, path := range all {
		assert.True(t, s.used[path], "%s is documented but never written", path)
	}
}

func TestTheSchemaCheckCanFail(t *testing.T) {
	s := readSchema(t)
	broken := map[string]func(doc map[string]any){
		"a key that is not documented": func(d map[string]any) { d["extra"] = 1.0 },
		"a key that is missing":        func(d map[string]any) { delete(d, "kpis") },
		"a wrong type":                 func(d map[string]any) { d["source"] = 1.0 },
		"a ratio over one":             func(d map[string]any) { d["data_quality"].(map[string]any)["coverage_ratio"] = 1.5 },
		"an unknown verdict":           func(d map[string]any) { d["kpis"].([]any)[0].(map[string]any)["verdict"] = "fine" },
		"a promise over one":           func(d map[string]any) { d["slos"].([]any)[0].(map[string]any)["objective_ratio"] = 1.5 },
		"an incident without an SLO":   func(d map[string]any) { delete(d["incidents"].([]any)[0].(map[string]any), "slo") },
		"a finding of another gravity": func(d map[string]any) { d["findings"].([]any)[0].(map[string]any)["gravity"] = "grave" },
		"evidence that is a list": func(d map[string]any) {
			d["findings"].([]any)[0].(map[string]any)["evidence"].(map[string]any)["x"] = []any{}
		},
		"no time": func(d map[string]any) { d["from"] = "yesterday" },
	}
	for name, breakIt := range broken {
		var doc map[string]any
		require.NoError(t, json.Unmarshal([]byte(written(t, Build(judgedInput(t)).WriteJSON)), &doc))
		breakIt(doc)
		assert.NotEmpty(t, s.check("", s.root, doc), name)
	}
}

func TestEveryKPIIsInTheSchema(t *testing.T) {
	s := readSchema(t)
	kpi := s.root["$defs"].(map[string]any)["kpi"].(map[string]any)["properties"].(map[string]any)
	var ids []any
	for _, k := range smallInput().Current.KPIs {
		ids = append(ids, string(k.ID))
	}
	assert.ElementsMatch(t, kpi["id"].(map[string]any)["enum"], ids)
	assert.Len(t, kpi, reflect.TypeFor[KPI]().NumField())
}
