package alertmanager

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"time"
)

// muteStep is how finely it is kept when an alert was held back: the event
// recorder says so at every flush of every route of every member of a cluster.
const muteStep = 5 * time.Minute

// keyBytes is the length of a key; 16 bytes do not collide by chance.
const keyBytes = 16

// keyer builds a key out of parts that can't run into each other.
type keyer struct{ h hash.Hash }

func newKeyer(k Kind) keyer {
	out := keyer{sha256.New()}
	out.text(string(k))
	return out
}

func (k keyer) text(s string) {
	k.number(int64(len(s)))
	k.h.Write([]byte(s))
}

func (k keyer) number(n int64) {
	var buf [8]byte
	binary.BigEndian.PutUint64(buf[:], uint64(n))
	k.h.Write(buf[:])
}

func (k keyer) time(t time.Time) {
	k.number(t.Unix())
	k.number(int64(t.Nanosecond()))
}

func (k keyer) sum() string {
	return hex.EncodeToString(k.h.Sum(nil)[:keyBytes])
}

// step is the number of the step of a length that a time lies in.
func step(t time.Time, length time.Duration) int64 {
	n := t.Unix()
	size := int64(length / time.Second)
	if n < 0 {
		n -= size - 1
	}
	return n / size
}

// notificationEvent names a notification by its content: receiver, group and
// the fingerprints, starts and ends of its alerts. Most contents come only once,
// since a new alert has a new start. One that only says that alerts still fire
// comes again after the repeat interval, so there the time belongs to the key.
func notificationEvent(at time.Time, n *Notification) Event {
	slices.SortStableFunc(n.Alerts, func(a, b Told) int { return cmp.Compare(a.Fingerprint, b.Fingerprint) })
	e := Event{Kind: KindNotification, At: at, Notification: n}
	if !n.repeats() {
		e.Key = n.content(0)
		return e
	}
	at0 := step(at, RepeatStep)
	e.Key = n.content(at0)
	e.Same = []string{n.content(at0 - 1), n.content(at0 + 1)}
	return e
}

// repeats tells whether the same content may rightly be sent again.
func (n *Notification) repeats() bool {
	if n.Firing() < len(n.Alerts) {
		return false // ends are told once
	}
	return n.Reason != ReasonFirst && n.Reason != ReasonNewAlerts
}

func (n *Notification) content(at int64) string {
	k := newKeyer(KindNotification)
	k.text(n.Receiver)
	k.text(n.GroupKey)
	k.number(int64(n.Truncated))
	k.number(at)
	for _, a := range n.Alerts {
		k.text(a.Fingerprint)
		k.time(a.StartsAt)
		k.time(a.EndsAt)
	}
	return k.sum()
}

// edges are what an alert in a message tells of the alert itself.
func edges(t Told) []Event {
	start := t
	start.EndsAt = time.Time{}
	out := []Event{edge(KindStart, start, t.StartsAt)}
	if t.Resolved() {
		out = append(out, edge(KindEnd, t, t.EndsAt))
	}
	return out
}

func edge(kind Kind, t Told, at time.Time) Event {
	k := newKeyer(kind)
	k.text(t.Fingerprint)
	k.time(t.StartsAt)
	k.time(t.EndsAt)
	return Event{Key: k.sum(), Kind: kind, At: at, Alert: &t}
}

func mutedEvent(kind Kind, at time.Time, t *Told, by *Muter) Event {
	k := newKeyer(kind)
	k.text(t.Fingerprint)
	k.text(by.SilenceID)
	k.text(by.Rule)
	for _, s := range by.Sources {
		k.text(s)
	}
	k.number(step(at, muteStep))
	return Event{Key: k.sum(), Kind: kind, At: at, Alert: t, By: by}
}
