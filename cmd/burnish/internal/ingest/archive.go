package ingest

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector/alertmanager"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Histories is the part of history.Store that an Archive needs.
type Histories interface {
	Commit(ctx context.Context, b history.Batch) error
	Notifications(ctx context.Context, source string, over slo.Interval) iter.Seq2[history.Notification, error]
}

// Archive is a Sink that stores events in the history store, as what a source of
// its own told: notifications and what was held back, silences, and the starts and
// ends of alerts as episodes. Their ActiveAt is when they fired, since nobody
// tells Alertmanager when they became active.
type Archive struct {
	To     Histories
	Source string // how the history calls it; "alertmanager" where empty
}

func (a Archive) source() string {
	if a.Source == "" {
		return "alertmanager"
	}
	return a.Source
}

// Store implements Sink.
func (a Archive) Store(ctx context.Context, events []alertmanager.Event) error {
	b := history.Batch{Source: a.source()}
	for _, e := range events {
		add(&b, e)
	}
	if len(b.Notifications)+len(b.Silences)+len(b.Episodes) == 0 {
		return nil
	}
	return a.To.Commit(ctx, b)
}

// Known are the keys of the notifications that were stored last, for
// Wiring.Known: a sender whose delivery was stored and, because of a restart, not
// answered comes again.
func (a Archive) Known(ctx context.Context, now time.Time) ([]string, error) {
	const back = 15 * time.Minute // senders give up earlier
	var keys []string
	for n, err := range a.To.Notifications(ctx, a.source(), slo.Interval{From: now.Add(-back), To: now.Add(back)}) {
		if err != nil {
			return nil, fmt.Errorf("read the last notifications: %w", err)
		}
		if len(keys) == recentKeys {
			break
		}
		keys = append(keys, n.Key)
	}
	return keys, nil
}

func add(b *history.Batch, e alertmanager.Event) {
	switch e.Kind {
	case alertmanager.KindNotification:
		b.Notifications = append(b.Notifications, sent(e))
	case alertmanager.KindInhibited, alertmanager.KindSilenced:
		b.Notifications = append(b.Notifications, heldBack(e))
	case alertmanager.KindSilence:
		b.Silences = append(b.Silences, *e.Silence)
	case alertmanager.KindStart, alertmanager.KindEnd:
		b.Episodes = append(b.Episodes, episode(*e.Alert))
	case alertmanager.KindUp, alertmanager.KindDown:
	}
}

func sent(e alertmanager.Event) history.Notification {
	n := e.Notification
	out := history.Notification{
		Key: e.Key, Same: e.Same, At: e.At, Receiver: n.Receiver, GroupKey: n.GroupKey, Labels: n.GroupLabels, Reason: string(n.Reason), Status: "firing",
	}
	if n.Firing() == 0 {
		out.Status = "resolved"
	}
	for _, a := range n.Alerts {
		out.Alerts = append(out.Alerts, history.NotifiedAlert{Labels: a.Labels, Fingerprint: a.Fingerprint, StartsAt: a.StartsAt, EndsAt: a.EndsAt})
	}
	return out
}

// heldBack is an alert that nobody was told of.
func heldBack(e alertmanager.Event) history.Notification {
	alert := history.NotifiedAlert{Labels: e.Alert.Labels, Fingerprint: e.Alert.Fingerprint}
	out := history.Notification{Key: e.Key, At: e.At, Status: "firing", Held: string(e.Kind)}
	if e.Kind == alertmanager.KindSilenced {
		alert.SilencedBy = []string{e.By.SilenceID}
	} else {
		alert.InhibitedBy = e.By.Sources
		out.Reason = e.By.Rule
	}
	out.Alerts = []history.NotifiedAlert{alert}
	return out
}

func episode(a alertmanager.Told) noise.Episode {
	lb := labels.NewBuilder(a.Labels)
	lb.Del(labels.AlertName)
	out := noise.Episode{
		Rule: a.Labels.Get(labels.AlertName), Labels: lb.Labels(), ActiveAt: a.StartsAt, FiredAt: a.StartsAt, ResolvedAt: a.EndsAt,
		Certainty: noise.Certainty{Fired: noise.EdgeExact, Resolved: noise.EdgeOpen, Replicas: 1},
	}
	if a.Resolved() {
		out.Certainty.Resolved = noise.EdgeExact
	}
	return out
}
