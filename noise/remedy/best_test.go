package remedy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// incidentsOf tells of incidents at noon, two minutes after they begin.
func incidentsOf(days ...int) []fires {
	var out []fires
	for _, d := range days {
		out = append(out, fires{d*day + noon + 2, 30})
	}
	return out
}

// noisy is needless episodes in both weeks, and what a rule tells of.
func noisy(tells ...fires) []fires {
	return append(append(scattered(0, 21, 10), scattered(1, 14, 10)...), tells...)
}

func TestWhoIsToldOfNothingIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		other        string // severity of another rule that tells of the same; empty: none does
		gone, quiet  [2]int // incidents lost and told to fewer in the first week: without the rule, and as a ticket
		mayBeQuieter bool
	}{
		"it alone tells":               {"", [2]int{2, 0}, [2]int{0, 2}, false},
		"another tells and wakes":      {"page", [2]int{0, 0}, [2]int{0, 0}, true},
		"another tells and only shows": {"ticket", [2]int{0, 2}, [2]int{0, 2}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 2*day+noon, 5*day+noon, 10*day+noon)
			w.lower(w.rule("Load", "page", noisy(incidentsOf(2, 5, 10)...)...))
			if c.other != "" {
				w.rule("Errors", c.other, incidentsOf(2, 5, 10)...)
			}
			got := w.compare()["Load"]
			gone, quiet := got.rows[Delete].Train, got.rows[Severity].Train
			assert.Equal(t, c.gone, [2]int{len(gone.Lost), len(gone.Fewer)})
			assert.Equal(t, c.quiet, [2]int{len(quiet.Lost), len(quiet.Fewer)})
			assert.Equal(t, c.mayBeQuieter, got.rows[Severity].Barred == "", got.rows[Severity].Barred)
			want := AsIs
			if c.mayBeQuieter {
				want = Severity
			}
			assert.Equal(t, want, got.best)
		})
	}
}

// TestWhatIsHeldBackTellsOfNothing: the source has stood for a day when the
// incident begins, so it tells of nothing, and holds back the rule that does.
func TestWhatIsHeldBackTellsOfNothing(t *testing.T) {
	w := newWorld(t, 2*day+noon, 5*day+noon, 10*day+noon)
	load := noisy(incidentsOf(2, 5, 10)...)
	w.rule("Load", "page", load...)
	host := []fires{{9 * day, 2 * day}}
	for _, f := range load[:35] {
		host = append(host, fires{f.at - 1, 15})
	}
	w.rule("Host", "page", host...)

	got := w.compare()["Load"]
	row := got.rows[Inhibit]
	assert.Equal(t, slo.Proportion{Count: 21, Of: 21}, row.Held)
	check(t, counts{2, 0, 2, 2, 2, 2, 0, 0, 0}, row.Train)
	check(t, counts{0, 0, 0, 0, 1, 0, 1, 0, -1}, row.HeldOut)
	assert.Equal(t, "Nobody would be told of 1 incident in time on the part that was held out.", row.Barred)
	assert.Equal(t, AsIs, got.best)
}

func TestSourcesAreAsLoudAndStay(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world)
		want   bool
	}{
		"as loud":                    {func(*world) {}, true},
		"it only shows":              {func(w *world) { w.rules[2].Voice.Waking = WakesNobody }, false},
		"nobody knows of either":     {func(w *world) { w.rules[1].Voice.Waking, w.rules[2].Voice.Waking = "", "" }, true},
		"it reaches others":          {func(w *world) { receive(w, 2, "b") }, false},
		"it reaches the same people": {func(w *world) { receive(w, 2, "a", "b") }, true},
		"it is to go":                {func(w *world) { w.advice[2].Change = &tune.Change{Delete: true} }, false},
		"it fires about other hosts": {func(w *world) {
			s := w.subjects[2]
			addSeries(&s, "b", s.Views[0].Samples.Series[0].Values)
			s.Views[0].Samples.Series = s.Views[0].Samples.Series[1:]
			w.subjects[2] = s
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := heldWorld(t)
			c.change(w)
			_, ok := w.compare()["Load"].rows[Inhibit]
			assert.Equal(t, c.want, ok)
		})
	}
}

// receive has all rules reach receiver a, and one of them others.
func receive(w *world, i int, names ...string) {
	for n := range w.rules {
		w.rules[n].Voice.Receivers = []string{"a"}
	}
	w.rules[i].Voice.Receivers = names
}

// TestAReceiverThatIsLeftOutIsFewer: the other rule tells of the same, but others.
func TestAReceiverThatIsLeftOutIsFewer(t *testing.T) {
	w := newWorld(t, 2*day+noon, 10*day+noon)
	w.rule("Load", "page", noisy(incidentsOf(2, 10)...)...)
	w.rule("Errors", "page", incidentsOf(2, 10)...)
	receive(w, 1, "b")
	got := w.compare()["Load"].rows[Delete]
	assert.Empty(t, got.Train.Lost)
	assert.Equal(t, []int{0}, got.Train.Fewer)
	assert.Equal(t, []int{1}, got.HeldOut.Fewer)
}

// TestTwoThatCoverForOneAnotherAreNotBothLowered: each may wake nobody as long as
// the other does.
func TestTwoThatCoverForOneAnotherAreNotBothLowered(t *testing.T) {
	w := newWorld(t, 2*day+noon, 10*day+noon)
	w.lower(w.rule("Load", "page", noisy(incidentsOf(2, 10)...)...))
	w.lower(w.rule("Busy", "page", append(noisy(incidentsOf(2, 10)...), fires{30, 5}, fires{week + 30, 5})...))
	got := w.compare()
	require.Zero(t, got["Busy"].place, "the noisiest first")
	assert.Equal(t, Severity, got["Busy"].best)
	assert.Equal(t, AsIs, got["Load"].best)
	assert.Equal(t, []int{0}, got["Load"].rows[Severity].Train.Fewer)
}

func TestWhatThePlanHasIsTheOneToBeat(t *testing.T) {
	gone := &tune.Change{Delete: true, Remedies: []tune.Remedy{tune.RemedyDelete}}
	t.Run("what it recommends is best where it costs least", func(t *testing.T) {
		w := heldWorld(t)
		w.advice[1] = tune.Advice{Change: gone, Proven: gone}
		got := w.compare()["Load"]
		assert.Equal(t, Delete, got.best)
		assert.Equal(t, got.Best, got.Planned)
	})
	t.Run("but not where it loses", func(t *testing.T) {
		w := newWorld(t, 2*day+noon, 10*day+noon)
		w.rule("Load", "page", noisy(incidentsOf(2, 10)...)...)
		w.advice[0] = tune.Advice{Change: gone, Proven: gone}
		got := w.compare()["Load"]
		assert.Equal(t, AsIs, got.best)
		assert.Equal(t, Delete, got.Rows[got.Planned].Kind)
		assert.Contains(t, got.rows[Delete].Barred, "on the part that is chosen on")
	})
	t.Run("an edit of the rule that it leaves out is shown and not best", func(t *testing.T) {
		w := heldWorld(t)
		w.rules[1].Lower = nil
		w.subjects, w.rules, w.advice = w.subjects[:2], w.rules[:2], w.advice[:2]
		w.advice[1] = tune.Advice{Others: []tune.Other{{Remedy: tune.RemedyFor, Change: *waits(w, 1, 10*time.Minute)}}, Why: "It backs up other rules."}
		got := w.compare()["Load"]
		row := got.rows[Change]
		assert.True(t, row.Whole)
		assert.Equal(t, 1, row.Train.Episodes, "the one that lasts longer than ten minutes")
		assert.Equal(t, "It is not recommended. It backs up other rules.", row.Barred)
		assert.Equal(t, AsIs, got.best)
	})
	t.Run("others are as it has them", func(t *testing.T) {
		w := newWorld(t, 2*day+noon, 10*day+noon)
		w.rule("Load", "page", noisy(incidentsOf(2, 10)...)...)
		w.rule("Errors", "page", incidentsOf(2, 10)...)
		w.advice[1] = tune.Advice{Change: gone, Proven: gone}
		assert.Equal(t, []int{0}, w.compare()["Load"].rows[Delete].Train.Lost, "the other is to go")
	})
}

// TestWhatThePlanRestsOnIsLostWithoutIt: another rule is to go since this one, once
// it waits no longer, tells of its incidents. As it is it tells of them too late.
func TestWhatThePlanRestsOnIsLostWithoutIt(t *testing.T) {
	w := newWorld(t, 2*day+noon, 10*day+noon)
	load := noisy(incidentsOf(2, 10)...)
	for i := range load {
		load[i].length = 30
	}
	w.lower(w.rule("Load", "page", load...))
	w.subjects[0].Rule.For = 10 * time.Minute
	w.rule("Errors", "page", incidentsOf(2, 10)...)
	sooner, gone := waits(w, 0, 0), &tune.Change{Delete: true}
	w.advice[0], w.advice[1] = tune.Advice{Change: sooner, Proven: sooner}, tune.Advice{Change: gone, Proven: gone}

	got := w.compare()["Load"]
	assert.Equal(t, []int{0}, got.rows[AsIs].Train.Lost)
	assert.Equal(t, []int{1}, got.rows[AsIs].HeldOut.Lost)
	assert.Equal(t, []int{0}, got.rows[Severity].Train.Lost)
	assert.Empty(t, got.rows[Change].Train.Lost)
	assert.Equal(t, Change, got.best)

	w.advice[0] = tune.Advice{}
	got = w.compare()["Load"]
	assert.Empty(t, got.rows[AsIs].Train.Lost, "what others leave untold in any case is not for this rule to tell")
	assert.Equal(t, Severity, got.best)
}

func TestARuleThatToldOfNothing(t *testing.T) {
	covered := []slo.Interval{twoWeeks().Span()}
	t.Run("may wake nobody, and is not replaced", func(t *testing.T) {
		w := newWorld(t, 2*day+noon, 10*day+noon)
		w.lower(w.rule("Load", "page", noisy()...))
		w.rules[0].Instead = &Instead{Alerts: []Alerts{burning(w)}, Covered: covered}
		got := w.compare()["Load"]
		assert.Contains(t, got.rows[BurnRate].Barred, "has told of nothing so far")
		assert.Equal(t, Severity, got.best)
	})
	t.Run("stays as it is where no incident concerned it", func(t *testing.T) {
		w := newWorld(t)
		w.lower(w.rule("Load", "page", noisy()...))
		got := w.compare()["Load"]
		assert.Contains(t, got.rows[Severity].Barred, "No incident concerned it")
		assert.Equal(t, AsIs, got.best)
	})
}

func TestWhatIsUnknownIsNotBest(t *testing.T) {
	full := twoWeeks().Span()
	for name, c := range map[string]struct {
		change func(*world)
		known  bool
		best   Kind
	}{
		"all is known":                  {func(*world) {}, true, BurnRate},
		"a tenth of a week is missing":  {func(w *world) { w.rules[0].Instead.Covered[0].To = full.To.Add(-16 * time.Hour) }, true, BurnRate},
		"a fifth of a week is missing":  {func(w *world) { w.rules[0].Instead.Covered[0].To = full.To.Add(-34 * time.Hour) }, false, AsIs},
		"nothing tells what was needed": {func(w *world) { w.unjudged, w.incidents = true, nil }, true, AsIs},
		"each rule keeps what it tells": {func(w *world) { w.policy = tune.Conservative }, true, BurnRate},
		"and the alerts tell of less": {func(w *world) {
			w.policy = tune.Conservative
			w.rules[0].Instead.Alerts = []Alerts{burning(w, incidentsOf(2)...)}
		}, true, AsIs},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 2*day+noon, 10*day+noon)
			w.rule("Load", "page", noisy(incidentsOf(2, 10)...)...)
			w.rule("Errors", "page", incidentsOf(2, 10)...)
			w.rules[0].Instead = &Instead{Alerts: []Alerts{burning(w, incidentsOf(2, 10)...)}, Covered: []slo.Interval{full}}
			c.change(w)
			got := w.compare()["Load"]
			assert.Equal(t, c.known, got.rows[BurnRate].HeldOut.Known)
			assert.Equal(t, c.best, got.best, got.rows[BurnRate].Barred)
		})
	}
}

func TestOnlyNoisyRulesAreSpokenOf(t *testing.T) {
	w := newWorld(t, 2*day+noon, 10*day+noon)
	w.rule("Errors", "page", incidentsOf(2, 10)...)
	w.rule("Rare", "page", fires{1000, 5})
	w.rule("Never", "page")
	assert.Empty(t, w.compare())
	w.rule("Twice", "page", fires{1000, 5}, fires{3000, 5})
	assert.Len(t, w.compare(), 1, "one a week")
	_, err := Compare(Case{Subjects: w.subjects})
	assert.Error(t, err)
}
