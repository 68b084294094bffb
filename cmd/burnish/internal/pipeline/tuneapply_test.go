package pipeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise/rulefile"
	"github.com/burnish-sre/burnish/noise/tune"
)

// TestWhatAFileRefusesIsLeftForAPerson has an anchor and an alias beside a rule
// that can be edited.
func TestWhatAFileRefusesIsLeftForAPerson(t *testing.T) {
	const text = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    for: &d 5m\n  - alert: B\n    expr: up == 1\n    for: *d\n  - alert: C\n    expr: up == 2\n    for: 5m\n"
	file, err := rulefile.Open("f.yml", []byte(text))
	require.NoError(t, err)
	tuning := &Tuning{}
	for _, r := range file.Rules() {
		tuning.Rules = append(tuning.Rules, TunedRule{
			Rule: r.Rule, Subject: tune.Subject{Rule: r.Rule, Views: []tune.View{{Atom: tune.Whole}}},
			Advice:   tune.Advice{Change: &tune.Change{Shape: tune.Shape{For: time.Hour}}},
			Excerpts: []Excerpt{{}},
		})
	}
	out, left, err := tuning.Apply(file, 0)
	require.NoError(t, err)
	assert.Contains(t, string(out), "    for: &d 5m\n")
	assert.Contains(t, string(out), "    for: *d\n")
	assert.Contains(t, string(out), "  - alert: C\n    expr: up == 2\n    for: 1h\n")
	require.Len(t, left, 2)
	for i, want := range []string{"an anchor shares it", "an alias of a value elsewhere"} {
		assert.Contains(t, left[i].Refused, want)
		assert.Empty(t, tuning.Rules[i].Excerpts, "nothing holds as the tests would have it")
	}
	assert.Len(t, tuning.Rules[2].Excerpts, 1)
}
