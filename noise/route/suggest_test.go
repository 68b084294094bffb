package route

import (
	"fmt"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/slo"
)

// outages is a week in which the database of a service goes down twice a day and
// takes two of its instances along; it ends with a spell in which only those
// suffer.
func outages() []noise.Episode {
	var out []noise.Episode
	add := func(rule, service, instance, severity string, from time.Time, d time.Duration) {
		out = append(out, noise.Episode{
			Rule: rule, Labels: labels.FromStrings("service", service, "instance", instance, "severity", severity),
			ActiveAt: from, FiredAt: from, ResolvedAt: from.Add(d),
		})
	}
	for i := range 14 {
		at := day.Add(time.Duration(i) * 12 * time.Hour)
		service := fmt.Sprint("s", i%3)
		add("DBDown", service, "db", "page", at, 30*time.Minute)
		add("Slow", service, "1", "page", at.Add(2*time.Minute), 20*time.Minute)
		add("Slow", service, "2", "page", at.Add(9*time.Minute), 10*time.Minute)
		add("Log", service, "1", "ticket", at.Add(-time.Minute), 40*time.Minute)
	}
	add("Slow", "s0", "1", "page", day.Add(164*time.Hour), 20*time.Minute)
	return out
}

const outageConfig = "route: {receiver: pager, group_by: [alertname, service, instance], routes: [{matchers: [severity=ticket], receiver: hook}]}\n"

func key(name, severity string) noise.RuleKey { return noise.RuleKey{Name: name, Severity: severity} }

func pair(relation overlap.Relation, a, b noise.RuleKey, on ...string) overlap.Pair {
	return overlap.Pair{A: noise.RuleRef{RuleKey: a}, B: noise.RuleRef{RuleKey: b}, Relation: relation, On: on}
}

func incident(from time.Time) noise.Incident {
	return noise.Incident{Interval: slo.Interval{From: from, To: from.Add(30 * time.Minute)}}
}

func TestSuggestInhibitions(t *testing.T) {
	slow, down, log := key("Slow", "page"), key("DBDown", "page"), key("Log", "ticket")
	own := "inhibit_rules: [{source_matchers: [alertname=Slow], target_matchers: [alertname=DBDown], equal: [service]}]\n"
	for name, c := range map[string]struct {
		config    string
		pairs     []overlap.Pair
		incidents []noise.Incident
		want      []noise.RuleKey // the targets
	}{
		"an alert within another":            {"", []overlap.Pair{pair(overlap.Redundant, slow, down, "service")}, []noise.Incident{incident(day)}, []noise.RuleKey{slow}},
		"merely together":                    {"", []overlap.Pair{pair(overlap.Together, slow, down, "service")}, nil, nil},
		"it would save nothing":              {"", []overlap.Pair{pair(overlap.Redundant, down, slow, "service")}, nil, nil},
		"a ticket must not hold back a page": {"", []overlap.Pair{pair(overlap.Redundant, slow, log, "service")}, nil, nil},
		"it would close a circle":            {own, []overlap.Pair{pair(overlap.Cascading, slow, down, "service")}, nil, nil},
		"both ways":                          {"", []overlap.Pair{pair(overlap.Duplicate, slow, down, "service"), pair(overlap.Duplicate, down, slow, "service")}, nil, []noise.RuleKey{slow}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := configured(t, outageConfig+c.config)
			got, err := SuggestInhibitions(cfg, outages(), c.pairs, SuggestOptions{Incidents: c.incidents})
			require.NoError(t, err)
			var targets []noise.RuleKey
			for _, s := range got {
				targets = append(targets, s.Target)
				assert.Zero(t, s.Hidden)
				assert.Negative(t, s.Saves.Notifications)
				assert.Equal(t, len(c.incidents), s.Incidents)
			}
			assert.Equal(t, c.want, targets)
		})
	}
}

// TestASuggestionKeepsItsPromise replays the suggestion as the YAML that is
// shown, with the whole history, and finds what was promised.
func TestASuggestionKeepsItsPromise(t *testing.T) {
	episodes := outages()
	pairs := []overlap.Pair{pair(overlap.Redundant, key("Slow", "page"), key("DBDown", "page"), "service")}
	before := configured(t, outageConfig)
	got, err := SuggestInhibitions(before, episodes, pairs, SuggestOptions{})
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, "inhibit_rules:\n  - source_matchers: ['alertname=\"DBDown\"']\n    target_matchers: ['alertname=\"Slow\"']\n    equal: [service]\n", got[0].YAML)
	after := configured(t, outageConfig+got[0].YAML)
	c := Compare(Replay(before, episodes, Options{}), Replay(after, episodes, Options{}))
	assert.Equal(t, c, got[0].Saves)
	assert.Equal(t, -56, c.Notifications, "28 firings of Slow, and their ends")
	assert.Equal(t, -28, c.Pages)
}

func TestAnIncidentThatOnlyTheTargetTellsOfIsHidden(t *testing.T) {
	// Slow fires on its own long before DBDown does.
	episodes := outages()[:1]
	episodes[0].Labels = labels.FromStrings("service", "s0", "severity", "page")
	slow := episodes[0]
	slow.Rule, slow.ActiveAt, slow.FiredAt = "Slow", day.Add(5*time.Minute), day.Add(5*time.Minute)
	episodes = append(episodes, slow)
	in := noise.Incident{Interval: slo.Interval{From: day.Add(20 * time.Minute), To: day.Add(25 * time.Minute)}}
	o := SuggestOptions{Incidents: []noise.Incident{in}, Least: 0.01}
	pairs := []overlap.Pair{pair(overlap.Redundant, key("Slow", "page"), key("DBDown", "page"))}
	got, err := SuggestInhibitions(configured(t, outageConfig), episodes, pairs, o)
	require.NoError(t, err)
	assert.Empty(t, got, "DBDown was told of more than the lead before the incident")
	o.Lead = time.Hour
	got, err = SuggestInhibitions(configured(t, outageConfig), episodes, pairs, o)
	require.NoError(t, err)
	assert.Len(t, got, 1)
}

func TestSuggestGroupBy(t *testing.T) {
	var episodes []noise.Episode
	for i := range 40 { // two services, and in each two rules and five instances at once
		e := noise.Episode{
			Rule: []string{"Slow", "Errors"}[i/20], FiredAt: day.Add(time.Duration(i) * time.Second / 4), ResolvedAt: day.Add(time.Hour),
			Labels: labels.FromStrings("service", fmt.Sprint("s", i%2), "instance", fmt.Sprint(i%10), "severity", "page"),
		}
		e.ActiveAt = e.FiredAt
		episodes = append(episodes, e)
	}
	episodes = append(episodes, outages()[3]) // a ticket
	c := configured(t, outageConfig)
	got, err := SuggestGroupBy(c, episodes, SuggestOptions{Incidents: []noise.Incident{incident(day)}})
	require.NoError(t, err)
	require.Len(t, got, 1, "the ticket route has one alert at a time")
	rc := got[0].Change.Routes[0]
	assert.Equal(t, "{}", rc.Route)
	assert.Equal(t, []string{"service"}, *rc.GroupBy, "services are still told apart")
	assert.Equal(t, 2-20, got[0].Saves.Pages)
	assert.Equal(t, "# route '{}'\ngroup_by: [service]\n", got[0].YAML)

	changed, err := c.With(got[0].Change)
	require.NoError(t, err)
	assert.Equal(t, Compare(Replay(c, episodes, Options{}), Replay(changed, episodes, Options{})).Notifications, got[0].Saves.Notifications)
}

func TestChange(t *testing.T) {
	c := configured(t, outageConfig)
	episodes := outages()
	hour, zero, all := time.Hour, time.Duration(0), []string{"..."}
	ch := Change{
		Drop:    []noise.RuleKey{key("Log", "ticket")},
		Replace: []Replacement{{key("Slow", "page"), episodes[1:2]}},
		Routes:  []RouteChange{{Route: "{}", Repeat: &hour, GroupBy: &all}},
	}
	changed, err := c.With(ch)
	require.NoError(t, err)
	assert.True(t, changed.Routes()[1].GroupByAll)
	assert.Equal(t, hour, changed.Routes()[1].RepeatInterval)
	assert.Equal(t, 4*hour, c.Routes()[1].RepeatInterval, "the first stays as it was")
	left := ch.Episodes(episodes)
	assert.Len(t, left, 14+1)
	assert.False(t, slices.ContainsFunc(left, func(e noise.Episode) bool { return e.Rule == "Log" }))

	for name, bad := range map[string]Change{
		"no such route":   {Routes: []RouteChange{{Route: "x"}}},
		"no interval":     {Routes: []RouteChange{{Route: "{}", Interval: &zero}}},
		"no source":       {Inhibit: []Inhibition{{Target: []Match{{"a", "b"}}}}},
		"inhibits itself": {Inhibit: []Inhibition{{}}},
	} {
		_, err := c.With(bad)
		require.Error(t, err, name)
	}
}

// FuzzYAML: whatever the names and values are, the snippet is read as it was
// meant.
func FuzzYAML(f *testing.F) {
	f.Add("alertname", "A", "service")
	f.Add("on", "it's \"x\"\n\\", "1e3")
	f.Add("é", "a: b # c", "...")
	f.Fuzz(func(t *testing.T, name, value, equal string) {
		if !utf8.ValidString(name + value + equal) {
			return // labels are UTF-8
		}
		in := Inhibition{Source: []Match{{name, value}}, Target: []Match{{"alertname", "T"}}, Equal: []string{equal}}
		c, err := NewConfig([]byte("route: {receiver: a}\nreceivers: [{name: a}]\n" + in.YAML()))
		if err != nil {
			return // not every name is a label's
		}
		require.Len(t, c.inhibit, 1)
		require.Len(t, c.inhibit[0].SourceMatchers, 1)
		assert.Equal(t, name, c.inhibit[0].SourceMatchers[0].Name)
		assert.Equal(t, value, c.inhibit[0].SourceMatchers[0].Value)
		assert.Equal(t, []string{equal}, c.inhibit[0].equal)
	})
}
