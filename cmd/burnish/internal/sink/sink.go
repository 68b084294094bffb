// Package sink stores what Alertmanagers tell of their own accord: it turns their
// events into what the history store keeps, and tells what is there already.
//
// Starts and ends of alerts are left out: the alert history of Prometheus knows
// them exactly, and an alert that is counted by both would count twice.
package sink

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/burnish-sre/burnish/collector/alertmanager"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// Source is the name that pushed events are kept under.
const Source = "alertmanager"

// Store is the part of a history store that is needed.
type Store interface {
	Commit(ctx context.Context, b history.Batch) error
	Notifications(ctx context.Context, source string, over slo.Interval) iter.Seq2[history.Notification, error]
}

// Sink takes events. It implements ingest.Sink.
type Sink struct{ store Store }

// New makes a sink into a store.
func New(store Store) *Sink { return &Sink{store} }

// Store keeps events for good. An event that is there already, by its key or by
// one of those beside it, is not kept again.
func (s *Sink) Store(ctx context.Context, events []alertmanager.Event) error {
	known, err := s.known(ctx, events)
	if err != nil {
		return err
	}
	b := history.Batch{Source: Source}
	for _, e := range events {
		if known[e.Key] || anyOf(known, e.Same) {
			continue
		}
		known[e.Key] = true
		switch e.Kind {
		case alertmanager.KindNotification:
			b.Notifications = append(b.Notifications, notification(e))
		case alertmanager.KindInhibited, alertmanager.KindSilenced:
			b.Notifications = append(b.Notifications, held(e))
		case alertmanager.KindSilence:
			b.Silences = append(b.Silences, *e.Silence)
		case alertmanager.KindStart, alertmanager.KindEnd, alertmanager.KindUp, alertmanager.KindDown:
		}
	}
	if len(b.Notifications) == 0 && len(b.Silences) == 0 {
		return nil
	}
	return s.store.Commit(ctx, b)
}

func anyOf(known map[string]bool, keys []string) bool {
	for _, k := range keys {
		if known[k] {
			return true
		}
	}
	return false
}

// known are the keys of notifications that are stored already around the times of
// those that may be repetitions. The store itself tells equal keys.
func (s *Sink) known(ctx context.Context, events []alertmanager.Event) (map[string]bool, error) {
	var around slo.Interval
	for _, e := range events {
		if len(e.Same) == 0 {
			continue
		}
		if around.From.IsZero() || e.At.Before(around.From) {
			around.From = e.At
		}
		if e.At.After(around.To) {
			around.To = e.At
		}
	}
	out := map[string]bool{}
	if around.From.IsZero() {
		return out, nil
	}
	around.From = around.From.Add(-2 * alertmanager.RepeatStep)
	around.To = around.To.Add(2*alertmanager.RepeatStep + time.Millisecond)
	for n, err := range s.store.Notifications(ctx, Source, around) {
		if err != nil {
			return nil, fmt.Errorf("look for what was told before: %w", err)
		}
		out[n.Key] = true
	}
	return out, nil
}

func notification(e alertmanager.Event) history.Notification {
	n := e.Notification
	out := history.Notification{
		Key: e.Key, At: e.At, Receiver: n.Receiver, GroupKey: n.GroupKey, Labels: n.GroupLabels, Reason: string(n.Reason),
		Status: "resolved", Alerts: make([]history.NotifiedAlert, 0, len(n.Alerts)),
	}
	if n.Firing() > 0 {
		out.Status = "firing"
	}
	for _, a := range n.Alerts {
		out.Alerts = append(out.Alerts, history.NotifiedAlert{Labels: a.Labels, Fingerprint: a.Fingerprint, StartsAt: a.StartsAt, EndsAt: a.EndsAt})
	}
	return out
}

// held is an alert that nobody was told of.
func held(e alertmanager.Event) history.Notification {
	out := history.Notification{Key: e.Key, At: e.At, Status: "firing", Held: string(e.Kind)}
	if e.Alert == nil {
		return out
	}
	a := history.NotifiedAlert{Labels: e.Alert.Labels, Fingerprint: e.Alert.Fingerprint, StartsAt: e.Alert.StartsAt, EndsAt: e.Alert.EndsAt}
	if by := e.By; by != nil {
		if by.SilenceID != "" {
			a.SilencedBy = []string{by.SilenceID}
		} else {
			a.InhibitedBy = append([]string{by.Rule}, by.Sources...)
		}
	}
	out.Alerts = []history.NotifiedAlert{a}
	return out
}
