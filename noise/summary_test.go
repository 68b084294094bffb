package noise

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

// epoch is the start of the windows in these tests, a Monday at midnight.
var epoch = time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

func week() slo.Interval { return slo.Interval{From: epoch, To: at(7 * 24 * time.Hour)} }

// fires is an episode of the alert on one instance that became active as it
// fired; a negative end leaves it open.
func fires(rule, instance string, from, to time.Duration) Episode {
	e := Episode{
		Rule: rule, Labels: labels.FromStrings("instance", instance, "severity", "critical"),
		ActiveAt: at(from), FiredAt: at(from),
		Certainty: Certainty{Active: EdgeExact, Fired: EdgeExact, Resolved: EdgeOpen},
	}
	if to >= 0 {
		e.ResolvedAt, e.Certainty.Resolved = at(to), EdgeExact
	}
	return e
}

func pends(rule string, from, to time.Duration) Episode {
	e := fires(rule, "a", from, to)
	e.FiredAt, e.Certainty.Fired = time.Time{}, EdgeNone
	return e
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

func summarize(episodes ...Episode) Summary {
	return Summarize(History{Window: week(), Episodes: episodes}, Options{})
}

func only(t *testing.T, s Summary) RuleStats {
	t.Helper()
	require.Len(t, s.Rules, 1)
	return s.Rules[0]
}

func TestARuleIsMeasuredByHand(t *testing.T) {
	r := only(t, summarize(
		fires("High", "a", 0, minutes(4)),             // fleeting
		fires("High", "a", minutes(20), minutes(25)),  // re-fire after 16 minutes, fleeting
		fires("High", "a", minutes(60), minutes(120)), // 35 minutes after the last: no re-fire
		fires("High", "b", minutes(130), minutes(140)),
		pends("High", minutes(200), minutes(202)),
	))
	assert.Equal(t, 4, r.Episodes)
	assert.Equal(t, 1, r.PendingOnly)
	assert.Equal(t, 2, r.LabelSets)
	assert.Equal(t, minutes(4+5+60+10), r.Firing)
	assert.Equal(t, minutes(4+5+60+10), r.AnyFiring)
	assert.Equal(t, minutes(60), r.Longest)
	assert.Equal(t, Spread{Median: minutes(5), P95: minutes(60), Count: 4}, r.Duration)
	assert.Equal(t, Spread{Median: minutes(20), P95: minutes(40), Count: 2}, r.Between)
	assert.Equal(t, slo.Proportion{Count: 2, Of: 4}, r.Fleeting)
	assert.Equal(t, slo.Proportion{Count: 1, Of: 4}, r.Refires)
	assert.Equal(t, slo.Proportion{Count: 1, Of: 5}, r.PendingOnlyShare)
	assert.Equal(t, slo.Proportion{Count: 4, Of: 4}, r.ShareOfAll)
	assert.Equal(t, EdgeCounts{Exact: 4}, r.Ends)
	assert.Zero(t, r.Flapping)
	assert.Zero(t, r.Touched)
}

func TestWindowSemantics(t *testing.T) {
	end := week().Duration()
	cut := fires("R", "a", 0, minutes(10))
	cut.Certainty.Fired = EdgeCut
	late := pends("R", end-minutes(5), -1)
	late.FiredAt = at(end + minutes(5))
	for _, c := range []struct {
		name    string
		episode Episode
		want    RuleStats
	}{
		{"inside", fires("R", "a", minutes(5), minutes(6)), RuleStats{Episodes: 1, Firing: minutes(1), LabelSets: 1}},
		{"starts as the window does", fires("R", "a", 0, minutes(1)), RuleStats{Episodes: 1, Firing: minutes(1), LabelSets: 1}},
		{"began before and ended inside", fires("R", "a", -minutes(5), minutes(6)), RuleStats{CarriedOver: 1, Firing: minutes(6), LabelSets: 1}},
		{"its start was cut", cut, RuleStats{CarriedOver: 1, Firing: minutes(10), LabelSets: 1}},
		{"ended as the window began", fires("R", "a", -minutes(5), 0), RuleStats{}},
		{"fires as the window ends", fires("R", "a", end, end+minutes(1)), RuleStats{}},
		{"open at the end", fires("R", "a", end-minutes(3), -1), RuleStats{Episodes: 1, OpenNow: 1, Firing: minutes(3), LabelSets: 1}},
		{"ended after the window", fires("R", "a", end-minutes(3), end+minutes(9)), RuleStats{Episodes: 1, OpenNow: 1, Firing: minutes(3), LabelSets: 1}},
		{"ended as the window does", fires("R", "a", end-minutes(3), end), RuleStats{Episodes: 1, OpenNow: 1, Firing: minutes(3), LabelSets: 1}},
		{"spans the window", fires("R", "a", -minutes(3), -1), RuleStats{CarriedOver: 1, OpenNow: 1, Firing: end, LabelSets: 1}},
		{"pending only", pends("R", minutes(1), minutes(2)), RuleStats{PendingOnly: 1, LabelSets: 1}},
		{"pending since before the window", pends("R", -minutes(1), minutes(2)), RuleStats{LabelSets: 1}},
		{"pending at the end", pends("R", end-minutes(1), -1), RuleStats{PendingOnly: 1, PendingNow: 1, LabelSets: 1}},
		{"fired after the window", late, RuleStats{PendingOnly: 1, PendingNow: 1, LabelSets: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := summarize(c.episode)
			if c.want.LabelSets == 0 {
				assert.Empty(t, s.Rules)
				return
			}
			got := only(t, s)
			assert.Equal(t, c.want, RuleStats{
				Episodes: got.Episodes, CarriedOver: got.CarriedOver, PendingOnly: got.PendingOnly, PendingNow: got.PendingNow,
				OpenNow: got.OpenNow, Firing: got.Firing, LabelSets: got.LabelSets,
			})
			assert.Len(t, s.Standing, got.OpenNow)
		})
	}
}

func TestAWindowIsMeasuredAlikeFromALongerHistory(t *testing.T) {
	long := randomHistory(rand.New(rand.NewPCG(1, 2)), 3000)
	narrow := slo.Interval{From: at(48 * time.Hour), To: at(96 * time.Hour)}
	got := Summarize(long, Options{Window: narrow})
	want := Summarize(readThrough(long, narrow), Options{})
	want.Options.Window = got.Options.Window
	// Only the longer history can know when what stands began, and so what is stale.
	got.Standing, want.Standing = nil, nil
	dropStale := func(k KPI) bool { return k.ID == KPIStale }
	got.KPIs, want.KPIs = slices.DeleteFunc(got.KPIs, dropStale), slices.DeleteFunc(want.KPIs, dropStale)
	assert.NotZero(t, got.CarriedOver)
	assert.Equal(t, want, got)
}

// readThrough is what a source would tell of the history if only the window
// were read: edges outside it are cut or open.
func readThrough(h History, window slo.Interval) History {
	out := History{Window: window}
	for _, e := range h.Episodes {
		if !(slo.Interval{From: e.ActiveAt, To: endOr(e, h.Window.To)}).Overlaps(window) {
			continue
		}
		if !e.ResolvedAt.Before(window.To) {
			e.ResolvedAt, e.Certainty.Resolved = time.Time{}, EdgeOpen
		}
		if e.Fired() && e.FiredAt.Before(window.From) {
			e.FiredAt, e.Certainty.Fired = window.From, EdgeCut
		}
		if e.Fired() && !e.FiredAt.Before(window.To) {
			e.FiredAt, e.Certainty.Fired = time.Time{}, EdgeNone
		}
		out.Episodes = append(out.Episodes, e)
	}
	return out
}

func endOr(e Episode, end time.Time) time.Time {
	if e.Open() {
		return end
	}
	return e.ResolvedAt
}

// randomHistory has episodes of a few dozen alerts over a week, never two of
// one alert at a time.
func randomHistory(rng *rand.Rand, n int) History {
	h := History{Window: week()}
	free := map[string]time.Duration{}
	for range n {
		rule, instance := string(rune('A'+rng.IntN(8))), string(rune('a'+rng.IntN(4)))
		from := free[rule+instance] + minutes(1+rng.IntN(400))
		length := minutes(1 + rng.IntN(1+rng.IntN(300)))
		free[rule+instance] = from + length
		if from >= week().Duration() {
			continue
		}
		e := fires(rule, instance, from, from+length)
		switch rng.IntN(4) {
		case 0:
			e = pends(rule, from, from+length)
			e.Labels = labels.FromStrings("instance", instance, "severity", "critical")
		case 1:
			e.FiredAt = at(from + (length / 2).Truncate(time.Minute))
		}
		h.Episodes = append(h.Episodes, e)
	}
	slices.SortFunc(h.Episodes, Compare)
	return h
}

func TestTheOrderOfEpisodesDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	h := randomHistory(rng, 2000)
	want := Summarize(h, Options{})
	rng.Shuffle(len(h.Episodes), func(i, j int) { h.Episodes[i], h.Episodes[j] = h.Episodes[j], h.Episodes[i] })
	assert.Equal(t, want, Summarize(h, Options{}))
}

func TestSumsOverRulesAreTheWhole(t *testing.T) {
	s := Summarize(randomHistory(rand.New(rand.NewPCG(5, 6)), 2000), Options{})
	var episodes, starts, firing int
	for _, r := range s.Rules {
		episodes += r.Episodes
		firing += int(r.Firing)
		assert.LessOrEqual(t, r.AnyFiring, r.Firing)
		assert.LessOrEqual(t, r.AnyFiring, s.Window.Duration())
		for _, n := range r.Timeline.Starts {
			starts += n
		}
	}
	assert.Equal(t, s.Episodes, episodes)
	assert.Equal(t, s.Episodes, starts)
	assert.Equal(t, int(s.Firing), firing)
	assert.Equal(t, s.Episodes, s.Severity.Classified()+s.Severity.Unclassified)
}

func TestThePipelineIsNotBlamedOnTheRule(t *testing.T) {
	lost := fires("R", "a", 0, minutes(3))
	lost.Certainty.Resolved = EdgeLost
	again := fires("R", "a", minutes(6), minutes(16))
	again.Certainty.Pipeline = []SpellKind{SpellRestart}
	bridged := fires("R", "b", 0, minutes(50))
	bridged.Certainty.Gaps = 2
	r := only(t, summarize(lost, again, bridged))
	assert.Equal(t, 2, r.Touched)
	assert.Zero(t, r.Refires.Count, "a start after a lost end is no re-fire")
	assert.Equal(t, 2, r.Duration.Count, "the lost end has no duration")
	assert.Equal(t, slo.Proportion{Count: 0, Of: 2}, r.Fleeting)
	assert.Equal(t, EdgeCounts{Exact: 2, Lost: 1}, r.Ends)
}

func TestFlappingCountsAlertsOnce(t *testing.T) {
	s := summarize(
		fires("R", "a", 0, minutes(1)), fires("R", "a", minutes(10), minutes(11)), fires("R", "a", minutes(30), minutes(31)),
		fires("R", "a", minutes(35), minutes(36)),
		fires("R", "b", 0, minutes(1)), fires("R", "b", minutes(10), minutes(11)), fires("R", "b", minutes(31), minutes(32)),
	)
	assert.Equal(t, 1, only(t, s).Flapping)
	assert.Equal(t, 1, s.Flapping)
}

func TestSilentRulesAreListedOnlyWhereRulesAreKnown(t *testing.T) {
	rules := []Rule{
		{Name: "Fires", Group: "g", File: "f.yml", Line: 7, Labels: labels.FromStrings("severity", "critical")},
		{Name: "Silent", Group: "g", File: "f.yml", Line: 20, Labels: labels.FromStrings("severity", "warning")},
		{Name: "Templated", Group: "g", File: "f.yml", Labels: labels.FromStrings("severity", "{{ $labels.s }}")},
	}
	episodes := []Episode{fires("Fires", "a", 0, minutes(1)), fires("Templated", "a", 0, minutes(1))}
	h := History{Window: week(), Episodes: episodes, Rules: rules, RulesKnown: true}
	s := Summarize(h, Options{})
	var names []RuleKey
	for _, r := range s.Rules {
		names = append(names, r.RuleKey)
	}
	assert.Equal(t, []RuleKey{
		{"Fires", "g", "f.yml", "critical"},
		{"Templated", "g", "f.yml", "critical"},
		{"Silent", "g", "f.yml", "warning"},
	}, names)
	assert.Equal(t, 7, s.Rules[0].Line)
	assert.Equal(t, 2, s.RulesFired)

	h.RulesKnown = false
	assert.Len(t, Summarize(h, Options{}).Rules, 2)
	h.RulesKnown, h.Rules = true, nil
	assert.False(t, Summarize(h, Options{}).RulesKnown, "a server that lists no rule does not tell which were silent")
}

func TestStandingAndStale(t *testing.T) {
	end := week().Duration()
	old := fires("Old", "a", -48*time.Hour, -1)
	cut := fires("Cut", "a", 0, -1)
	cut.Certainty.Fired = EdgeCut
	fresh := fires("Fresh", "a", end-minutes(5), -1)
	gone := fires("Gone", "a", 12*time.Hour, 60*time.Hour) // stale from hour 36 to 60: Tuesday and Wednesday
	s := summarize(old, cut, fresh, gone)
	require.Len(t, s.Standing, 3)
	assert.Equal(t, []string{"Old", "Cut", "Fresh"}, []string{s.Standing[0].Name, s.Standing[1].Name, s.Standing[2].Name})
	assert.Equal(t, []bool{false, true, false}, []bool{s.Standing[0].AtLeast, s.Standing[1].AtLeast, s.Standing[2].AtLeast})
	assert.Equal(t, at(-48*time.Hour), s.Standing[0].Since)
	k, ok := s.KPI(KPIStale)
	require.True(t, ok)
	assert.InDelta(t, 3, k.Value, 0, "Old, Cut from Tuesday on, and Gone")
}

func TestCoverageJoinsOutages(t *testing.T) {
	spell := func(kind SpellKind, from, to time.Duration) Spell {
		return Spell{Interval: slo.Interval{From: at(from), To: at(to)}, Kind: kind}
	}
	h := History{Window: slo.Interval{From: epoch, To: at(10 * time.Hour)}, HealthKnown: true, Spells: []Spell{
		spell(SpellOutage, -time.Hour, time.Hour), spell(SpellOutage, 0, 2*time.Hour),
		spell(SpellRestart, 5*time.Hour, 6*time.Hour), spell(SpellOutage, 20*time.Hour, 21*time.Hour),
	}}
	s := Summarize(h, Options{})
	share, known := s.Coverage()
	assert.True(t, known)
	assert.InDelta(t, 0.8, share, 1e-12)
	assert.Len(t, s.Spells, 3)

	h.HealthKnown = false
	s = Summarize(h, Options{})
	_, known = s.Coverage()
	assert.False(t, known)
}

func TestTimelineSharesAgainstEveryMinute(t *testing.T) {
	h := randomHistory(rand.New(rand.NewPCG(7, 8)), 800)
	s := Summarize(h, Options{Buckets: 84}) // two hours each
	for _, r := range s.Rules {
		want := make([]float64, 84)
		for m := range 84 * 120 {
			if firesAt(h, r.Name, at(minutes(m))) {
				want[m/120] += 1.0 / 120
			}
		}
		assert.InDeltaSlice(t, want, r.Timeline.Firing, 1e-9, r.Name)
	}
}

func firesAt(h History, rule string, t time.Time) bool {
	return slices.ContainsFunc(h.Episodes, func(e Episode) bool {
		return e.Rule == rule && e.Firing(h.Window.To).Contains(t)
	})
}

// BenchmarkSummarize is the size that the project promises: 5,000 rules and a
// million episodes over 30 days.
func BenchmarkSummarize(b *testing.B) {
	h := large(5000, 1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		Summarize(h, Options{})
	}
}

func large(rules, episodes int) History {
	rng := rand.New(rand.NewPCG(9, 10))
	h := History{Window: slo.Interval{From: epoch, To: at(30 * 24 * time.Hour)}, RulesKnown: true}
	names := make([]string, rules)
	for i := range names {
		names[i] = "Rule" + string(rune('A'+i%26)) + time.Duration(i).String()
		h.Rules = append(h.Rules, Rule{Name: names[i], Group: "g", File: "f.yml", Labels: labels.FromStrings("severity", "warning")})
	}
	sets := make([]labels.Labels, 20)
	for i := range sets {
		sets[i] = labels.FromStrings("instance", time.Duration(i).String(), "job", "node", "severity", "warning")
	}
	for i := range episodes {
		from := time.Duration(i) * h.Window.Duration() / time.Duration(episodes)
		e := fires(names[rng.IntN(rules)], "", from, from+minutes(1+rng.IntN(60)))
		e.Labels = sets[rng.IntN(len(sets))]
		h.Episodes = append(h.Episodes, e)
	}
	slices.SortFunc(h.Episodes, Compare)
	return h
}
