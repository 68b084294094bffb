package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/realdata"
	"github.com/burnish-sre/burnish/slo"
)

// realHistory is what fired in corpora of the test data.
func realHistory(t testing.TB, corpora ...string) noise.History {
	t.Helper()
	h := noise.History{Window: slo.Interval{From: realdata.End().AddDate(0, 0, -14), To: realdata.End()}, Markers: true}
	for _, c := range corpora {
		h.Episodes = append(h.Episodes, realdata.Episodes(t, c)...)
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	return h
}

// realReport is a week of real episodes beside the week before.
func realReport(t testing.TB, corpora ...string) *Report {
	t.Helper()
	h := realHistory(t, corpora...)
	now := slo.Interval{From: realdata.End().AddDate(0, 0, -7), To: realdata.End()}
	before := noise.Summarize(h, noise.Options{Window: now.Before()})
	return Build(Input{
		Source: "http://prometheus.example:9090", Version: "0.1.0", Route: "remote read",
		Current: noise.Summarize(h, noise.Options{Window: now}), Previous: &before,
	})
}

func TestAReportOfRealEpisodesAddsUp(t *testing.T) {
	r := realReport(t, "smd", "upptime", "nezha")
	var raw any
	require.NoError(t, json.Unmarshal([]byte(written(t, r.WriteJSON)), &raw))
	s := readSchema(t)
	require.Empty(t, s.check("", s.root, raw))
	doc := r.Document()
	require.NotZero(t, doc.Summary.Episodes)
	sum, previous := 0, 0
	for _, r := range doc.Rules {
		sum += r.Episodes
		previous += *r.PreviousEpisodes
	}
	require.Equal(t, doc.Summary.Episodes, sum)
	require.LessOrEqual(t, previous, doc.Summary.Previous.Episodes, "rules that fired last week alone have no row where the rules are not known")
	starts := 0
	for _, n := range doc.Summary.Timeline.Starts {
		starts += n
	}
	require.Equal(t, sum, starts)
}

// TestWriteSamples writes the forms of a real report to the folder named by
// BURNISH_SAMPLES, to be looked at.
func TestWriteSamples(t *testing.T) {
	dir := os.Getenv("BURNISH_SAMPLES")
	if dir == "" {
		t.Skip("BURNISH_SAMPLES names no folder to write to")
	}
	for name, corpora := range map[string][]string{"large": {"smd", "asd", "nab", "nezha", "petshop", "upptime", "cloudmon"}, "small": {"upptime"}} {
		r := realReport(t, corpora...)
		for ext, write := range map[string]func(f *os.File) error{
			"html": func(f *os.File) error { return r.WriteHTML(f) },
			"md":   func(f *os.File) error { return r.WriteMarkdown(f) },
			"json": func(f *os.File) error { return r.WriteJSON(f) },
		} {
			f, err := os.Create(filepath.Join(dir, name+"."+ext))
			require.NoError(t, err)
			require.NoError(t, write(f))
			require.NoError(t, f.Close())
		}
		for i, line := range r.Headlines() {
			t.Log(name + " " + strconv.Itoa(i) + " " + line)
		}
	}
}
