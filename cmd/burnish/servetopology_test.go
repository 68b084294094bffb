package main

import (
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/web"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/topology"
)

// TestServeShowsTheTopology over the small shop: measured from its store, with what
// people wrote, and with a file that breaks while it runs.
func TestServeShowsTheTopology(t *testing.T) {
	inSmallTopology(t)
	must(t, "slo", "topology", "slos.yaml", "--topology.file", "topology.yml", "--worksheet", "failures.csv")
	sheet, err := os.ReadFile("failures.csv")
	require.NoError(t, err)
	written := strings.Replace(string(sheet), "What do users notice?", "nobody can buy", 1)
	require.NoError(t, os.WriteFile("failures.csv", []byte(written), 0o600))
	r := serving(t, "burnish.yml", `sources: [{tsdb_path: data}]
slos: {files: ['slos*.yaml']}
rules: {files: [rules.yml]}
report: {window: 2h, refresh: 10s}
topology: {file: topology.yml, worksheet: failures.csv, window: 2h}
`)
	r.eventually("/topology/worksheet", "once in 2 h")
	assert.Contains(t, get(r.base+"/topology/worksheet"), "nobody can buy")
	assert.Contains(t, get(r.base+"/topology"), "shop → bank")
	assert.Contains(t, get(r.base+"/"), `href="/topology"`)
	after, err := os.ReadFile("failures.csv")
	require.NoError(t, err)
	assert.Equal(t, written, string(after), "the file is people's")

	status, doc := r.send("GET", "/api/v1/topology", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, doc, `"effect": "nobody can buy"`)

	require.NoError(t, os.WriteFile("topology.yml", []byte(smallTopology+"- {name: bank}\n"), 0o600))
	status, text := r.send("POST", "/-/reload", "")
	assert.Equal(t, http.StatusBadRequest, status, "a bad file keeps the old running")
	assert.Contains(t, text, `topology.yml`)
	r.eventually("/topology", "is there twice")
	assert.Contains(t, get(r.base+"/topology"), "shop → bank", "the last good one stays")
	r.stop()
}

// inAtlas is an atlas over the small shop's files.
func inAtlas(t *testing.T, c config.Topology) *atlas {
	t.Helper()
	inSmallTopology(t)
	return &atlas{c: c, log: slog.New(slog.DiscardHandler)}
}

func TestTheAtlasWorksOutOnlyWhatHasChanged(t *testing.T) {
	a := inAtlas(t, config.Topology{File: "topology.yml", Worksheet: "failures.md"})
	slos := []slo.SLO{{Service: "shop", Name: "availability", Objective: 0.98}}
	first := a.shown(slos)
	require.Empty(t, first.Problem, "a worksheet that is not there yet is none")
	same := func(x, y *web.Topology) bool { return x.View.Graph == y.View.Graph }
	assert.True(t, same(first, a.shown(slos)))
	a.take(topology.Measured{Window: time.Hour})
	measured := a.shown(slos)
	assert.False(t, same(first, measured), "something was measured")
	assert.False(t, same(measured, a.shown([]slo.SLO{slos[0]})), "specs were read anew")

	last := a.shown(slos)
	require.NoError(t, os.WriteFile("failures.md", []byte("| ID | Component |\n| --- | --- |\n| a | b |\n| a | b |\n"), 0o600))
	broken := a.shown(slos)
	assert.Contains(t, broken.Problem, "failures.md")
	assert.Len(t, broken.View.Worksheet, len(last.View.Worksheet), "the sheet is shown without")
	require.NoError(t, os.Remove("topology.yml"))
	gone := a.shown(slos)
	assert.Contains(t, gone.Problem, "read the topology")
	assert.NotNil(t, gone.View.Graph)
}

func TestTheAtlasIsShownOnlyWhereThereIsSomething(t *testing.T) {
	alone := []slo.SLO{{Service: "shop", Name: "availability", Objective: 0.98}}
	linked := append([]slo.SLO{{Service: "web", Name: "availability", Objective: 0.9, DependsOn: []string{"shop/availability"}}}, alone...)
	assert.Nil(t, inAtlas(t, config.Topology{}).shown(alone), "nothing depends on anything")
	assert.Nil(t, inAtlas(t, config.Topology{}).shown(nil))
	assert.NotNil(t, inAtlas(t, config.Topology{}).shown(linked).View.Graph)
	assert.NotNil(t, inAtlas(t, config.Topology{Worksheet: "failures.md"}).shown(alone), "somebody asks how it fails")
	dangling := inAtlas(t, config.Topology{}).shown(linked[:1])
	assert.Contains(t, dangling.Problem, "there is no shop")
	assert.Nil(t, dangling.View.Graph)
}
