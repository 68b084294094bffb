package spec_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spec"
)

func parseFile(t *testing.T, name string) (spec.Parsed, error) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return spec.Parse(name, text)
}

func byName(t *testing.T, p spec.Parsed) map[string]slo.SLO {
	t.Helper()
	out := map[string]slo.SLO{}
	for _, s := range p.SLOs {
		out[s.Name] = s
	}
	require.Len(t, out, len(p.SLOs), "names are unique")
	return out
}

func TestEveryKeyIsRead(t *testing.T) {
	parsed, err := parseFile(t, "full.yml")
	require.NoError(t, err)
	assert.Empty(t, parsed.Notes)
	assert.Equal(t, spec.FormatBurnish, parsed.Format)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	slos := byName(t, parsed)
	windows := []slo.AlertWindow{
		{Severity: slo.SeverityPage, Long: time.Hour, Short: 5 * time.Minute, Factor: 14.4},
		{Severity: slo.SeverityTicket, Long: 72 * time.Hour, Short: 6 * time.Hour, Factor: 1, For: 5 * time.Minute},
	}
	four := time.Date(2026, 1, 4, 2, 0, 0, 0, time.UTC)
	assert.Equal(t, slo.SLO{
		Name: "availability", Service: "checkout", Description: "Customers can pay.", Owner: "team-shop", Tier: "1",
		Runbook: "https://runbooks.example.com/checkout", Dashboard: "https://grafana.example.com/d/checkout",
		Objective: 0.9995, Window: slo.Window{Rolling: 30 * 24 * time.Hour},
		SLI:     slo.Events{Bad: slo.Query{Selector: `http_requests_total{code=~"5.."}`}, Total: slo.Query{Selector: "http_requests_total"}},
		GroupBy: []string{"cluster", "region"},
		Exclusions: []slo.Exclusion{
			{Interval: slo.Interval{From: four, To: four.Add(2 * time.Hour)}, Reason: "move of the data centre"},
			{Rule: "FREQ=WEEKLY;BYDAY=SU", Start: four, Duration: 2 * time.Hour, Reason: "weekly restart"},
		},
		DependsOn: []string{"payments/availability"},
		Labels:    map[string]string{"team": "pay", "product": "web"}, Annotations: map[string]string{"summary": "Checkout fails: {{ $value }}"},
		Alerting: slo.Alerting{
			Policy: "workbook", Name: "CheckoutBurns", MinFailures: 10, TrafficGone: true, Windows: windows,
			Page:   slo.AlertLabels{Labels: map[string]string{"severity": "critical"}, Annotations: map[string]string{"call": "yes"}},
			Ticket: slo.AlertLabels{Disabled: true},
		},
		File: "full.yml", Line: 11,
	}, slos["availability"])
	promql := slos["availability-promql"]
	assert.Equal(t, "team-pay", promql.Owner)
	assert.Equal(t, "2", promql.Tier)
	assert.Equal(t, slo.Window{Calendar: slo.CalendarMonth, Zone: berlin}, promql.Window)
	assert.Contains(t, promql.SLI.(slo.Events).Good.Expr, "[$window]")
	assert.Equal(t, slo.Latency{
		Good: `http_request_duration_seconds_bucket{le="0.3"}`, Total: "http_request_duration_seconds_count", Threshold: 300 * time.Millisecond,
	}, slos["latency"].SLI)
	assert.Equal(t, slo.Latency{
		Good: `http_request_duration_seconds_bucket{job="shop",le=~"1(\\.0)?"}`, Total: `http_request_duration_seconds_count{job="shop"}`, Threshold: time.Second,
	}, slos["latency-short"].SLI)
	assert.Equal(t, slo.Latency{Native: "http_request_duration_seconds", Threshold: 500 * time.Microsecond}, slos["latency-native"].SLI)
	assert.Equal(t, slo.Probe{Selector: `probe_success{job="shop"}`}, slos["up"].SLI)
	assert.Equal(t, slo.Ratio{Expr: "avg_over_time(sync_ratio[$window])", Good: true}, slos["ratio"].SLI)
	assert.Equal(t, slo.Slices{Of: slo.Ratio{Expr: "avg_over_time(error_ratio[$window])"}, Length: 5 * time.Minute, Target: 0.99}, slos["slices"].SLI)
	assert.Equal(t, slo.Window{Calendar: slo.CalendarQuarter}, slos["slices"].Window)
}

// TestBadFiles holds each testdata/*.bad.yml against the comments "# wrong: " in
// it: the errors of their lines, in any order and without the column.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			_, err = spec.Parse("f", text)
			require.Error(t, err)
			assert.ElementsMatch(t, foretold(string(text)), withoutColumns(err))
		})
	}
}

func foretold(text string) (want []string) {
	for i, line := range strings.Split(text, "\n") {
		_, says, _ := strings.Cut(line, "# wrong: ")
		for says := range strings.SplitSeq(says, " | ") {
			if says != "" {
				want = append(want, fmt.Sprintf("%d: %s", i+1, says))
			}
		}
	}
	return want
}

func withoutColumns(err error) (got []string) {
	joined, _ := err.(interface{ Unwrap() []error })
	for _, e := range joined.Unwrap() {
		var at spec.Error
		if errors.As(e, &at) {
			got = append(got, fmt.Sprintf("%d: %s", at.Line, at.Message))
		}
	}
	return got
}

func unplaced(slos []slo.SLO) []slo.SLO {
	out := make([]slo.SLO, 0, len(slos))
	for _, s := range slos {
		s.File, s.Line = "", 0
		out = append(out, s)
	}
	return out
}

func requireRoundTrip(t *testing.T, slos []slo.SLO) {
	t.Helper()
	text, err := spec.Marshal(slos)
	require.NoError(t, err)
	again, err := spec.Parse("again", text)
	require.NoError(t, err, "%s", text)
	require.Empty(t, again.Notes)
	require.Equal(t, unplaced(slos), unplaced(again.SLOs), "%s", text)
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	parsed, err := parseFile(t, "full.yml")
	require.NoError(t, err)
	requireRoundTrip(t, parsed.SLOs)
}

// TestMergeKeys: what several SLOs share may be written once.
func TestMergeKeys(t *testing.T) {
	parsed, err := spec.Parse("f", []byte(`version: burnish/v1
service: shop
x-usual: &usual {objective: 99, window: 7d, labels: {a: b}}
slos:
- {<<: *usual, name: a, sli: {probe: {gauge: up}}}
- {<<: [*usual], name: b, objective: 90, sli: {probe: {gauge: up}}}
`))
	require.NoError(t, err)
	require.Len(t, parsed.SLOs, 2)
	assert.InDelta(t, 0.99, parsed.SLOs[0].Objective, 1e-12)
	assert.InDelta(t, 0.9, parsed.SLOs[1].Objective, 1e-12, "its own comes before a merged one")
	assert.Equal(t, map[string]string{"a": "b"}, parsed.SLOs[1].Labels)
}

func TestFormatsAreTold(t *testing.T) {
	own := "version: burnish/v1\nservice: shop\nslos: [{name: a, objective: 99, window: 7d, sli: {probe: {gauge: up}}}]\n"
	pyrra := pyrraOf("7d", "  indicator: {bool_gauge: {metric: up}}\n")
	for name, c := range map[string]struct {
		text string
		want spec.Format
	}{
		"nothing": {"", ""}, "own": {own, spec.FormatBurnish}, "several of one": {pyrra, spec.FormatPyrra},
		"several": {own + "---\n" + pyrra, spec.FormatMixed}, "a list": {"kind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(own), "\n", "\n  "), spec.FormatBurnish},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, _ := spec.Parse("f", []byte(c.text))
			assert.Equal(t, c.want, parsed.Format)
		})
	}
}

func TestPlacesAreWrittenAsFarAsTheyAreKnown(t *testing.T) {
	assert.Equal(t, "f:1:2: a", spec.Error{File: "f", Line: 1, Column: 2, Message: "a"}.Error())
	assert.Equal(t, "f:1: warning: a", spec.Note{Level: spec.LevelWarning, File: "f", Line: 1, Message: "a"}.String())
	assert.Equal(t, "f: a", spec.Error{File: "f", Message: "a"}.Error())
	assert.Equal(t, "lost: a", spec.Note{Level: spec.LevelLost, Message: "a"}.String())
}

func TestMarshalRefusesWhatItCannotHold(t *testing.T) {
	_, err := spec.Marshal([]slo.SLO{{Service: "a", Name: "b", Objective: 0.9, Window: slo.Window{Rolling: 1}, SLI: slo.Probe{Selector: "up"}}})
	assert.ErrorContains(t, err, "write SLO a/b: window: 1ns is not a whole number of milliseconds")
	_, err = spec.Marshal([]slo.SLO{{Service: "a", Name: "b"}})
	assert.ErrorContains(t, err, "write SLO a/b")
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yml", "../../../shared/data/slo-corpus/*/*/*.y*ml", "../../../shared/data/slo-corpus/pyrra/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, _ := spec.Parse("f", text)
		for _, s := range parsed.SLOs {
			require.Greater(t, s.Objective, 0.0)
			require.Less(t, s.Objective, 1.0)
			require.NotEmpty(t, s.Service)
			require.NotEmpty(t, s.Name)
			require.NotNil(t, s.SLI)
			require.NotEqual(t, slo.Window{}, s.Window)
		}
		if len(parsed.SLOs) > 0 {
			requireRoundTrip(t, parsed.SLOs)
		}
	})
}

// FuzzMarshal writes any text that YAML can hold where people write texts.
func FuzzMarshal(f *testing.F) {
	for _, text := range []string{
		"", " ", "plain", "two\nlines", "two\nlines\n", "\n", "\n\nlate", " indented\nlines", "trailing \nspace", "tab\tbed", "\ttab", "- list", "a: b", "#", "x #y",
		"true", "null", "~", "1.10", "2026-01-04", "é", "\u2028", "\u0085", "\ufeff", "'\"`", "{{ $value }}", "&a *a", "%", "@", "!!binary x", "a\r\nb", "\x7f", "...", "---", "?", ": ",
	} {
		f.Add(text, 0.999)
	}
	f.Fuzz(func(t *testing.T, text string, objective float64) {
		printable := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' })
		if !utf8.ValidString(text) || !printable || text == "" || !(objective > 1e-6 && objective < 1) {
			t.Skip()
		}
		labels := map[string]string{"note": text}
		requireRoundTrip(t, []slo.SLO{
			{
				Service: "s", Name: "a", Owner: text, Tier: text, Description: text, Objective: objective, Window: slo.Window{Rolling: time.Hour},
				SLI: slo.Probe{Selector: "up"}, Labels: labels, Annotations: labels,
				Exclusions: []slo.Exclusion{{Interval: slo.Interval{From: time.Unix(0, 0).UTC(), To: time.Unix(1, 5).UTC()}, Reason: text}},
				Alerting:   slo.Alerting{Policy: text, Name: text, Page: slo.AlertLabels{Labels: labels}},
			},
			{Service: "s", Name: "b", Owner: text, Tier: text, Objective: 0.9, Window: slo.Window{Rolling: time.Hour}, SLI: slo.Probe{Selector: "up"}},
		})
	})
}
