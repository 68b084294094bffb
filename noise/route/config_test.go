package route

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const rich = `
global: {smtp_smarthost: "localhost:25", smtp_from: a@example.org, slack_api_url: "https://hooks.slack.com/x"}
templates: [/does/not/exist/*.tmpl]
route:
  receiver: a
  group_by: [alertname, cluster]
  routes:
  - match: {severity: page}
    match_re: {service: ^(a|b)$}
    receiver: b
    continue: true
    group_wait: 10s
    routes:
    - {receiver: c, matchers: [team!=x], group_by: ['...']}
  - {matchers: ['service=~"a.*"'], receiver: c, mute_time_intervals: [off]}
  - {matchers: ['service=~"a.*"'], receiver: d, active_time_intervals: [off]}
inhibit_rules:
- {source_match: {severity: page}, target_match_re: {severity: ticket|info}, equal: [cluster]}
mute_time_intervals: [{name: off, time_intervals: [{weekdays: [saturday, sunday]}]}]
receivers:
- {name: a, email_configs: [{to: x@example.org}], slack_configs: [{channel: c}]}
- {name: b, pagerduty_configs: [{service_key_file: /does/not/exist}], webhook_configs: [{url: "https://u:p@example.org/x"}]}
- {name: c, opsgenie_configs: [{api_key: k}], telegram_configs: [{bot_token: t, chat_id: 1}]}
- {name: d}
`

func TestConfigIsRead(t *testing.T) {
	c, err := NewConfig([]byte(rich))
	require.NoError(t, err)
	assert.Empty(t, c.Notes())
	assert.False(t, c.Assumed())
	assert.Equal(t, []Receiver{
		{"a", []Integration{{"email", false}, {"slack", false}}},
		{"b", []Integration{{"pagerduty", true}, {"webhook", true}}},
		{"c", []Integration{{"opsgenie", true}, {"telegram", true}}},
		{"d", nil},
	}, c.Receivers())
	routes := c.Routes()
	require.Len(t, routes, 5)
	assert.Equal(t, Route{
		ID: `{}`, Receiver: "a", GroupBy: []string{"alertname", "cluster"},
		GroupWait: 30 * time.Second, GroupInterval: 5 * time.Minute, RepeatInterval: 4 * time.Hour,
	}, routes[4])
	assert.True(t, routes[0].GroupByAll)
	assert.Equal(t, 10*time.Second, routes[0].GroupWait, "inherited")
}

func TestConfigOfTheAPIHasItsSecretsMasked(t *testing.T) {
	cfg, err := config.Load(rich)
	require.NoError(t, err)
	masked := cfg.String()
	require.Contains(t, masked, "<secret>")
	require.NotContains(t, masked, "u:p@")
	c, err := NewConfig([]byte(masked))
	require.NoError(t, err)
	assert.Empty(t, c.Notes())
	whole, err := NewConfig([]byte(rich))
	require.NoError(t, err)
	assert.Equal(t, whole.Routes(), c.Routes())
	assert.Equal(t, whole.Receivers(), c.Receivers())
}

func TestConfigOfAnotherReleaseIsReadInPart(t *testing.T) {
	c, err := NewConfig([]byte(`
global: {hipchat_api_url: "http://x"}
route: {receiver: a, routes: [{match: {x: y}, receiver: b}]}
receivers:
- {name: a, hipchat_configs: [{room_id: r}]}
- {name: b, future_configs: [{url: x}, {send_resolved: false}], labels: {a: b}}
`))
	require.NoError(t, err)
	require.Len(t, c.Notes(), 1)
	assert.Contains(t, c.Notes()[0], "hipchat")
	assert.Equal(t, []Receiver{{"a", []Integration{{"hipchat", false}}}, {"b", []Integration{{"future", true}, {"future", false}}}}, c.Receivers())
	assert.Len(t, c.Routes(), 2)
}

func TestConfigThatCantBeReplayed(t *testing.T) {
	deep := "route: {receiver: a, routes: [" + strings.Repeat("{routes: [", 300) + strings.Repeat("]}", 300) + "]}\nreceivers: [{name: a}]\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":             {"", "no route"},
		"no YAML":             {"{", "read the Alertmanager configuration"},
		"a list":              {"[a]", "read the Alertmanager configuration"},
		"no route":            {"receivers: [{name: a}]", "no route"},
		"an unknown receiver": {"route: {receiver: b}\nreceivers: [{name: a}]", `undefined receiver "b"`},
		"a bad matcher":       {"route: {receiver: a, matchers: ['x=~(']}\nreceivers: [{name: a}]", "error parsing regexp"},
		"an empty route":      {"route: {receiver: a, routes: [~]}\nreceivers: [{name: a}]", "empty list entry"},
		"too deep":            {deep, "too large"},
		"too long":            {"route: {receiver: a}\nreceivers: [{name: a}]\n#" + strings.Repeat("x", maxText), "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := NewConfig([]byte(c.text))
			require.ErrorContains(t, err, c.want)
			assert.Nil(t, got)
		})
	}
}

// TestRoutesMatchAsAlertmanagerDoes compares the routes taken, their ids and keys
// with dispatch's own.
func TestRoutesMatchAsAlertmanagerDoes(t *testing.T) {
	cfg, err := config.Load(rich)
	require.NoError(t, err)
	theirs := dispatch.NewRoute(cfg.Route, nil)
	c, err := NewConfig([]byte(rich))
	require.NoError(t, err)
	for _, severity := range []string{"", "page", "ticket"} {
		for _, service := range []string{"", "a", "ab", "b", "c"} {
			for _, team := range []string{"", "x", "y"} {
				ls := labels.FromStrings("severity", severity, "service", service, "team", team)
				set := model.LabelSet{}
				ls.Range(func(l labels.Label) { set[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
				var want, got []string
				for _, r := range theirs.Match(set) {
					want = append(want, r.ID()+" "+r.Key()+" "+r.RouteOpts.Receiver)
				}
				for _, n := range c.root.match(ls, nil) {
					got = append(got, n.id+" "+n.key+" "+n.receiver)
				}
				assert.Equal(t, want, got, "%s", ls)
			}
		}
	}
}

func FuzzNewConfig(f *testing.F) {
	f.Add([]byte(rich))
	f.Add([]byte(defaultText))
	f.Add([]byte("route: {receiver: a, routes: [~]}\nreceivers: [~]\n"))
	f.Add([]byte("route: &a {receiver: a, routes: [*a]}\nreceivers: [{name: a}]\n"))
	f.Add([]byte("route: {receiver: a, match_re: {x: (}}\nreceivers: [{name: a, x_configs: {}}]\ninhibit_rules: [~, {}]"))
	episodes := history(20)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := NewConfig(text)
		if err != nil {
			assert.Nil(t, c)
			return
		}
		r := Replay(c, episodes, Options{})
		total := 0
		for _, k := range r.Receivers {
			total += k.Notifications
		}
		assert.Len(t, r.Notifications, total)
	})
}
