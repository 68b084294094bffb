package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

var update = flag.Bool("update", false, "rewrite the golden files from what is written now")

// monday is the start of the reported week in these tests.
var monday = time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)

func week() slo.Interval { return slo.Interval{From: monday, To: monday.AddDate(0, 0, 7)} }

// times are when an episode fires and resolves, from Monday on.
type times struct{ from, to time.Duration }

func fires(rule, instance, severity string, t times) noise.Episode {
	return noise.Episode{
		Rule: rule, Labels: labels.FromStrings("instance", instance, "severity", severity),
		ActiveAt: monday.Add(t.from), FiredAt: monday.Add(t.from), ResolvedAt: monday.Add(t.to),
		Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact},
	}
}

// smallHistory is two weeks of three rules: a flapping one, one that stands
// since the first week, and one that floods on Wednesday; a fourth is silent.
func smallHistory() noise.History {
	h := noise.History{
		Window: slo.Interval{From: monday.AddDate(0, 0, -7), To: monday.AddDate(0, 0, 7)}, Markers: true, HealthKnown: true, RulesKnown: true,
		Spells: []noise.Spell{
			{Interval: slo.Interval{From: monday.Add(20 * time.Hour), To: monday.Add(21 * time.Hour)}, Kind: noise.SpellOutage},
			{Interval: slo.Interval{From: monday.Add(30 * time.Hour), To: monday.Add(30*time.Hour + 5*time.Minute)}, Kind: noise.SpellFailedEvaluation, Group: "node.yml;node"},
		},
	}
	for _, name := range []string{"CPUHigh", "DiskFull", "PodDown", "NeverFires"} {
		h.Rules = append(h.Rules, noise.Rule{Name: name, Group: "node", File: "node.yml", Line: 10 + len(h.Rules), Labels: labels.FromStrings("severity", severities()[name])})
	}
	for i := range 20 {
		from := time.Duration(i) * 20 * time.Minute
		h.Episodes = append(h.Episodes, fires("CPUHigh", "a:9100", "warning", times{from, from + 3*time.Minute}))
	}
	for i := range 8 {
		from := -100*time.Hour + time.Duration(i)*time.Hour
		h.Episodes = append(h.Episodes, fires("CPUHigh", "a:9100", "warning", times{from, from + 7*time.Minute}))
	}
	for i := range 12 {
		h.Episodes = append(h.Episodes, fires("PodDown", "pod-"+string(rune('a'+i)), "critical", times{60 * time.Hour, 61 * time.Hour}))
	}
	disk := fires("DiskFull", "db:9100", "info", times{-30 * time.Hour, 0})
	disk.ResolvedAt, disk.Certainty.Resolved = time.Time{}, noise.EdgeOpen
	disk.Certainty.Gaps = 1
	h.Episodes = append(h.Episodes, disk)
	return h
}

func severities() map[string]string {
	return map[string]string{"CPUHigh": "warning", "DiskFull": "info", "PodDown": "critical", "NeverFires": "critical"}
}

func smallInput() Input {
	h := smallHistory()
	before := noise.Summarize(h, noise.Options{Window: week().Before()})
	return Input{
		Source: "http://prometheus:9090", Version: "1.2.3", Route: "remote read",
		Current: noise.Summarize(h, noise.Options{Window: week()}), Previous: &before,
	}
}

func written(t testing.TB, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))
	return b.String()
}

func TestGolden(t *testing.T) {
	r := Build(smallInput())
	for name, got := range map[string]string{
		"small.html": written(t, r.WriteHTML),
		"small.md":   written(t, r.WriteMarkdown),
		"small.json": written(t, r.WriteJSON),
		"small.txt":  strings.Join(r.Headlines(), "\n") + "\n",
	} {
		golden(t, name, got)
	}
}

// golden holds what is written against a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run go test with -update to write it")
	assert.Equal(t, string(want), got, name)
}

func TestFiguresOfTheSmallWeek(t *testing.T) {
	doc := Build(smallInput()).Document()
	assert.Equal(t, 32, doc.Summary.Episodes)
	assert.Equal(t, 1, doc.Summary.CarriedOver)
	assert.Equal(t, 4, doc.Summary.Rules)
	assert.Equal(t, 3, doc.Summary.RulesFired)
	assert.Equal(t, 9, doc.Summary.Previous.Episodes)
	assert.Len(t, doc.Floods, 1)
	assert.Nil(t, doc.Summary.Notifications)
	assert.InDelta(t, 167.0/168, *doc.DataQuality.Coverage, 1e-6)
	names := []string{}
	for _, r := range doc.Rules {
		names = append(names, r.Name)
	}
	assert.Equal(t, []string{"CPUHigh", "PodDown", "DiskFull", "NeverFires"}, names)
	assert.Equal(t, 8, *doc.Rules[0].PreviousEpisodes)
	assert.Nil(t, doc.Rules[3].Duration, "a silent rule has no durations")
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	first := written(t, Build(smallInput()).WriteJSON)
	for range 5 {
		assert.Equal(t, first, written(t, Build(smallInput()).WriteJSON))
	}
}

func TestJSONDoesNotDependOnTheRouteOrTheVersion(t *testing.T) {
	in := smallInput()
	want := written(t, Build(in).WriteJSON)
	in.Route, in.Version = "blocks", "9.9.9"
	assert.Equal(t, want, written(t, Build(in).WriteJSON))
	in.Source = "/var/lib/prometheus"
	other := written(t, Build(in).WriteJSON)
	assert.Equal(t, want, strings.Replace(other, `"source": "/var/lib/prometheus"`, `"source": "http://prometheus:9090"`, 1))
}

func TestHostileTextStaysText(t *testing.T) {
	evil := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "a|b`c`*d*[x](javascript:alert(1))\n# not a heading",
		"\x1b[31mred\x1b[0m\x07", "\u202egnp.exe", "bad\xffutf8", `{{.Source}}`, strings.Repeat("x", 10_000), `</style><b>`,
	}
	h := noise.History{Window: week()}
	for i, name := range evil {
		e := fires(name, name, name, times{time.Duration(i) * time.Hour, 200 * time.Hour})
		e.Group, e.File = name, name
		h.Episodes = append(h.Episodes, e)
		for range 12 {
			h.Episodes = append(h.Episodes, fires(name, string(rune('a'+len(h.Episodes))), name, times{100 * time.Hour, 101 * time.Hour}))
		}
	}
	in := Input{Source: evil[0], Version: evil[1], Route: evil[3], Warnings: evil, Current: noise.Summarize(h, noise.Options{}), PreviousUnknown: evil[0]}
	r := Build(in)
	html, md := written(t, r.WriteHTML), written(t, r.WriteMarkdown)
	plain := strings.Join(r.Headlines(), "\n")

	assert.NotContains(t, html, "<script")
	assert.NotContains(t, html, "<img")
	assert.Equal(t, 1, strings.Count(html, "</style>"))
	assert.Contains(t, html, "&lt;script&gt;")
	assert.NotContains(t, md, "<script")
	assert.NotContains(t, md, "\n# not a heading")
	assert.NotContains(t, md, "a|b")
	for form, out := range map[string]string{"html": html, "md": md, "terminal": plain} {
		assert.NotContains(t, out, "\x1b", form)
		assert.NotContains(t, out, "\x07", form)
		assert.NotContains(t, out, "\u202e", form)
		assert.NotContains(t, out, strings.Repeat("x", titleLimit+1), form)
		assert.NotContains(t, out, "ZgotmplZ", form)
	}
	assert.True(t, json.Valid([]byte(written(t, r.WriteJSON))))
	for line := range strings.SplitSeq(md, "\n") {
		if strings.HasPrefix(line, "| ") {
			cells := strings.Count(line, "|") - strings.Count(line, `\|`)
			assert.Contains(t, []int{5, 6, 10}, cells, line)
		}
	}
}

func TestNoDataIsSaidAsNoData(t *testing.T) {
	r := Build(Input{Source: "s", Current: noise.Summarize(noise.History{Window: week()}, noise.Options{})})
	assert.True(t, r.Document().DataQuality.NothingKnown)
	for _, out := range []string{written(t, r.WriteHTML), written(t, r.WriteMarkdown), strings.Join(r.Headlines(), "\n")} {
		assert.Contains(t, out, "The source holds nothing for this window")
		assert.NotContains(t, out, "meets the target")
	}
}

func TestAQuietWeekIsNotAnEmptyOne(t *testing.T) {
	h := noise.History{Window: week(), RulesKnown: true, Rules: smallHistory().Rules, HealthKnown: true}
	r := Build(Input{Current: noise.Summarize(h, noise.Options{}), PreviousUnknown: "the history begins on 9 November"})
	html := written(t, r.WriteHTML)
	assert.Contains(t, html, "None of 4 rules began to fire in 7 days.")
	assert.Contains(t, html, "is not known (the history begins on 9 November)")
	assert.Contains(t, html, "No rule fired.")
	assert.Contains(t, html, "4 rules that stayed silent")
}

func TestWithoutTheWeekBefore(t *testing.T) {
	in := smallInput()
	with := written(t, Build(in).WriteHTML)
	in.Previous = nil
	without := Build(in)
	assert.Contains(t, with, "vs the week before")
	assert.NotContains(t, written(t, without.WriteHTML), "vs the week before")
	assert.Nil(t, without.Document().Summary.Previous)
	assert.Nil(t, without.Document().Rules[0].PreviousEpisodes, "unknown is null, not zero")
}

func TestRulesThatWentQuietAreNamed(t *testing.T) {
	h := smallHistory()
	h.Episodes = append(h.Episodes, fires("Gone", "a", "info", times{-50 * time.Hour, -49 * time.Hour}))
	before := noise.Summarize(h, noise.Options{Window: week().Before()})
	md := written(t, Build(Input{Current: noise.Summarize(h, noise.Options{Window: week()}), Previous: &before}).WriteMarkdown)
	assert.Contains(t, md, "Fired in the week before and not in this one: Gone (1 episode).")
}

func TestAnEmptyWindowBreaksNothing(t *testing.T) {
	r := Build(Input{Current: noise.Summarize(noise.History{}, noise.Options{})})
	assert.NotEmpty(t, written(t, r.WriteHTML))
	assert.NotEmpty(t, written(t, r.WriteMarkdown))
	assert.True(t, json.Valid([]byte(written(t, r.WriteJSON))))
}

func TestThePageIsSelfContained(t *testing.T) {
	html := written(t, Build(smallInput()).WriteHTML)
	for _, outside := range []string{"<script", "<link", "@import", "url(", "src=", "javascript:"} {
		assert.NotContains(t, html, outside)
	}
	for _, landmark := range []string{"<main", "<header", "<footer", `lang="en"`, `name="viewport"`, "prefers-color-scheme: dark", "@media print", "<caption>", `scope="col"`, `scope="row"`} {
		assert.Contains(t, html, landmark)
	}
	assert.Equal(t, strings.Count(html, "<svg class=\"strip\""), strings.Count(html, "role=\"img\"><title>")-1, "each drawing says what it shows, the chart too")
}

func TestFiveThousandRulesStayReadable(t *testing.T) {
	h := noise.History{Window: week(), RulesKnown: true}
	for i := range 5000 {
		name := "Rule" + time.Duration(i).String()
		h.Rules = append(h.Rules, noise.Rule{Name: name, Group: "g"})
		for j := range 1 + i%7 {
			from := time.Duration(i+j*100) * 7 * time.Second
			h.Episodes = append(h.Episodes, fires(name, "a", "warning", times{from, from + time.Minute}))
		}
	}
	r := Build(Input{Current: noise.Summarize(h, noise.Options{})})
	html := written(t, r.WriteHTML)
	assert.Less(t, len(html), 3<<20)
	assert.Contains(t, html, "Not shown: 4,980 more rules with ")
	assert.Len(t, r.Document().Rules, 5000)
}

// brokenWriter fails at once.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAWriterThatFailsIsSaid(t *testing.T) {
	r := Build(smallInput())
	for name, write := range map[string]func(io.Writer) error{"html": r.WriteHTML, "md": r.WriteMarkdown, "json": r.WriteJSON} {
		require.ErrorIs(t, write(brokenWriter{}), io.ErrClosedPipe, name)
	}
}
