package truth

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// ackPrefix is how comments of karma's acknowledgements begin.
const ackPrefix = "ACK!"

// Ack is somebody's answer to an alert: the first silence that was made while it
// fired and that mutes it. A silence is made when it starts.
type Ack struct {
	noise.Episode
	At     time.Time
	Marked bool // its comment says that it is an acknowledgement ("ACK!")
	Author string
}

// Took is the time from the alert to its acknowledgement.
func (a Ack) Took() time.Duration { return a.At.Sub(a.FiredAt) }

// Acknowledged is the episodes that somebody answered, ordered by noise.Compare;
// an open episode fires until now. An episode whose FiredAt is cut by the window
// fired earlier than it says, so its Took is too short.
//
// It sweeps through time and holds each silence only against what fired then.
func Acknowledged(episodes []noise.Episode, silences []noise.Silence, now time.Time) []Ack {
	made := slices.SortedStableFunc(slices.Values(silences), compareSilences)
	fired := firedDuring(episodes, made, now)
	var acks []Ack
	var active []sounding
	next := 0
	for _, s := range made {
		for next < len(fired) && !fired[next].FiredAt.After(s.From) {
			if s.From.Before(fired[next].Firing(now).To) {
				active = append(active, sounding{fired[next], withName(fired[next])})
			}
			next++
		}
		active = slices.DeleteFunc(active, func(e sounding) bool {
			if !s.From.Before(e.Firing(now).To) {
				return true
			}
			mutes := s.Mutes(e.named)
			if mutes {
				acks = append(acks, Ack{Episode: e.Episode, At: s.From.UTC(), Marked: isMarked(s), Author: s.Author})
			}
			return mutes
		})
	}
	slices.SortFunc(acks, func(a, b Ack) int { return noise.Compare(a.Episode, b.Episode) })
	return acks
}

// sounding is an episode that fires, and its labels as Alertmanager sees them.
type sounding struct {
	noise.Episode
	named labels.Labels
}

// compareSilences puts of those made at once the marked ones first.
func compareSilences(a, b noise.Silence) int {
	return cmp.Or(
		a.From.Compare(b.From), cmp.Compare(unmarked(isMarked(a)), unmarked(isMarked(b))),
		cmp.Compare(a.Author, b.Author), cmp.Compare(a.ID, b.ID),
	)
}

// unmarked puts what is marked first when it is sorted by.
func unmarked(marked bool) int {
	if marked {
		return 0
	}
	return 1
}

func isMarked(s noise.Silence) bool {
	return strings.HasPrefix(strings.TrimSpace(s.Comment), ackPrefix)
}

// firedDuring is the episodes that fired at some time at which a silence may have
// been made, by FiredAt.
func firedDuring(episodes []noise.Episode, made []noise.Silence, now time.Time) []noise.Episode {
	if len(made) == 0 {
		return nil
	}
	first, last := made[0].From, made[len(made)-1].From
	var fired []noise.Episode
	for _, e := range episodes {
		if e.Fired() && !e.FiredAt.After(last) && first.Before(e.Firing(now).To) {
			fired = append(fired, e)
		}
	}
	slices.SortFunc(fired, func(a, b noise.Episode) int {
		return cmp.Or(a.FiredAt.Compare(b.FiredAt), noise.Compare(a, b))
	})
	return fired
}

// withName is the labels of the alert with its name among them.
func withName(e noise.Episode) labels.Labels {
	b := labels.NewBuilder(e.Labels)
	return b.Set(labels.AlertName, e.Rule).Labels()
}
