package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/topology"
)

const smallTopology = `version: burnish/topology/v1
components:
- name: shop
  depends_on: [{on: bank, share: 50%}]
- {name: bank, kind: provider, expected: 99%}
- {name: disk, kind: component}
`

// inSmallTopology puts the test beside the small shop with its topology.
func inSmallTopology(t *testing.T) {
	t.Helper()
	inSmallShop(t)
	require.NoError(t, os.WriteFile("topology.yml", []byte(smallTopology), 0o600))
}

func TestTopologyForms(t *testing.T) {
	inSmallTopology(t)
	args := []string{"slo", "topology", "slos.yaml", "--topology.file", "topology.yml", "--format"}
	// A bank of 99% that half of the requests need leaves 99.5%; 98% are promised.
	text := must(t, append(args, "text")...)
	assert.Regexp(t, `(?m)^shop +service +98% +99\.5% +needs 98\.5% of its own part +shop -> bank \(25% of the budget\)$`, text)

	var doc struct {
		Schema     string
		Components []struct {
			Name       string
			Attainable float64 `json:"attainable_ratio"`
		}
		Worksheet []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(must(t, append(args, "json")...)), &doc))
	assert.Equal(t, "burnish/slo-topology/v1", doc.Schema)
	require.Len(t, doc.Components, 3)
	assert.InDelta(t, 0.995, doc.Components[2].Attainable, 1e-12)
	assert.Nil(t, doc.Worksheet[0]["severity"], "nothing was measured")

	svg := must(t, append(args, "svg")...)
	for dec := xml.NewDecoder(strings.NewReader(svg)); ; {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	assert.True(t, strings.HasPrefix(must(t, append(args, "mermaid")...), "flowchart TD\n"))
	assert.True(t, strings.HasPrefix(must(t, append(args, "dot")...), "digraph"))
	assert.True(t, strings.HasPrefix(must(t, append(args, "csv")...), "ID,Component,"))
	assert.Contains(t, must(t, append(args, "md")...), "## Control loops")
}

func TestTopologyIsMeasuredAndTheWorksheetKept(t *testing.T) {
	inSmallTopology(t)
	args := []string{
		"slo", "topology", "slos.yaml", "--topology.file", "topology.yml", "--tsdb.path", "data",
		"--from", noon.Add(-2 * time.Hour).Format(time.RFC3339), "--to", noon.Format(time.RFC3339), "--rules.files", "rules.yml",
	}
	for _, file := range []string{"failures.md", "failures.csv"} {
		must(t, append(args, "--worksheet", file)...)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Contains(t, string(text), "once in 2 h", "the loss of the shop was measured")
		assert.Contains(t, string(text), "What do users notice?")
		edited := strings.Replace(string(text), "What do users notice?", "nobody can buy", 1)
		require.NoError(t, os.WriteFile(file, []byte(edited), 0o600))
		must(t, append(args, "--worksheet", file)...)
		again, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, edited, string(again))
	}
	// Without a source, what was measured stays in the sheet.
	must(t, "slo", "topology", "slos.yaml", "--topology.file", "topology.yml", "--worksheet", "failures.csv")
	text, err := os.ReadFile("failures.csv")
	require.NoError(t, err)
	assert.Contains(t, string(text), "once in 2 h")
}

func TestTopologyTellsWhatIsWrong(t *testing.T) {
	inSmallTopology(t)
	require.NoError(t, os.WriteFile("cycle.yml", []byte("version: burnish/topology/v1\ncomponents:\n- {name: shop, depends_on: [a]}\n- {name: a, depends_on: [shop]}\n"), 0o600))
	require.NoError(t, os.WriteFile("dangling.yml", []byte("version: burnish/topology/v1\ncomponents:\n- {name: shop, depends_on: [b]}\n"), 0o600))
	require.NoError(t, os.WriteFile("twice.csv", []byte("ID,Component\nx,a\nx,b\n"), 0o600))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a cycle":           {[]string{"slos.yaml", "--topology.file", "cycle.yml"}, "cyclic dependency a -> shop -> a"},
		"a dangling one":    {[]string{"slos.yaml", "--topology.file", "dangling.yml"}, "dangling dependency shop -> b: there is no b"},
		"nothing":           {nil, "nothing depends on anything"},
		"no such form":      {[]string{"slos.yaml", "--format", "png"}, "--format"},
		"no such file":      {[]string{"--topology.file", "none.yml"}, "none.yml"},
		"another worksheet": {[]string{"slos.yaml", "--worksheet", "sheet.xls"}, "ends in .md or .csv"},
		"a broken one":      {[]string{"slos.yaml", "--worksheet", "twice.csv"}, "twice.csv: read the worksheet: line 3"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, told := burnish(append([]string{"slo", "topology"}, c.args...)...)
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, told, c.want)
		})
	}
}

// TestOverlappingIncidentsAreOne: a declared incident and the loss that was measured
// in it.
func TestOverlappingIncidentsAreOne(t *testing.T) {
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	incident := func(id string, from, to int, burned *float64) noise.Incident {
		return noise.Incident{Interval: slo.Interval{From: at(from), To: at(to)}, ID: id, SLO: "a/b", Burned: burned}
	}
	told := []truth.Signal{{Onset: true, FiredAt: at(8)}}
	got := observed("a/b", &truth.Judgement{Incidents: []truth.Verdict{
		{Incident: incident("declared", 0, 30, nil)},
		{Incident: incident("measured", 5, 40, new(0.2)), Signals: told, DetectedAt: at(8)},
		{Incident: incident("later", 60, 70, new(0.1))},
		{Incident: noise.Incident{ID: "another", SLO: "c/d"}},
	}})
	require.Len(t, got.Incidents, 2)
	assert.Equal(t, topology.Incident{ID: "declared", From: at(0), To: at(40), Burned: slo.Figure{Value: 0.2, Known: true}}, got.Incidents[0])
	assert.Equal(t, slo.Proportion{Count: 1, Of: 2}, got.Recall)
	assert.Equal(t, slo.Figure{Value: 480, Known: true}, got.Detection)
	assert.Equal(t, slo.Figure{Value: 1500, Known: true}, got.Restore)
	assert.Equal(t, []string{"later"}, got.Missed)
}

// TestWhoTellsIsWhoToldOfThisSLO: a rule that told of another's losses is none.
func TestWhoTellsIsWhoToldOfThisSLO(t *testing.T) {
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	signal := func(name string, minute int, onset bool) truth.Signal {
		return truth.Signal{RuleKey: noise.RuleKey{Name: name}, FiredAt: at(minute), Onset: onset}
	}
	loss := func(of string, from int, signals ...truth.Signal) truth.Verdict {
		v := truth.Verdict{Incident: noise.Incident{Interval: slo.Interval{From: at(from), To: at(from + 10)}, ID: fmt.Sprint(from), SLO: of}, Signals: signals}
		for _, s := range signals {
			if s.Onset && (v.DetectedAt.IsZero() || s.FiredAt.Before(v.DetectedAt)) {
				v.DetectedAt = s.FiredAt
			}
		}
		return v
	}
	tied := func(name string, of ...string) truth.Score {
		return truth.Score{RuleKey: noise.RuleKey{Name: name}, SLOs: of, Onset: slo.Proportion{Count: 9, Of: 9}}
	}
	j := &truth.Judgement{
		Rules: []truth.Score{
			tied("Broad", "a/b", "c/d", "e/f"), tied("Slow", "a/b"), tied("Quick", "a/b"), tied("Standing", "a/b"),
			{RuleKey: noise.RuleKey{Name: "Right"}, SLOs: []string{"a/b"}, Precision: slo.Proportion{Count: 9, Of: 10}},
			{RuleKey: noise.RuleKey{Name: "Noisy"}, SLOs: []string{"a/b"}, Precision: slo.Proportion{Count: 1, Of: 10}},
		},
		Incidents: []truth.Verdict{
			loss("a/b", 0, signal("Slow", 5, true), signal("Quick", 1, true), signal("Quick", 3, true), signal("Standing", -9, false)),
			loss("a/b", 60, signal("Slow", 65, true), signal("Quick", 62, true), signal("Right", 66, true), signal("Noisy", 61, true)),
			loss("a/b", 120, signal("Standing", 119, false)),
			loss("c/d", 0),
		},
	}
	assert.Equal(t, []string{"Quick", "Slow", "Right", "Noisy", "Standing"}, observed("a/b", j).Rules)
	assert.Empty(t, observed("c/d", j).Rules, "it told of others' losses only")
	assert.Equal(t, []string{"Broad"}, observed("e/f", j).Rules, "without a loss it is who is tied to it")
}

// TestTheExampleOfTheDemoFits: the topology that the tests of slo/topology reckon
// with is that of the demo's services.
func TestTheExampleOfTheDemoFits(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("internal", "simulate", "shop", "topology.yml"))
	require.NoError(t, err)
	components, err := topology.Parse("topology.yml", text)
	require.NoError(t, err)
	text, err = os.ReadFile(filepath.Join("internal", "simulate", "shop", "shop.yml"))
	require.NoError(t, err)
	var shop struct {
		Services []struct {
			Name  string
			Needs map[string]float64
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &shop))
	simulated := map[string]map[string]float64{}
	for _, s := range shop.Services {
		simulated[s.Name] = s.Needs
	}
	services := 0
	for _, c := range components {
		if c.Kind != topology.KindService {
			continue
		}
		services++
		needs := map[string]float64{}
		for _, d := range c.DependsOn {
			if _, isService := simulated[d.On[0]]; isService {
				needs[d.On[0]] = d.Share
			}
		}
		require.Contains(t, simulated, c.Name)
		assert.Len(t, needs, len(simulated[c.Name]), c.Name)
		for on, share := range simulated[c.Name] {
			assert.InDelta(t, share, needs[on], 1e-9, "%s needs %s", c.Name, on)
		}
	}
	assert.Len(t, simulated, services)
}
