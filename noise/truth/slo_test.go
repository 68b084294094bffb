package truth_test

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

func within(from, to time.Duration) slo.Interval {
	return slo.Interval{From: after(from), To: after(to)}
}

func fires(rule string, from, to time.Duration, pairs ...string) noise.Episode {
	return noise.Episode{
		Rule: rule, Labels: labels.FromStrings(pairs...),
		ActiveAt: after(from), FiredAt: after(from), ResolvedAt: after(to),
	}
}

func loss(id string, from, to time.Duration, pairs ...string) noise.Incident {
	burned := 0.1
	return noise.Incident{
		ID: id, SLO: "shop/availability", Interval: within(from, to), Labels: labels.FromStrings(pairs...), Burned: &burned,
	}
}

// watchedShop is a week in which one SLO was watched but for its last day, with
// an incident every day at noon, from the first to the sixth.
func watchedShop(episodes ...noise.Episode) truth.Case {
	c := truth.Case{
		History: noise.History{Window: within(0, 7*day), Episodes: episodes},
		Watched: []truth.Watched{{
			SLO: "shop/availability", Labels: labels.FromStrings("service", "shop"), Covered: []slo.Interval{within(0, 6*day)},
		}},
	}
	for d := range 6 {
		noon := time.Duration(d)*day + 12*time.Hour
		c.Incidents = append(c.Incidents, loss(string(rune('a'+d)), noon, noon+time.Hour, "service", "shop"))
	}
	return c
}

const (
	day  = 24 * time.Hour
	noon = 12 * time.Hour
)

func TestAlertsAreTiedToSLOs(t *testing.T) {
	mapped := truth.Options{Mappings: []truth.Mapping{
		{Alerts: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "alertname", "A")}, SLO: "shop/availability"},
	}}
	nobodys := truth.Options{Mappings: []truth.Mapping{
		{Alerts: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "alertname", "A")}},
	}}
	hit := func(pairs ...string) noise.Episode { return fires("A", noon, noon+time.Hour, pairs...) }
	for name, c := range map[string]struct {
		episodes  []noise.Episode
		options   truth.Options
		basis     truth.Basis
		precision slo.Proportion
		recall    slo.Proportion
		unjudged  int
	}{
		"a join label is equal": {
			[]noise.Episode{hit("service", "shop")}, truth.Options{},
			truth.BasisLabels, slo.Proportion{Count: 1, Of: 1}, slo.Proportion{Count: 1, Of: 6}, 0,
		},
		"a join label differs": {
			[]noise.Episode{hit("service", "cart")}, truth.Options{},
			truth.BasisNone, slo.Proportion{}, slo.Proportion{}, 1,
		},
		"no label in common, and too little to measure": {
			[]noise.Episode{hit("node", "n1")}, truth.Options{},
			truth.BasisNone, slo.Proportion{}, slo.Proportion{}, 1,
		},
		"a mapping wins over labels": {
			[]noise.Episode{hit("service", "cart")}, mapped,
			truth.BasisMapping, slo.Proportion{Count: 1, Of: 1}, slo.Proportion{Count: 1, Of: 6}, 0,
		},
		"a mapping to nothing wins over labels": {
			[]noise.Episode{hit("service", "shop")}, nobodys,
			truth.BasisNone, slo.Proportion{}, slo.Proportion{}, 1,
		},
		"an episode while nobody watched is not judged": {
			[]noise.Episode{hit("service", "shop"), fires("A", 6*day+noon, 6*day+noon+time.Hour, "service", "shop")}, truth.Options{},
			truth.BasisLabels, slo.Proportion{Count: 1, Of: 1}, slo.Proportion{Count: 1, Of: 6}, 1,
		},
		"an episode beside every incident is needless": {
			[]noise.Episode{fires("A", time.Hour, 2*time.Hour, "service", "shop")}, truth.Options{},
			truth.BasisLabels, slo.Proportion{Of: 1}, slo.Proportion{Of: 6}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := truth.Judge(watchedShop(c.episodes...), c.options)
			require.Len(t, j.Rules, 1)
			s := j.Rules[0]
			assert.Equal(t, c.basis, s.Basis)
			assert.Equal(t, c.precision, s.Precision)
			assert.Equal(t, c.recall, s.Recall)
			assert.Equal(t, c.unjudged, s.Unjudged)
			assert.Equal(t, c.unjudged, j.Unjudged)
		})
	}
}

// each is an episode in each of the shop's first n incidents, and at other times.
func each(rule string, n int, others ...time.Duration) []noise.Episode {
	var out []noise.Episode
	for d := range n {
		at := time.Duration(d)*day + noon + time.Minute
		out = append(out, fires(rule, at, at+30*time.Minute, "node", "n1"))
	}
	for _, at := range others {
		out = append(out, fires(rule, at, at+30*time.Minute, "node", "n1"))
	}
	return out
}

func TestAnAssociationIsMeasuredWhereNoLabelSpeaks(t *testing.T) {
	hourly := make([]time.Duration, 0, 140)
	for h := range 140 {
		hourly = append(hourly, time.Duration(h)*time.Hour)
	}
	storm := make([]noise.Episode, 0, 30)
	for i := range 30 {
		at := noon + time.Duration(i)*2*time.Minute
		storm = append(storm, fires("A", at, at+time.Minute, "node", string(rune('a'+i))))
	}
	for name, c := range map[string]struct {
		episodes []noise.Episode
		want     truth.Basis
	}{
		"in every incident and never else":      {each("A", 6), truth.BasisMeasured},
		"in most, and now and then else":        {each("A", 5, 2*time.Hour, 50*time.Hour), truth.BasisMeasured},
		"in two only":                           {each("A", 2), truth.BasisNone},
		"all the time":                          {each("A", 6, hourly...), truth.BasisNone},
		"a storm in one incident is one":        {storm, truth.BasisNone},
		"one that fires throughout begins once": {[]noise.Episode{fires("A", 0, 7*day, "node", "n1")}, truth.BasisNone},
	} {
		t.Run(name, func(t *testing.T) {
			s := truth.Judge(watchedShop(c.episodes...), truth.Options{}).Rules[0]
			assert.Equal(t, c.want, s.Basis)
			if c.want == truth.BasisMeasured {
				assert.Greater(t, s.Lift, 2.0)
				assert.Equal(t, []string{"shop/availability"}, s.SLOs)
				assert.True(t, s.Precision.Known())
			} else {
				assert.Zero(t, s.Lift)
				assert.False(t, s.Precision.Known())
			}
		})
	}
}

func TestAnSLOIsScoredByBudget(t *testing.T) {
	c := watchedShop(
		fires("Soon", noon+2*time.Minute, noon+time.Hour+5*time.Minute, "service", "shop"),
		fires("Soon", day+noon+4*time.Minute, day+noon+time.Hour, "service", "shop"),
		fires("Late", day+noon+30*time.Minute, day+noon+time.Hour, "service", "shop"),
		fires("Stale", -day, 3*day, "service", "shop"),
	)
	*c.Incidents[0].Burned = 0.7
	j := truth.Judge(c, truth.Options{})
	require.Len(t, j.SLOs, 1)
	s := j.SLOs[0]
	assert.Equal(t, slo.Proportion{Count: 3, Of: 6}, s.Recall, "the stale alert counts")
	assert.Equal(t, slo.Proportion{Count: 2, Of: 6}, s.Onset, "but not as an onset")
	assert.InDelta(t, 1.2, s.Burned, 1e-9)
	assert.InDelta(t, 0.9, s.Caught, 1e-9)
	assert.Equal(t, []string{"c", "d", "e", "f"}, s.Missed, "an alert that has stood for days tells nobody")
	assert.Equal(t, noise.Spread{Median: 2 * time.Minute, P95: 4 * time.Minute, Count: 2}, s.Detection)
	require.NotNil(t, s.TellsUs)
	assert.Equal(t, "Soon", s.TellsUs.Name)
	assert.Equal(t, truth.Actions{NotGiven: 4, WrongTime: 2, WrongDuration: 1}, s.Actions)

	late, soon, stale := j.Rules[0], j.Rules[1], j.Rules[2]
	assert.Equal(t, []int{0, 0}, []int{late.First, late.Alone})
	assert.Equal(t, []int{2, 1}, []int{soon.First, soon.Alone})
	assert.Equal(t, noise.Spread{Median: 5 * time.Minute, P95: 5 * time.Minute, Count: 1}, soon.Reset)
	assert.Equal(t, 1, late.Actions.WrongTime)
	assert.Equal(t, slo.Proportion{Count: 3, Of: 6}, stale.Recall)
	assert.Equal(t, slo.Proportion{Of: 6}, stale.Onset)
	assert.Zero(t, stale.Detection.Count)

	v := j.Incidents[1]
	var names []string
	for _, s := range v.Signals {
		names = append(names, s.Name)
	}
	assert.Equal(t, []string{"Soon", "Late", "Stale"}, names, "onsets first, by when they fired")
	assert.Equal(t, []int{0}, v.SLOs)
}

func TestUnsafeControlActions(t *testing.T) {
	incident := noise.Incident{ID: "i", Declared: true, Interval: within(noon, noon+2*time.Hour), Labels: labels.FromStrings("service", "shop")}
	for name, c := range map[string]struct {
		from, to time.Duration
		want     truth.Actions
	}{
		"in time and held":              {noon, noon + 2*time.Hour, truth.Actions{}},
		"within the lead":               {noon - 10*time.Minute, noon + 2*time.Hour, truth.Actions{}},
		"before the lead":               {noon - 11*time.Minute, noon + 2*time.Hour, truth.Actions{WrongTime: 1}},
		"after a quarter":               {noon + 30*time.Minute, noon + 2*time.Hour, truth.Actions{}},
		"after more than a quarter":     {noon + 31*time.Minute, noon + 2*time.Hour, truth.Actions{WrongTime: 1}},
		"stopped at half":               {noon, noon + time.Hour, truth.Actions{}},
		"stopped before half":           {noon, noon + 59*time.Minute, truth.Actions{WrongDuration: 1}},
		"over before it began":          {noon - 9*time.Minute, noon - time.Minute, truth.Actions{}},
		"held as long again":            {noon, noon + 4*time.Hour, truth.Actions{}},
		"held longer":                   {noon, noon + 4*time.Hour + time.Second, truth.Actions{WrongDuration: 1}},
		"beside it":                     {0, time.Hour, truth.Actions{NotGiven: 1, GivenNeedlessly: 1}},
		"ends when the lead begins":     {11 * time.Hour, noon - 10*time.Minute, truth.Actions{WrongTime: 1}},
		"ends before the lead begins":   {11 * time.Hour, noon - 10*time.Minute - time.Second, truth.Actions{NotGiven: 1, GivenNeedlessly: 1}},
		"begins when the incident ends": {noon + 2*time.Hour, noon + 3*time.Hour, truth.Actions{NotGiven: 1, GivenNeedlessly: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			j := truth.Judge(truth.Case{
				History:   noise.History{Window: within(0, day), Episodes: []noise.Episode{fires("A", c.from, c.to, "service", "shop")}},
				Incidents: []noise.Incident{incident}, Declared: true,
			}, truth.Options{})
			assert.Equal(t, c.want, j.Actions)
			assert.Equal(t, c.want, j.Rules[0].Actions)
		})
	}
}

func TestARuleThatNeverFiredIsTiedByItsText(t *testing.T) {
	c := watchedShop()
	c.History.RulesKnown = true
	c.History.Rules = []noise.Rule{
		{Name: "Mine", Expr: `rate(errors_total{service="shop"}[5m]) > 1`},
		{Name: "MineToo", Expr: `up == 0`, Labels: labels.FromStrings("service", "shop")},
		{Name: "Others", Expr: `up{service="cart"} == 0`},
		{Name: "Several", Expr: `up{service="cart"} == 0 or up{service="shop"} == 0`},
		{Name: "Template", Expr: `up == 0`, Labels: labels.FromStrings("service", "{{ $labels.job }}")},
		{Name: "Broken", Expr: `up{{{`},
	}
	of := map[string]int{}
	for _, s := range truth.Judge(c, truth.Options{}).Rules {
		of[s.Name] = s.Recall.Of
		assert.Zero(t, s.Recall.Count)
		assert.False(t, s.Precision.Known())
	}
	assert.Equal(t, map[string]int{"Mine": 6, "MineToo": 6, "Others": 0, "Several": 0, "Template": 0, "Broken": 0}, of)
}

func TestWithoutTruthNothingIsSaid(t *testing.T) {
	j := truth.Judge(truth.Case{History: noise.History{
		Window: within(0, day), Episodes: []noise.Episode{fires("A", 0, time.Hour)},
	}}, truth.Options{})
	assert.False(t, j.Known)
	assert.Empty(t, j.Rules)
	assert.Zero(t, j.Unjudged)
}

func TestThreeOfThreeIsNotCertain(t *testing.T) {
	c := watchedShop(each("A", 3)...)
	c.Incidents = c.Incidents[:3]
	p := truth.Judge(c, truth.Options{}).Rules[0].Recall
	require.Equal(t, slo.Proportion{Count: 3, Of: 3}, p)
	low, high := p.Interval()
	assert.InDelta(t, 0.4385, low, 1e-4)
	assert.InDelta(t, 1, high, 1e-9)
}

func TestGroupsOfAnSLOAreKeptApart(t *testing.T) {
	c := truth.Case{
		History: noise.History{Window: within(0, day), Episodes: []noise.Episode{
			fires("A", noon, noon+time.Hour, "service", "shop", "region", "eu"),
			fires("B", noon, noon+time.Hour, "region", "us"),
			fires("C", noon, noon+time.Hour, "team", "x"),
		}},
		Incidents: []noise.Incident{loss("eu", noon, noon+time.Hour, "service", "shop", "region", "eu", "team", "x")},
	}
	for _, region := range []string{"eu", "us"} {
		c.Watched = append(c.Watched, truth.Watched{
			SLO: "shop/availability", Labels: labels.FromStrings("service", "shop", "region", region, "team", "x"),
			Covered: []slo.Interval{within(0, day)},
		})
	}
	j := truth.Judge(c, truth.Options{})
	assert.Equal(t, slo.Proportion{Count: 1, Of: 1}, j.Rules[0].Precision)
	assert.Equal(t, slo.Proportion{Count: 0, Of: 1}, j.Rules[1].Precision, "the other region's")
	assert.Equal(t, truth.BasisNone, j.Rules[2].Basis, "what all groups share tells nothing")
	require.Len(t, j.SLOs, 2)
	assert.Equal(t, 1, j.SLOs[0].Recall.Of)
	assert.Equal(t, 0, j.SLOs[1].Recall.Of)
}
