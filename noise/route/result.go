package route

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Reason says why Alertmanager sent a notification; its own words.
type Reason string

// The reasons.
const (
	ReasonFirst    Reason = "first notification"
	ReasonNew      Reason = "new alerts added"
	ReasonResolved Reason = "some alerts resolved"
	ReasonAllGone  Reason = "all alerts resolved"
	ReasonRepeat   Reason = "repeat interval elapsed"
)

// Notification is one message to one receiver about one group of alerts.
type Notification struct {
	At       time.Time
	Receiver string
	Paging   bool   // the receiver is marked as paging
	GroupKey string // Alertmanager's: the route's matchers and the group's labels
	Labels   labels.Labels
	Reason   Reason
	// Firing and Resolved are indices into the episodes that were replayed, of
	// the alerts that the message names.
	Firing, Resolved []int
	// FiringCount and ResolvedCount are their numbers; they hold where the lists
	// are left out for their size (Options.MaxListed).
	FiringCount, ResolvedCount int
	Route                      string // Route.ID
}

// Page tells whether the notification wakes somebody: it goes to a paging
// receiver and names an alert that fires. Word of an end wakes nobody.
func (n Notification) Page() bool { return n.Paging && n.FiringCount > 0 }

// Silenced counts what was not notified of.
type Silenced struct {
	// ByInhibition, BySilence and ByTime count episodes that never reached a
	// receiver for this reason; of several reasons the one that Alertmanager
	// asks first: inhibition, time interval, silence.
	ByInhibition, BySilence, ByTime int
}

// Result is what would have been sent in a window.
type Result struct {
	Window        slo.Interval
	Notifications []Notification // by time
	Receivers     []Count        // by receiver's name
	Rules         []RuleCount    // by key
	Held          Silenced
	// Assumed tells that no configuration was given, so that a default one was
	// replayed.
	Assumed bool
	// Unlisted counts notifications beyond the first five million, which are in
	// the counts and not in the list.
	Unlisted int
}

// Count is how many notifications went to a receiver.
type Count struct {
	Receiver      string
	Paging        bool
	Notifications int
	Pages         int
}

// RuleCount is how many notifications a rule had a part in. A notification of
// several rules counts for each of them; Sole counts those of this rule alone.
type RuleCount struct {
	noise.RuleKey
	Notifications, Pages, Sole int
}

// PerWeek is a count of the window as a rate.
func (r Result) PerWeek(count int) float64 {
	if r.Window.Empty() {
		return 0
	}
	return float64(count) / (r.Window.Duration().Hours() / (7 * 24))
}
