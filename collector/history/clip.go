package history

import (
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// clipper shows episodes as a reading of one window would.
type clipper struct {
	window slo.Interval
	index  *noise.RuleIndex
	rules  []noise.Rule
	spells []noise.Spell // nil where the pipeline's health is not known
	reach  slo.Interval  // of what was clipped
}

// clip is the episode as the window shows it; false where the window holds no
// sample of it. What began before the window is first seen at the first evaluation
// in it, and what ended later is open.
func (c *clipper) clip(stored Entry) (noise.Episode, bool) {
	e, seen := stored.Episode, stored.Seen
	first := e.ActiveAt
	if seen.From.After(first) {
		first = seen.From
	}
	if first.Before(c.window.From) {
		first = c.firstEvaluation(e)
		e.ActiveAt, e.Certainty.Active = activeIn(e.ActiveAt, stored.shifts, c.window.From), noise.EdgeCut
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
	last, whole := seen.To, !stored.ActiveAt.Before(c.window.From)
	if !e.Open() && !e.ResolvedAt.Before(c.window.To) {
		e.ResolvedAt, e.Certainty.Resolved, last = time.Time{}, noise.EdgeOpen, c.window.To
		whole = false
	}
	shown := slo.Interval{From: first, To: last}
	if !whole {
		c.forgetHoles(&e, shown)
	}
	c.widen(shown)
	return e, true
}

// forgetHoles takes the holes off an episode of which the window shows a part in
// which the pipeline was well: they lie in the other part.
func (c *clipper) forgetHoles(e *noise.Episode, shown slo.Interval) {
	if c.spells == nil {
		return
	}
	for _, s := range c.spells {
		if s.Overlaps(shown) && mayTouch(s, e) {
			return
		}
	}
	e.Certainty.Gaps, e.Certainty.Bridged = 0, 0
}

// mayTouch tells whether a spell is of the episode's rule group, or of all. Rule
// files are often read from another folder than the server's.
func mayTouch(s noise.Spell, e *noise.Episode) bool {
	file, group, _ := strings.Cut(s.Group, ";")
	return s.Group == "" || e.Group == "" || group == e.Group && path.Base(file) == path.Base(filepath.ToSlash(e.File))
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
