package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func spell(kind noise.SpellKind, group string, from, to float64) noise.Spell {
	return noise.Spell{Interval: slo.Interval{From: at(from), To: at(to)}, Kind: kind, Group: group}
}

func TestPipeline(t *testing.T) {
	lost := exact("R", "a", 0, 10)
	lost.Certainty.Resolved = noise.EdgeLost
	holed := exact("R", "a", 0, 10)
	holed.Certainty.Gaps = 1
	well := over(exact("R", "a", 0, 1))
	spells := well
	spells.History.Spells = []noise.Spell{spell(noise.SpellRestart, "", 60, 70)}
	count := func(in Input) int { return len(find(t, noise.KindPipeline, in)) }
	assert.Zero(t, count(well))
	assert.Equal(t, 1, count(over(restarted(exact("R", "a", 0, 1)))))
	assert.Equal(t, 1, count(over(lost)))
	assert.Equal(t, 1, count(over(holed)))
	f := theOne(t, noise.KindPipeline, spells)
	assert.Equal(t, noise.GravityInfo, f.Gravity, "a spell that touched nothing")
	assert.Zero(t, f.Rule)
}

func TestPipelineIsToldByKindAndGroup(t *testing.T) {
	failed := exact("R", "a", 100, 110)
	failed.Certainty.Pipeline = []noise.SpellKind{noise.SpellFailedEvaluation}
	in := over(restarted(exact("R", "a", 0, 10)), failed).knowing(rule("R", 5))
	in.History.HealthKnown = true
	in.History.Spells = []noise.Spell{
		spell(noise.SpellRestart, "", 0, 5), spell(noise.SpellFailedEvaluation, "/etc/rules/app.yml;g", 100, 105),
		spell(noise.SpellFailedEvaluation, "/etc/rules/other.yml;g", 100, 105),
	}
	found := find(t, noise.KindPipeline, in)
	require.Len(t, found, 3)
	touched := map[string]float64{}
	for _, f := range found {
		touched[f.Title] = fact(t, f, "touched_episodes")
		assert.Equal(t, noise.Strong, f.Confidence)
	}
	assert.Equal(t, map[string]float64{
		"Restarts of Prometheus (of all groups) touched 1 firing episode; 0 of them only went on after it.": 1,
		"Failed evaluations (of group g) touched 1 firing episode; 0 of them only went on after it.":        1,
		"Failed evaluations (of group g) touched 0 firing episodes; 0 of them only went on after it.":       0,
	}, touched)
}

func TestThePipelineIsChargedToNoRule(t *testing.T) {
	var episodes []noise.Episode
	for i := range 40 {
		from := float64(i) * 10
		lost := exact("R", "a", from, from+2)
		lost.Certainty.Resolved = noise.EdgeLost
		again := exact("R", "a", from+4, from+5) // on its own it looks sound
		episodes = append(episodes, lost, again)
	}
	in := over(episodes...).judged()
	found := Run(in, Options{})
	for _, f := range found {
		assert.Contains(t, []noise.Kind{noise.KindPipeline}, f.Kind)
	}
	require.Len(t, found, 1)
	assert.InDelta(t, 40, fact(t, found[0], "resumed_episodes"), 0)
	assert.InDelta(t, 20, *found[0].Saves, 1e-9)
}
