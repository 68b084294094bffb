package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/ingest"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// pagers are two Alertmanagers. One tells each daemon by webhook, and a receiver
// that is always there by the same route. The other tells its own receiver only, and
// its event recorder tells both daemons of that, of what a silence and of what an
// inhibition holds back.
type pagers struct {
	webhooks, recorder  *realserver.Server
	undisturbed, pinged *door // the receivers that are always there
}

// soonTold is how a route groups: by name, and everything is told soon.
const soonTold = "group_by: [alertname]\n  group_wait: 100ms\n  group_interval: 1s\n  repeat_interval: 4h\n"

func startPagers(t *testing.T, daemons []*soaked) *pagers {
	t.Helper()
	p := &pagers{undisturbed: newDoor(t), pinged: newDoor(t)}
	routes := "  routes:\n  - {receiver: undisturbed, continue: true}\n"
	receivers := "receivers:\n- {name: undisturbed, webhook_configs: [{url: '" + p.undisturbed.URL + "'}]}\n"
	outputs := "event_recorder:\n  webhook_outputs:\n"
	for _, one := range daemons {
		routes += "  - {receiver: " + one.name + ", continue: true}\n"
		receivers += "- {name: " + one.name + ", webhook_configs: [{url: '" + one.door.URL + ingest.WebhookPath + "'}]}\n"
		outputs += "  - {url: '" + one.door.URL + ingest.EventsPath + "', batch: true, max_retries: 10}\n"
	}
	p.webhooks = realserver.StartAlertmanager(t, realserver.AlertmanagerOptions{
		Config: "route:\n  receiver: undisturbed\n  " + soonTold + routes + receivers,
	})
	p.recorder = realserver.StartAlertmanager(t, realserver.AlertmanagerOptions{
		Config: "route:\n  receiver: pinged\n  " + soonTold +
			"receivers:\n- {name: pinged, webhook_configs: [{url: '" + p.pinged.URL + "'}]}\n" +
			"inhibit_rules:\n- {source_matchers: [alertname=Many, n=2], target_matchers: [alertname=Many, n=1]}\n" + outputs,
		ExtraArgs: []string{"--enable-feature=event-recorder"},
	})
	return p
}

// silence makes a silence in both Alertmanagers.
func (p *pagers) silence(t *testing.T) {
	t.Helper()
	now := time.Now().UTC()
	body := fmt.Sprintf(`{"matchers":[{"name":"alertname","value":"Standing","isRegex":false,"isEqual":true}],
		"startsAt":%q,"endsAt":%q,"createdBy":"soak","comment":"known"}`, now.Format(time.RFC3339Nano), now.Add(24*time.Hour).Format(time.RFC3339Nano))
	for _, am := range []*realserver.Server{p.webhooks, p.recorder} {
		require.Equal(t, http.StatusOK, forward(t.Context(), am.URL+"/api/v2/silences", []byte(body)))
	}
}

// notified is what a store holds of notifications: those to each receiver, the
// changes of alerts that they tell of, and how many were held back by what.
type notified struct {
	to, changes map[string]map[string]int
	held        map[string]int
}

func (s *soaked) notified() notified {
	s.t.Helper()
	store, err := history.Open(s.t.Context(), s.url, history.Options{Now: time.Now, MustExist: true})
	require.NoError(s.t, err)
	defer store.Close()
	out := notified{map[string]map[string]int{}, map[string]map[string]int{}, map[string]int{}}
	for n, err := range store.Notifications(s.t.Context(), "", slo.Interval{}) {
		require.NoError(s.t, err)
		if n.Held != "" {
			out.held[n.Held]++
			continue
		}
		if out.to[n.Receiver] == nil {
			out.to[n.Receiver], out.changes[n.Receiver] = map[string]int{}, map[string]int{}
		}
		m := told(n)
		out.to[n.Receiver][m.text()]++
		for _, text := range m.alerts() {
			out.changes[n.Receiver][text]++
		}
	}
	return out
}

// told is a stored notification as a message.
func told(n history.Notification) message {
	m := message{GroupKey: n.GroupKey}
	for _, a := range n.Alerts {
		one := struct {
			Status           string
			Labels           map[string]string
			StartsAt, EndsAt time.Time
		}{"firing", map[string]string{}, a.StartsAt, a.EndsAt}
		if !a.EndsAt.IsZero() {
			one.Status = "resolved"
		}
		a.Labels.Range(func(l labels.Label) { one.Labels[l.Name] = l.Value })
		m.Alerts = append(m.Alerts, one)
	}
	return m
}

// missing are those of some texts that a receiver's notifications lack.
func missing(of map[string]bool, in map[string]int) (out []string) {
	for text := range of {
		if in[text] == 0 {
			out = append(out, text)
		}
	}
	return out
}

// holdNotified compares what is stored of notifications with what was sent.
//
// What the event recorder tells it repeats for two minutes: what the undisturbed
// receiver got until the daemon was last disturbed is stored as it was sent, once,
// and nothing else.
//
// A webhook Alertmanager repeats for ten seconds here, then with what the group has
// become. So what was answered with 200 is stored, once, and nothing that was not
// sent. And each start and each end of an alert that the undisturbed receiver was
// told is stored, unless the daemon was away when it was to be told and the alert
// changed again before it was back.
func (s *soaked) holdNotified(p *pagers, until time.Time) {
	s.t.Helper()
	before := func(one telling) bool { return one.at.Before(until) }
	every := func(telling) bool { return true }
	pinged := texts(s.t, p.pinged.tellings(before))
	require.NotEmpty(s.t, pinged)
	// The recorder's last try may be half a minute away.
	assert.Eventually(s.t, func() bool { return len(missing(pinged, s.notified().to["pinged"])) == 0 }, 2*time.Minute, 2*time.Second)
	s.now.stop()

	got := s.notified()
	assert.Empty(s.t, missing(pinged, got.to["pinged"]), "%s: what the event recorder told is there", s.name)
	s.onlyOnce(got.to["pinged"], texts(s.t, p.pinged.tellings(every)))
	assert.Positive(s.t, got.held["silenced"], s.name)
	assert.Positive(s.t, got.held["inhibited"], s.name)

	hooks := func(one telling) bool { return one.path == ingest.WebhookPath }
	acknowledged := texts(s.t, s.door.tellings(func(one telling) bool { return hooks(one) && one.status == http.StatusOK }))
	require.NotEmpty(s.t, acknowledged)
	assert.Empty(s.t, missing(acknowledged, got.to[s.name]), "%s: what was answered with 200 is there", s.name)
	s.onlyOnce(got.to[s.name], texts(s.t, s.door.tellings(hooks)))
	lost, all := s.lost(turns(s.t, p.undisturbed.tellings(every)), until, got.changes[s.name])
	for _, one := range lost {
		assert.True(s.t, s.away(one), "%s: %s, told at %s and changed at %s, is not there though the daemon was", s.name, one.text, one.at, one.next)
	}
	s.t.Logf("%s: %d kills; %d of %d recorded notifications, %d of %d acknowledged webhooks, %d of %d changes of alerts (the others while it was away); held back %v",
		s.name, s.kills, len(pinged)-len(missing(pinged, got.to["pinged"])), len(pinged),
		len(acknowledged)-len(missing(acknowledged, got.to[s.name])), len(acknowledged), all-len(lost), all, got.held)
}

// onlyOnce wants each stored notification once, and sent.
func (s *soaked) onlyOnce(stored map[string]int, sent map[string]bool) {
	s.t.Helper()
	for text, n := range stored {
		assert.Equal(s.t, 1, n, "%s: doubled: %s", s.name, text)
		assert.True(s.t, sent[text], "%s: never sent: %s", s.name, text)
	}
}

// lost are those of the changes that an undisturbed receiver was told until an instant
// that are not stored, and how many it was told in all.
func (s *soaked) lost(undisturbed []turn, until time.Time, stored map[string]int) (out []turn, all int) {
	s.t.Helper()
	for _, one := range undisturbed {
		if !one.at.Before(until) {
			continue
		}
		all++
		if stored[one.text] == 0 {
			out = append(out, one)
		}
	}
	require.NotZero(s.t, all)
	return out, all
}

// tries is how long after the daemon is back Alertmanager may have waited with
// its next try: the ten seconds for which it tries to tell of a group.
const tries = 15 * time.Second

// away tells whether the daemon was away or refused at some time between a change
// and the alert's next one.
func (s *soaked) away(c turn) bool {
	if c.next.IsZero() {
		return false
	}
	for _, gone := range s.gone {
		if gone.From.Before(c.next.Add(time.Second)) && gone.To.Add(tries).After(c.at) {
			return true
		}
	}
	return false
}
