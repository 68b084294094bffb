package lint_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/lint"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// options are what a check is tested with, where the defaults are not enough.
func options(kind noise.Kind) lint.Options {
	o := lint.Options{}
	switch kind {
	case noise.KindShortFor, noise.KindShortRange:
		o.ScrapeInterval = 30 * time.Second
	case noise.KindDead:
		o.Impossible = func(expr string) (string, bool) {
			return "a share is never above 1", strings.HasPrefix(expr, "impossible")
		}
	case noise.KindUnroutedSeverity:
		o.Routed = func(ls labels.Labels) bool { return ls.Get("severity") == "critical" && ls.Get("alertname") != "" }
	}
	return o
}

// proofs are what is proven of the rules of a check's file.
func proofs(kind noise.Kind) []lint.Proof {
	switch kind {
	case noise.KindDuplicate:
		return []lint.Proof{{Inner: 1, Outer: 0, Equal: true}, {Inner: 1, Outer: 2, Equal: true}, {Inner: 3, Outer: 99, Equal: true}}
	case noise.KindSubsumed:
		return []lint.Proof{{Inner: 1, Outer: 0}, {Inner: 2, Outer: 0}, {Inner: 3, Outer: 0}, {Inner: 3, Outer: 2}, {Inner: 1, Outer: 1}}
	}
	return nil
}

// expected is a comment above a rule: the gravity and a part of the title.
type expected struct {
	line    int
	gravity noise.Gravity
	title   string
}

func readExpected(text []byte) []expected {
	var out []expected
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if _, want, ok := strings.Cut(line, "# want: "); ok {
			gravity, title, _ := strings.Cut(want, " ")
			out = append(out, expected{i + 2, noise.Gravity(gravity), title})
		}
	}
	return out
}

// TestChecks runs each check over the file of its kind and wants exactly the
// findings that the comments in it announce.
func TestChecks(t *testing.T) {
	for _, check := range lint.All() {
		t.Run(string(check.Kind), func(t *testing.T) {
			name := filepath.Join("testdata", string(check.Kind)+".yml")
			text, err := os.ReadFile(name)
			require.NoError(t, err, "every check has a file")
			rules, err := rulefile.Parse(name, text)
			require.NoError(t, err)
			found := only(lint.Run(lint.Input{Rules: rules, Proofs: proofs(check.Kind)}, options(check.Kind)), check.Kind)
			want := readExpected(text)
			require.NotEmpty(t, want)
			require.Len(t, found, len(want), "%s", titles(found))
			for i, f := range found {
				assert.Equal(t, want[i].line, f.Rule.Line, f.Title)
				assert.Equal(t, want[i].gravity, f.Gravity, f.Title)
				assert.Contains(t, f.Title, want[i].title)
				complete(t, f)
			}
		})
	}
}

// complete holds a finding against what every finding has to say.
func complete(t *testing.T, f noise.Finding) {
	t.Helper()
	for name, value := range map[string]string{
		"id": f.ID, "title": f.Title, "advice": f.Advice, "why": f.Why,
		"action": string(f.Action), "confidence": string(f.Confidence), "file": f.Rule.File,
	} {
		assert.NotEmpty(t, value, "%s of %s", name, f.Title)
	}
	assert.NotEmpty(t, f.Evidence, f.Title)
	assert.True(t, strings.HasPrefix(f.ID, string(f.Kind)+"-"), f.ID)
	assert.False(t, strings.HasSuffix(f.Title, "."), f.Title)
	assert.True(t, strings.HasSuffix(f.Advice, "."), f.Advice)
	assert.Nil(t, f.Saves, "a text says nothing of notifications")
}

func only(findings []noise.Finding, kind noise.Kind) []noise.Finding {
	var out []noise.Finding
	for _, f := range findings {
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

func titles(findings []noise.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString("\n" + f.Rule.Name + ": " + f.Title)
	}
	return b.String()
}

func parse(t testing.TB, text string) []noise.Rule {
	t.Helper()
	rules, err := rulefile.Parse("f.yml", []byte("groups:\n- name: g\n  rules:\n"+text))
	require.NoError(t, err)
	return rules
}

func TestAnAssumedIntervalClaimsLess(t *testing.T) {
	rules := parse(t, `
  - {alert: A, expr: 'rate(x[1m]) > 1', for: 1m}
  - {alert: B, expr: 'avg_over_time(x[1m]) > 1', for: 30s}
  - {alert: C, expr: 'rate(x[90s]) > 1'}
`)
	var got []string
	for _, f := range lint.Run(lint.Input{Rules: rules}, lint.Options{}) {
		if f.Kind == noise.KindShortFor || f.Kind == noise.KindShortRange {
			got = append(got, f.Rule.Name+" "+string(f.Kind)+" "+string(f.Gravity)+" "+string(f.Confidence))
		}
	}
	assert.Equal(t, []string{"A short_range warning weak", "B short_for info weak"}, got)
}

func TestRulesThatAreAlikeHaveIDsOfTheirOwn(t *testing.T) {
	rules := parse(t, "  - {alert: A, expr: 'x'}\n  - {alert: A, expr: 'y'}\n  - {alert: A, expr: 'z'}\n")
	o := lint.Options{}
	found := only(lint.Run(lint.Input{Rules: rules}, o), noise.KindNoComparison)
	ids := map[string]bool{}
	for _, f := range found {
		ids[f.ID] = true
	}
	assert.Len(t, ids, 3)
	for i := range rules {
		rules[i].Line += 100
		rules[i].File = "elsewhere/f.yml"
	}
	for _, f := range only(lint.Run(lint.Input{Rules: rules}, o), noise.KindNoComparison) {
		assert.True(t, ids[f.ID], "an id stays when a rule moves")
	}
}

func TestDisabledAndSuppressed(t *testing.T) {
	rules := parse(t, "  - {alert: A, expr: 'x'}\n  - {alert: B, expr: 'y'}\n")
	in := lint.Input{Rules: rules}
	assert.Empty(t, only(lint.Run(in, lint.Options{Disabled: []noise.Kind{noise.KindNoComparison}}), noise.KindNoComparison))

	held := 0
	o := lint.Options{Suppressed: func(r *noise.Rule, kind noise.Kind) bool {
		yes := r.Name == "A" && kind != noise.KindMissingSummary
		if yes {
			held++
		}
		return yes
	}}
	found := lint.Run(in, o)
	assert.Equal(t, "B", only(found, noise.KindNoComparison)[0].Rule.Name)
	assert.Len(t, only(found, noise.KindMissingSummary), 2)
	owner := only(found, noise.KindMissingOwner)
	require.Len(t, owner, 1)
	assert.Equal(t, "B", owner[0].Rule.Name)
	assert.Equal(t, 2, held, "one owner and one comparison")
}

func TestTheSameEachTime(t *testing.T) {
	text, err := os.ReadFile("testdata/template.yml")
	require.NoError(t, err)
	rules, err := rulefile.Parse("f.yml", text)
	require.NoError(t, err)
	want := lint.Run(lint.Input{Rules: rules}, lint.Options{})
	for range 5 {
		assert.Equal(t, want, lint.Run(lint.Input{Rules: rules}, lint.Options{}))
	}
}

// TestHostileTexts: nothing that a rule file may hold stops the linter or makes
// a finding longer than a person reads.
func TestHostileTexts(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	bomb := `{{ range 1000000000 }}{{ printf "%1000000000d" 1 }}{{ end }}`
	deep := strings.Repeat("{{ if $value }}", 3000) + strings.Repeat("{{ end }}", 3000)
	var rules []noise.Rule
	for _, s := range []string{"\x1b[31mred", "a\nb", "<script>alert(1)</script>", long, bomb, deep, "{{" + long, "{{ $labels." + strings.Repeat("y", 10<<10) + " }}", "\xff\xfe{{ $labels.\xff }}", `{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`} {
		ls := labels.FromStrings("severity", "critical", "x", s)
		rules = append(rules, noise.Rule{
			Name: s, Group: s, File: s, Expr: "sum(up) == 0", Labels: ls,
			Annotations: labels.FromStrings("summary", s, "runbook_url", s, "zz"+s, s),
		})
	}
	rules = append(rules, noise.Rule{Name: "deep", Expr: strings.Repeat("(", 20000) + "up" + strings.Repeat(")", 20000)}, noise.Rule{Name: "broken", Expr: "sum("}, noise.Rule{})
	began := time.Now()
	found := lint.Run(lint.Input{Rules: rules}, lint.Options{})
	assert.Less(t, time.Since(began), 5*time.Second)
	require.NotEmpty(t, found)
	for _, f := range found {
		assert.Less(t, len(f.Title), 2000, string(f.Kind))
		assert.NotContains(t, f.Title+f.Advice, "\n")
		for _, e := range f.Evidence {
			assert.Less(t, len(e.Text), 2000)
		}
	}
}

// TestEveryKindHasAPage holds the pages against the checks.
func TestEveryKindHasAPage(t *testing.T) {
	for _, check := range lint.All() {
		page, err := os.ReadFile(filepath.Join("..", "..", "docs", "detectors", string(check.Kind)+".md"))
		require.NoError(t, err)
		title, rest, ok := bytes.Cut(page, []byte("\n\n"))
		require.True(t, ok)
		assert.Equal(t, "# "+string(check.Kind), string(title))
		paragraph, _, _ := bytes.Cut(rest, []byte("\n\n"))
		assert.Equal(t, check.Help, strings.Join(strings.Fields(string(paragraph)), " "), "the help of %s is the first paragraph of its page", check.Kind)
	}
}
