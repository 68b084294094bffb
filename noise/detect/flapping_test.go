package detect

import (
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
)

func slow(name string, interval time.Duration) noise.Rule {
	r := rule(name, 1)
	r.Interval = interval
	return r
}

func TestFlapping(t *testing.T) {
	table{
		"three starts in half an hour":               {over(every(3, 15, 2, exact("R", "a", 0, 1))...), Options{}, []string{"R"}},
		"three starts in a little over half an hour": {over(every(3, 15.1, 2, exact("R", "a", 0, 1))...), Options{}, nil},
		"two starts": {over(every(2, 5, 2, exact("R", "a", 0, 1))...), Options{}, nil},
		"three alerts that start once": {
			over(exact("R", "a", 0, 1), exact("R", "b", 5, 6), exact("R", "c", 10, 11)), Options{}, nil,
		},
		"ten evaluations of a slow rule are longer than half an hour": {
			over(every(3, 25, 15, exact("R", "a", 0, 1))...).knowing(slow("R", 5*time.Minute)), Options{}, []string{"R"},
		},
		"the flap percentage of a slow rule over twenty evaluations": {
			over(every(4, 30, 20, exact("R", "a", 0, 1))...).knowing(slow("R", 5*time.Minute)), Options{}, []string{"R"},
		},
		"too few changes for the flap percentage": {
			over(every(4, 60, 20, exact("R", "a", 0, 1))...).knowing(slow("R", 5*time.Minute)), Options{}, nil,
		},
		"a pipeline that keeps restarting": {
			over(restarted(exact("R", "a", 0, 1)), restarted(exact("R", "a", 5, 6)), restarted(exact("R", "a", 10, 11))), Options{}, nil,
		},
		"a limit of one's own": {
			over(every(3, 15, 2, exact("R", "a", 0, 1))...), Options{FlapWithin: model.Duration(time.Minute), FlapEvaluations: 1}, nil,
		},
		"a rule that stands by design": {over(every(9, 5, 2, with("none", exact("R", "a", 0, 1)))...), Options{}, nil},
	}.run(t, noise.KindFlapping)
}

func TestFlappingGivesTheHoldThatJoinsItsBursts(t *testing.T) {
	episodes := append(every(6, 10, 3, exact("R", "a", 0, 1)), every(6, 10, 3, exact("R", "a", day, 1))...)
	f := theOne(t, noise.KindFlapping, over(append(episodes, exact("R", "b", 0, 40))...))
	assert.InDelta(t, 10, fact(t, f, "starts_in_bursts"), 0)
	assert.InDelta(t, 2, fact(t, f, "bursts"), 0)
	assert.InDelta(t, 6, fact(t, f, "most_starts_in_a_burst"), 0)
	assert.InDelta(t, 1, fact(t, f, "alerts_that_flapped"), 0)
	assert.Contains(t, f.Advice, "keep_firing_for: 8m", "a pause of seven minutes, and an evaluation more")
	assert.InDelta(t, 5, *f.Saves, 1e-9, "ten starts in two weeks")
	assert.Equal(t, noise.Strong, f.Confidence)
	assert.Equal(t, noise.WrongDuration, f.Action)
}

func TestFlapShareIsThatOfNagios(t *testing.T) {
	minute := time.Minute.Milliseconds()
	all := make([]int64, 20)
	for i := range all {
		all[i] = int64(i) * minute
	}
	assert.InDelta(t, 1, flapShare(all, 19*minute, minute), 1e-9, "a change at every evaluation")
	assert.InDelta(t, 1.2/20, flapShare([]int64{0}, 0, minute), 1e-9, "the newest weighs most")
	assert.InDelta(t, 0.8/20, flapShare([]int64{0}, 19*minute, minute), 1e-9, "the oldest weighs least")
	assert.Zero(t, flapShare([]int64{0}, 20*minute, minute), "gone after twenty")
}

func TestFlappingIsOverWhenTheShareFalls(t *testing.T) {
	episodes := append(every(4, 30, 20, exact("R", "a", 0, 1)), every(2, 60, 20, exact("R", "a", 3*day, 1))...)
	f := theOne(t, noise.KindFlapping, over(episodes...).knowing(slow("R", 5*time.Minute)))
	assert.InDelta(t, 3, fact(t, f, "starts_in_bursts"), 0, "two starts days later are no burst")
}
