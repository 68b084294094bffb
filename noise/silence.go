package noise

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/slo"
)

// Silence is a silence of Alertmanager: while it lasts, alerts that match are
// not notified of. An alert matches if it matches every matcher of at least one
// of the sets.
type Silence struct {
	slo.Interval
	ID        string
	Matchers  [][]*labels.Matcher
	Author    string
	Comment   string
	UpdatedAt time.Time
}

// Mutes tells whether the silence is about an alert, whose labels include the
// alertname.
func (s Silence) Mutes(alert labels.Labels) bool {
	for _, set := range s.Matchers {
		if matchesAll(set, alert) {
			return true
		}
	}
	return false
}

func matchesAll(set []*labels.Matcher, ls labels.Labels) bool {
	for _, m := range set {
		if !m.Matches(ls.Get(m.Name)) {
			return false
		}
	}
	return len(set) > 0
}
