package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
)

// byKind is what each kind saves of the rule.
func byKind(found []noise.Finding, rule string) map[noise.Kind]float64 {
	out := map[noise.Kind]float64{}
	for _, f := range found {
		if f.Rule.Name == rule && f.Saves != nil {
			out[f.Kind] += *f.Saves
		}
	}
	return out
}

func TestAnEpisodeIsSavedOnce(t *testing.T) {
	// Twenty episodes of a minute: five bursts of three, and five alone.
	var episodes []noise.Episode
	for i := range 5 {
		episodes = append(episodes, every(3, 10, 1, exact("R", "a", float64(i)*day, 1))...)
	}
	episodes = append(episodes, every(5, day, 1, exact("R", "a", 6*day, 1))...)
	found := Run(over(episodes...), Options{})
	assert.Equal(t, map[noise.Kind]float64{
		noise.KindFlapping: 5, // the ten restarts
		noise.KindFleeting: 5, // those that are no restarts
	}, byKind(found, "R"))
	for _, f := range found {
		if f.Kind == noise.KindFleeting {
			assert.Contains(t, f.Why, "By itself it would save 10 a week; the rest of that is counted under flapping.")
		}
	}
}

func TestASharedEpisodeIsNotCountedAgainWhereThereIsRoom(t *testing.T) {
	// Three bursts of three and three alone, all short; eight long ones.
	var episodes []noise.Episode
	for i := range 3 {
		episodes = append(episodes, every(3, 10, 1, exact("R", "a", float64(i)*day, 1))...)
	}
	episodes = append(episodes, every(3, day, 1, exact("R", "a", 4*day, 1))...)
	episodes = append(episodes, every(8, day/2, 60, exact("R", "b", 0, 1))...)
	assert.Equal(t, map[noise.Kind]float64{
		noise.KindFlapping: 3, noise.KindFleeting: 3,
	}, byKind(Run(over(episodes...), Options{}), "R"), "six restarts, and of twelve short ones the other six")
}

func TestDoingAwayWithTheRuleSavesAllOfIt(t *testing.T) {
	in := related([]overlap.Pair{pair(overlap.Redundant, ref("A"), ref("B")), pair(overlap.Cascading, ref("A"), ref("C"))})
	in.History.Episodes = append(in.History.Episodes, every(6, 10, 1, exact("A", "b", 60, 1))...)
	in = in.judged(truth.Score{RuleKey: key("A"), Precision: right(0, 16)})
	got := byKind(Run(in, Options{}), "A")
	require.Contains(t, got, noise.KindNonActionable)
	assert.InDelta(t, 8, got[noise.KindRedundant], 1e-9)
	sum := 0.0
	for _, v := range got {
		sum += v
	}
	assert.InDelta(t, 8, sum, 1e-9, "sixteen starts in two weeks, once")
}

func TestSavingsAreOfNotificationsWhereTheyWereReplayed(t *testing.T) {
	in := over(every(10, day, 2, exact("R", "a", 0, 1))...)
	in.Route = &route.Result{Window: in.History.Window, Rules: []route.RuleCount{{RuleKey: key("R"), Notifications: 60, Sole: 40}}}
	f := theOne(t, noise.KindFleeting, in)
	assert.InDelta(t, 20, *f.Saves, 1e-9, "forty in two weeks that name the rule alone")
	assert.Contains(t, f.Why, "replayed notifications")

	in.History.Episodes = append(in.History.Episodes, every(10, day, 2, restarted(exact("R", "b", 0, 1)))...)
	assert.InDelta(t, 10, *theOne(t, noise.KindFleeting, in).Saves, 1e-9, "half of them were the pipeline's")

	in.Route.Rules = nil
	assert.Zero(t, *theOne(t, noise.KindFleeting, in).Saves, "nothing was sent, so nothing is saved")
}
