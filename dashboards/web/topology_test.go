package web

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo/topology"
)

// withTopology is a handler over the fixture with another topology.
func withTopology(t *testing.T, top *Topology) http.Handler {
	t.Helper()
	in := input()
	in.Topology = top
	snap := NewSnapshot(in)
	return New(Options{Current: func() State { return State{Snapshot: snap} }})
}

func TestTheTopologyIsShown(t *testing.T) {
	h := site(t)
	// 99% of the provider and 30% on a disk of 99.95% leave 98.99%; 99.9% are promised.
	page := get(h, "/topology").Body.String()
	for _, want := range []string{
		`<a href="/topology" aria-current="page">Topology</a>`, "0 of 1", "1 can’t be kept", "api → provider", "What is expected of it?",
		"its own failures cost api", "/topology/worksheet?priority=high", `<a href="/slos/api/availability">`,
	} {
		assert.Contains(t, page, want)
	}
	assert.NotContains(t, page, "<style", "the content policy forbids it")

	sheet := get(h, "/topology/worksheet").Body.String()
	for _, want := range []string{"answers with errors", "every 3.7 d (2 in 30 d)", "12.5% of the budget each", "told of 1 of 2, after 3 min", "What do users notice?", "failures.csv", `<a href="/rules/ApiErrors-`} {
		assert.Contains(t, sheet, want)
	}
	assert.NotContains(t, sheet, "/etc/burnish", "the folder is nobody's business")
	assert.NotContains(t, get(h, "/topology/worksheet?asks=no").Body.String(), "What do users notice?")
	assert.Contains(t, get(h, "/topology/worksheet?priority=high").Body.String(), ">343<")
	assert.Less(t, strings.Index(sheet, "answers with errors"), strings.Index(sheet, "does not answer"), "the urgent first")

	loops := get(h, "/topology/loops").Body.String()
	for _, want := range []string{"nobody owns it", "no runbook", "alerts were not measured", "2 given needlessly", "missed "} {
		assert.Contains(t, loops, want)
	}
	assert.NotContains(t, get(h, "/topology/loops?lacks=people").Body.String(), "ApiErrors", "somebody owns the api")
}

func TestTopologyTextsAreHarmless(t *testing.T) {
	h := site(t)
	for _, path := range []string{"/topology", "/topology/worksheet", "/topology/loops"} {
		w := get(h, path)
		assert.Equal(t, http.StatusOK, w.Code, path)
		for _, bad := range []string{"<script>alert", "<img", "<b>reads", `href="javascript:`} {
			assert.NotContains(t, w.Body.String(), bad, path)
		}
	}
	svg := get(h, "/topology.svg")
	assert.Contains(t, svg.Header().Get("Content-Security-Policy"), "style-src 'unsafe-inline'")
	for dec := xml.NewDecoder(svg.Body); ; {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
}

func TestTheWorksheetCanBeTakenAwayAndReadBack(t *testing.T) {
	h, want := site(t), shopTopology().View.Worksheet
	w := get(h, "/topology/worksheet.csv")
	assert.Equal(t, `attachment; filename="worksheet.csv"`, w.Header().Get("Content-Disposition"))
	for form, read := range map[string]func([]byte) ([]topology.Row, error){"csv": topology.ReadCSV, "md": topology.ReadMarkdown} {
		rows, err := read(get(h, "/topology/worksheet."+form).Body.Bytes())
		require.NoError(t, err, form)
		assert.Equal(t, want, topology.Keep(want, rows), "%s: nothing is lost on the way", form)
		assert.Len(t, rows, len(want), form)
	}
	assert.Equal(t, w.Body.String(), get(h, "/api/v1/topology?format=csv").Body.String())
	var doc struct{ Schema string }
	require.NoError(t, json.Unmarshal(get(h, "/topology.json").Body.Bytes(), &doc))
	assert.Equal(t, topology.DocumentSchema, doc.Schema)
}

func TestWithoutATopologyNothingLeadsToIt(t *testing.T) {
	h := withTopology(t, nil)
	assert.NotContains(t, get(h, "/").Body.String(), "/topology")
	for _, path := range []string{"/topology", "/topology.json", "/topology.svg", "/topology/worksheet", "/topology/worksheet.csv", "/topology/worksheet.md", "/topology/loops", "/api/v1/topology"} {
		w := get(h, path)
		assert.Equal(t, http.StatusNotFound, w.Code, path)
		assert.Contains(t, w.Body.String(), "topology.file", path)
	}
}

func TestABrokenTopologyIsTold(t *testing.T) {
	const problem = "topology.yml: cyclic dependency a -> b -> a"
	h := withTopology(t, &Topology{Problem: problem})
	assert.Contains(t, get(h, "/topology").Body.String(), "cyclic dependency a -&gt; b -&gt; a")
	w := get(h, "/api/v1/topology")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), "cyclic dependency")
	for _, path := range []string{"/topology/worksheet", "/topology/loops"} {
		assert.Contains(t, get(h, path).Body.String(), "cyclic dependency", path)
	}
	older := shopTopology()
	older.Problem = problem
	page := get(withTopology(t, older), "/topology").Body.String()
	assert.Contains(t, page, "cyclic dependency")
	assert.Contains(t, page, "api → provider", "the last good one stays")
}
