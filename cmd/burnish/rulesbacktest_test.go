package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// backtestCorpus is the corpus of the tests: a day of two systems under load
// with 52 injected faults.
const backtestCorpus = "nezha"

// backtestAnswer is the part of a backtest's JSON that tests look at.
type backtestAnswer struct {
	All   sidesAnswer `json:"all"`
	Rules []struct {
		Change     string
		Old, New   *struct{ Rule string }
		Before     *figuresAnswer
		After      *figuresAnswer
		LostByRule []string `json:"lost"`
	} `json:"rules"`
	Lost []struct{ ID string }   `json:"incidents_lost"`
	Left []struct{ Rule string } `json:"not_replayed"`
}

type sidesAnswer struct{ Before, After figuresAnswer }

type figuresAnswer struct {
	Episodes int
	Outside  struct{ Count, Of int } `json:"episodes_outside_incidents"`
	Caught   struct{ Count, Of int } `json:"incidents_caught_at_onset"`
}

// backtestArgs are the arguments of a backtest over the corpus, without files.
func backtestArgs(t *testing.T) (args []string, truth corpusTruth) {
	t.Helper()
	data := realserver.Data(t)
	readInto(t, filepath.Join(data, "truth", backtestCorpus+".json"), &truth)
	return []string{
		"rules", "backtest", "--tsdb.path", realserver.TSDB(t), "--rules.files", currentRules(t),
		"--incidents", declareAll(t, truth), "--from", truth.Stats.Start.Format(time.RFC3339), "--to", truth.End.Format(time.RFC3339),
	}, truth
}

// declareAll writes a corpus' incidents as a file to be declared.
func declareAll(t *testing.T, truth corpusTruth) string {
	t.Helper()
	var declared []map[string]any
	for _, w := range truth.Windows {
		declared = append(declared, map[string]any{
			"id": w.ID, "labels": w.Match, "from": time.Unix(w.Start, 0).UTC(), "to": time.Unix(w.End, 0).UTC(),
		})
	}
	text, err := json.Marshal(declared)
	require.NoError(t, err)
	return lintFile(t, "incidents.json", string(text))
}

func currentRules(t *testing.T) string {
	return filepath.Join(realserver.Data(t), "rules", backtestCorpus+".rules.yml")
}

// editedRules is a copy of the rules in force with edits.
func editedRules(t *testing.T, edits ...rulefile.Edit) string {
	t.Helper()
	text, err := os.ReadFile(currentRules(t))
	require.NoError(t, err)
	f, err := rulefile.Open("rules.yml", text)
	require.NoError(t, err)
	out, err := f.Apply(edits)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "proposed.yml")
	require.NoError(t, os.WriteFile(path, out, 0o600))
	return path
}

// TestBacktestOfRulesInForceIsWhatTheEngineFired: with the same rules on both
// sides nothing changes, nothing fails, and the figures are those that are
// counted from the rule engine's own list of what fired.
func TestBacktestOfRulesInForceIsWhatTheEngineFired(t *testing.T) {
	args, truth := backtestArgs(t)
	out := must(t, append(args, currentRules(t), "--format", "json", "--fail-on", "lost-incident,more-noise,later,not-replayed")...)
	var got backtestAnswer
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	want := figuresAnswer{}
	caught := map[string]bool{}
	for _, alerts := range fired(t, filepath.Join(realserver.TSDB(t), "episodes", backtestCorpus+".jsonl"), truth.End) {
		for _, a := range alerts {
			truth.count(a, &want, caught)
		}
	}
	want.Caught = struct{ Count, Of int }{len(caught), len(truth.Windows)}
	// One alert, absent() of a series that never was, fires from before the first
	// evaluation: it is judged, and began outside of the window.
	want.Episodes--
	assert.Equal(t, want, got.All.Before)
	assert.Equal(t, want, got.All.After)
	assert.Empty(t, got.Rules)
	assert.Greater(t, want.Episodes, 2000)
}

// count adds an alert to figures, straight from the definitions.
func (c corpusTruth) count(a firedAlert, into *figuresAnswer, caught map[string]bool) {
	into.Episodes++
	into.Outside.Of++
	if !c.met(a) {
		into.Outside.Count++
	}
	for _, w := range c.Windows {
		one := corpusTruth{Windows: c.Windows[:0:0]}
		one.Windows = append(one.Windows, w)
		if one.met(a) && a.Start >= w.Start-600 && a.Start < w.End {
			caught[w.ID] = true
		}
	}
}

// rulesOf are the rules in force.
func rulesOf(t *testing.T) []noise.Rule {
	t.Helper()
	text, err := os.ReadFile(currentRules(t))
	require.NoError(t, err)
	rules, err := rulefile.Parse("rules.yml", text)
	require.NoError(t, err)
	return rules
}

func TestBacktestFailsOn(t *testing.T) {
	args, _ := backtestArgs(t)
	one := lintFile(t, "one.yml", "groups:\n- name: nezha-app\n  rules:\n  - {alert: Never, expr: vector(1) > 2}\n")
	noisy := lintFile(t, "noisy.yml", "groups:\n- name: new\n  interval: 1m\n  rules:\n  - {alert: Noisy, expr: pod_cpu_usage_percent > 20}\n")
	broken := lintFile(t, "broken.yml", "groups:\n- name: new\n  interval: 1m\n  rules:\n"+
		"  - {alert: Broken, expr: pod_cpu_usage_percent * on (system) group_left pod_cpu_usage_percent > 1}\n")
	for name, c := range map[string]struct {
		files []string
		on    string
		code  int
		says  string
	}{
		"all rules are gone":                 {[]string{one}, "lost-incident", exitUnwell, "lost-incident: 52 of 52 incidents"},
		"all rules are gone, noise asked":    {[]string{one}, "more-noise", exitFine, ""},
		"a noisy rule is added":              {[]string{currentRules(t), noisy}, "more-noise", exitUnwell, "more-noise: "},
		"a noisy rule is added, losses":      {[]string{currentRules(t), noisy}, "lost-incident,later", exitFine, ""},
		"a rule can't be evaluated":          {[]string{currentRules(t), broken}, "not-replayed", exitUnwell, "not-replayed: 1 rule"},
		"nothing asked":                      {[]string{one}, "", exitFine, ""},
		"no such answer":                     {[]string{one}, "nope", exitUsage, "want one of"},
		"a file that is not":                 {[]string{"nope-*.yml"}, "", exitUsage, "no file matches"},
		"two answers, the second fails":      {[]string{currentRules(t), noisy}, "lost-incident,more-noise", exitUnwell, "more-noise: "},
		"pages, of which nothing is known":   {[]string{currentRules(t), noisy}, "more-pages", exitFine, ""},
		"a noisy rule that is also the only": {[]string{noisy}, "lost-incident,more-noise", exitUnwell, "lost-incident: "},
	} {
		t.Run(name, func(t *testing.T) {
			with := append(slices.Clone(args), c.files...)
			if c.on != "" {
				with = append(with, "--fail-on", c.on)
			}
			code, _, stderr := burnish(with...)
			assert.Equal(t, c.code, code, stderr)
			assert.Contains(t, stderr, c.says)
		})
	}
}

// TestBacktestComment looks at the comment for a pull request that deletes a
// rule and slows down another.
func TestBacktestComment(t *testing.T) {
	args, _ := backtestArgs(t)
	rules := rulesOf(t)
	var edits []rulefile.Edit
	for i, r := range rules {
		switch r.Name {
		case "FrontendErrors", "PodCpuOver80":
			edits = append(edits, rulefile.SetFor(i, 10*time.Minute))
		}
	}
	code, out, stderr := burnish(append(args, editedRules(t, edits...), "--format", "md", "--fail-on", "more-noise")...)
	require.Equal(t, exitFine, code, stderr)
	assert.True(t, strings.HasPrefix(out, "<!-- burnish rules backtest -->\n## Alert rules, backtested\n\n**"), out[:80])
	assert.Contains(t, out, "| Incidents caught at onset | 52 of 52 | 52 of 52 | same |")
	assert.Contains(t, out, "<summary>Rules (0 added, 0 removed, 2 changed, 53 unchanged)</summary>")
	assert.Contains(t, out, "FrontendErrors; for 0s → 10m")
	assert.Equal(t, strings.Count(out, "<details>"), strings.Count(out, "</details>"))
	assert.Less(t, len(out), 60_000)
	for i, line := range strings.Split(out, "\n") {
		if strings.HasPrefix(line, "| changed") {
			assert.Equal(t, 9, strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"), "line %d: %s", i, line)
		}
	}
}

func TestBacktestEscapesTextFromOutside(t *testing.T) {
	for text, want := range map[string]string{
		"a|b":                       `a\|b`,
		"</details><script>":        "&#60;/details&#62;&#60;script&#62;",
		"@everyone":                 "&#64;everyone",
		"https://x.test":            "https&#58;//x.test",
		":tada:":                    "&#58;tada&#58;",
		"2026-11-02T17:35:00Z":      "2026-11-02T17:35:00Z",
		"caught: late":              "caught: late",
		"one\ntwo\x1b[31m":          `one two \[31m`,
		"![x](http://x.test/i.png)": `\!\[x\](http&#58;//x.test/i.png)`,
	} {
		assert.Equal(t, want, mdEscape(text), fmt.Sprintf("%q", text))
	}
}
