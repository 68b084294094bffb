package web

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise"
)

var update = flag.Bool("update", false, "write docs/openapi.yaml")

// object is a node of a description.
type object = map[string]any

func readObject(t *testing.T, path ...string) object {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	out := object{}
	require.NoError(t, yaml.Unmarshal(raw, &out))
	return out
}

// described is the description of the API: what stands in testdata, the shapes of
// the report, and the parameters that the lists themselves take.
func described(t *testing.T) object {
	t.Helper()
	doc := readObject(t, "testdata", "openapi.yaml")
	schemas := doc["components"].(object)["schemas"].(object)
	addReportShapes(t, schemas)
	for _, s := range schemas {
		closeShape(s.(object), schemas)
	}
	for path, ops := range doc["paths"].(object) {
		for _, op := range ops.(object) {
			complete(op.(object), path)
		}
	}
	return doc
}

// addReportShapes takes over the definitions of the report's schema.
func addReportShapes(t *testing.T, schemas object) {
	t.Helper()
	report := readObject(t, "..", "..", "docs", "report.schema.json")
	defs := report["$defs"].(object)
	defs["decision"] = report["properties"].(object)["decisions"].(object)["items"]
	wanted := []string{"rule", "slo", "incident", "finding", "episode", "decision"}
	for len(wanted) > 0 {
		name := wanted[0]
		wanted = wanted[1:]
		if schemas[name] != nil {
			continue
		}
		raw, err := json.Marshal(defs[name])
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`#/\$defs/(\w+)`).FindAllStringSubmatch(string(raw), -1) {
			wanted = append(wanted, m[1])
		}
		shape := object{}
		require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(raw), "#/$defs/", "#/components/schemas/")), &shape))
		schemas[name] = shape
	}
}

// closeShape makes a shape an object that has all of its properties and no other.
func closeShape(shape, schemas object) {
	props, ok := shape["properties"].(object)
	if !ok {
		return
	}
	if of, ok := shape["x-extends"].(string); ok {
		delete(shape, "x-extends")
		for name, p := range schemas[of].(object)["properties"].(object) {
			if props[name] == nil {
				props[name] = p
			}
		}
	}
	shape["type"], shape["additionalProperties"] = "object", false
	if shape["required"] == nil {
		shape["required"] = sorted(props)
	}
}

func sorted(o object) []any {
	var out []any
	for _, k := range slices.Sorted(maps.Keys(o)) {
		out = append(out, k)
	}
	return out
}

// complete writes out what an operation takes and answers.
func complete(op object, path string) {
	var params []any
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	shape, csv := any(nil), true
	switch {
	case op["x-list"] != nil || op["x-list-of-one"] != nil:
		name, _ := op["x-list"].(string)
		if name == "" {
			name = op["x-list-of-one"].(string)
		} else {
			params = append(params, listParameters(name)...)
		}
		shape = listShape(name, op["x-row"].(string))
	case op["x-answer"] != nil:
		shape = object{"$ref": "#/components/schemas/" + op["x-answer"].(string)}
		csv = op["x-answer"] != "status"
	default:
		return
	}
	for _, key := range []string{"x-list", "x-list-of-one", "x-row", "x-answer"} {
		delete(op, key)
	}
	if csv {
		params = append(params, parameter("format", object{"enum": []any{"json", "csv"}}, "The form of the answer."))
	}
	content := object{"application/json": object{"schema": shape}}
	if csv {
		content["text/csv"] = object{"schema": object{"type": "string"}}
	}
	if params != nil {
		op["parameters"] = params
	}
	op["responses"] = object{
		"200":     object{"description": "As it is now.", "content": content, "headers": object{"ETag": object{"schema": object{"type": "string"}}}},
		"304":     object{"description": "Nothing changed since the ETag in If-None-Match."},
		"default": object{"$ref": "#/components/responses/problem"},
	}
}

func parameter(name string, schema object, says string) object {
	return object{"name": name, "in": "query", "schema": schema, "description": says}
}

// listShape is what a list answers.
func listShape(name, row string) object {
	props := object{
		"schema": object{"const": "burnish/" + name + "/v1"}, "from": object{"type": "string", "format": "date-time"}, "to": object{"type": "string", "format": "date-time"},
		"count":       object{"type": "integer", "description": "How many there are in all; -1 where nobody counted."},
		"next_cursor": object{"type": []any{"string", "null"}, "description": "Leads to the next page; null at the end."},
		name:          object{"type": "array", "items": object{"$ref": "#/components/schemas/" + row}},
	}
	return object{"type": "object", "properties": props, "required": sorted(props), "additionalProperties": false}
}

// listParameters are what the list itself takes.
func listParameters(name string) []any {
	s := NewSnapshot(Input{})
	text := object{"type": "string"}
	when := object{"type": "string", "format": "date-time"}
	paging := []any{
		parameter("limit", object{"type": "integer", "minimum": 1, "maximum": apiMaxRows, "default": apiRows}, "How many to answer at most."),
		parameter("cursor", text, "Where the page before ended."),
	}
	switch name {
	case "slos":
		return append(parametersOf(s.sloList()), paging...)
	case "rules":
		return append(parametersOf(s.ruleList()), paging...)
	case "incidents":
		return append(parametersOf(s.incidentList()), paging...)
	case "findings":
		return append(parametersOf(s.findingList()), paging...)
	case "decisions":
		return append(parametersOf(s.decisionList()), paging...)
	case "reports":
		return append(parametersOf(reportList()), paging...)
	}
	return append([]any{
		parameter("rule", text, "The id of a rule."), parameter("from", when, "Active from then on."), parameter("to", when, "Active before then."),
		parameter("fired", object{"type": "boolean"}, "Only those that fired."),
	}, paging...)
}

func parametersOf[T any](l list[T]) []any {
	out := []any{parameter("q", object{"type": "string", "maxLength": searchLimit}, "Words that all have to be there.")}
	for _, f := range l.facets {
		out = append(out, parameter(f.key, object{"type": "string"}, "Only this "+strings.ToLower(kindText(f.key))+"."))
	}
	var by []any
	for _, c := range l.columns {
		if !c.mute {
			by = append(by, c.key, "-"+c.key)
		}
	}
	return append(out, parameter("sort", object{"enum": by, "default": l.order}, "The order; a minus turns it round. What is unknown comes last."))
}

func TestOpenAPIIsWrittenDown(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Written by go test ./dashboards/web -run OpenAPI -update; change dashboards/web/testdata/openapi.yaml.\n")
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	require.NoError(t, enc.Encode(described(t)))
	path := filepath.Join("..", "..", "docs", "openapi.yaml")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String(), "run go test ./dashboards/web -run OpenAPI -update")
}

// TestOpenAPINamesEveryRoute of the pages' own API; what the daemon serves besides, a
// test of the daemon holds against the document.
func TestOpenAPINamesEveryRoute(t *testing.T) {
	var written []string
	for path, ops := range readObject(t, "..", "..", "docs", "openapi.yaml")["paths"].(object) {
		for method := range ops.(object) {
			written = append(written, strings.ToUpper(method)+" "+path)
		}
	}
	assert.Subset(t, written, APIRoutes())
}

// answerShape compiles the shape that an operation answers with.
func answerShape(t *testing.T, doc object, path, method, status, kind string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	raw, err := json.Marshal(doc)
	require.NoError(t, err)
	plain, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	require.NoError(t, err)
	require.NoError(t, c.AddResource("openapi.json", plain))
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	at := []string{"paths", path, method, "responses", status, "content", kind, "schema"}
	if status == "default" {
		at = []string{"components", "responses", "problem", "content", kind, "schema"}
	}
	for i := range at {
		at[i] = strings.ReplaceAll(strings.ReplaceAll(escape.Replace(at[i]), "{", "%7B"), "}", "%7D")
	}
	s, err := c.Compile("openapi.json#/" + strings.Join(at, "/"))
	require.NoError(t, err)
	return s
}

func TestAnswersAreAsOpenAPISays(t *testing.T) {
	doc := readObject(t, "..", "..", "docs", "openapi.yaml")
	d := &diary{kept: map[string]noise.Incident{}}
	h := site(t, func(o *Options) { o.Archive, o.Declarer = shelf{}, d })
	firstOf := func(list string) string { return "/api/v1" + urls(t, h, list, "")[0] }
	const declared = `{"from":"2026-11-05T14:05:00Z","to":"2026-11-05T14:47:00Z","labels":{"a":"b"}}`
	for _, c := range []struct {
		path, ask, method, status, body string
	}{
		{path: "/api/v1/status"}, {path: "/api/v1/slos"}, {path: "/api/v1/rules"}, {path: "/api/v1/incidents"}, {path: "/api/v1/findings"},
		{path: "/api/v1/decisions"}, {path: "/api/v1/episodes"}, {path: "/api/v1/episodes", ask: "/api/v1/episodes?limit=2"}, {path: "/api/v1/reports"}, {path: "/api/v1/topology"},
		{path: "/api/v1/rules", ask: "/api/v1/rules?limit=1"},
		{path: "/api/v1/slos/{service}/{name}", ask: firstOf("slos")}, {path: "/api/v1/rules/{id}", ask: firstOf("rules")},
		{path: "/api/v1/incidents/{id}", ask: firstOf("incidents")}, {path: "/api/v1/findings/{id}", ask: firstOf("findings")},
		{path: "/api/v1/rules", ask: "/api/v1/rules?x=1", status: "default"},
		{path: "/api/v1/incidents", method: "post", status: "201", body: declared},
		{path: "/api/v1/incidents", method: "post", status: "default", body: "{}"},
	} {
		method, status, address, kind := "get", "200", c.path, "application/json"
		if c.method != "" {
			method = c.method
		}
		if c.status != "" {
			status = c.status
		}
		if c.ask != "" {
			address = c.ask
		}
		if status == "default" {
			kind = "application/problem+json"
		}
		w := ask(h, strings.ToUpper(method), address, c.body, "Content-Type", "application/json")
		assert.Equal(t, kind, w.Header().Get("Content-Type"), address)
		assert.Equal(t, status != "default", w.Code < http.StatusBadRequest, address)
		got, err := jsonschema.UnmarshalJSON(w.Body)
		require.NoError(t, err)
		assert.NoError(t, answerShape(t, doc, c.path, method, status, kind).Validate(got), address)
	}
}

func TestTheCheckOfShapesCanFail(t *testing.T) {
	shape := answerShape(t, readObject(t, "..", "..", "docs", "openapi.yaml"), "/api/v1/rules", "get", "200", "application/json")
	for name, change := range map[string]func(doc, row object){
		"a key that is not written down": func(_, row object) { row["extra"] = 1 },
		"a key that is missing":          func(_, row object) { delete(row, "precision") },
		"another schema":                 func(doc, _ object) { doc["schema"] = "x" },
		"a count that is text":           func(doc, _ object) { doc["count"] = "4" },
		"no time":                        func(doc, _ object) { doc["from"] = "yesterday" },
	} {
		var doc object
		require.NoError(t, json.Unmarshal(get(site(t), "/api/v1/rules").Body.Bytes(), &doc))
		change(doc, doc["rules"].([]any)[0].(object))
		assert.Error(t, shape.Validate(any(doc)), name)
	}
}

// TestEveryParameterIsTaken asks each list with each parameter that is described.
func TestEveryParameterIsTaken(t *testing.T) {
	h := site(t)
	values := map[string]string{"limit": "5", "cursor": "", "from": "2026-11-05T00:00:00Z", "to": "2026-11-06T00:00:00Z", "fired": "true", "format": "json", "rule": ""}
	own := APIRoutes()
	for path, ops := range readObject(t, "..", "..", "docs", "openapi.yaml")["paths"].(object) {
		if !slices.Contains(own, "GET "+path) {
			continue // the daemon's
		}
		params, _ := ops.(object)["get"].(object)["parameters"].([]any)
		for _, p := range params {
			if p.(object)["in"] != "query" || strings.Contains(path, "{") {
				continue
			}
			name := p.(object)["name"].(string)
			asked := []string{values[name]}
			if enum, ok := p.(object)["schema"].(object)["enum"].([]any); ok {
				asked = nil
				for _, v := range enum {
					asked = append(asked, v.(string))
				}
			}
			for _, v := range asked {
				w := get(h, path+"?"+name+"="+v)
				assert.Equal(t, http.StatusOK, w.Code, "%s %s=%s: %s", path, name, v, w.Body)
			}
		}
	}
}
