package lintformat_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/lintformat"
	"github.com/burnish-sre/burnish/noise"
)

var update = flag.Bool("update", false, "write the expected output anew")

// hostile is what somebody may call a rule to get at a terminal, a page or the
// annotations of a workflow.
const hostile = "A\x1b[31m,line=1::error file=x::\r\n::set-output name=x::%0A<script>alert(1)</script>\u202e"

func result() lintformat.Result {
	five := 5.0
	rule := func(name, file string, line int) noise.RuleRef {
		return noise.RuleRef{RuleKey: noise.RuleKey{Name: name, Group: "g", File: file, Severity: "page"}, Line: line}
	}
	return lintformat.Result{
		Files: 3, Unread: 1, Rules: 9, Excused: 2, Version: "v1",
		Help: []lintformat.KindHelp{{Kind: noise.KindTemplate, Title: "a template that fails", Paragraph: "A template fails.", URI: "https://burnish.test/template.md"}},
		Findings: []noise.Finding{
			{
				ID: "template-1", Kind: noise.KindTemplate, Gravity: noise.GravityError, Action: noise.NotGiven, Rule: rule("Down", "rules/a b.yml", 4),
				Title: "The template does not parse", Advice: "Correct it.", Confidence: noise.Proven, Why: "It follows from the text.",
				Evidence: []noise.Fact{{Name: "count", Value: &five}, {Name: "where", Text: "annotation"}},
			},
			{
				ID: "short_for-2", Kind: noise.KindShortFor, Gravity: noise.GravityInfo, Action: noise.GivenNeedlessly, Rule: rule(hostile, "rules/"+hostile, 9),
				Others: []noise.RuleRef{rule("Other", "/abs/c.yml", 1)},
				Title:  hostile, Advice: hostile + strings.Repeat("x", 10<<10), Confidence: noise.Weak, Why: hostile,
			},
			{ID: "blind_spot-3", Kind: noise.KindBlindSpot, Gravity: noise.GravityWarning, Action: noise.NotGiven, Title: "Nobody was told", Advice: "Add a rule.", Confidence: noise.Strong},
		},
	}
}

func written(t *testing.T, format string, r lintformat.Result) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, lintformat.Write(&b, format, r))
	return b.String()
}

func TestFormats(t *testing.T) {
	for _, format := range lintformat.Formats() {
		t.Run(format, func(t *testing.T) {
			got := written(t, format, result())
			golden := filepath.Join("testdata", "findings."+format)
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}

func TestNoFindings(t *testing.T) {
	empty := lintformat.Result{Files: 1, Rules: 2}
	assert.Equal(t, "0 findings in 0 of 2 rules of 1 file\n", written(t, "text", empty))
	assert.Equal(t, "0 findings in 0 of 2 rules of 1 file\n", written(t, "github", empty))
	assert.Contains(t, written(t, "json", empty), `"findings": []`)
	report, err := sarif.FromString(written(t, "sarif", empty))
	require.NoError(t, err)
	require.NoError(t, report.Validate())
}

func TestUnknownFormat(t *testing.T) {
	assert.ErrorContains(t, lintformat.Write(&bytes.Buffer{}, "xml", lintformat.Result{}), `no format "xml"`)
}

func TestHostileTextsDriveNothing(t *testing.T) {
	for _, format := range []string{"text", "github"} {
		got := written(t, format, result())
		assert.False(t, regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f\x{202e}]`).MatchString(got), format)
	}
	github := written(t, "github", result())
	lines := strings.Split(strings.TrimSpace(github), "\n")
	require.Len(t, lines, 4, "one command each, and the sum")
	for _, line := range lines[:3] {
		assert.Regexp(t, `^::(error|warning|notice) (file=[^:,]*,line=\d+,)?title=[^:,]*::`, line)
	}
	assert.NotContains(t, lines[3], "::")
	text := written(t, "text", result())
	assert.Equal(t, 3*2+2+2, strings.Count(text, "\n"), "two lines a finding, a blank one after each file, and the sum")
	assert.NotContains(t, written(t, "json", result()), "<script>")
}

// TestSARIF holds the output against the schema of SARIF 2.1.0 and against what
// code scanners need of it.
func TestSARIF(t *testing.T) {
	text := written(t, "sarif", result())
	report, err := sarif.FromString(text, sarif.WithStrictValidation())
	require.NoError(t, err)
	require.NoError(t, report.Validate())
	var doc struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct{ ID, HelpURI string }
				}
			}
			Results []struct {
				RuleID, Level       string
				RuleIndex           int
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	require.Len(t, doc.Runs, 1)
	run := doc.Runs[0]
	assert.Equal(t, "2.1.0", doc.Version)
	assert.Equal(t, "burnish", run.Tool.Driver.Name)
	require.Len(t, run.Results, 3)
	for i, want := range []string{"error", "note", "warning"} {
		r := run.Results[i]
		assert.Equal(t, want, r.Level)
		assert.Equal(t, r.RuleID, run.Tool.Driver.Rules[r.RuleIndex].ID)
		assert.Equal(t, result().Findings[i].ID, r.PartialFingerprints["burnishFindingId/v1"])
	}
	first := run.Results[0].Locations[0].PhysicalLocation
	assert.Equal(t, "rules/a%20b.yml", first.ArtifactLocation.URI)
	assert.Equal(t, 4, first.Region.StartLine)
	assert.Empty(t, run.Results[2].Locations, "it is about no rule")
}
