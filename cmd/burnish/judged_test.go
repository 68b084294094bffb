package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// corpusTruth is a corpus of the test data as its own files tell it.
type corpusTruth struct {
	End   time.Time `json:"end"`
	Stats struct {
		Start time.Time `json:"start"`
	} `json:"stats"`
	Windows []struct {
		ID    string         `json:"id"`
		Match map[string]any `json:"match"`
		Start int64          `json:"start"`
		End   int64          `json:"end"`
	} `json:"windows"`
}

// firedAlert is a line of the rule engine's own list of what fired.
type firedAlert struct {
	Alert  string            `json:"alert"`
	Labels map[string]string `json:"labels"`
	Start  int64             `json:"start"`
	End    int64             `json:"end"`
}

// judgedReport is the part of a report that is held against the truth.
type judgedReport struct {
	Rules []struct {
		Name, Severity string
		File           *string
		Precision      *struct{ Count, Of int } `json:"precision"`
	}
	Findings []struct {
		Kind, Rule, Severity string
		Others               []struct{ Rule, Severity string }
	}
}

func readInto(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into), path)
}

// reportOn runs the report over a corpus with its incidents declared.
func reportOn(t *testing.T, corpus, tsdb string) (judgedReport, corpusTruth) {
	t.Helper()
	data := realserver.Data(t)
	var truth corpusTruth
	readInto(t, filepath.Join(data, "truth", corpus+".json"), &truth)
	var declared []map[string]any
	for _, w := range truth.Windows {
		declared = append(declared, map[string]any{
			"id": w.ID, "labels": w.Match,
			"from": time.Unix(w.Start, 0).UTC(), "to": time.Unix(w.End, 0).UTC(),
		})
	}
	text, err := json.Marshal(declared)
	require.NoError(t, err)
	incidents := filepath.Join(t.TempDir(), "incidents.json")
	require.NoError(t, os.WriteFile(incidents, text, 0o600))
	out := must(t, "report", "--tsdb.path", tsdb, "--rules.files", filepath.Join(data, "rules", corpus+".rules.yml"),
		"--incidents", incidents, "--from", truth.Stats.Start.Format(time.RFC3339), "--to", truth.End.Format(time.RFC3339), "--format", "json")
	var got judgedReport
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	return got, truth
}

// fired reads what fired in the corpus, by alertname and severity.
// What began at the very end of the window is not of it.
func fired(t *testing.T, path string, end time.Time) map[[2]string][]firedAlert {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	out := map[[2]string][]firedAlert{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var a firedAlert
		require.NoError(t, json.Unmarshal(lines.Bytes(), &a))
		if a.Start >= end.Unix() {
			continue
		}
		key := [2]string{a.Alert, a.Labels["severity"]}
		out[key] = append(out[key], a)
	}
	return out
}

// met tells, straight from the definition, whether an alert met an incident: no
// label speaks against it, it began before the end, and it ended no earlier than
// ten minutes before the start.
func (c corpusTruth) met(a firedAlert) bool {
	for _, w := range c.Windows {
		concerns := true
		for name, value := range w.Match {
			if has, ok := a.Labels[name]; ok && has != value {
				concerns = false
			}
		}
		if concerns && a.Start < w.End && a.End >= w.Start-600 {
			return true
		}
	}
	return false
}

// TestReportJudgesAsTheDefinitionSays holds the precision of every rule against
// a count from the raw files, and looks for every fault that was planted.
func TestReportJudgesAsTheDefinitionSays(t *testing.T) {
	tsdb := realserver.TSDB(t)
	for _, corpus := range []string{"cloudmon", "nezha"} {
		t.Run(corpus, func(t *testing.T) {
			got, truth := reportOn(t, corpus, tsdb)
			alerts := fired(t, filepath.Join(tsdb, "episodes", corpus+".jsonl"), truth.End)
			compared := 0
			for _, r := range got.Rules {
				of := alerts[[2]string{r.Name, r.Severity}]
				if r.File == nil || len(of) == 0 {
					continue
				}
				want := struct{ Count, Of int }{Of: len(of)}
				for _, a := range of {
					if truth.met(a) {
						want.Count++
					}
				}
				require.NotNil(t, r.Precision, r.Name)
				assert.Equal(t, want, *r.Precision, "%s (%s)", r.Name, r.Severity)
				compared++
			}
			assert.Greater(t, compared, 30)
			holdPlanted(t, corpus, got)
		})
	}
}

// holdPlanted looks for the faults that the test data's own list plants.
func holdPlanted(t *testing.T, corpus string, got judgedReport) {
	t.Helper()
	var planted struct {
		Rules []struct{ Alert, Severity, Class, Expr string }
	}
	readInto(t, filepath.Join(realserver.Data(t), "rules-truth", corpus+".json"), &planted)
	found := map[[2]string]string{}
	for _, f := range got.Findings {
		found[[2]string{f.Rule, f.Severity}] += " " + f.Kind
		for _, o := range f.Others {
			found[[2]string{o.Rule, o.Severity}] += " other:" + f.Kind
		}
	}
	wanted := map[string][]string{
		"misspelled": {"dead"}, "absent": {"stale", "dead"}, "always": {"stale", "tight_threshold"},
		"churn": {"value_in_label"}, "copy": {"duplicate", "subsumed", "redundant"}, "never": {"dead"},
	}
	seen := 0
	for _, r := range planted.Rules {
		kinds := wanted[r.Class]
		if kinds == nil {
			continue
		}
		seen++
		said := found[[2]string{r.Alert, r.Severity}]
		ok := false
		for _, k := range kinds {
			ok = ok || strings.Contains(said, k)
		}
		assert.True(t, ok, "%s of %s is %s, and only%s was found: %s", r.Alert, corpus, r.Class, said, r.Expr)
	}
	assert.Greater(t, seen, 10)
}

// TestLintWithHistorySaysWhatRulesDid lints a rule file beside what its rules did.
func TestLintWithHistorySaysWhatRulesDid(t *testing.T) {
	tsdb := realserver.TSDB(t)
	rules := filepath.Join(realserver.Data(t), "rules", "cloudmon.rules.yml")
	kinds := func(args ...string) map[string]int {
		var doc struct {
			Findings []struct {
				Kind string
				File *string
				Line *int
			}
		}
		out := must(t, append([]string{"rules", "lint", rules, "--format", "json"}, args...)...)
		require.NoError(t, json.Unmarshal([]byte(out), &doc))
		got, last := map[string]int{}, 0
		for _, f := range doc.Findings {
			got[f.Kind]++
			if f.Line != nil {
				assert.GreaterOrEqual(t, *f.Line, last, "in the order of the file")
				last = *f.Line
			}
		}
		return got
	}
	text, both := kinds(), kinds("--tsdb.path", tsdb, "--last", "7d")
	for kind, n := range text {
		assert.GreaterOrEqual(t, both[kind], n, "what the text shows stays: %s", kind)
	}
	for _, kind := range []string{"flapping", "tight_threshold", "stale"} {
		assert.Zero(t, text[kind])
		assert.Positive(t, both[kind], kind)
	}
	assert.Zero(t, kinds("--tsdb.path", tsdb, "--last", "7d", "--disable", "flapping")["flapping"])
	code, _, _ := burnish("rules", "lint", rules, "--tsdb.path", tsdb, "--last", "7d", "--fail-on", "flapping")
	assert.Equal(t, exitUnwell, code)
}
