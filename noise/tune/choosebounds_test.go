package tune

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestChooseMovesNoLimitOfARuleThatToldOfNothing: a disk fills for hours before the
// incident. At a limit that the rule was never meant for, its alert would begin
// within the incident.
func TestChooseMovesNoLimitOfARuleThatToldOfNothing(t *testing.T) {
	for _, policy := range []Policy{Conservative, Balanced, Aggressive} {
		p := plant(20)
		p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
		p.rule(t, "disk", func(v []float64) {
			for i := range p.incidents {
				at := p.grid.Slot(p.incidents[i].From)
				for s := at - 180; s < at+30; s++ {
					v[s] = 6
					if s > at {
						v[s] = 20
					}
				}
			}
			p.spikes(v, 60, 20, 8)
		})
		plan := p.choose(t, ChooseOptions{Judged: true, Policy: policy})
		require.Zero(t, plan.Rules[1].Whole.Before.Caught)
		if c := plan.Rules[1].Change; c != nil {
			assert.NotContains(t, c.Remedies, RemedyThreshold, policy)
		}
	}
}

func TestChooseCallsUselessOnlyWhatFiredEnough(t *testing.T) {
	for _, c := range []struct {
		name  string
		draw  func(p *planted, v []float64)
		taken bool
		says  string
	}{
		{"fires a lot", func(p *planted, v []float64) { p.spikes(v, 60, 20, 8) }, true, "It told of no incident in time."},
		{"fires seldom", func(p *planted, v []float64) { p.spikes(v, 1440, 20, 8) }, false, "that is too little to call it useless"},
		{"stood once, for days", func(_ *planted, v []float64) {
			for t := range v[:5*24*60] {
				v[t] = 8
			}
		}, false, "too little to go by"},
		{"stands all the time", func(_ *planted, v []float64) {
			for t := range v {
				v[t] = 8
			}
		}, true, "It told of no incident in time."},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := plant(20)
			p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
			p.rule(t, "guard", func(v []float64) { c.draw(p, v) })
			plan := p.choose(t, ChooseOptions{Judged: true})
			change := plan.Rules[1].Change
			assert.Equal(t, c.taken, change != nil && change.Delete)
			assert.Contains(t, plan.Rules[1].Why, c.says)
			careful := p.choose(t, ChooseOptions{Judged: true, Policy: Conservative}).Rules[1].Change
			assert.False(t, careful != nil && careful.Delete, "a careful policy takes nothing out")
		})
	}
}

func TestChooseLeavesHeartbeatsAlone(t *testing.T) {
	for name, set := range map[string]func(*Subject){
		"an expression without series": func(s *Subject) { s.Form.Expr = "vector(1)" },
		"one over alerts":              func(s *Subject) { s.Form.Expr = `ALERTS{severity="info"} == 1` },
		"no severity":                  func(s *Subject) { s.Rule.Labels = labels.FromStrings("severity", "none") },
	} {
		t.Run(name, func(t *testing.T) {
			p := plant(20)
			p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
			set(p.rule(t, "beat", func(v []float64) { p.spikes(v, 60, 20, 8) }))
			plan := p.choose(t, ChooseOptions{Judged: true})
			assert.Nil(t, plan.Rules[1].Change)
			assert.Equal(t, ReasonHeartbeat, plan.Rules[1].Reason)
		})
	}
}

// TestChooseKeepsSomebodyAwake: a warning is no page.
func TestChooseKeepsSomebodyAwake(t *testing.T) {
	for _, wakes := range []bool{false, true} {
		p := plant(20)
		p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
		p.rule(t, "load", func(v []float64) { p.shows(v, always, 6); p.spikes(v, 60, 20, 8) }).Wakes = wakes
		after := p.choose(t, ChooseOptions{Judged: true}).Rules[1].Whole.After
		assert.Equal(t, wakes, after.Caught == 20, "the other tells of them all, but wakes nobody")
		assert.Equal(t, !wakes, after.Episodes == 0)
	}
}

// TestChooseRepairsRatherThanDrops: a rule that asks for what does not exist is
// implied by one that asks for everything, but that is a fault of its text.
func TestChooseRepairsRatherThanDrops(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "misspelled", func([]float64) {}).Views[0].Samples.Series = nil
	p.subjects[1].Implies = []int{0}
	plan := p.choose(t, ChooseOptions{Judged: true})
	assert.Nil(t, plan.Rules[1].Change)
	assert.Equal(t, ReasonSilent, plan.Rules[1].Reason)
	assert.Contains(t, plan.Rules[1].Why, "mend its expression")

	p.rule(t, "latency", func(v []float64) { p.shows(v, always, 9) })
	p.subjects[0].Views[0].Samples.Series = nil
	again := p.choose(t, ChooseOptions{Judged: true}).Rules[1].Change
	assert.True(t, again != nil && again.Delete, "of two copies one may go, whatever they look at")
}

// TestChooseKeepsWhatIsMostlyRight: that others tell of the same is no reason to
// quiet a rule of which five alerts in six are of use.
func TestChooseKeepsWhatIsMostlyRight(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "latency", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 6); p.spikes(v, len(v)/4, 40, 8) })
	plan := p.choose(t, ChooseOptions{Judged: true})
	require.Positive(t, plan.Rules[2].Whole.Before.Outside)
	assert.Equal(t, 20, plan.Rules[2].Whole.After.Caught)
	if c := plan.Rules[2].Change; c != nil {
		assert.False(t, c.Delete)
	}
}

// TestChooseNeverWaitsLess: an alert about half an hour is not made one about two
// minutes, even where that would let another rule go.
func TestChooseNeverWaitsLess(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) }).Rule.For = 20 * time.Minute
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 6); p.spikes(v, 60, 20, 8) })
	first := p.choose(t, ChooseOptions{Judged: true, Policy: Aggressive}).Rules[0].Change
	assert.True(t, first == nil || first.Delete || first.Shape.For >= 20*time.Minute)
}

// TestChooseTakesNoLuckForALimit: a rule that fires every 25 minutes begins in each
// incident too, and before the one that tells of them twenty minutes in. That one
// sets the limit.
func TestChooseTakesNoLuckForALimit(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) {
		for _, in := range p.incidents {
			at := p.grid.Slot(in.From)
			for s := at + 20; s < at+50; s++ {
				v[s] = 9
			}
		}
	})
	p.rule(t, "flicker", func(v []float64) {
		p.spikes(v, 25, 1, 8)
		for _, in := range p.incidents {
			v[p.grid.Slot(in.From)+8] = 8
		}
	})
	limits, err := Limits(p.subjects, ChooseOptions{Incidents: p.incidents}, p.grid.Span())
	require.NoError(t, err)
	assert.Equal(t, p.incidents[0].From.Add(25*time.Minute), limits[0])
	plan := p.choose(t, ChooseOptions{Judged: true})
	require.NotNil(t, plan.Rules[1].Change)
	assert.Zero(t, plan.Rules[1].Whole.After.Outside)
	assert.Empty(t, plan.Whole.Lost)

	alone, err := Limits(p.subjects[1:], ChooseOptions{Incidents: p.incidents}, p.grid.Span())
	require.NoError(t, err)
	assert.Equal(t, p.incidents[0].From.Add(13*time.Minute), alone[0], "where nobody else tells of it, luck is all there is")
}

// TestChooseDoesNotBridgeUntilAlertsStand: episodes an hour apart could be made one
// that goes on for days.
func TestChooseDoesNotBridgeUntilAlertsStand(t *testing.T) {
	p := plant(20)
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 9); p.spikes(v, 40, 3, 9) })
	for _, policy := range []Policy{Conservative, Balanced} {
		plan := p.choose(t, ChooseOptions{Judged: true, Policy: policy, Only: []Remedy{RemedyKeep}})
		w := plan.Rules[0].Whole
		assert.LessOrEqual(t, w.After.Firing-w.Before.Firing, p.grid.Span().Duration()/8, policy)
	}
}

func TestFormMemory(t *testing.T) {
	for expr, want := range map[string]time.Duration{
		"up == 0":                      time.Duration(1<<63 - 1),
		"x > 2 * x offset 1h":          time.Hour - 1,
		"x offset 1d > x offset 5m":    5*time.Minute - 1,
		"rate(x[1h]) > 3":              time.Duration(1<<63 - 1),
		"x > 2 * x offset -1h":         time.Duration(1<<63 - 1),
		"this is not an expression at": time.Duration(1<<63 - 1),
	} {
		assert.Equal(t, want, Form{Expr: expr}.memory(), expr)
	}
}
