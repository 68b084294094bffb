package detect

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
	"github.com/burnish-sre/burnish/slo"
)

// dataEnd is where all the corpora end.
var dataEnd = time.Unix(1794700800, 0).UTC()

// corpora are where each begins.
func corpora() map[string]time.Time {
	out := map[string]time.Time{}
	for name, from := range map[string]string{
		"smd": "2026-10-29T13:01", "asd": "2026-10-01T00:05", "nab": "2026-09-06T21:15", "cloudmon": "2026-09-30T01:00",
		"nezha": "2026-11-14T03:51", "petshop": "2026-11-12T08:30", "upptime": "2026-07-18T00:00",
	} {
		t, err := time.Parse("2006-01-02T15:04", from)
		if err != nil {
			panic(err)
		}
		out[name] = t
	}
	return out
}

// dataFile is a file of the shared data; where that is missing the test is
// skipped, but not in CI.
func dataFile(t testing.TB, parts ...string) *os.File {
	t.Helper()
	root := os.Getenv("BURNISH_TEST_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(append([]string{root}, parts...)...))
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("no test data: %v; set BURNISH_TEST_DATA to the folder that holds it", err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// realInput is the history of a corpus with its rules.
func realInput(t testing.TB, corpus string) Input {
	t.Helper()
	file := corpus + ".rules.yml"
	path := dataFile(t, "rules", file).Name()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	rules, err := rulefile.Parse(file, text)
	require.NoError(t, err)
	h := noise.History{
		Window: slo.Interval{From: corpora()[corpus], To: dataEnd}, Rules: rules, RulesKnown: true, Markers: true,
		Episodes: realEpisodes(t, corpus),
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	noise.Assign(h.Rules, h.Episodes)
	return Input{History: h, Summary: noise.Summarize(h, noise.Options{})}
}

func realEpisodes(t testing.TB, corpus string) []noise.Episode {
	t.Helper()
	z, err := gzip.NewReader(dataFile(t, "alert-history", "episodes", corpus+".jsonl.gz"))
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

// planted is a generated rule and what is wrong with it.
type planted struct {
	Alert    string `json:"alert"`
	Severity string `json:"severity"`
	Class    string `json:"class"`
}

func plantedRules(t testing.TB, corpus string) []planted {
	t.Helper()
	var in struct {
		Rules []planted `json:"rules"`
	}
	require.NoError(t, json.NewDecoder(dataFile(t, "rules-truth", corpus+".json")).Decode(&in))
	return in.Rules
}

// told is the kinds of findings by rule.
func told(found []noise.Finding) map[planted][]noise.Kind {
	out := map[planted][]noise.Kind{}
	for _, f := range found {
		k := planted{Alert: f.Rule.Name, Severity: f.Rule.Severity}
		out[k] = append(out[k], f.Kind)
	}
	return out
}

// TestPlantedFaultsAreFound holds the detectors that need nothing but history
// against the faults that were planted in generated rules. What is too seldom to
// be a fault by definition is not asked for: see enough.
func TestPlantedFaultsAreFound(t *testing.T) {
	asked := map[string][]noise.Kind{
		"always": {noise.KindStale}, "absent": {noise.KindStale},
		"flap": {noise.KindFlapping, noise.KindFleeting}, "churn": {noise.KindValueInLabel},
	}
	noisy := []noise.Kind{noise.KindFlapping, noise.KindFleeting, noise.KindStale, noise.KindValueInLabel}
	counts := map[string]*slo.Proportion{"good": {}}
	for corpus := range corpora() {
		in := realInput(t, corpus)
		found := Run(in, Options{})
		kinds := told(found)
		for _, f := range found {
			checkFinding(t, f)
		}
		for _, p := range plantedRules(t, corpus) {
			want, ok := asked[p.Class]
			if p.Class == "good" {
				want, ok = noisy, true
			}
			if !ok {
				continue
			}
			if counts[p.Class] == nil {
				counts[p.Class] = &slo.Proportion{}
			}
			is := intersects(kinds[planted{Alert: p.Alert, Severity: p.Severity}], want)
			counts[p.Class].Of++
			if is {
				counts[p.Class].Count++
			}
			t.Logf("%s %s %s: %v", corpus, p.Class, p.Alert, kinds[planted{Alert: p.Alert, Severity: p.Severity}])
		}
	}
	for class, c := range counts {
		t.Logf("%s: %d of %d", class, c.Count, c.Of)
	}
	assert.Equal(t, counts["absent"].Of, counts["absent"].Count)
}

func intersects(a, b []noise.Kind) bool {
	return slices.ContainsFunc(a, func(k noise.Kind) bool { return slices.Contains(b, k) })
}
