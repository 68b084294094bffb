package decide_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// week is a Monday to the next.
func week() slo.Interval {
	from := time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)
	return slo.Interval{From: from, To: from.AddDate(0, 0, 7)}
}

// scene is a window with rules, what was found of them, and which of them told of
// which incident as it began.
type scene struct {
	rules    map[string]noise.RuleStats
	findings []noise.Finding
	told     [][]string
	scores   map[string]slo.Proportion
	severity string
}

func (s scene) key(name string) noise.RuleKey {
	return noise.RuleKey{Name: name, Severity: s.severity}
}

func (s scene) found(kind noise.Kind, name string, others ...string) noise.Finding {
	f := noise.Finding{ID: string(kind) + "-" + name, Kind: kind, Rule: noise.RuleRef{RuleKey: s.key(name)}, Title: name + " is " + string(kind) + "."}
	for _, o := range others {
		f.Others = append(f.Others, noise.RuleRef{RuleKey: s.key(o)})
	}
	return f
}

func (s scene) decide() map[string]decide.Decision {
	summary := noise.Summary{Window: week()}
	for name, r := range s.rules {
		r.RuleKey = s.key(name)
		summary.Rules = append(summary.Rules, r)
	}
	j := truth.Judgement{Known: len(s.told) > 0}
	for _, names := range s.told {
		v := truth.Verdict{}
		for _, n := range names {
			v.Signals = append(v.Signals, truth.Signal{RuleKey: s.key(n), Onset: true})
		}
		j.Incidents = append(j.Incidents, v)
	}
	for name, p := range s.scores {
		j.Rules = append(j.Rules, truth.Score{RuleKey: s.key(name), Precision: p})
	}
	out := map[string]decide.Decision{}
	for _, d := range decide.Decide(s.findings, &summary, &j, decide.Options{}) {
		out[d.Rule.Name] = d
	}
	return out
}

var blinking = noise.RuleStats{Episodes: 100, LabelSets: 1, Fleeting: slo.Proportion{Count: 98, Of: 100}}

func TestARuleThatIsFleetingAndWrongGoesOnlyIfOthersTellOfItsIncidents(t *testing.T) {
	for name, c := range map[string]struct {
		told  [][]string
		score slo.Proportion
		level string
		want  decide.Verb
	}{
		"another rule tells of each":        {[][]string{{"Blink", "Good"}, {"Good"}}, slo.Proportion{Count: 3, Of: 100}, "warning", decide.Delete},
		"it alone told of one":              {[][]string{{"Blink", "Good"}, {"Blink"}}, slo.Proportion{Count: 3, Of: 100}, "warning", decide.Retune},
		"it never met an incident":          {[][]string{{"Good"}}, slo.Proportion{Of: 100}, "warning", decide.Retune},
		"it is right often enough":          {[][]string{{"Blink", "Good"}}, slo.Proportion{Count: 30, Of: 100}, "warning", decide.Retune},
		"too few alerts to tell":            {[][]string{{"Blink", "Good"}}, slo.Proportion{Of: 9}, "warning", decide.Retune},
		"it wakes nobody":                   {[][]string{{"Blink", "Good"}}, slo.Proportion{Count: 3, Of: 100}, "info", decide.Retune},
		"nobody knows what really happened": {nil, slo.Proportion{}, "warning", decide.Retune},
	} {
		t.Run(name, func(t *testing.T) {
			s := scene{severity: c.level, told: c.told, rules: map[string]noise.RuleStats{"Blink": blinking, "Good": {Episodes: 2}}}
			s.scores = map[string]slo.Proportion{"Blink": c.score}
			s.findings = []noise.Finding{s.found(noise.KindFleeting, "Blink")}
			got := s.decide()
			assert.Equal(t, c.want, got["Blink"].Verb)
			assert.NotContains(t, got, "Good", "nothing is wrong with it")
		})
	}
}

func TestTwoThatCoverForOneAnotherDoNotBothGo(t *testing.T) {
	s := scene{severity: "page", told: [][]string{{"Blink", "Wink"}}}
	s.rules = map[string]noise.RuleStats{"Blink": blinking, "Wink": {Episodes: 50, LabelSets: 1, Fleeting: slo.Proportion{Count: 50, Of: 50}}}
	s.scores = map[string]slo.Proportion{"Blink": {Count: 1, Of: 100}, "Wink": {Count: 1, Of: 50}}
	s.findings = []noise.Finding{s.found(noise.KindFleeting, "Blink"), s.found(noise.KindFleeting, "Wink")}
	got := s.decide()
	assert.Equal(t, decide.Delete, got["Blink"].Verb, "the noisier one goes")
	assert.Equal(t, decide.Retune, got["Wink"].Verb, "the other has to stay")
}

func TestWhatCanNotFireIsDeletedOrRepaired(t *testing.T) {
	s := scene{}
	gone, misspelled, quiet := s.found(noise.KindDead, "Gone"), s.found(noise.KindDead, "Misspelled"), s.found(noise.KindDead, "Quiet")
	misspelled.Evidence = []noise.Fact{{Name: "matcher", Text: `service="notifier"`}}
	quiet.Gravity = noise.GravityInfo // its limit was never reached
	fresh := s.found(noise.KindDead, "Fresh")
	fresh.Confidence = noise.Weak // there is hardly any data yet
	s.findings = []noise.Finding{gone, misspelled, quiet, fresh}
	got := s.decide()
	assert.NotContains(t, got, "Fresh")
	assert.Equal(t, decide.Delete, got["Gone"].Verb)
	assert.Equal(t, decide.Repair, got["Misspelled"].Verb)
	assert.NotContains(t, got, "Quiet")
}

func TestWhatHasStoodAllAlongIsDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		firing time.Duration
		told   [][]string
		want   decide.Verb
	}{
		"all the week": {7 * 24 * time.Hour, nil, decide.Delete},
		"half of it":   {84 * time.Hour, nil, decide.Review},
		"all the week, and an incident began with it": {7 * 24 * time.Hour, [][]string{{"Old"}}, decide.Review},
	} {
		t.Run(name, func(t *testing.T) {
			s := scene{told: c.told, rules: map[string]noise.RuleStats{"Old": {CarriedOver: 1, LabelSets: 1, Firing: c.firing}}}
			s.findings = []noise.Finding{s.found(noise.KindStale, "Old")}
			assert.Equal(t, c.want, s.decide()["Old"].Verb)
		})
	}
}

func TestOfTwoThatSayTheSameOneStays(t *testing.T) {
	s := scene{rules: map[string]noise.RuleStats{"A": {Episodes: 5}, "B": {Episodes: 4}}}
	s.findings = []noise.Finding{s.found(noise.KindDuplicate, "A", "B"), s.found(noise.KindDuplicate, "B", "A")}
	got := s.decide()
	require.Len(t, got, 1)
	assert.Equal(t, decide.Merge, got["A"].Verb)
	assert.Equal(t, "B", got["A"].Into.Name)
}

func TestNobodyIsHeldBackByARuleThatGoes(t *testing.T) {
	s := scene{rules: map[string]noise.RuleStats{"A": {Episodes: 5}, "B": {Episodes: 4}}}
	s.findings = []noise.Finding{s.found(noise.KindDuplicate, "A", "B"), s.found(noise.KindSubsumed, "B", "A")}
	got := s.decide()
	assert.Equal(t, decide.Merge, got["A"].Verb)
	assert.NotContains(t, got, "B")
}

func TestWhatIsBrokenIsRepairedBeforeItIsJudged(t *testing.T) {
	s := scene{severity: "page", told: [][]string{{"Blink", "Good"}}, rules: map[string]noise.RuleStats{"Blink": blinking}}
	s.scores = map[string]slo.Proportion{"Blink": {Count: 3, Of: 100}}
	s.findings = []noise.Finding{s.found(noise.KindFleeting, "Blink"), s.found(noise.KindValueInLabel, "Blink")}
	assert.Equal(t, decide.Repair, s.decide()["Blink"].Verb)
}

func TestEachRuleGetsOneDecisionWithAllThatSpeaksForIt(t *testing.T) {
	s := scene{rules: map[string]noise.RuleStats{"Noisy": {Episodes: 50}, "Shadow": {Episodes: 5}}}
	s.findings = []noise.Finding{
		s.found(noise.KindFlapping, "Noisy"), s.found(noise.KindTightThreshold, "Noisy"), s.found(noise.KindBadActor, "Noisy"),
		s.found(noise.KindRedundant, "Shadow", "Noisy"), s.found(noise.KindMissingRunbook, "Shadow"),
	}
	got := s.decide()
	require.Len(t, got, 2)
	assert.Equal(t, []string{"tight_threshold-Noisy", "flapping-Noisy"}, got["Noisy"].Because)
	assert.Equal(t, decide.Inhibit, got["Shadow"].Verb)
	assert.Equal(t, "Noisy", got["Shadow"].Into.Name)
}
