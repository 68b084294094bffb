package route

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// maxSent bounds how many notifications are listed. More are counted only.
const maxSent = 5_000_000

// collected gathers what was sent.
type collected struct {
	episodes []noise.Episode
	o        Options
	assumed  bool
	paging   map[string]bool
	sent     []Notification
	listed   int
	total    int

	byReceiver map[string]Count

	rules    map[noise.RuleKey]int32
	ruleOf   []int32 // by episode; one more than the place in counts, 0: not yet known
	counts   []RuleCount
	lastSeen []int // by rule: the number of the notification that counted it last
}

func newCollected(c *Config, episodes []noise.Episode, o Options) *collected {
	return &collected{
		episodes: episodes, o: o, assumed: c.assumed, paging: o.Paging.receivers(c),
		byReceiver: map[string]Count{}, rules: map[noise.RuleKey]int32{}, ruleOf: make([]int32, len(episodes)),
	}
}

// send notes a notification. Those before the window only set the timers.
func (r *replayer) send(g *group, f *flush, reason Reason, withResolved bool) {
	for _, place := range f.firing {
		r.fate[g.slots[place].span.episode] |= notified
	}
	if f.now < r.from {
		return
	}
	n := Notification{
		At: time.UnixMilli(f.now).UTC(), Receiver: g.route.receiver, Paging: r.out.paging[g.route.receiver],
		GroupKey: r.unit.key, Route: g.route.id, Labels: r.unit.labels, Reason: reason,
	}
	firing := episodesOf(g, f.firing)
	var ended []int
	if withResolved {
		ended = episodesOf(g, f.resolved)
	}
	r.out.add(n, firing, ended)
}

func episodesOf(g *group, places []int32) []int {
	if len(places) == 0 {
		return nil
	}
	out := make([]int, len(places))
	for i, place := range places {
		out[i] = int(g.slots[place].span.episode)
	}
	slices.Sort(out)
	return out
}

func (c *collected) add(n Notification, firing, ended []int) {
	n.FiringCount, n.ResolvedCount = len(firing), len(ended)
	c.total++
	number := c.total
	k := c.byReceiver[n.Receiver]
	k.Notifications++
	if n.Page() {
		k.Pages++
	}
	c.byReceiver[n.Receiver] = k
	var parts []int32
	for _, list := range [][]int{firing, ended} {
		for _, i := range list {
			rule := c.rule(i)
			if c.lastSeen[rule] != number {
				c.lastSeen[rule] = number
				parts = append(parts, rule)
			}
		}
	}
	for _, rule := range parts {
		k := &c.counts[rule]
		k.Notifications++
		if n.Page() {
			k.Pages++
		}
		if len(parts) == 1 {
			k.Sole++
		}
	}
	if len(c.sent) == maxSent {
		return
	}
	if c.listed += len(firing) + len(ended); c.listed <= c.o.MaxListed {
		n.Firing, n.Resolved = firing, ended
	}
	c.sent = append(c.sent, n)
}

// rule is the place among counts of the rule of an episode.
func (c *collected) rule(episode int) int32 {
	if c.ruleOf[episode] > 0 {
		return c.ruleOf[episode] - 1
	}
	key := keyOf(&c.episodes[episode])
	at, ok := c.rules[key]
	if !ok {
		at = int32(len(c.counts))
		c.rules[key] = at
		c.counts = append(c.counts, RuleCount{RuleKey: key})
		c.lastSeen = append(c.lastSeen, 0)
	}
	c.ruleOf[episode] = at + 1
	return at
}

// keyOf is what a report knows an episode's rule by, as noise does.
func keyOf(e *noise.Episode) noise.RuleKey {
	return noise.RuleKey{Name: e.Rule, Group: e.Group, File: e.File, Severity: e.Severity()}
}

func (c *collected) result(fate []held) Result {
	c.sort()
	slices.SortFunc(c.counts, func(a, b RuleCount) int { return compareKeys(a.RuleKey, b.RuleKey) })
	return Result{
		Window: c.o.Window, Notifications: c.sent, Receivers: c.receivers(), Rules: c.counts,
		Held: c.held(fate), Assumed: c.assumed, Unlisted: c.total - len(c.sent),
	}
}

// sort puts notifications in order. They are large, so their places are sorted.
func (c *collected) sort() {
	places := make([]int32, len(c.sent))
	for i := range places {
		places[i] = int32(i)
	}
	slices.SortFunc(places, func(a, b int32) int { return compareNotifications(&c.sent[a], &c.sent[b]) })
	var sorted []Notification
	if len(places) > 0 {
		sorted = make([]Notification, len(places))
	}
	for i, place := range places {
		sorted[i] = c.sent[place]
	}
	c.sent = sorted
}

// compareNotifications orders by time; no two are equal, as a group is flushed
// once at a time.
func compareNotifications(a, b *Notification) int {
	if d := a.At.Compare(b.At); d != 0 {
		return d
	}
	return cmp.Or(strings.Compare(a.Receiver, b.Receiver), strings.Compare(a.GroupKey, b.GroupKey), strings.Compare(a.Route, b.Route))
}

func compareKeys(a, b noise.RuleKey) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Group, b.Group),
		strings.Compare(a.File, b.File), strings.Compare(a.Severity, b.Severity))
}

// receivers counts by receiver, those that were sent nothing included.
func (c *collected) receivers() []Count {
	var out []Count
	for name, paging := range c.paging {
		k := c.byReceiver[name]
		k.Receiver, k.Paging = name, paging
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b Count) int { return strings.Compare(a.Receiver, b.Receiver) })
	return out
}

// held counts the episodes of the window of which nobody was told, by what held
// them back: the first of inhibition, time interval and silence.
func (c *collected) held(fate []held) Silenced {
	var out Silenced
	for i, f := range fate {
		if f&notified != 0 || !c.o.Window.Overlaps(c.episodes[i].Firing(c.o.Window.To)) {
			continue
		}
		switch {
		case f&heldInhibited != 0:
			out.ByInhibition++
		case f&heldTime != 0:
			out.ByTime++
		case f&heldSilenced != 0:
			out.BySilence++
		}
	}
	return out
}
