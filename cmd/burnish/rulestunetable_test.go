package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// TestRulesTuneTable prints the table of docs/benchmarks.md (make tune-table): the
// rules of each corpus tuned with the incidents before its cut, then the
// originals, the tuned ones and two naive remedies replayed after it by
// Prometheus' own rule engine.
func TestRulesTuneTable(t *testing.T) {
	if os.Getenv("BURNISH_TUNE_TABLE") == "" {
		t.Skip("takes minutes; make tune-table runs it")
	}
	realserver.Requires(t, "promtool", "go", "bash")
	m := tuneMeasure{data: realserver.Data(t), dir: t.TempDir()}
	m.build(t)
	paths, err := filepath.Glob(filepath.Join(m.data, "truth", "*.json"))
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString("| corpus | incidents | today | tuned | fewer | lost | later | five noisiest dropped | 5 minutes longer |\n|---|---|---|---|---|---|---|---|---|\n")
	var all tuneRow
	for _, path := range paths {
		corpus := strings.TrimSuffix(filepath.Base(path), ".json")
		r := m.measure(t, corpus)
		if r.windows == 0 {
			continue
		}
		b.WriteString(r.String(corpus))
		all.add(r)
	}
	b.WriteString(all.String("**all**"))
	t.Log("\n" + b.String())
}

// tuneMeasure replays rules over the test data.
type tuneMeasure struct{ data, dir, replay, tsdb string }

func (m *tuneMeasure) build(t *testing.T) {
	t.Helper()
	m.replay = filepath.Join(m.dir, "replay")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", m.replay, ".")
	cmd.Dir = filepath.Join(m.data, "tools", "replay")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	paths, err := filepath.Glob(filepath.Join(m.data, "metrics", "*.om.gz"))
	require.NoError(t, err)
	var corpora []string
	for _, p := range paths {
		corpora = append(corpora, strings.TrimSuffix(filepath.Base(p), ".om.gz"))
	}
	m.tsdb = realserver.TSDB(t, corpora...)
}

// tuneScore is what a rule set does after the cut.
type tuneScore struct {
	outside int
	caught  map[string]int64 // seconds from the start, by incident
}

// tuneRow is one corpus.
type tuneRow struct {
	windows, caught, lost, before, after int
	later                                []int64
	fiveOut, fiveCaught                  int
	waitOut, waitCaught                  int
}

func (r *tuneRow) add(o tuneRow) {
	r.windows += o.windows
	r.caught += o.caught
	r.lost += o.lost
	r.before += o.before
	r.after += o.after
	r.fiveOut += o.fiveOut
	r.fiveCaught += o.fiveCaught
	r.waitOut += o.waitOut
	r.waitCaught += o.waitCaught
	r.later = append(r.later, o.later...)
}

func (r tuneRow) String(name string) string {
	median := time.Duration(0)
	if len(r.later) > 0 {
		slices.Sort(r.later)
		median = time.Duration(r.later[len(r.later)/2]) * time.Second
	}
	return fmt.Sprintf("| %s | %d of %d caught | %d | %d | %.0f%% | %d | %s | %d, %d caught | %d, %d caught |\n", name,
		r.caught, r.windows, r.before, r.after, 100*(1-float64(r.after)/float64(max(1, r.before))), r.lost, median,
		r.fiveOut, r.fiveCaught, r.waitOut, r.waitCaught)
}

// measure tunes a corpus and scores all rule sets after its cut.
func (m *tuneMeasure) measure(t *testing.T, corpus string) tuneRow {
	t.Helper()
	var truth corpusTruth
	var cut struct {
		Cut struct {
			At int64 `json:"at"`
		} `json:"cut"`
	}
	path := filepath.Join(m.data, "truth", corpus+".json")
	readInto(t, path, &truth)
	readInto(t, path, &cut)
	at := time.Unix(cut.Cut.At, 0).UTC()
	rules := filepath.Join(m.data, "rules", corpus+".rules.yml")
	out := filepath.Join(m.dir, "tuned-"+corpus)
	must(t, "rules", "tune", rules, "--tsdb.path", m.tsdb, "--incidents", declareUntil(t, truth, at),
		"--from", truth.Stats.Start.Format(time.RFC3339), "--to", at.Format(time.RFC3339), "--output-dir", out)
	r := tuneRow{}
	for _, w := range truth.Windows {
		if w.Start >= at.Unix() {
			r.windows++
		}
	}
	today := m.episodes(t, rules, truth)
	score := func(path string) tuneScore { return scoreAfter(m.episodes(t, path, truth), truth, at.Unix()) }
	before, after := scoreAfter(today, truth, at.Unix()), score(filepath.Join(out, filepath.Base(rules)))
	r.before, r.after, r.caught = before.outside, after.outside, len(before.caught)
	for id, was := range before.caught {
		if is, ok := after.caught[id]; ok {
			r.later = append(r.later, is-was)
			continue
		}
		r.lost++
	}
	five, wait := score(m.naive(t, rules, dropFive(today, at.Unix()))), score(m.naive(t, rules, waitLonger))
	r.fiveOut, r.fiveCaught, r.waitOut, r.waitCaught = five.outside, len(five.caught), wait.outside, len(wait.caught)
	return r
}

// episodes are what a rule file fires over all of a corpus.
func (m *tuneMeasure) episodes(t *testing.T, rules string, truth corpusTruth) []firedAlert {
	t.Helper()
	dir := t.TempDir()
	list := filepath.Join(dir, "episodes.jsonl")
	cmd := exec.CommandContext(t.Context(), m.replay, "-data", m.tsdb, "-out", filepath.Join(dir, "out"), "-episodes", list,
		"-from", truth.Stats.Start.Format(time.RFC3339), "-to", truth.End.Format(time.RFC3339), rules)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "out"), 0o755))
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, string(text))
	f, err := os.Open(list)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	var out []firedAlert
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var a firedAlert
		require.NoError(t, json.Unmarshal(lines.Bytes(), &a))
		out = append(out, a)
	}
	return out
}

// scoreAfter counts what begins from a time on: an incident is caught where an
// episode begins between ten minutes before it and its end.
func scoreAfter(fired []firedAlert, truth corpusTruth, from int64) tuneScore {
	const lead = 600
	s := tuneScore{caught: map[string]int64{}}
	for _, a := range fired {
		if a.Start < from {
			continue
		}
		met := false
		for _, w := range truth.Windows {
			if w.Start < from || a.Start > w.End || a.End < w.Start-lead || !belongs(a.Labels, w.Match) {
				continue
			}
			met = true
			if a.Start >= w.Start-lead {
				delay := max(0, a.Start-w.Start)
				if have, ok := s.caught[w.ID]; !ok || delay < have {
					s.caught[w.ID] = delay
				}
			}
		}
		if !met {
			s.outside++
		}
	}
	return s
}

func belongs(alert map[string]string, match map[string]any) bool {
	for k, v := range match {
		if have, ok := alert[k]; ok && have != fmt.Sprint(v) {
			return false
		}
	}
	return true
}

// naive writes a rule file with a remedy that looks at nothing but counts.
func (m *tuneMeasure) naive(t *testing.T, rules string, remedy func([]rulefile.Located) []rulefile.Edit) string {
	t.Helper()
	text, err := os.ReadFile(rules)
	require.NoError(t, err)
	f, err := rulefile.Open(rules, text)
	require.NoError(t, err)
	changed, err := f.Apply(remedy(f.Rules()))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), filepath.Base(rules))
	require.NoError(t, os.WriteFile(path, changed, 0o600))
	return path
}

// dropFive takes out the alerts that began most often before a time.
func dropFive(fired []firedAlert, until int64) func([]rulefile.Located) []rulefile.Edit {
	counts := map[string]int{}
	for _, a := range fired {
		if a.Start < until {
			counts[a.Alert+a.Labels["severity"]]++
		}
	}
	return func(rules []rulefile.Located) []rulefile.Edit {
		order := make([]int, len(rules))
		for i := range order {
			order[i] = i
		}
		count := func(i int) int { return counts[rules[i].Rule.Name+rules[i].Rule.Severity()] }
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(count(b), count(a)) })
		var out []rulefile.Edit
		for _, i := range order[:min(5, len(order))] {
			out = append(out, rulefile.CommentOut(i, "noisy"))
		}
		return out
	}
}

func waitLonger(rules []rulefile.Located) []rulefile.Edit {
	var out []rulefile.Edit
	for i, r := range rules {
		out = append(out, rulefile.SetFor(i, r.Rule.For+5*time.Minute))
	}
	return out
}
