package report

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// dataEnd is where all the corpora end.
var dataEnd = time.Unix(1794700800, 0).UTC()

// realHistory reads the published episodes of the corpora in the test data, and
// skips the test where the data is not there.
func realHistory(t testing.TB, corpora ...string) noise.History {
	t.Helper()
	root := os.Getenv("BURNISH_TEST_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	h := noise.History{Window: slo.Interval{From: dataEnd.Add(-14 * 24 * time.Hour), To: dataEnd}, Markers: true}
	for _, c := range corpora {
		path := filepath.Join(root, "alert-history", "episodes", c+".jsonl.gz")
		f, err := os.Open(path)
		if err != nil && os.Getenv("CI") != "true" {
			t.Skipf("no test data: %v; set BURNISH_TEST_DATA to the folder that holds it", err)
		}
		require.NoError(t, err)
		h.Episodes = append(h.Episodes, readEpisodes(t, f)...)
		require.NoError(t, f.Close())
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	return h
}

func readEpisodes(t testing.TB, f *os.File) []noise.Episode {
	t.Helper()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var out []noise.Episode
	for dec := json.NewDecoder(z); dec.More(); {
		var in struct {
			Alert    string        `json:"alert"`
			Labels   labels.Labels `json:"labels"`
			ActiveAt int64         `json:"active_at"`
			Start    int64         `json:"start"`
			End      int64         `json:"end"`
			Open     bool          `json:"open"`
		}
		require.NoError(t, dec.Decode(&in))
		e := noise.Episode{
			Rule: in.Alert, Labels: in.Labels,
			ActiveAt: time.Unix(in.ActiveAt, 0).UTC(), FiredAt: time.Unix(in.Start, 0).UTC(), ResolvedAt: time.Unix(in.End, 0).UTC(),
			Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact, Replicas: 1},
		}
		if in.Open {
			e.ResolvedAt, e.Certainty.Resolved = time.Time{}, noise.EdgeOpen
		}
		out = append(out, e)
	}
	return out
}

// realReport is a week of real episodes beside the week before.
func realReport(t testing.TB, corpora ...string) *Report {
	t.Helper()
	h := realHistory(t, corpora...)
	now := slo.Interval{From: dataEnd.Add(-7 * 24 * time.Hour), To: dataEnd}
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
