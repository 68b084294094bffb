package noise

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Standing is an alert that fires at the end of a window.
type Standing struct {
	RuleKey
	Labels labels.Labels // without alertname and alertstate
	// Since is when it began to fire. Where AtLeast is set nobody saw the
	// start, and it has fired since then at least.
	Since   time.Time
	AtLeast bool
}

// stand describes the open episode. A start before the window that is known is
// given as it is.
func (t *tally) stand(e *Episode, s *series, f firing) Standing {
	out := Standing{RuleKey: t.rows[s.row].RuleKey, Labels: e.Labels, Since: e.FiredAt.UTC()}
	if !e.Certainty.Fired.isKnown() {
		out.Since, out.AtLeast = instant(f.from), true
	}
	return out
}

// sortStanding puts what has stood longest first.
func sortStanding(s []Standing) {
	slices.SortFunc(s, func(a, b Standing) int {
		return cmp.Or(a.Since.Compare(b.Since), a.compare(b.RuleKey), labels.Compare(a.Labels, b.Labels))
	})
}

// staleDays counts, for each day in UTC that the window touches, the alerts
// that had fired too long on it.
type staleDays struct {
	first  int64 // the first day, in days since the epoch
	counts []int
	last   map[int32]int64 // by alert: the last day it was counted on
}

const dayMillis = int64(24 * time.Hour / time.Millisecond)

func newStaleDays(o Options) staleDays {
	if o.Window.Empty() {
		return staleDays{}
	}
	first := o.Window.From.UnixMilli() / dayMillis
	last := (o.Window.To.UnixMilli() - 1) / dayMillis
	return staleDays{first: first, counts: make([]int, last-first+1), last: map[int32]int64{}}
}

// add counts an alert that is stale in [from, to), later spans of it later.
func (d *staleDays) add(alert int32, from, to int64) {
	day := from / dayMillis
	if last, ok := d.last[alert]; ok {
		day = max(day, last+1)
	}
	for end := (to - 1) / dayMillis; day <= end; day++ {
		d.counts[day-d.first]++
		d.last[alert] = day
	}
}

func (d *staleDays) worst() int {
	if len(d.counts) == 0 {
		return 0
	}
	return slices.Max(d.counts)
}
