package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/dashboards/report"
)

// weekArgs ask for the last week but so many of a corpus.
func weekArgs(t *testing.T, weeksBack int, rules string, more ...string) []string {
	t.Helper()
	var truth corpusTruth
	readInto(t, filepath.Join(realserver.Data(t), "truth", "cloudmon.json"), &truth)
	to := truth.End.AddDate(0, 0, -7*weeksBack)
	return append([]string{
		"report", "--tsdb.path", realserver.TSDB(t), "--rules.files", rules, "--format", "json",
		"--from", to.AddDate(0, 0, -7).Format(time.RFC3339), "--to", to.Format(time.RFC3339),
	}, more...)
}

// TestAdviceIsFollowedUpFromWeekToWeek takes one piece of a week's advice, and asks
// the next week what became of it.
func TestAdviceIsFollowedUpFromWeekToWeek(t *testing.T) {
	dir := t.TempDir()
	rules := filepath.Join(dir, "cloudmon.rules.yml")
	text, err := os.ReadFile(filepath.Join(realserver.Data(t), "rules", "cloudmon.rules.yml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(rules, text, 0o600))
	var first struct {
		Decisions []report.Decision `json:"decisions"`
		Trends    *report.Trends    `json:"trends"`
	}
	before := must(t, weekArgs(t, 1, rules, "--trend-weeks", "0")...)
	require.NoError(t, json.Unmarshal([]byte(before), &first))
	require.NotEmpty(t, first.Decisions)
	assert.Nil(t, first.Trends)
	previous := filepath.Join(dir, "report.json")
	require.NoError(t, os.WriteFile(previous, []byte(before), 0o600))

	taken := first.Decisions[0].Rule
	changed := strings.Replace(string(text), "alert: "+taken+"\n", "alert: "+taken+"Gone\n", 1)
	require.NotEqual(t, string(text), changed)
	require.NoError(t, os.WriteFile(rules, []byte(changed), 0o600))
	var second struct {
		Advice  *report.Advice         `json:"advice"`
		Trends  *report.Trends         `json:"trends"`
		Summary struct{ Episodes int } `json:"summary"`
	}
	require.NoError(t, json.Unmarshal([]byte(must(t, weekArgs(t, 0, rules, "--previous", previous)...)), &second))
	for _, f := range second.Advice.Items {
		if f.Rule != nil && *f.Rule == taken {
			assert.Equal(t, report.AdviceTaken, f.Became)
			assert.Equal(t, []string{"gone"}, f.Changes)
		} else {
			assert.Contains(t, []report.Became{report.AdviceNotTaken, report.AdviceNotFound}, f.Became, "%v", f)
		}
	}
	require.Len(t, second.Trends.Weeks, trendWeeks)
	assert.Equal(t, second.Summary.Episodes, *second.Trends.Weeks[trendWeeks-1].Episodes)
}

func TestWhatAReportDoesNotHoldIsRefused(t *testing.T) {
	rules := filepath.Join(realserver.Data(t), "rules", "cloudmon.rules.yml")
	for name, c := range map[string]struct{ flag, value, says string }{
		"an incident": {"--postmortem", "another", "no such incident in the report: \"another\"; it holds none"},
		"a team":      {"--team", "nobody", "--team \"nobody\""},
	} {
		code, stdout, stderr := burnish(weekArgs(t, 0, rules, "--trend-weeks", "0", c.flag, c.value)...)
		assert.Equal(t, exitUsage, code, name)
		assert.Contains(t, stderr, c.says, name)
		assert.Empty(t, stdout, name)
	}
}
