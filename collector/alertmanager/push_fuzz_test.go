package alertmanager

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/prometheus/alertmanager/eventrecorder/eventrecorderpb"
	"github.com/prometheus/prometheus/model/labels"
)

// tight are limits that a fuzzer can reach.
var tight = Limits{Alerts: 5, Labels: 4, LabelName: 16, LabelValue: 24, Text: 64, Events: 3}

func FuzzParseWebhook(f *testing.F) {
	f.Add(hook(f, nil))
	f.Add([]byte(`{"version":"4","receiver":"r","groupKey":"k","alerts":[{"status":"firing","labels":{"a":"\ud800"},"startsAt":"2026-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"version":"4","alerts":[null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := ParseWebhook(body, noon, tight)
		again, errAgain := ParseWebhook(body, noon, tight)
		assert.Equal(t, err, errAgain)
		assert.Equal(t, events, again)
		checkEvents(t, events, err)
	})
}

func FuzzParseRecorded(f *testing.F) {
	f.Add(sample(f, noon, noted()))
	f.Add(sample(f, noon, &eventrecorderpb.EventData{EventType: &eventrecorderpb.EventData_SilenceMutedAlert{
		SilenceMutedAlert: &eventrecorderpb.SilenceMutedAlertEvent{Silence: quiet(), MutedAlert: held(down("1"))},
	}}))
	f.Add([]byte(`[{"@timestamp":"2026-01-01T00:00:00Z","data":{"alertCreated":{"alert":{"labels":{"labels":[{"key":"a","value":"b"}]},"startsAt":"2026-01-01T00:00:00Z","resolved":true}}}}]`))
	f.Add([]byte(`{"@timestamp":"2026-01-01T00:00:00Z","data":{"inhibitionMutedAlert":{"inhibitRules":[{"name":"x"}],"mutedAlert":{"labels":null},"inhibitingFingerprints":["1",2]}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := ParseRecorded(body, tight)
		checkEvents(t, events, err)
	})
}

// checkEvents: never events and an error, and nothing over the limits.
func checkEvents(t *testing.T, events []Event, err error) {
	if err != nil {
		var refused *Refusal
		require.True(t, errors.As(err, &refused), "%v", err)
		require.Contains(t, Faults(), refused.Fault)
		require.Empty(t, events)
		return
	}
	for _, e := range events {
		require.Len(t, e.Key, 2*keyBytes)
		require.False(t, e.At.IsZero() && e.Kind != KindEnd)
		switch e.Kind {
		case KindNotification:
			require.NotEmpty(t, e.Notification.Alerts)
			require.LessOrEqual(t, len(e.Notification.Alerts), tight.Alerts)
			require.True(t, utf8.ValidString(e.Notification.GroupKey+e.Notification.Receiver))
		case KindStart, KindEnd:
			require.Equal(t, e.Kind == KindEnd, e.Alert.Resolved())
			require.False(t, e.Alert.Resolved() && e.Alert.EndsAt.Before(e.Alert.StartsAt))
			fallthrough
		case KindInhibited, KindSilenced:
			checkAlert(t, *e.Alert)
		case KindSilence:
			require.NotEmpty(t, e.Silence.Matchers)
			e.Silence.Mutes(labels.FromStrings("a", "b"))
		case KindUp, KindDown:
		default:
			t.Fatalf("a kind that is none: %q", e.Kind)
		}
	}
}

func checkAlert(t *testing.T, a Told) {
	require.LessOrEqual(t, a.Labels.Len(), tight.Labels)
	require.Len(t, a.Fingerprint, 16)
	a.Labels.Range(func(l labels.Label) {
		require.True(t, utf8.ValidString(l.Name+l.Value))
		require.LessOrEqual(t, len(l.Name), tight.LabelName)
		require.LessOrEqual(t, len(l.Value), tight.LabelValue)
	})
}
