package alertmanager

import (
	"slices"
	"strings"
	"time"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// ParseRecorded reads what Alertmanager's event recorder (0.33 and later) posts
// or writes as a line of a file: one event, or a list of them. An error is a
// *Refusal; of a list either all or none is taken. Kinds of events that are not
// known are left out, as is a silence whose matchers can't be compiled or are very
// long; what it held back is told all the same.
//
// What is said again with every flush and every message of Prometheus comes out
// with the same Key each time.
func ParseRecorded(body []byte, lim Limits) ([]Event, error) {
	b, err := newBounded(body, lim)
	if err != nil {
		return nil, err
	}
	var out []Event
	if b.it.WhatIsNext() == jsoniter.ArrayValue {
		n := 0
		b.list(func() {
			if n++; n > b.lim.Events {
				b.stop(FaultTooMany, "it lists more than %d events", b.lim.Events)
				return
			}
			out = append(out, b.recorded()...)
		})
	} else {
		out = b.recorded()
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// record is one event as it stands in JSON. Its parts are events already, but
// for the time and the instance, which may come after them.
type record struct {
	at       time.Time
	instance string
	body     bool // there is data
	lacking  bool // and it lacks what it should be about
	parts    []Event
	note     *Notification
	by       *Muter
	held     *Told
	silence  *noise.Silence
	process  Kind
}

func (b *bounded) recorded() []Event {
	var r record
	b.object(func(name string) {
		switch name {
		case "@timestamp":
			r.at = b.time()
		case "instance":
			r.instance = b.text(1024)
		case "data":
			b.object(func(kind string) { r.body = true; b.payload(kind, &r) })
		default:
			b.skip()
		}
	})
	if b.ok() && (r.at.IsZero() || !r.body || r.lacking) {
		b.stop(FaultMalformed, "an event lacks its time or its data")
	}
	if !b.ok() {
		return nil
	}
	return r.events()
}

// events are the parts with the time and the place that hold for all.
func (r *record) events() []Event {
	out := r.parts
	if r.note != nil {
		out = append([]Event{notificationEvent(r.at, r.note)}, out...)
	}
	if r.silence != nil {
		out = append(out, silenceEvent(r.at, r.silence))
	}
	if r.held != nil && r.by != nil {
		kind := KindInhibited
		if r.by.SilenceID != "" {
			kind = KindSilenced
		}
		out = append(out, mutedEvent(kind, r.at, r.held, r.by))
	}
	if r.process != "" {
		k := newKeyer(r.process)
		k.text(r.instance)
		k.time(r.at)
		out = append(out, Event{Key: k.sum(), Kind: r.process, At: r.at})
	}
	for i := range out {
		out[i].Instance = r.instance
	}
	return out
}

func silenceEvent(at time.Time, s *noise.Silence) Event {
	k := newKeyer(KindSilence)
	k.text(s.ID)
	k.time(s.UpdatedAt)
	k.time(s.From)
	k.time(s.To)
	return Event{Key: k.sum(), Kind: KindSilence, At: at, Silence: s}
}

// payload reads the data of an event by its kind.
func (b *bounded) payload(kind string, r *record) {
	switch kind {
	case "alertmanagerStartupEvent":
		r.process = KindUp
		b.skip()
	case "alertmanagerShutdownEvent":
		r.process = KindDown
		b.skip()
	case "alertCreated":
		b.object(func(name string) { b.only(name, "alert", func() { r.parts = b.recordedEdges(b.recordedAlert()) }) })
		r.lacking = len(r.parts) == 0
	case "alertGrouped", "alertResolved":
		b.object(func(name string) { b.only(name, "alert", func() { r.parts = b.recordedEdges(b.groupedAlert()) }) })
		r.lacking = len(r.parts) == 0
	case "notification":
		r.note = &Notification{}
		b.notification(r)
	case "silenceCreated", "silenceUpdated":
		b.object(func(name string) { b.only(name, "silence", func() { r.silence, _ = b.recordedSilence() }) })
	case "silenceMutedAlert", "inhibitionMutedAlert":
		r.by = &Muter{}
		b.object(func(name string) { b.muteField(name, r) })
		slices.Sort(r.by.Sources)
		r.lacking = r.held == nil || r.held.Labels.IsEmpty()
	default:
		b.skip()
	}
}

// only reads the field that is wanted and skips the others.
func (b *bounded) only(name, wanted string, read func()) {
	if name == wanted {
		read()
		return
	}
	b.skip()
}

func (b *bounded) recordedEdges(t Told) []Event {
	if !b.ok() {
		return nil
	}
	if t.Fingerprint == "" {
		b.stop(FaultMalformed, "an event lacks its alert")
		return nil
	}
	return edges(t)
}

func (b *bounded) notification(r *record) {
	n := r.note
	b.object(func(name string) {
		switch name {
		case "alerts":
			b.list(func() {
				if t := b.groupedAlert(); t.Fingerprint != "" {
					n.Alerts = append(n.Alerts, t)
					r.parts = append(r.parts, edges(t)...)
				}
			})
		case "mutedAlerts":
			b.list(func() { n.Muted++; b.skip() })
		case "groupInfo":
			b.object(func(name string) { b.groupField(name, n) })
		case "reason":
			n.Reason = recordedReason(b.text(b.lim.Text))
		default:
			b.skip()
		}
	})
	if b.ok() && (n.Receiver == "" || n.GroupKey == "" || len(n.Alerts) == 0) {
		b.stop(FaultMalformed, "a notification lacks a receiver, a group key or alerts")
	}
}

func (b *bounded) groupField(name string, n *Notification) {
	switch name {
	case "groupKey":
		n.GroupKey = b.text(b.lim.Text)
	case "receiverName":
		n.Receiver = b.text(b.lim.Text)
	case "groupLabels":
		n.GroupLabels = b.labelList()
	default:
		b.skip()
	}
}

// groupedAlert reads an alert as a group holds it. One without details is
// nothing.
func (b *bounded) groupedAlert() Told {
	var t Told
	b.object(func(name string) { b.only(name, "details", func() { t = b.recordedAlert() }) })
	return t
}

func (b *bounded) recordedAlert() Told {
	b.countAlert()
	var t Told
	var resolved bool
	b.object(func(name string) {
		switch name {
		case "labels":
			t.Labels = b.labelList()
		case "startsAt":
			t.StartsAt = b.time()
		case "endsAt":
			t.EndsAt = b.time()
		case "resolved":
			resolved = b.flag()
		default:
			b.skip()
		}
	})
	return b.told(t, resolved)
}

// labelList reads labels as Protobuf writes them: a list of keys and values.
func (b *bounded) labelList() labels.Labels {
	lb := labels.NewScratchBuilder(8)
	n := 0
	b.object(func(name string) {
		b.only(name, "labels", func() {
			b.list(func() {
				var key, value string
				b.object(func(name string) {
					switch name {
					case "key":
						key = b.text(b.lim.LabelName)
					case "value":
						value = b.text(b.lim.LabelValue)
					default:
						b.skip()
					}
				})
				b.addLabel(&lb, &n, key, value)
			})
		})
	})
	return b.finish(&lb)
}

// recordedReason turns the name of Protobuf's enum into the webhook's words.
func recordedReason(s string) Reason {
	switch strings.TrimPrefix(s, "NOTIFY_REASON_") {
	case "FIRST_NOTIFICATION":
		return ReasonFirst
	case "NEW_ALERTS_IN_GROUP":
		return ReasonNewAlerts
	case "NEW_RESOLVED_ALERTS":
		return ReasonSomeResolved
	case "ALL_ALERTS_RESOLVED":
		return ReasonAllResolved
	case "REPEAT_INTERVAL_ELAPSED":
		return ReasonRepeat
	}
	return ReasonUnknown
}
