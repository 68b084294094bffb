package simulate

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/slo/spec"
)

// reportOn is the report that the demo makes of the month.
func reportOn(t *testing.T, w *written) *report.Report {
	t.Helper()
	var files []spec.File
	for _, name := range w.SLOFiles {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		files = append(files, spec.File{Name: name, Text: text})
	}
	parsed, err := spec.ParseAll(files, spec.Options{})
	require.NoError(t, err)
	incidents, err := collector.ReadIncidents([]string{w.IncidentsFile})
	require.NoError(t, err)
	src, err := tsdbdir.Open(tsdbdir.Options{Path: w.TSDBDir})
	require.NoError(t, err)
	defer func() { _ = src.Close() }()
	r, err := pipeline.Report(t.Context(), src, pipeline.Options{
		Now: w.To.Add(time.Hour), Last: w.To.Sub(w.From), RuleFiles: w.RuleFiles, SLOs: parsed.SLOs, Weeks: 12,
	}, pipeline.JudgeOptions{Incidents: incidents, Declared: true}, "test")
	require.NoError(t, err)
	return r
}

// planted are the rules that the story plants under a name.
func (w *written) planted(kind string) (rules []string, incident string) {
	for _, p := range w.Planted {
		if p.Kind == kind {
			rules, incident = append(rules, p.Rules...), p.Incident
		}
	}
	slices.Sort(rules)
	return rules, incident
}

// testReport: whoever reads the first screen of the report alone knows which three
// rules to delete, which two to merge, and of which incident nobody was told.
func testReport(t *testing.T, w *written) {
	r := reportOn(t, w)
	doc := r.Document()
	deleted, _ := w.planted("delete")
	merged, _ := w.planted("merge")
	silent, untold := w.planted("incident nobody was told of")
	got := map[decide.Verb][]string{}
	for _, a := range doc.Actions {
		switch {
		case a.Verb == report.VerbWatch:
			got[a.Verb] = append(got[a.Verb], *a.Incident)
		case a.Verb == decide.Merge:
			got[a.Verb] = append(got[a.Verb], a.Rule.Rule, a.Into.Rule)
		default:
			got[a.Verb] = append(got[a.Verb], a.Rule.Rule)
		}
	}
	assert.ElementsMatch(t, deleted, got[decide.Delete])
	assert.ElementsMatch(t, merged, got[decide.Merge])
	assert.Equal(t, untold, got[report.VerbWatch][0], "the worst first")
	assert.Subset(t, got[decide.Repair], silent, "the rule that should have told")

	var md bytes.Buffer
	require.NoError(t, r.WriteMarkdown(&md))
	first, _, found := strings.Cut(md.String(), "## What to change first")
	require.True(t, found)
	for _, name := range slices.Concat(deleted, merged, silent, []string{untold}) {
		assert.Contains(t, first, name)
	}
	assert.Contains(t, first, "**Nobody was told**")
	assert.Len(t, doc.Sentences, 3)
	testTeams(t, doc)
}

// testTeams: each alert is one team's, and the weeks before the month are unknown.
func testTeams(t *testing.T, doc report.Document) {
	sum := 0
	for _, row := range doc.Teams {
		sum += row.Episodes
	}
	assert.Equal(t, doc.Summary.Episodes, sum)
	require.Len(t, doc.Trends.Weeks, 12)
	assert.Nil(t, doc.Trends.Weeks[0].Episodes)
	assert.NotNil(t, doc.Trends.Weeks[11].Episodes)
}
