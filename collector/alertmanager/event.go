package alertmanager

import (
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// Kind is what an event tells of.
type Kind string

// The kinds of events.
const (
	// KindNotification: a receiver was told of a group. Notification is set.
	KindNotification Kind = "notification"
	// KindStart: an alert began to fire. Alert is set, without an end.
	KindStart Kind = "start"
	// KindEnd: an alert ended. Alert is set, with its end. Alertmanager may tell
	// of several ends of one start, since it takes an alert for ended when
	// Prometheus falls silent; the last of them holds.
	KindEnd Kind = "end"
	// KindInhibited: an alert was held back by an inhibit rule at At. Alert and
	// By are set; the alert has no times.
	KindInhibited Kind = "inhibited"
	// KindSilenced: an alert was held back by a silence at At. Alert and By are
	// set; the alert has no times.
	KindSilenced Kind = "silenced"
	// KindSilence: a silence was made or changed. Silence is set.
	KindSilence Kind = "silence"
	// KindUp and KindDown: an Alertmanager started, or stopped in good order.
	KindUp   Kind = "up"
	KindDown Kind = "down"
)

// Event is one thing that an Alertmanager told of its own accord.
type Event struct {
	// Key tells events apart: what is delivered twice, by a retry, by the other
	// member of a cluster or by the other of the two ways (webhook and event
	// recorder), has the same key, whatever the order. It is 32 hexadecimal
	// digits and does not change from release to release.
	Key string
	// Same are further keys. An event is stored already if its Key or one of
	// these is. Only a notification has them whose content says the same as a
	// later repetition would: there the key holds the time too, in steps of
	// RepeatStep, and these are the steps beside it.
	Same []string
	Kind Kind
	// At is when it happened: the event recorder's own time, and for a webhook,
	// which has none, when it came. For KindStart and KindEnd it is the start
	// and the end themselves.
	At time.Time
	// Instance is the Alertmanager's host name; empty where it does not say.
	Instance string

	Notification *Notification
	Alert        *Told
	By           *Muter
	Silence      *noise.Silence
}

// RepeatStep is how close two notifications of the same content have to be to
// be taken for one that was delivered twice. Deliveries that are no further apart
// are always one; from twice of this on they are always two.
const RepeatStep = 2 * time.Minute

// Acknowledges tells whether the event is somebody's word that an alert is being
// looked at: a silence as karma makes it, whose comment starts with "ACK!".
func (e Event) Acknowledges() bool { return e.Silence != nil && IsAcknowledgement(*e.Silence) }

// IsAcknowledgement tells whether a silence is an acknowledgement as karma makes
// it: a short one whose comment starts with "ACK!".
func IsAcknowledgement(s noise.Silence) bool {
	return strings.HasPrefix(strings.TrimSpace(s.Comment), "ACK!")
}

// Told is an alert as a message tells of it.
type Told struct {
	// Labels include the alertname, external labels and whatever Prometheus'
	// alert relabelling made of them.
	Labels labels.Labels
	// Fingerprint is Alertmanager's of the labels: 16 hexadecimal digits. It is
	// computed, not taken from the message.
	Fingerprint string
	// StartsAt is when it began to fire (not when it became active) and EndsAt
	// when it ended; zero while it fires.
	StartsAt, EndsAt time.Time
}

// Resolved tells whether the alert had ended.
func (t Told) Resolved() bool { return !t.EndsAt.IsZero() }

// Notification is a message that Alertmanager sent to a receiver. The
// integrations of one receiver, such as a chat and a pager, are told the same
// and count once.
type Notification struct {
	Receiver string
	// GroupKey is Alertmanager's: the route's matchers and the group's labels.
	GroupKey    string
	GroupLabels labels.Labels
	Reason      Reason
	// Alerts are all that the message names, those that ended included, ordered
	// by fingerprint.
	Alerts []Told
	// Truncated is how many more were left out, by max_alerts.
	Truncated int
	// Muted is how many alerts of the group were held back from the message;
	// only the event recorder tells, otherwise it is 0.
	Muted int
}

// Firing is how many alerts the message named that still fired.
func (n Notification) Firing() int {
	count := 0
	for _, a := range n.Alerts {
		if !a.Resolved() {
			count++
		}
	}
	return count
}

// Reason is why a notification was sent, in Alertmanager's words.
type Reason string

// The reasons. Alertmanager tells them from 0.32 on.
const (
	ReasonUnknown      Reason = ""
	ReasonFirst        Reason = "first notification"
	ReasonNewAlerts    Reason = "new alerts added"
	ReasonSomeResolved Reason = "some alerts resolved"
	ReasonAllResolved  Reason = "all alerts resolved"
	ReasonRepeat       Reason = "repeat interval elapsed"
)

// Muter is what held an alert back.
type Muter struct {
	// SilenceID is the silence's; empty for an inhibition.
	SilenceID string
	// Rule is the inhibit rule's name, and where it has none its matchers as
	// text: {source} inhibits {target} equal [labels].
	Rule string
	// Sources are the fingerprints of the alerts that inhibited it.
	Sources []string
}
