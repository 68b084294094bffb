package alertmanager

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/eventrecorder/eventrecorderpb"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/burnish-sre/burnish/noise"
)

var (
	noon    = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	started = noon.Add(-10 * time.Minute)
	ended   = noon.Add(-time.Minute + 5*time.Nanosecond)
)

// hook writes a webhook as Alertmanager does, with changes.
func hook(t testing.TB, change func(m map[string]any)) []byte {
	t.Helper()
	alert := func(status, instance string, ends time.Time) map[string]any {
		return map[string]any{
			"status": status, "labels": map[string]any{"alertname": "Down", "instance": instance},
			"annotations": map[string]any{"summary": "x"}, "startsAt": started, "endsAt": ends,
			"generatorURL": "http://p", "fingerprint": "0000000000000000",
		}
	}
	m := map[string]any{
		"version": "4", "receiver": `ops\.page`, "groupKey": `{}/{a="b"}:{}`, "status": "firing", "truncatedAlerts": 3,
		"groupLabels": map[string]any{"alertname": "Down"}, "notification_reason": "some alerts resolved",
		"alerts": []any{alert("firing", "1", time.Time{}), alert("resolved", "2", ended)},
	}
	if change != nil {
		change(m)
	}
	body, err := json.Marshal(m)
	require.NoError(t, err)
	return body
}

func down(instance string) labels.Labels {
	return labels.FromStrings("alertname", "Down", "instance", instance)
}

func print64(ls labels.Labels) string {
	set := model.LabelSet{}
	ls.Range(func(l labels.Label) { set[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
	return set.Fingerprint().String()
}

func kinds(events []Event) []Kind {
	var out []Kind
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

func TestWebhookTellsNotificationStartsAndEnds(t *testing.T) {
	events, err := ParseWebhook(hook(t, nil), noon, Limits{})
	require.NoError(t, err)
	n := events[0].Notification
	require.Equal(t, KindNotification, events[0].Kind)
	assert.Equal(t, noon, events[0].At)
	assert.Equal(t, "ops.page", n.Receiver)
	assert.Equal(t, `{}/{a="b"}:{}`, n.GroupKey)
	assert.Equal(t, labels.FromStrings("alertname", "Down"), n.GroupLabels)
	assert.Equal(t, ReasonSomeResolved, n.Reason)
	assert.Equal(t, 3, n.Truncated)
	assert.Equal(t, 1, n.Firing())
	assert.Len(t, n.Alerts, 2)
	assert.ElementsMatch(t, []Kind{KindNotification, KindStart, KindStart, KindEnd}, kinds(events))
	for _, e := range events[1:] {
		assert.Equal(t, print64(e.Alert.Labels), e.Alert.Fingerprint)
		if e.Kind == KindEnd {
			assert.Equal(t, down("2"), e.Alert.Labels)
			assert.Equal(t, ended, e.At)
			assert.Equal(t, Told{Labels: down("2"), Fingerprint: print64(down("2")), StartsAt: started, EndsAt: ended}, *e.Alert)
		} else {
			assert.Equal(t, started, e.At)
			assert.False(t, e.Alert.Resolved())
		}
	}
}

func TestWebhookRefusals(t *testing.T) {
	many := map[string]any{"alertname": "X"}
	for i := range 10_000 {
		many[fmt.Sprint("l", i)] = "v"
	}
	first := func(m map[string]any) map[string]any { return m["alerts"].([]any)[0].(map[string]any) }
	cases := []struct {
		name   string
		body   []byte
		change func(map[string]any)
		want   Fault
	}{
		{name: "not JSON", body: []byte(`{"version":`), want: FaultMalformed},
		{name: "nothing", body: nil, want: FaultMalformed},
		{name: "two documents", body: append(hook(t, nil), "{}"...), want: FaultMalformed},
		{name: "a list", body: []byte(`[]`), want: FaultMalformed},
		{name: "bytes that are no UTF-8", body: []byte(strings.Replace(string(hook(t, nil)), "Down", "Do\xffn", 1)), want: FaultUTF8},
		{name: "a zero byte", change: func(m map[string]any) { first(m)["labels"] = map[string]any{"a": "b\x00"} }, want: FaultUTF8},
		{name: "a label without a name", change: func(m map[string]any) { first(m)["labels"] = map[string]any{"": "b"} }, want: FaultUTF8},
		{name: "version 3", change: func(m map[string]any) { m["version"] = "3" }, want: FaultVersion},
		{name: "a payload of its own", body: []byte(`{"text":"hello"}`), want: FaultVersion},
		{name: "no alerts", change: func(m map[string]any) { m["alerts"] = []any{} }, want: FaultMalformed},
		{name: "no receiver", change: func(m map[string]any) { m["receiver"] = nil }, want: FaultMalformed},
		{name: "a status that is none", change: func(m map[string]any) { first(m)["status"] = "maybe" }, want: FaultMalformed},
		{name: "a start that is no time", change: func(m map[string]any) { first(m)["startsAt"] = "noon" }, want: FaultMalformed},
		{name: "no start", change: func(m map[string]any) { delete(first(m), "startsAt") }, want: FaultMalformed},
		{name: "a number as a label", change: func(m map[string]any) { first(m)["labels"] = map[string]any{"a": 1} }, want: FaultMalformed},
		{name: "10,000 labels", change: func(m map[string]any) { first(m)["labels"] = many }, want: FaultTooMany},
		{name: "21,000 alerts", change: func(m map[string]any) {
			var all []any
			for range 21_000 {
				all = append(all, first(m))
			}
			m["alerts"] = all
		}, want: FaultTooMany},
		{name: "a long label", change: func(m map[string]any) {
			first(m)["labels"] = map[string]any{"a": strings.Repeat("x", 9000)}
		}, want: FaultTooLong},
		{name: "a long name of a label", change: func(m map[string]any) {
			first(m)["labels"] = map[string]any{strings.Repeat("x", 300): "a"}
		}, want: FaultTooLong},
		{name: "a negative count", change: func(m map[string]any) { m["truncatedAlerts"] = -1 }, want: FaultMalformed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			body := c.body
			if c.change != nil {
				body = hook(t, c.change)
			}
			events, err := ParseWebhook(body, noon, Limits{})
			var refused *Refusal
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, c.want, refused.Fault, refused.Detail)
			assert.Empty(t, events)
		})
	}
}

// samples are the events of the recorder as Alertmanager's own types write them.
func sample(t testing.TB, at time.Time, data *eventrecorderpb.EventData) []byte {
	t.Helper()
	body, err := protojson.Marshal(&eventrecorderpb.Event{Timestamp: timestamppb.New(at), Instance: "am-0", Data: data})
	require.NoError(t, err)
	return body
}

func pairs(ls labels.Labels) *eventrecorderpb.LabelSet {
	out := &eventrecorderpb.LabelSet{}
	ls.Range(func(l labels.Label) {
		out.Labels = append(out.Labels, &eventrecorderpb.LabelPair{Key: l.Name, Value: l.Value})
	})
	return out
}

func grouped(ls labels.Labels, ends time.Time, resolved bool) *eventrecorderpb.GroupedAlert {
	return &eventrecorderpb.GroupedAlert{Hash: 1 << 63, Details: &eventrecorderpb.Alert{
		Fingerprint: 1<<63 + 1, Name: "Down", Labels: pairs(ls), Annotations: pairs(ls),
		StartsAt: timestamppb.New(started), EndsAt: timestamppb.New(ends), Resolved: resolved,
	}}
}

func noted() *eventrecorderpb.EventData {
	return &eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_Notification{Notification: &eventrecorderpb.NotificationEvent{
		Alerts:       []*eventrecorderpb.GroupedAlert{grouped(down("2"), ended, true), grouped(down("1"), time.Time{}, false)},
		FiringAlerts: []*eventrecorderpb.GroupedAlert{{Hash: 7}},
		MutedAlerts:  []*eventrecorderpb.GroupedAlert{{Hash: 8}, {Hash: 9}},
		GroupInfo: &eventrecorderpb.AlertGroupInfo{
			GroupKey: `{}/{a="b"}:{}`, ReceiverName: "ops.page", GroupLabels: pairs(labels.FromStrings("alertname", "Down")),
		},
		Reason:      eventrecorderpb.NotifyReason_NOTIFY_REASON_NEW_RESOLVED_ALERTS,
		Integration: &eventrecorderpb.Integration{Name: "slack", Index: 1},
	}}}
}

func quiet() *eventrecorderpb.Silence {
	matchers := []*eventrecorderpb.Matcher{{Type: eventrecorderpb.Matcher_TYPE_REGEXP, Name: "alertname", Pattern: "D.*"}}
	return &eventrecorderpb.Silence{
		Id: "f00", Matchers: matchers, MatcherSets: []*eventrecorderpb.MatcherSet{{Matchers: matchers}},
		StartsAt: timestamppb.New(started), EndsAt: timestamppb.New(noon), UpdatedAt: timestamppb.New(started),
		CreatedBy: "ann", Comment: "ACK! on it",
	}
}

func held(ls labels.Labels) *eventrecorderpb.MutedAlert {
	return &eventrecorderpb.MutedAlert{Labels: pairs(ls), Fingerprint: 5}
}

func TestRecorderAndWebhookTellTheSame(t *testing.T) {
	ours, err := ParseRecorded(sample(t, noon.Add(time.Second), noted()), Limits{})
	require.NoError(t, err)
	theirs, err := ParseWebhook(hook(t, func(m map[string]any) { m["truncatedAlerts"] = 0 }), noon, Limits{})
	require.NoError(t, err)
	keys := func(events []Event) (out []string) {
		for _, e := range events {
			out = append(out, string(e.Kind)+e.Key)
		}
		return out
	}
	assert.ElementsMatch(t, keys(theirs), keys(ours))
	assert.Equal(t, 2, ours[0].Notification.Muted)
	assert.Equal(t, "am-0", ours[0].Instance)
	ours[0].Notification.Muted = 0
	assert.Equal(t, theirs[0].Notification, ours[0].Notification)
}

func TestRecordedAlerts(t *testing.T) {
	info := &eventrecorderpb.AlertGroupInfo{GroupKey: "k", ReceiverName: "r"}
	firing := grouped(down("1"), noon.Add(time.Minute), false)
	later := grouped(down("1"), noon.Add(time.Hour), false)
	over := grouped(down("1"), ended, true)
	event := func(data *eventrecorderpb.EventData) []Event {
		events, err := ParseRecorded(sample(t, noon, data), Limits{})
		require.NoError(t, err)
		return events
	}
	created := event(&eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_AlertCreated{AlertCreated: &eventrecorderpb.AlertCreatedEvent{Alert: firing.Details}}})
	again := event(&eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_AlertGrouped{AlertGrouped: &eventrecorderpb.AlertGroupedEvent{Alert: later, GroupInfo: info}}})
	gone := event(&eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_AlertResolved{AlertResolved: &eventrecorderpb.AlertResolvedEvent{Alert: over, GroupInfo: info}}})

	assert.Equal(t, []Kind{KindStart}, kinds(created))
	assert.Equal(t, created, again, "a message that an alert still fires is no news, though its deadline moves")
	assert.Equal(t, []Kind{KindStart, KindEnd}, kinds(gone))
	assert.Equal(t, created[0], gone[0])
	assert.Equal(t, ended, gone[1].At)
}

func TestRecordedMutes(t *testing.T) {
	silenced := &eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_SilenceMutedAlert{
		SilenceMutedAlert: &eventrecorderpb.SilenceMutedAlertEvent{Silence: quiet(), MutedAlert: held(down("1"))},
	}}
	events, err := ParseRecorded(sample(t, noon, silenced), Limits{})
	require.NoError(t, err)
	require.ElementsMatch(t, []Kind{KindSilence, KindSilenced}, kinds(events))
	assert.True(t, events[0].Acknowledges())
	assert.True(t, events[0].Silence.Mutes(down("9")))
	assert.Equal(t, &Muter{SilenceID: "f00"}, events[1].By)
	assert.Equal(t, print64(down("1")), events[1].Alert.Fingerprint)

	made := &eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_SilenceCreated{SilenceCreated: &eventrecorderpb.SilenceCreatedEvent{Silence: quiet()}}}
	alone, err := ParseRecorded(sample(t, noon.Add(-time.Hour), made), Limits{})
	require.NoError(t, err)
	assert.Equal(t, events[0].Key, alone[0].Key, "a silence that is told again is the same")

	inhibited := func(at time.Time, name string) Event {
		rule := &eventrecorderpb.InhibitRule{
			Name: name, EqualLabels: []string{"service"},
			SourceMatchers: []*eventrecorderpb.Matcher{{Rendered: `a="b"`}}, TargetMatchers: []*eventrecorderpb.Matcher{{Rendered: `c="d"`}},
		}
		got, err := ParseRecorded(sample(t, at, &eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_InhibitionMutedAlert{
			InhibitionMutedAlert: &eventrecorderpb.InhibitionMutedAlertEvent{
				InhibitRules: []*eventrecorderpb.InhibitRule{rule}, MutedAlert: held(down("1")), InhibitingFingerprints: []uint64{1 << 63, 1},
			},
		}}), Limits{})
		require.NoError(t, err)
		require.Len(t, got, 1)
		return got[0]
	}
	assert.Equal(t, &Muter{Rule: `{a="b"} inhibits {c="d"} equal [service]`, Sources: []string{"0000000000000001", "8000000000000000"}}, inhibited(noon, "").By)
	assert.Equal(t, "node down", inhibited(noon, "node down").By.Rule)
	assert.Equal(t, inhibited(noon, "").Key, inhibited(noon.Add(4*time.Minute), "").Key, "the next flush is no news")
	assert.NotEqual(t, inhibited(noon, "").Key, inhibited(noon.Add(5*time.Minute), "").Key)
}

func TestRecordedLists(t *testing.T) {
	one := sample(t, noon, noted())
	up := sample(t, noon, &eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_AlertmanagerStartupEvent{AlertmanagerStartupEvent: &eventrecorderpb.AlertmanagerStartupEvent{Version: "0.34.2"}}})
	unknown := []byte(`{"@timestamp":"2026-11-05T12:00:00Z","instance":"a","data":{"somethingNew":{"x":[1,{"y":2}]}}}`)
	list := fmt.Appendf(nil, "[%s,%s,%s]", one, unknown, up)
	events, err := ParseRecorded(list, Limits{})
	require.NoError(t, err)
	assert.Equal(t, []Kind{KindNotification, KindStart, KindEnd, KindStart, KindUp}, kinds(events))

	for name, body := range map[string]string{
		"no data": `{"@timestamp":"2026-11-05T12:00:00Z"}`, "no time": `{"data":{"alertmanagerShutdownEvent":{}}}`,
		"an alert without labels": `{"@timestamp":"2026-11-05T12:00:00Z","data":{"alertCreated":{"alert":{}}}}`,
		"no alert":                `{"@timestamp":"2026-11-05T12:00:00Z","data":{"alertCreated":{}}}`,
		"half a list":             fmt.Sprintf(`[%s,{}]`, one), "a text": `"x"`,
	} {
		events, err := ParseRecorded([]byte(body), Limits{})
		require.Error(t, err, name)
		assert.Empty(t, events, name)
	}
	_, err = ParseRecorded(list, Limits{Events: 2})
	var refused *Refusal
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, FaultTooMany, refused.Fault)
}

func TestKeysOfRepetitions(t *testing.T) {
	firing := func(at time.Time, reason Reason) Event {
		body := hook(t, func(m map[string]any) {
			m["alerts"] = m["alerts"].([]any)[:1]
			m["notification_reason"] = string(reason)
		})
		events, err := ParseWebhook(body, at, Limits{})
		require.NoError(t, err)
		return events[0]
	}
	same := func(a, b Event) bool {
		for _, k := range append([]string{b.Key}, b.Same...) {
			if k == a.Key {
				return true
			}
		}
		return false
	}
	for offset := range 300 {
		at := noon.Add(time.Duration(offset) * time.Second)
		for _, reason := range []Reason{ReasonRepeat, ReasonUnknown} {
			assert.True(t, same(firing(at, reason), firing(at.Add(RepeatStep), reason)), "a retry")
			assert.True(t, same(firing(at.Add(RepeatStep), reason), firing(at, reason)), "a retry that came first")
			assert.False(t, same(firing(at, reason), firing(at.Add(2*RepeatStep), reason)), "a repetition")
		}
	}
	assert.Equal(t, firing(noon, ReasonFirst).Key, firing(noon.Add(time.Hour), ReasonFirst).Key, "a first notification comes once")
	assert.Empty(t, firing(noon, ReasonNewAlerts).Same)
	a, b := noon.Add(-time.Hour), time.Unix(-1, 0)
	assert.NotEqual(t, step(a, RepeatStep), step(b, RepeatStep))
	assert.Equal(t, int64(-1), step(b, RepeatStep))
}

func TestKeysDoNotDependOnOrder(t *testing.T) {
	turned := hook(t, func(m map[string]any) {
		list := m["alerts"].([]any)
		list[0], list[1] = list[1], list[0]
	})
	a, err := ParseWebhook(hook(t, nil), noon, Limits{})
	require.NoError(t, err)
	b, err := ParseWebhook(turned, noon.Add(time.Hour), Limits{})
	require.NoError(t, err)
	assert.Equal(t, a[0].Key, b[0].Key)
	assert.Equal(t, "b7321b97", a[0].Key[:8], "keys are stored, so they must not change")
}

func TestIsAcknowledgement(t *testing.T) {
	assert.True(t, IsAcknowledgement(noise.Silence{Comment: " ACK! looking"}))
	assert.False(t, IsAcknowledgement(noise.Silence{Comment: "ACKnowledged"}))
}

// TestMatchersCostLittle: a message can't buy much work with patterns.
func TestMatchersCostLittle(t *testing.T) {
	s := quiet()
	s.MatcherSets = nil
	s.Matchers = nil
	for i := range 200 {
		s.Matchers = append(s.Matchers, &eventrecorderpb.Matcher{
			Type: eventrecorderpb.Matcher_TYPE_REGEXP, Name: fmt.Sprint("l", i), Pattern: strings.Repeat("(a{999})", 20),
		})
	}
	body := sample(t, noon, &eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_SilenceMutedAlert{
		SilenceMutedAlert: &eventrecorderpb.SilenceMutedAlertEvent{Silence: s, MutedAlert: held(down("1"))},
	}})
	events, err := ParseRecorded(body, Limits{})
	require.NoError(t, err)
	assert.Equal(t, []Kind{KindSilenced}, kinds(events), "the silence is left out, what it held back is told")
}
