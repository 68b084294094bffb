//go:build !race

package exposition_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	sdk "github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/dashboards/grafana"
)

// mayBeEmpty are the ends of the names of what may have no data in the demo, and why.
var mayBeEmpty = map[string]string{
	": variable cluster":                                      "the demo has one cluster, and no label for it",
	"SLO overview: variable team":                             "Sloth and Pyrra record no owners",
	": annotation Incidents Anno":                             "no incident of the demo goes on when the report ends",
	"Spells of the pipeline A":                                "the demo's pipeline was well in these days",
	"SLO checkout/latency: Alerts A":                          "the incident of these hours did not slow the checkout down, so nothing fired about it",
	"SLO checkout/latency: annotation Tickets Anno":           "the same",
	"SLO checkout/latency: annotation Pages Anno":             "the same",
	"SLO shop/everything: annotation Pages Anno":              "its objective is loose: the incident was worth a ticket",
	"SLO shop/everything: Incidents and how they were told B": "no service lost enough of its budget for an incident, and recall of none is not known",
}

// TestEveryExpressionOfEveryDashboardHasData evaluates what Grafana would ask against
// real servers.
func TestEveryExpressionOfEveryDashboardHasData(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a system")
	}
	w := newWorld(t)
	used := map[string]bool{}
	for _, version := range []realserver.Version{realserver.New, realserver.Old} {
		dir := t.TempDir()
		require.NoError(t, os.CopyFS(dir, os.DirFS(w.dir)))
		s := asked{w, realserver.Prometheus(t, realserver.Options{Version: version, DataDir: dir}), used}
		for _, names := range []burnrate.Compat{burnrate.CompatNone, burnrate.CompatSloth, burnrate.CompatPyrra} {
			all, err := grafana.Generate(w.slos, grafana.Options{Names: names, Layout: grafana.LayoutPerSLO, Interval: worldStep, PageURL: "https://burnish.example.org"})
			require.NoError(t, err)
			for _, d := range all {
				t.Run(string(version)+"/"+string(names)+"/"+d.Name, func(t *testing.T) { s.dashboard(t, d) })
			}
		}
	}
	t.Run("figures", func(t *testing.T) { testFigures(t, w) })
	for name := range mayBeEmpty {
		assert.True(t, used[name], "%s is listed as empty, but is not", name)
	}
}

// testFigures holds what panels show against each other and against the data.
func testFigures(t *testing.T, w world) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(w.dir)))
	s := asked{w, realserver.Prometheus(t, realserver.Options{DataDir: dir}), nil}
	all, err := grafana.Generate(w.slos, grafana.Options{Layout: grafana.LayoutPerSLO, Interval: worldStep})
	require.NoError(t, err)
	at := slices.IndexFunc(all, func(d grafana.Dashboard) bool { return d.Title == "SLO checkout/payable" })
	values := map[string]string{"cluster": ".*"}
	last := func(title string, query int) float64 {
		for _, p := range all[at].Model.Panels {
			if p.Panel != nil && *p.Panel.Title == title {
				return s.last(t, interpolated(p.Panel.Targets[query].(prometheus.Dataquery).Expr, values))
			}
		}
		t.Fatalf("no panel %s", title)
		return 0
	}
	left := s.last(t, `slo:budget_remaining:ratio{slo="payable"}`)
	require.Less(t, left, 0.9, "the incident cost something")
	assert.InDelta(t, left, last("Burn-down of the time shown", 0), 1e-9, "the time shown holds all there is, so its burn-down ends at what is left")
	shown := float64(worldTo - worldFrom)
	assert.InDelta(t, 1-shown/(30*24), last("Burn-down of the time shown", 1), 1e-9, "an even spend")
	assert.InDelta(t, 1-(1-left)*0.001, last("Good events", 0), 1e-9)
	assert.InDelta(t, 14.4, last("Page: 1h/5m", 2), 1e-9)
	bad := s.last(t, `sum(increase(http_requests_total{service="checkout",code="500"}[1h]))/sum(increase(http_requests_total{service="checkout"}[1h]))`)
	assert.InEpsilon(t, bad/0.001, last("Burn rate, last hour", 0), 0.02, "the burn rate is that of the raw counters")
}

// last is the value of an expression's one series at the end of the world.
func (s asked) last(t *testing.T, expr string) float64 {
	t.Helper()
	var found struct {
		Data struct {
			Result []struct{ Values [][2]any }
		}
	}
	s.get(t, "query_range", url.Values{"query": {expr}, "start": {unix(s.from)}, "end": {unix(s.to)}, "step": {"300"}}, &found)
	require.Len(t, found.Data.Result, 1, expr)
	values := found.Data.Result[0].Values
	out, err := strconv.ParseFloat(values[len(values)-1][1].(string), 64)
	require.NoError(t, err)
	return out
}

// asked is a world that a Prometheus serves.
type asked struct {
	world

	server *realserver.Server
	used   map[string]bool // entries of mayBeEmpty that were needed
}

// choices are the SLOs that the variables of the detail are set to in turn.
var choices = []map[string]string{
	{"service": "checkout", "slo": "payable"}, {"service": "checkout", "slo": "latency"}, {"service": "checkout", "slo": "everything"},
}

// dashboard asks for everything that a dashboard shows. Of the detail with variables
// each query has to have data for one SLO at least.
func (s asked) dashboard(t *testing.T, d grafana.Dashboard) {
	chosen := []map[string]string{{}}
	if slices.ContainsFunc(d.Model.Templating.List, func(v sdk.VariableModel) bool { return v.Name == "slo" }) {
		chosen = choices
	}
	empty := map[string]int{}
	for _, c := range chosen {
		for what, expr := range s.emptyOf(t, d, c) {
			if empty[what]++; empty[what] == len(chosen) {
				s.excuse(t, what, expr)
			}
		}
	}
}

// emptyOf are the queries of a dashboard that have no data.
func (s asked) emptyOf(t *testing.T, d grafana.Dashboard, chosen map[string]string) map[string]string {
	t.Helper()
	values := map[string]string{
		"__rate_interval": "5m", "__interval": "1m", "__range": strconv.Itoa((worldTo-worldFrom)*3600) + "s",
	}
	maps.Copy(values, chosen)
	empty := map[string]string{}
	for _, v := range d.Model.Templating.List {
		if v.Type == sdk.VariableTypeQuery && values[v.Name] == "" {
			values[v.Name] = "(" + *v.AllValue + ")"
			if !s.offers(t, v, values) {
				empty[d.Title+": variable "+v.Name] = *v.Definition
			}
		}
	}
	ask := func(what string, q prometheus.Dataquery) {
		if expr := interpolated(q.Expr, values); !s.answers(t, q, expr) {
			empty[d.Title+": "+what+" "+*q.RefId] = expr
		}
	}
	for _, p := range d.Model.Panels {
		if p.Panel != nil {
			for _, q := range p.Panel.Targets {
				ask(*p.Panel.Title, q.(prometheus.Dataquery))
			}
		}
	}
	for _, a := range d.Model.Annotations.List {
		if q, ok := a.Target.(prometheus.Dataquery); ok {
			ask("annotation "+a.Name, q)
		}
	}
	return empty
}

// offers tells whether a variable has values to choose from.
func (s asked) offers(t *testing.T, v sdk.VariableModel, values map[string]string) bool {
	t.Helper()
	m := regexp.MustCompile(`^label_values\((.+), ([a-zA-Z_]+)\)$`).FindStringSubmatch(*v.Definition)
	require.NotNil(t, m, *v.Definition)
	var found struct{ Data []string }
	s.get(t, "label/"+m[2]+"/values", url.Values{"match[]": {interpolated(m[1], values)}}, &found)
	return len(found.Data) > 0
}

// answers tells whether a query has data.
func (s asked) answers(t *testing.T, q prometheus.Dataquery, expr string) bool {
	t.Helper()
	path, in := "query", url.Values{"query": {expr}, "time": {unix(s.to)}}
	if !*q.Instant {
		path, in = "query_range", url.Values{"query": {expr}, "start": {unix(s.from)}, "end": {unix(s.to)}, "step": {"120"}}
	}
	var found struct {
		Data struct{ Result []json.RawMessage }
	}
	s.get(t, path, in, &found)
	return len(found.Data.Result) > 0
}

// excuse fails unless it is known why there is no data.
func (s asked) excuse(t *testing.T, name, expr string) {
	t.Helper()
	for end := range mayBeEmpty {
		if strings.HasSuffix(name, end) {
			s.used[end] = true
			return
		}
	}
	t.Errorf("%s: no data for\n%s", name, expr)
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func (s asked) get(t *testing.T, path string, in url.Values, into any) {
	t.Helper()
	resp, err := http.Get(s.server.URL + "/api/v1/" + path + "?" + in.Encode())
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if !assert.Equal(t, http.StatusOK, resp.StatusCode, "%s\n%s", body, in.Get("query")) {
		return
	}
	require.NoError(t, json.Unmarshal(body, into))
}
