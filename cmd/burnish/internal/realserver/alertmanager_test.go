package realserver_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/collector/alertmanager"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/slo"
)

// How the test plays Prometheus, how long it looks, and how far a webhook may be
// from when it was predicted: a busy machine delivers late, never early.
const (
	resendEvery = 2 * time.Second
	atLeast     = 24 * time.Second
	atMost      = 29 * time.Second
	early, late = 300 * time.Millisecond, 1200 * time.Millisecond
)

const replayedConfig = `
route:
  receiver: main
  group_by: [alertname]
  group_wait: 1s
  group_interval: 3s
  repeat_interval: 7s
  routes:
  - {matchers: ['severity="page"'], receiver: pager, continue: true, group_by: [service], group_wait: 2s}
  - {match: {team: db}, receiver: db, group_by: ['...'], repeat_interval: 1h}
  - {matchers: ['team="night"'], receiver: night, mute_time_intervals: [always]}
  - {matchers: ['team="day"'], receiver: night, active_time_intervals: [always], group_by: [team, nowhere]}
inhibit_rules:
- {source_matchers: ['alertname="Down"'], target_matchers: ['severity="ticket"'], equal: [service]}
time_intervals:
- {name: always, time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]}
receivers:
- {name: main, webhook_configs: [{url: "HOOK/main"}]}
- {name: pager, webhook_configs: [{url: "HOOK/pager", send_resolved: false}]}
- {name: db, webhook_configs: [{url: "HOOK/db"}]}
- {name: night, webhook_configs: [{url: "HOOK/night"}]}
`

// firings are the alerts of the test: when they begin and end, in tenths of a
// second; 0 is never. Those that come back after all of their group had resolved
// are for new releases only: older ones keep an empty group for half a minute.
func firings(t0 time.Time, v realserver.Version) []noise.Episode {
	all := []struct {
		rule, labels string
		from, to     int
		fresh        bool
	}{
		{"Errors", "severity=page,service=a,instance=1", 1, 100, false},
		{"Errors", "severity=page,service=a,instance=2", 26, 0, false},
		{"Errors", "severity=page,service=b,instance=3", 55, 130, false},
		{"Short", "severity=page,service=c", 2, 8, false},
		{"Blip", "severity=info,service=c", 3, 60, false},
		{"Blip", "severity=info,service=d", 24, 0, false},
		{"Flap", "severity=info", 1, 20, false},
		{"Flap", "severity=info", 30, 0, false},
		{"Down", "severity=page,service=x", 5, 90, false},
		{"Slow", "severity=ticket,service=x", 8, 0, false},
		{"Slow", "severity=ticket,service=y", 9, 150, false},
		{"Disk", "team=db,severity=page,instance=1", 4, 120, false},
		{"Disk", "team=db,severity=warning,instance=2", 6, 0, false},
		{"Batch", "team=night", 3, 0, false},
		{"Shop", "team=day", 5, 70, false},
		{"Quiet", "severity=info", 2, 0, false},
		{"Again", "severity=info", 3, 50, true},
		{"Again", "severity=info", 125, 0, true},
	}
	var out []noise.Episode
	for _, f := range all {
		if f.fresh && v == realserver.OldAlertmanager {
			continue
		}
		e := noise.Episode{Rule: f.rule, FiredAt: t0.Add(time.Duration(f.from) * 100 * time.Millisecond)}
		e.ActiveAt = e.FiredAt
		if f.to > 0 {
			e.ResolvedAt = t0.Add(time.Duration(f.to) * 100 * time.Millisecond)
		}
		b := labels.NewBuilder(labels.EmptyLabels())
		for pair := range strings.SplitSeq(f.labels, ",") {
			name, value, _ := strings.Cut(pair, "=")
			b.Set(name, value)
		}
		e.Labels = b.Labels()
		out = append(out, e)
	}
	return out
}

func TestReplayIsWhatAlertmanagerSends(t *testing.T) {
	for _, v := range []realserver.Version{realserver.OldAlertmanager, realserver.NewAlertmanager} {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			compareWithServer(t, v)
		})
	}
}

func compareWithServer(t *testing.T, v realserver.Version) {
	inbox := newInbox(t)
	server := realserver.Alertmanager(t, v, strings.ReplaceAll(replayedConfig, "HOOK", inbox.url))
	client, err := alertmanager.New(alertmanager.Options{URL: server.URL})
	require.NoError(t, err)
	t0 := time.Now().Add(1500 * time.Millisecond).Truncate(time.Millisecond).UTC()
	post(t, server.URL+"/api/v2/silences", silenceUntil(t0.Add(11*time.Second)))

	silences, err := client.Silences(t.Context())
	require.NoError(t, err)
	require.Len(t, silences, 1)
	status, err := client.Status(t.Context())
	require.NoError(t, err)
	cfg, err := route.NewConfig([]byte(status.Config))
	require.NoError(t, err)
	require.Empty(t, cfg.Notes())

	episodes := firings(t0, v)
	o := route.Options{Window: slo.Interval{From: t0, To: t0.Add(time.Minute)}, Silences: silences, ResendEvery: resendEvery}
	predicted := route.Replay(cfg, episodes, o).Notifications
	end := calm(t0, predicted)
	feed(t, server.URL, episodes, end)
	alerts, err := client.Alerts(t.Context())
	require.NoError(t, err)
	assert.Len(t, alerts, len(slices.DeleteFunc(slices.Clone(episodes), func(e noise.Episode) bool { return !e.Open() })))
	server.Stop()

	predicted = slices.DeleteFunc(predicted, func(n route.Notification) bool { return !n.At.Before(end) })
	compareMessages(t, predicted, inbox.before(end), episodes, v == realserver.NewAlertmanager)
}

// calm is when to stop looking: as far as possible from any predicted message.
func calm(t0 time.Time, predicted []route.Notification) time.Time {
	best, gap := t0.Add(atLeast), time.Duration(0)
	for at := t0.Add(atLeast); at.Before(t0.Add(atMost)); at = at.Add(50 * time.Millisecond) {
		nearest := time.Hour
		for _, n := range predicted {
			nearest = min(nearest, at.Sub(n.At).Abs())
		}
		if nearest > gap {
			best, gap = at, nearest
		}
	}
	return best
}

// feed plays Prometheus until the end: every alert is told of when it begins and
// ends, and again every two seconds.
func feed(t *testing.T, url string, episodes []noise.Episode, end time.Time) {
	type message struct {
		at time.Time
		e  *noise.Episode
	}
	var all []message
	for i := range episodes {
		e := &episodes[i]
		last := end
		for _, other := range episodes {
			if other.Rule == e.Rule && labels.Equal(other.Labels, e.Labels) && other.FiredAt.After(e.FiredAt) {
				last = other.ActiveAt
			}
		}
		for at := e.FiredAt; at.Before(last) && (e.Open() || at.Before(e.ResolvedAt)); at = at.Add(resendEvery) {
			all = append(all, message{at, e})
		}
		for at := e.ResolvedAt; !e.Open() && at.Before(last); at = at.Add(resendEvery) {
			all = append(all, message{at, e})
		}
	}
	slices.SortStableFunc(all, func(a, b message) int { return a.at.Compare(b.at) })
	for _, m := range all {
		waitUntil(t, m.at)
		post(t, url+"/api/v2/alerts", []any{asSent(m.e, m.at)})
	}
	waitUntil(t, end)
}

func asSent(e *noise.Episode, at time.Time) any {
	ends := at.Add(4 * time.Minute)
	if !e.Open() && !at.Before(e.ResolvedAt) {
		ends = e.ResolvedAt
	}
	ls := e.Labels.Map()
	ls["alertname"] = e.Rule
	return map[string]any{"labels": ls, "startsAt": e.FiredAt, "endsAt": ends}
}

func waitUntil(t *testing.T, at time.Time) {
	t.Helper()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatal("the test was given up")
	}
}

func silenceUntil(end time.Time) any {
	return map[string]any{
		"matchers": []any{map[string]any{"name": "alertname", "value": "Qui.*", "isRegex": true, "isEqual": true}},
		"startsAt": time.Now().UTC(), "endsAt": end, "createdBy": "test", "comment": "ACK! looking",
	}
}

func post(t *testing.T, url string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(text))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	said, _ := io.ReadAll(resp.Body)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", said)
}

// webhook is a message of Alertmanager.
type webhook struct {
	at       time.Time
	Receiver string
	GroupKey string
	Reason   string `json:"notification_reason"`
	Alerts   []struct {
		Status string
		Labels map[string]string
	}
}

// inbox takes webhooks.
type inbox struct {
	url string
	mtx sync.Mutex
	all []webhook
}

func newInbox(t *testing.T) *inbox {
	in := &inbox{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got := webhook{at: time.Now()}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Errorf("read a webhook: %v", err)
		}
		in.mtx.Lock()
		defer in.mtx.Unlock()
		in.all = append(in.all, got)
	}))
	t.Cleanup(server.Close)
	in.url = server.URL
	return in
}

func (in *inbox) before(end time.Time) []webhook {
	in.mtx.Lock()
	defer in.mtx.Unlock()
	return slices.DeleteFunc(slices.Clone(in.all), func(w webhook) bool { return !w.at.Before(end) })
}

// said is a message as both sides can write it.
type said struct {
	at               time.Time
	group, text      string
	firing, resolved []string
}

func compareMessages(t *testing.T, predicted []route.Notification, got []webhook, episodes []noise.Episode, reasons bool) {
	want, have := map[string][]said{}, map[string][]said{}
	for _, n := range predicted {
		s := said{at: n.At, group: n.Receiver + " " + n.GroupKey}
		for _, i := range n.Firing {
			s.firing = append(s.firing, named(episodes[i].Rule, episodes[i].Labels.Map()))
		}
		for _, i := range n.Resolved {
			s.resolved = append(s.resolved, named(episodes[i].Rule, episodes[i].Labels.Map()))
		}
		s.finish(string(n.Reason), reasons)
		want[s.group] = append(want[s.group], s)
	}
	for _, w := range got {
		s := said{at: w.at, group: w.Receiver + " " + w.GroupKey}
		for _, a := range w.Alerts {
			list := &s.firing
			if a.Status == "resolved" {
				list = &s.resolved
			}
			*list = append(*list, named(a.Labels["alertname"], a.Labels))
		}
		s.finish(w.Reason, reasons)
		have[s.group] = append(have[s.group], s)
	}
	assert.Equal(t, texts(want), texts(have))
	if t.Failed() {
		return
	}
	for group, list := range want {
		slices.SortFunc(have[group], func(a, b said) int { return cmp.Or(a.at.Compare(b.at)) })
		for i, s := range list {
			off := have[group][i].at.Sub(s.at)
			assert.True(t, off > -early && off < late, "%s %s came %s off", group, s.text, off)
		}
	}
	t.Logf("%d messages of %d groups were predicted and came", len(got), len(want))
}

func (s *said) finish(reason string, withReason bool) {
	slices.Sort(s.firing)
	slices.Sort(s.resolved)
	s.text = fmt.Sprintf("firing %v resolved %v", s.firing, s.resolved)
	if withReason {
		s.text = reason + ": " + s.text
	}
}

func texts(all map[string][]said) map[string][]string {
	out := map[string][]string{}
	for group, list := range all {
		for _, s := range list {
			out[group] = append(out[group], s.text)
		}
	}
	return out
}

func named(rule string, ls map[string]string) string {
	return fmt.Sprintf("%s/%s%s%s", rule, ls["service"], ls["instance"], ls["severity"])
}
