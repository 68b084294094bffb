package promapi

import (
	"context"
	"fmt"
	"time"

	"github.com/burnish-sre/burnish/collector"
)

// The series that a living Prometheus always writes, how fresh the newest sample
// must be for the source to count as live, and how far back data are looked for.
const (
	lifeSelector = `{__name__=~"up|ALERTS|ALERTS_FOR_STATE"}`
	freshness    = 15 * time.Minute
	longestLook  = 10 * 365 * 24 * time.Hour
)

// Newest is the end of the newest full minute of data; see collector.Source. A
// live server answers with the last full minute but one before now. For another
// it is the end of the minute of its newest sample of up, ALERTS or
// ALERTS_FOR_STATE that is not after now; it looks back for ten years at least.
func (c *Client) Newest(ctx context.Context, now time.Time) (time.Time, error) {
	now = now.UTC()
	minute := now.Truncate(time.Minute)
	fresh := window{now.Add(-freshness).UnixMilli(), now.UnixMilli() + 1}
	live, err := c.alive(ctx, fresh)
	if err != nil {
		return time.Time{}, err
	}
	if live {
		return minute.Add(-time.Minute), nil
	}
	found, err := c.lastAlive(ctx, minute.Add(-freshness).Add(time.Minute))
	if err != nil {
		return time.Time{}, err
	}
	for found.to-found.from > time.Minute.Milliseconds() {
		later := window{middle(found), found.to}
		some, err := c.alive(ctx, later)
		if err != nil {
			return time.Time{}, err
		}
		if some {
			found = later
		} else {
			found.to = later.from
		}
	}
	return time.UnixMilli(found.to).UTC(), nil
}

// middle is the whole minute in or right after the middle of a stretch of more
// than one whole minutes.
func middle(w window) int64 {
	minute := time.Minute.Milliseconds()
	return w.from + ((w.to-w.from)/minute+1)/2*minute
}

// lastAlive looks back from an instant, each time as far again as before, for
// the newest stretch that holds a sample.
func (c *Client) lastAlive(ctx context.Context, until time.Time) (window, error) {
	to := until.UnixMilli()
	for length := freshness.Milliseconds(); length <= longestLook.Milliseconds() && to > 0; length *= 2 {
		w := window{max(0, to-length), to}
		some, err := c.alive(ctx, w)
		if err != nil || some {
			return w, err
		}
		to = w.from
	}
	return window{}, fmt.Errorf("look for the newest data of %s: there is no sample of up, ALERTS or ALERTS_FOR_STATE up to %s: %w; check that it is the right server and tenant, and that it evaluates alerting rules",
		c.Name(), until.UTC().Format(time.RFC3339), collector.ErrNoData)
}

// alive tells whether a sample lies in a window. A range is open to the left in
// Prometheus 3, so it begins a millisecond earlier. A server that finds too many
// samples has some.
func (c *Client) alive(ctx context.Context, w window) (bool, error) {
	expr := fmt.Sprintf("count(present_over_time(%s[%dms]))", lifeSelector, w.to-w.from)
	s := &shelf{}
	question := instant(expr, w.to-1)
	question.verb, question.expr = "look for the newest data", ""
	_, err := c.query(ctx, question, func() sink {
		*s = shelf{}
		return s.series
	})
	if tooManySamples(err) {
		return true, nil
	}
	return len(s.list) > 0, err
}
