package detect

import (
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

var epoch = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// at is an instant of the test's window, in minutes from its start.
func at(minutes float64) time.Time {
	return epoch.Add(time.Duration(minutes * float64(time.Minute)))
}

const (
	hour = 60.0
	day  = 24 * hour
	week = 7 * day
)

// twoWeeks is a window long enough for strong findings.
func twoWeeks() slo.Interval { return slo.Interval{From: epoch, To: at(2 * week)} }

// exact is an episode of a rule with severity page, seen to the evaluation. A
// negative end leaves it open.
func exact(rule, instance string, from, to float64) noise.Episode {
	e := noise.Episode{
		Rule: rule, Labels: labels.FromStrings("instance", instance, "severity", "page"),
		ActiveAt: at(from), FiredAt: at(from), ResolvedAt: at(to),
		Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact, Replicas: 1},
	}
	if to < 0 {
		e.ResolvedAt, e.Certainty.Resolved = time.Time{}, noise.EdgeOpen
	}
	return e
}

// with is the episode with another severity.
func with(severity string, e noise.Episode) noise.Episode {
	e.Labels = labels.NewBuilder(e.Labels).Set("severity", severity).Labels()
	return e
}

// restarted is the episode with the mark of a restart.
func restarted(e noise.Episode) noise.Episode {
	e.Certainty.Pipeline = []noise.SpellKind{noise.SpellRestart}
	return e
}

// every is n episodes of one alert, so many minutes apart and long.
func every(n int, apart, length float64, e noise.Episode) []noise.Episode {
	from := e.FiredAt.Sub(epoch).Minutes()
	out := make([]noise.Episode, n)
	for i := range out {
		out[i] = e
		start := from + float64(i)*apart
		out[i].ActiveAt, out[i].FiredAt, out[i].ResolvedAt = at(start), at(start), at(start+length)
	}
	return out
}

// over is an input of two weeks with the episodes and nothing else.
func over(episodes ...noise.Episode) Input {
	return Input{History: noise.History{Window: twoWeeks(), Episodes: episodes}}
}

// knowing is the input with the rules known.
func (in Input) knowing(rules ...noise.Rule) Input {
	in.History.Rules, in.History.RulesKnown = rules, true
	return in
}

// rule is a rule with severity page in a file.
func rule(name string, line int) noise.Rule {
	return noise.Rule{
		Name: name, Group: "g", File: "rules/app.yml", Line: line, Expr: "up == 0", Interval: time.Minute,
		Labels: labels.FromStrings("severity", "page"),
	}
}

// key is the key of a rule that is known by its name alone.
func key(name string) noise.RuleKey { return noise.RuleKey{Name: name, Severity: "page"} }

func keyOf(name, severity string) noise.RuleKey {
	return noise.RuleKey{Name: name, Severity: severity}
}

func ref(name string) noise.RuleRef { return noise.RuleRef{RuleKey: key(name)} }

// judged is the input with the score of a rule, tied by labels to one SLO.
func (in Input) judged(scores ...truth.Score) Input {
	for i := range scores {
		if scores[i].Basis == "" {
			scores[i].Basis = truth.BasisLabels
		}
	}
	in.Judgement = &truth.Judgement{Known: true, Window: in.History.Window, Rules: scores}
	return in
}

func right(count, of int) slo.Proportion { return slo.Proportion{Count: count, Of: of} }

// find is the findings of one kind. They are also held against what every
// finding must have.
func find(t *testing.T, kind noise.Kind, in Input) []noise.Finding {
	t.Helper()
	return findWith(t, kind, in, Options{})
}

func findWith(t *testing.T, kind noise.Kind, in Input, o Options) []noise.Finding {
	t.Helper()
	var out []noise.Finding
	for _, f := range Run(in, o) {
		checkFinding(t, f)
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

// theOne is the only finding of a kind.
func theOne(t *testing.T, kind noise.Kind, in Input) noise.Finding {
	t.Helper()
	found := find(t, kind, in)
	require.Len(t, found, 1)
	return found[0]
}

func checkFinding(t *testing.T, f noise.Finding) {
	t.Helper()
	assert.Regexp(t, `^[a-z_]+-[0-9a-f]{10}$`, f.ID)
	assert.Regexp(t, `[.?]$`, f.Title)
	assert.Regexp(t, `^[A-Z].*\.$`, f.Advice)
	assert.NotEmpty(t, f.Why)
	assert.NotEmpty(t, f.Action)
	assert.Contains(t, []noise.Gravity{noise.GravityError, noise.GravityWarning, noise.GravityInfo}, f.Gravity)
	assert.Contains(t, []noise.Confidence{noise.Proven, noise.Strong, noise.Weak}, f.Confidence)
	assert.NotEmpty(t, f.Evidence)
	assert.LessOrEqual(t, len(f.Examples), 3)
	for _, fact := range f.Evidence {
		set := 0
		for _, is := range []bool{fact.Share != nil, fact.Value != nil, fact.Text != ""} {
			if is {
				set++
			}
		}
		assert.Equal(t, 1, set, "%s: exactly one of share, value and text", fact.Name)
		assert.Regexp(t, `^[a-z][a-z0-9_]*$`, fact.Name)
	}
}

// fact is a figure of the evidence: a value, or the count of a share.
func fact(t *testing.T, f noise.Finding, name string) float64 {
	t.Helper()
	for _, e := range f.Evidence {
		switch {
		case e.Name != name:
		case e.Share != nil:
			return float64(e.Share.Count)
		case e.Value != nil:
			return *e.Value
		}
	}
	require.Fail(t, "no such fact", name)
	return 0
}

// names are the rules that findings are about.
func names(findings []noise.Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, f.Rule.Name)
	}
	return out
}

// table runs cases that say which rules are found.
type table map[string]struct {
	in   Input
	o    Options
	want []string
}

func (c table) run(t *testing.T, kind noise.Kind) {
	t.Helper()
	for name, c := range c {
		t.Run(name, func(t *testing.T) {
			assert.ElementsMatch(t, c.want, names(findWith(t, kind, c.in, c.o)))
		})
	}
}

func number(i int) string { return strconv.Itoa(i) }
