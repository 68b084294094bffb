package tune

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// planted is two weeks at a minute with incidents that last an hour, and rules
// whose values a case draws.
type planted struct {
	grid      Grid
	incidents []noise.Incident
	subjects  []Subject
}

func plant(incidents int) *planted {
	p := &planted{grid: Grid{Start: start.Truncate(time.Minute), Step: time.Minute, Slots: 14 * 24 * 60}}
	every := p.grid.Slots / incidents
	for i := range incidents {
		from := p.grid.At(i*every + every/2)
		p.incidents = append(p.incidents, noise.Incident{
			ID: fmt.Sprint("incident-", i), Interval: slo.Interval{From: from, To: from.Add(time.Hour)},
			Labels: labels.FromStrings("host", "a"),
		})
	}
	return p
}

// rule adds one that is quiet at 0 and fires over 5. draw changes its values.
func (p *planted) rule(t *testing.T, metric string, draw func(values []float64)) *Subject {
	t.Helper()
	values := make([]float64, p.grid.Slots)
	draw(values)
	s := Subject{Rule: noise.Rule{Name: metric, Expr: metric + " > 5", Labels: labels.FromStrings("severity", "warning")}}
	var err error
	s.Form, err = Split(s.Rule.Expr)
	require.NoError(t, err)
	s.Views = []View{{Atom: 0, Samples: Samples{Grid: p.grid, Series: []Series{{labels.FromStrings("host", "a"), values}}}}}
	p.subjects = append(p.subjects, s)
	return &p.subjects[len(p.subjects)-1]
}

// shows draws a value from some minutes after an incident's start for some more.
func (p *planted) shows(values []float64, which func(int) bool, value float64) {
	for i, in := range p.incidents {
		if !which(i) {
			continue
		}
		at := p.grid.Slot(in.From) + 2
		for t := at; t < at+30; t++ {
			values[t] = value
		}
	}
}

// spikes draws a value for some minutes, some of them apart, outside incidents.
func (p *planted) spikes(values []float64, every, length int, value float64) {
	for at := 0; at+length < len(values); at += every {
		near := slices.ContainsFunc(p.incidents, func(in noise.Incident) bool {
			from := p.grid.Slot(in.From)
			return at+length > from-120 && at < from+240
		})
		if near {
			continue
		}
		for t := at; t < at+length; t++ {
			values[t] = value
		}
	}
}

func always(int) bool { return true }

func (p *planted) choose(t *testing.T, o ChooseOptions) Plan {
	t.Helper()
	o.Incidents = p.incidents
	plan, err := Choose(p.subjects, o)
	require.NoError(t, err)
	return plan
}

func TestChooseTakesOutWhatOthersCatch(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "latency", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 6); p.spikes(v, 60, 20, 8) })

	plan := p.choose(t, ChooseOptions{Judged: true})
	assert.Nil(t, plan.Rules[0].Change)
	assert.Nil(t, plan.Rules[1].Change)
	require.NotNil(t, plan.Rules[2].Change)
	assert.Zero(t, plan.Rules[2].Whole.After.Episodes, "nothing tells its incidents from its noise, and two others catch them")
	assert.Contains(t, []Reason{ReasonRedundant, ReasonNet}, plan.Rules[2].Reason)
	assert.Contains(t, plan.Rules[2].Why, "errors, latency")
	assert.Empty(t, plan.Proof.HeldOut.Lost)
	assert.Zero(t, plan.Whole.After.Outside)

	careful := p.choose(t, ChooseOptions{Judged: true, Policy: Conservative})
	if c := careful.Rules[2].Change; c != nil {
		assert.False(t, c.Delete, "it keeps what it catches itself")
	}
	assert.Equal(t, 20, careful.Rules[2].Whole.After.Caught)
}

func TestChooseTakesOutWhatNeverHelped(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "load", func(v []float64) { p.spikes(v, 60, 20, 8) })

	plan := p.choose(t, ChooseOptions{Judged: true})
	require.NotNil(t, plan.Rules[1].Change)
	assert.True(t, plan.Rules[1].Change.Delete)
	assert.Equal(t, ReasonUseless, plan.Rules[1].Reason)
	require.NotEmpty(t, plan.Rules[1].Others)
	last := plan.Rules[1].Others[len(plan.Rules[1].Others)-1]
	assert.Equal(t, Other{Remedy: RemedyDelete, Change: last.Change}, last, "it costs no episode and no incident")
}

func TestChooseKeepsTheOnlyRuleThatCatches(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, func(i int) bool { return i%2 == 0 }, 9) })
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 6); p.spikes(v, 60, 40, 8) })

	plan := p.choose(t, ChooseOptions{Judged: true})
	if c := plan.Rules[1].Change; c != nil {
		assert.False(t, c.Delete)
	}
	assert.Empty(t, plan.Whole.Lost)
	assert.Equal(t, 20, plan.Whole.After.Caught)
	assert.Contains(t, plan.Rules[1].Why, "It alone catches")
}

func TestChooseFindsTheThreshold(t *testing.T) {
	p := plant(20)
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 20); p.spikes(v, 60, 40, 8) })

	plan := p.choose(t, ChooseOptions{Judged: true})
	c := plan.Rules[0].Change
	require.NotNil(t, c)
	assert.Contains(t, c.Remedies, RemedyThreshold)
	assert.Greater(t, c.Shape.Threshold, 8.0)
	assert.Less(t, c.Shape.Threshold, 20.0)
	assert.Zero(t, plan.Proof.HeldOut.After.Outside)
	assert.Empty(t, plan.Proof.HeldOut.Lost)
	assert.Equal(t, ReasonQuieter, plan.Rules[0].Reason)

	only := p.choose(t, ChooseOptions{Judged: true, Only: []Remedy{RemedyKeep}})
	if c := only.Rules[0].Change; c != nil {
		assert.Equal(t, []Remedy{RemedyKeep}, c.Remedies)
	}
}

// TestChooseLeavesAloneWhatIsNotWorthAReview: one needless episode in two
// weeks are no reason to make a rule that catches stricter.
func TestChooseLeavesAloneWhatIsNotWorthAReview(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "latency", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 9); p.spikes(v, len(v), 5, 6) })

	plan := p.choose(t, ChooseOptions{Judged: true})
	require.Equal(t, 1, plan.Rules[2].Whole.Before.Outside)
	assert.Nil(t, plan.Rules[2].Change)
	assert.Equal(t, ReasonQuiet, plan.Rules[2].Reason)
}

func TestChooseWaitsOutSpikes(t *testing.T) {
	p := plant(20)
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 9); p.spikes(v, 60, 1, 9) })

	plan := p.choose(t, ChooseOptions{Judged: true})
	c := plan.Rules[0].Change
	require.NotNil(t, c)
	assert.Contains(t, c.Remedies, RemedyFor)
	assert.LessOrEqual(t, c.Shape.For, 5*time.Minute, "an incident may be noticed 5 minutes later and no more")
	assert.Zero(t, plan.Proof.HeldOut.After.Outside)
	assert.Empty(t, plan.Proof.HeldOut.Lost)
}

// flaps draws a value that comes and goes minute by minute.
func flaps(values []float64, from, length int, value float64) {
	for t := from; t < min(from+length, len(values)); t += 2 {
		values[t] = value
	}
}

func TestChooseBridgesFlapsWithoutTruth(t *testing.T) {
	p := plant(20)
	p.rule(t, "load", func(v []float64) {
		for at := 0; at < len(v); at += 720 {
			flaps(v, at, 60, 9)
		}
	})
	p.incidents = nil

	plan := p.choose(t, ChooseOptions{})
	c := plan.Rules[0].Change
	require.NotNil(t, c)
	assert.False(t, c.Delete)
	assert.NotContains(t, c.Remedies, RemedyThreshold)
	assert.LessOrEqual(t, c.Shape.For, 5*time.Minute)
	assert.Less(t, plan.Whole.After.Outside, plan.Whole.Before.Outside/5)
	assert.Equal(t, ReasonUnproven, plan.Rules[0].Reason)
	assert.Contains(t, plan.Notes[0], "Nothing tells which alerts were needless")
}

func TestChooseDoesNotJudgeWhatNoIncidentConcerns(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	other := p.rule(t, "load", func(v []float64) { p.spikes(v, 60, 20, 8) })
	other.Views[0].Samples.Series[0].Labels = labels.FromStrings("host", "b")

	plan := p.choose(t, ChooseOptions{Judged: true})
	if c := plan.Rules[1].Change; c != nil {
		assert.False(t, c.Delete, "host b has had no incident yet")
		assert.NotContains(t, c.Remedies, RemedyThreshold)
		assert.LessOrEqual(t, c.Shape.For, 5*time.Minute)
	}
	assert.Equal(t, ReasonUnproven, plan.Rules[1].Reason)
	bold := p.choose(t, ChooseOptions{Judged: true, Policy: Aggressive})
	require.NotNil(t, bold.Rules[1].Change)
	assert.Zero(t, bold.Whole.After.Outside)
}

func TestChooseIsCarefulWithFewIncidents(t *testing.T) {
	p := plant(3)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 6); p.spikes(v, 60, 20, 8) })

	plan := p.choose(t, ChooseOptions{Judged: true})
	assert.Equal(t, Balanced, plan.Policy)
	assert.Equal(t, Conservative, plan.Refit.Policy)
	assert.Equal(t, 3, plan.Rules[1].Whole.After.Caught)
	assert.Contains(t, plan.Notes[0], "only 3 incidents")
	assert.True(t, slices.ContainsFunc(plan.Notes, func(n string) bool { return n == `All incidents are of {host="a"}; of others nothing is known.` }), plan.Notes)
}

func TestChooseSparesWhatIsImplied(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "silent", func([]float64) {})
	p.rule(t, "silent_copy", func([]float64) {})
	p.subjects[2].Implies = []int{1}

	plan := p.choose(t, ChooseOptions{Judged: true})
	assert.Nil(t, plan.Rules[1].Change)
	assert.Equal(t, ReasonSilent, plan.Rules[1].Reason)
	require.NotNil(t, plan.Rules[2].Change)
	assert.True(t, plan.Rules[2].Change.Delete)
	assert.Equal(t, ReasonImplied, plan.Rules[2].Reason)

	p.subjects[2].Rule.Labels = labels.FromStrings("severity", "page")
	plan = p.choose(t, ChooseOptions{Judged: true})
	assert.Nil(t, plan.Rules[2].Change, "a page is not a warning")
	p.subjects[2].Rule.Labels = p.subjects[1].Rule.Labels
	p.subjects[1].Receivers, p.subjects[2].Receivers = []string{"shop"}, []string{"shop", "base"}
	plan = p.choose(t, ChooseOptions{Judged: true})
	assert.Nil(t, plan.Rules[2].Change, "it reaches more people")
}

func TestChooseTellsAllReceivers(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	p.rule(t, "load", func(v []float64) { p.shows(v, always, 6); p.spikes(v, 60, 20, 8) })
	p.subjects[0].Receivers, p.subjects[1].Receivers = []string{"shop"}, []string{"base"}

	plan := p.choose(t, ChooseOptions{Judged: true})
	assert.Equal(t, 20, plan.Rules[0].Whole.After.Caught)
	assert.Equal(t, 20, plan.Rules[1].Whole.After.Caught, "nobody else tells base")
}

func TestChooseTakesValueLabelsAway(t *testing.T) {
	p := plant(20)
	p.rule(t, "errors", func(v []float64) { p.shows(v, always, 9) })
	s := p.rule(t, "load", func(v []float64) {
		p.shows(v, always, 6)
		for t := range v {
			if v[t] > 5 {
				v[t] += float64(t % 7)
			}
		}
	})
	s.ValueLabels = []string{"value"}
	whole := s.Views[0].Samples
	present := Samples{Grid: whole.Grid, Series: []Series{{whole.Series[0].Labels, slices.Clone(whole.Series[0].Values)}}}
	for t, v := range present.Series[0].Values {
		if v <= 5 {
			present.Series[0].Values[t] = Absent()
		}
	}
	s.Views = []View{{Whole, present.Apart(0)}, {0, whole}}

	plan := p.choose(t, ChooseOptions{Judged: true})
	c := plan.Rules[1].Change
	require.NotNil(t, c)
	assert.Equal(t, []string{"value"}, c.DropLabels)
	assert.Equal(t, []Remedy{RemedyLabel}, c.Remedies)
	assert.Equal(t, ReasonRelabeled, plan.Rules[1].Reason)
	assert.Equal(t, 600, plan.Rules[1].Whole.Before.Episodes)
	assert.Equal(t, 20, plan.Rules[1].Whole.After.Episodes)
}

// TestChooseLosesNothingOnWhatItSaw holds for whatever rules and incidents.
func TestChooseLosesNothingOnWhatItSaw(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 7))
		p := plant(8 + rng.IntN(12))
		for r := range 4 {
			p.rule(t, fmt.Sprint("m", r%3), func(v []float64) {
				p.shows(v, func(int) bool { return rng.IntN(2) == 0 }, 6+6*rng.Float64())
				p.spikes(v, 40+rng.IntN(200), 1+rng.IntN(20), 6+6*rng.Float64())
			})
		}
		policy := []Policy{Conservative, Balanced, Aggressive}[seed%3]
		plan := p.choose(t, ChooseOptions{Judged: true, Policy: policy})
		assert.Empty(t, plan.Whole.Lost, "seed %d, %s", seed, policy)
		assert.Empty(t, plan.Proof.Train.Lost, "seed %d, %s", seed, policy)
		assert.LessOrEqual(t, plan.Whole.After.Outside, plan.Whole.Before.Outside)
		for _, a := range plan.Rules {
			require.NotEmpty(t, a.Why)
			if policy == Conservative {
				assert.Empty(t, a.Whole.Lost, "seed %d: each rule keeps what it catches", seed)
			}
		}
		for i, a := range plan.Front {
			for _, b := range plan.Front[i+1:] {
				assert.True(t, a.Chosen || b.Chosen || !a.beats(b) && !b.beats(a), "seed %d: the front holds no point that another beats", seed)
			}
		}
	}
}

func TestFoldNear(t *testing.T) {
	for _, c := range []struct {
		name          string
		lost, safest  []int
		insignificant bool
	}{
		{"nothing lost", nil, nil, true},
		{"one more may be chance", []int{1}, nil, true},
		{"three more may be chance", []int{1, 2, 3}, nil, true},
		{"four more are not", []int{1, 2, 3, 4}, nil, false},
		{"those that both lose don't count", []int{1, 2, 3, 4, 5}, []int{1, 2, 3, 4}, true},
		{"fewer are welcome", nil, []int{1, 2, 3}, true},
	} {
		assert.Equal(t, c.insignificant, Fold{missing: c.lost}.near(Fold{missing: c.safest}), c.name)
	}
}

func TestBestLeavesOutWhatIsBeaten(t *testing.T) {
	at := func(price float64, outside, lost int) Point {
		p := Point{Price: price}
		p.HeldOut.After.Outside, p.HeldOut.Lost = outside, make([]int, lost)
		return p
	}
	chosen := at(9, 50, 4)
	chosen.Chosen = true
	var got []float64
	for _, p := range best([]Point{at(1, 10, 2), at(2, 10, 2), at(3, 20, 1), at(4, 30, 1), chosen}) {
		got = append(got, p.Price)
	}
	assert.Equal(t, []float64{1, 3, 9}, got)
}

func TestChooseWantsRules(t *testing.T) {
	_, err := Choose(nil, ChooseOptions{})
	assert.ErrorContains(t, err, "no rules")
}
