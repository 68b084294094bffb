package alertmanager

import (
	"strings"
	"time"
)

// ParseWebhook reads a message of Alertmanager's webhook, version 4, which came
// at a time: the notification, and the starts and ends that it tells of. An
// error is a *Refusal.
//
// The notification holds at least one alert. Alerts that are silenced or
// inhibited are not in a webhook, and with send_resolved: false neither are ends.
func ParseWebhook(body []byte, at time.Time, lim Limits) ([]Event, error) {
	b, err := newBounded(body, lim)
	if err != nil {
		return nil, err
	}
	var version string
	n := &Notification{}
	b.object(func(name string) { b.webhookField(name, n, &version) })
	if err := b.err(); err != nil {
		return nil, err
	}
	if version != "4" {
		return nil, refuse(FaultVersion, "it is not a webhook of version 4; a receiver with a payload of its own can't be read")
	}
	if n.Receiver == "" || n.GroupKey == "" || len(n.Alerts) == 0 {
		return nil, refuse(FaultMalformed, "it lacks a receiver, a group key or alerts")
	}
	out := make([]Event, 1, 1+2*len(n.Alerts))
	out[0] = notificationEvent(at.UTC(), n)
	for _, a := range n.Alerts {
		out = append(out, edges(a)...)
	}
	return out, nil
}

func (b *bounded) webhookField(name string, n *Notification, version *string) {
	switch name {
	case "version":
		*version = b.text(16)
	case "receiver":
		n.Receiver = unquoted(b.text(b.lim.Text))
	case "groupKey":
		n.GroupKey = b.text(b.lim.Text)
	case "groupLabels":
		n.GroupLabels = b.labelMap()
	case "notification_reason":
		n.Reason = knownReason(b.text(b.lim.Text))
	case "truncatedAlerts":
		n.Truncated = int(min(b.count(), 1<<31))
	case "alerts":
		b.list(func() { n.Alerts = append(n.Alerts, b.webhookAlert()) })
	default:
		b.skip()
	}
}

func (b *bounded) webhookAlert() Told {
	b.countAlert()
	var status string
	var t Told
	b.object(func(name string) {
		switch name {
		case "status":
			status = b.text(64)
		case "labels":
			t.Labels = b.labelMap()
		case "startsAt":
			t.StartsAt = b.time()
		case "endsAt":
			t.EndsAt = b.time()
		default:
			b.skip()
		}
	})
	if b.ok() && status != "firing" && status != "resolved" {
		b.stop(FaultMalformed, "an alert neither fires nor is resolved")
	}
	return b.told(t, status == "resolved")
}

// told completes an alert: what fires has no end, and nothing ends before it
// starts.
func (b *bounded) told(t Told, resolved bool) Told {
	if !b.ok() {
		return Told{}
	}
	if t.Labels.IsEmpty() || t.StartsAt.IsZero() {
		b.stop(FaultMalformed, "an alert lacks labels or a start")
		return Told{}
	}
	switch {
	case !resolved:
		t.EndsAt = time.Time{}
	case t.EndsAt.Before(t.StartsAt):
		t.EndsAt = t.StartsAt
	}
	t.Fingerprint = fingerprint(t.Labels)
	return t
}

// unquoted undoes Alertmanager's quoting of a receiver's name as if it were a
// regular expression: ops.page comes as ops\.page.
func unquoted(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`\.+*?()|[]{}^$`, s[i+1]) >= 0 {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// knownReason keeps the reasons that mean something.
func knownReason(s string) Reason {
	switch r := Reason(s); r {
	case ReasonFirst, ReasonNewAlerts, ReasonSomeResolved, ReasonAllResolved, ReasonRepeat:
		return r
	}
	return ReasonUnknown
}
