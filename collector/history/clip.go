package history

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// clipper shows episodes as a reading of one window would.
type clipper struct {
	window slo.Interval
	index  *noise.RuleIndex
	rules  []noise.Rule
	reach  slo.Interval // of what was clipped
}

// clip is the episode as the window shows it; false where the window holds no
// sample of it. What began before the window is first seen at the first evaluation
// in it, and what ended later is open.
func (c *clipper) clip(e noise.Episode, seen slo.Interval) (noise.Episode, bool) {
	first := e.ActiveAt
	if seen.From.After(first) {
		first = seen.From
	}
	if first.Before(c.window.From) {
		first = c.firstEvaluation(e)
		e.Certainty.Active = noise.EdgeCut
	}
	if !e.Open() && !first.Before(e.ResolvedAt) || !first.Before(c.window.To) {
		return e, false
	}
	if e.Fired() && e.FiredAt.Before(first) {
		e.FiredAt, e.Certainty.Fired = first, noise.EdgeCut
	}
	if e.Fired() && !e.FiredAt.Before(c.window.To) {
		e.FiredAt, e.Certainty.Fired = time.Time{}, noise.EdgeNone
	}
	last := seen.To
	if !e.Open() && !e.ResolvedAt.Before(c.window.To) {
		e.ResolvedAt, e.Certainty.Resolved, last = time.Time{}, noise.EdgeOpen, c.window.To
	}
	c.widen(slo.Interval{From: first, To: last})
	return e, true
}

// firstEvaluation is the first evaluation of the episode's rule in the window: an
// edge that was seen lies on the rule's grid.
func (c *clipper) firstEvaluation(e noise.Episode) time.Time {
	at := e.ActiveAt
	if e.Fired() {
		at = e.FiredAt
	}
	if e.Certainty.Resolved == noise.EdgeExact {
		at = e.ResolvedAt
	}
	i, ok := c.index.Find(&e)
	if !ok || c.rules[i].Interval <= 0 {
		return c.window.From
	}
	step := c.rules[i].Interval
	away := c.window.From.Sub(at) % step
	switch {
	case away > 0:
		return c.window.From.Add(step - away)
	default:
		return c.window.From.Add(-away)
	}
}

// widen takes a stretch into the reach.
func (c *clipper) widen(i slo.Interval) {
	if c.reach.From.IsZero() || i.From.Before(c.reach.From) {
		c.reach.From = i.From
	}
	if i.To.After(c.reach.To) {
		c.reach.To = i.To
	}
}
