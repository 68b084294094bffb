package route

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// configured reads a configuration whose route is given; its receivers are
// "hook", which sends resolved alerts, "mail", which doesn't, and "null".
func configured(t testing.TB, routeAndRules string) *Config {
	t.Helper()
	c, err := NewConfig([]byte(routeAndRules + `
receivers:
- {name: hook, webhook_configs: [{url: "http://localhost"}]}
- {name: mail, webhook_configs: [{url: "http://localhost", send_resolved: false}]}
- {name: pager, pagerduty_configs: [{routing_key: k}]}
- {name: "null"}
time_intervals:
- {name: nights, time_intervals: [{times: [{start_time: "00:00", end_time: "06:00"}]}]}
- {name: days, time_intervals: [{times: [{start_time: "06:00", end_time: "24:00"}]}]}
`))
	require.NoError(t, err)
	return c
}

// episodesOfText reads lines of "rule labels from to", with times in minutes of
// the day and - for still firing.
func episodesOfText(t testing.TB, text string) []noise.Episode {
	t.Helper()
	var out []noise.Episode
	for line := range strings.Lines(strings.TrimSpace(text)) {
		f := strings.Fields(line)
		require.Len(t, f, 4, "%q", line)
		at := func(s string) time.Time {
			if s == "-" {
				return time.Time{}
			}
			d, err := time.ParseDuration(s)
			require.NoError(t, err)
			return day.Add(d)
		}
		e := noise.Episode{Rule: f[0], ActiveAt: at(f[2]), FiredAt: at(f[2]), ResolvedAt: at(f[3])}
		b := labels.NewBuilder(labels.EmptyLabels())
		for pair := range strings.SplitSeq(f[1], ",") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				b.Set(name, value)
			}
		}
		e.Labels = b.Labels()
		out = append(out, e)
	}
	return out
}

func TestReplay(t *testing.T) {
	const plain = "route: {receiver: hook, group_by: [alertname]}\n"
	for name, c := range map[string]struct {
		config, episodes string
		want             string // "time receiver reason firing/resolved"
	}{
		"one alert: told after group_wait, and of its end at a flush": {
			plain, "A x=1 1h 1h12m",
			"1h0m30s hook first notification [0]/[]\n1h15m30s hook all alerts resolved []/[0]",
		},
		"gone before the first flush": {plain, "A x=1 1h 1h20s", ""},
		"a second alert within group_wait comes along": {
			plain, "A x=1 1h -\nA x=2 1h20s -",
			"1h0m30s hook first notification [0 1]/[]\n5h5m30s hook repeat interval elapsed [0 1]/[]\n9h10m30s hook repeat interval elapsed [0 1]/[]",
		},
		"a later one waits for the group interval": {
			plain, "A x=1 1h 1h22m\nA x=2 1h1m 1h22m",
			"1h0m30s hook first notification [0]/[]\n1h5m30s hook new alerts added [0 1]/[]\n1h25m30s hook all alerts resolved []/[0 1]",
		},
		"one of two ends": {
			plain, "A x=1 1h 1h6m\nA x=2 1h 1h22m",
			"1h0m30s hook first notification [0 1]/[]\n1h10m30s hook some alerts resolved [1]/[0]\n1h25m30s hook all alerts resolved []/[1]",
		},
		"an end that was told of before is listed once more, as Prometheus still tells of it": {
			plain, "A x=1 1h 1h6m\nA x=2 1h 1h40m\nA x=3 1h11m 1h40m",
			"1h0m30s hook first notification [0 1]/[]\n1h10m30s hook some alerts resolved [1]/[0]\n1h15m30s hook new alerts added [1 2]/[0]\n1h40m30s hook all alerts resolved []/[1 2]",
		},
		"flapping within a group interval is not seen": {
			plain, "A x=1 1h 1h2m\nA x=1 1h3m 1h11m",
			"1h0m30s hook first notification [0]/[]\n1h15m30s hook all alerts resolved []/[1]",
		},
		"a group whose alerts all ended begins anew": {
			plain, "A x=1 1h 1h4m\nA x=1 1h6m 1h9m",
			"1h0m30s hook first notification [0]/[]\n1h5m30s hook all alerts resolved []/[0]\n1h6m30s hook first notification [1]/[]\n1h11m30s hook all alerts resolved []/[1]",
		},
		"without send_resolved ends are not told, and still remembered": {
			"route: {receiver: mail}\n", "A x=1 1h 1h4m\nA x=1 2h 2h4m",
			"1h0m30s mail first notification [0]/[]\n2h0m30s mail first notification [1]/[]",
		},
		"the repeat interval is looked at when the group is flushed, and has to be over": {
			"route: {receiver: hook, group_interval: 7m, repeat_interval: 1h10m}\n", "A x=1 1h 3h35m",
			"1h0m30s hook first notification [0]/[]\n2h17m30s hook repeat interval elapsed [0]/[]\n3h34m30s hook repeat interval elapsed [0]/[]\n3h41m30s hook all alerts resolved []/[0]",
		},
		"continue tells both": {
			"route: {receiver: hook, routes: [{receiver: mail, matchers: [x=1], continue: true}, {receiver: hook, matchers: [x=1], group_wait: 1m}]}\n", "A x=1 1h 1h4m",
			"1h0m30s mail first notification [0]/[]\n1h1m0s hook first notification [0]/[]\n1h6m0s hook all alerts resolved []/[0]",
		},
		"the first match takes it": {
			"route: {receiver: hook, routes: [{receiver: mail, matchers: [x=1]}, {receiver: hook, matchers: [x=1]}]}\n", "A x=1 1h 1h4m",
			"1h0m30s mail first notification [0]/[]",
		},
		"a receiver without integrations tells nobody": {"route: {receiver: \"null\"}\n", "A x=1 1h 1h4m", ""},
		"inhibited as long as the source fires": {
			plain + "inhibit_rules: [{source_matchers: [alertname=S], target_matchers: [alertname=T], equal: [x]}]\n",
			"S x=1 1h 1h3m\nT x=1 1h 1h14m\nT x=2 1h 1h4m",
			"1h0m30s hook first notification [0]/[]\n1h0m30s hook first notification [2]/[]\n1h5m30s hook all alerts resolved []/[0]\n" +
				"1h5m30s hook new alerts added [1]/[2]\n1h15m30s hook all alerts resolved []/[1 2]",
		},
		"a label that both lack is equal": {
			plain + "inhibit_rules: [{source_matchers: [alertname=S], target_matchers: [alertname=T], equal: [nowhere]}]\n",
			"S x=1 1h 1h4m\nT x=2 1h 1h4m",
			"1h0m30s hook first notification [0]/[]\n1h5m30s hook all alerts resolved []/[0]",
		},
		"an alert that is source and target is not inhibited by its like": {
			plain + "inhibit_rules: [{source_matchers: [alertname=S], target_matchers: [alertname=S]}]\n",
			"S x=1 1h 1h4m\nS x=2 1h 1h4m",
			"1h0m30s hook first notification [0 1]/[]\n1h5m30s hook all alerts resolved []/[0 1]",
		},
		"muted by a time interval until it is over": {
			"route: {receiver: hook, routes: [{receiver: hook, matchers: [x=1], mute_time_intervals: [nights]}]}\n", "A x=1 5h 6h10m",
			"6h0m30s hook first notification [0]/[]\n6h10m30s hook all alerts resolved []/[0]",
		},
		"active intervals are the other way round": {
			"route: {receiver: hook, routes: [{receiver: hook, matchers: [x=1], active_time_intervals: [days]}]}\n", "A x=1 5h 6h10m",
			"6h0m30s hook first notification [0]/[]\n6h10m30s hook all alerts resolved []/[0]",
		},
		"an end within a muted time is told of afterwards only while Prometheus tells of it": {
			"route: {receiver: hook, routes: [{receiver: hook, matchers: ['x=~\"1|2\"'], group_by: [x], mute_time_intervals: [nights]}]}\n",
			"A x=1 -10m 1h\nA x=2 -10m 5h55m",
			"-9m30s hook first notification [0]/[]\n-9m30s hook first notification [1]/[]\n6h0m0s hook all alerts resolved []/[1]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Window: slo.Interval{From: day.Add(-time.Hour), To: day.Add(10 * time.Hour)}, ResendEvery: time.Minute}
			r := Replay(configured(t, c.config), episodesOfText(t, c.episodes), o)
			assert.Equal(t, c.want, lines(r.Notifications))
		})
	}
}

func lines(all []Notification) string {
	var out []string
	for _, n := range all {
		out = append(out, fmt.Sprintf("%s %s %s %v/%v", n.At.Sub(day), n.Receiver, n.Reason, n.Firing, n.Resolved))
	}
	return strings.Join(out, "\n")
}

func TestSilencesHoldBackAndEnd(t *testing.T) {
	m := labels.MustNewMatcher(labels.MatchEqual, "alertname", "A")
	o := Options{
		Window:   slo.Interval{From: day, To: day.Add(10 * time.Hour)},
		Silences: []noise.Silence{{Interval: slo.Interval{From: day, To: day.Add(90 * time.Minute)}, Matchers: [][]*labels.Matcher{{m}}}},
	}
	c := configured(t, "route: {receiver: hook, group_by: [alertname]}\n")
	r := Replay(c, episodesOfText(t, "A x=1 1h 1h4m\nA x=2 1h10m 2h\nB x=1 1h 1h10s"), o)
	assert.Equal(t, "1h30m30s hook first notification [1]/[]\n2h0m30s hook all alerts resolved []/[1]", lines(r.Notifications))
	assert.Equal(t, Silenced{BySilence: 1}, r.Held, "the short one of B was not held back: it never got that far")
}

func TestHeldByTheFirstReason(t *testing.T) {
	c := configured(t, `
route: {receiver: hook, routes: [{matchers: [x=1], mute_time_intervals: [nights]}, {matchers: [alertname=T]}]}
inhibit_rules: [{source_matchers: [alertname=S], target_matchers: [alertname=T]}]
`)
	r := Replay(c, episodesOfText(t, "S x=2 1h 2h\nT x=1 1h 2h\nT x=3 1h 2h\nA x=1 1h 2h"), Options{})
	assert.Equal(t, Silenced{ByInhibition: 2, ByTime: 1}, r.Held)
}

func TestCountsAddUp(t *testing.T) {
	c := configured(t, "route: {receiver: hook, group_by: [x], routes: [{receiver: pager, matchers: [s=page], continue: true}, {receiver: hook}]}\n")
	episodes := episodesOfText(t, "A x=1,s=page 1h 1h4m\nB x=1 1h 1h30m\nB x=2 1h 1h30m\nC x=3 3h 3h1m")
	r := Replay(c, episodes, Options{})
	total, pages, sole := 0, 0, 0
	for _, k := range r.Receivers {
		total, pages = total+k.Notifications, pages+k.Pages
	}
	assert.Len(t, r.Notifications, total)
	assert.Equal(t, 1, pages, "word of the end to the pager is no page")
	for _, n := range r.Notifications {
		rules := map[string]bool{}
		for _, i := range slices.Concat(n.Firing, n.Resolved) {
			rules[episodes[i].Rule] = true
		}
		if len(rules) == 1 {
			sole++
		}
	}
	byRule := 0
	for _, k := range r.Rules {
		byRule += k.Sole
		assert.GreaterOrEqual(t, k.Notifications, k.Sole)
	}
	assert.Equal(t, sole, byRule)
	assert.True(t, slices.IsSortedFunc(r.Notifications, func(a, b Notification) int { return a.At.Compare(b.At) }))

	few := Replay(c, episodes, Options{MaxListed: 1})
	assert.Len(t, few.Notifications, len(r.Notifications))
	assert.Equal(t, r.Receivers, few.Receivers)
	assert.Empty(t, few.Notifications[len(few.Notifications)-1].Resolved)
	assert.Positive(t, few.Notifications[len(few.Notifications)-1].ResolvedCount)
}

func TestEdgesThatAreNotKnown(t *testing.T) {
	c := configured(t, "route: {receiver: hook}\n")
	episodes := episodesOfText(t, "A x=1 1h 3h\nB x=1 1h 2h")
	episodes[0].ActiveAt, episodes[0].Certainty.Fired = day.Add(-2*time.Hour), noise.EdgeCut
	episodes[1].Certainty.Resolved = noise.EdgeLost
	r := Replay(c, episodes, Options{Window: slo.Interval{From: day.Add(time.Hour), To: day.Add(4 * time.Hour)}})
	assert.Equal(t, "1h0m30s hook new alerts added [0 1]/[]\n2h5m30s hook some alerts resolved [0]/[1]\n3h0m30s hook all alerts resolved []/[0]", lines(r.Notifications),
		"what fired before the window was told of before; what was lost ends when Alertmanager gives up")
}

func TestExternalLabelsAreAddedWhereMissing(t *testing.T) {
	c := configured(t, "route: {receiver: \"null\", routes: [{receiver: hook, matchers: [cluster=eu], group_by: [cluster]}]}\n")
	r := Replay(c, episodesOfText(t, "A x=1 1h 2h\nA cluster=us 1h 2h"), Options{ExternalLabels: labels.FromStrings("cluster", "eu")})
	require.Len(t, r.Notifications, 2)
	assert.Equal(t, labels.FromStrings("cluster", "eu"), r.Notifications[0].Labels)
	assert.Equal(t, `{}/{cluster="eu"}:{cluster="eu"}`, r.Notifications[0].GroupKey)
	assert.Equal(t, []int{0}, r.Notifications[0].Firing)
}

func TestNothingToReplay(t *testing.T) {
	r := Replay(Default(), nil, Options{})
	assert.True(t, r.Assumed)
	assert.Empty(t, r.Notifications)
	assert.Equal(t, []Count{{Receiver: "default"}}, r.Receivers)
}

// TestEveryLongFiringIsToldOf: what fires longer than both waits, and is neither
// muted nor inhibited, is in a notification, unless an earlier firing of the same
// alert was and its end was never flushed.
func TestEveryLongFiringIsToldOf(t *testing.T) {
	episodes := history(3000)
	r := Replay(Default(), episodes, Options{})
	told := map[int]bool{}
	for _, n := range r.Notifications {
		for _, i := range n.Firing {
			told[i] = true
		}
	}
	before := map[string]time.Time{}
	long := 0
	for i, e := range episodes {
		id := e.Rule + e.Labels.String()
		if apart := e.FiredAt.Sub(before[id]); e.ResolvedAt.Sub(e.FiredAt) > 5*time.Minute && apart > 5*time.Minute {
			assert.True(t, told[i], "episode %d", i)
			long++
		}
		before[id] = e.ResolvedAt
	}
	assert.Greater(t, long, 1000)
	assert.Equal(t, Silenced{}, r.Held)
}

func TestPaging(t *testing.T) {
	c := configured(t, "route: {receiver: hook}\n")
	assert.Equal(t, map[string]bool{"hook": false, "mail": false, "null": false, "pager": true}, (*Paging)(nil).receivers(c))
	p, err := NewPaging([]string{"ma.*", "null"})
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"hook": false, "mail": true, "null": true, "pager": false}, p.receivers(c))
	_, err = NewPaging([]string{"("})
	require.ErrorContains(t, err, `paging receiver "("`)

	named, err := NewConfig([]byte("route: {receiver: a}\nreceivers: [{name: a}, {name: team-OnCall}, {name: homepage}]\n"))
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"a": false, "team-OnCall": true, "homepage": true}, (*Paging)(nil).receivers(named))
}
