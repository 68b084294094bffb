package route

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// pricer replays changes over one history and says what each would save and hide.
type pricer struct {
	config   *Config
	episodes []noise.Episode
	o        SuggestOptions
	full     Result  // the history without a change
	known    heardOf // what is heard of incidents in it
}

func newPricer(c *Config, episodes []noise.Episode, o SuggestOptions) *pricer {
	o = o.withDefaults()
	if o.Window.Empty() {
		o.Window = reach(episodes, c)
	}
	o.Window = shorten(o.Window)
	o.table = heard(episodes, o.Options)
	p := &pricer{config: c, episodes: episodes, o: o, full: Replay(c, episodes, o.Options)}
	p.known = hear(p.full, episodes, o)
	return p
}

// price completes a suggestion with what its change saves and hides. Part
// restricts the replays to what the change can touch.
func (p *pricer) price(s Suggestion, part *subset) (Suggestion, error) {
	changed, err := p.config.With(s.Change)
	if err != nil {
		return Suggestion{}, err
	}
	o := p.o.Options
	o.only = part
	before, after := Replay(p.config, p.episodes, o), Replay(changed, p.episodes, o)
	s.Saves, s.Incidents = Compare(before, after), len(p.o.Incidents)
	s.Hidden = p.known.hidden(hear(before, p.episodes, p.o), hear(after, p.episodes, p.o))
	return s, nil
}

// heardOf counts for each incident the notifications and the pages about alerts
// that concern it.
type heardOf struct {
	notifications, pages []int
	unknown              bool // a notification did not list its alerts
}

// hear goes through notifications in the order of time.
func hear(r Result, episodes []noise.Episode, o SuggestOptions) heardOf {
	h := heardOf{notifications: make([]int, len(o.Incidents)), pages: make([]int, len(o.Incidents)), unknown: r.Unlisted > 0}
	for i, in := range o.Incidents {
		from := in.From.Add(-o.Lead)
		first, _ := slices.BinarySearchFunc(r.Notifications, from, func(n Notification, t time.Time) int { return n.At.Compare(t) })
		for _, n := range r.Notifications[first:] {
			if !n.At.Before(in.To) {
				break
			}
			h.unknown = h.unknown || len(n.Firing) < n.FiringCount
			if !slices.ContainsFunc(n.Firing, func(e int) bool { return in.Concerns(episodes[e].Labels) }) {
				continue
			}
			h.notifications[i]++
			if n.Page() {
				h.pages[i]++
			}
		}
	}
	return h
}

// hidden counts the incidents that would be heard of no more, when part of what
// is heard becomes something else: all of them where that can't be told.
func (h heardOf) hidden(before, after heardOf) int {
	if h.unknown || before.unknown || after.unknown {
		return len(h.notifications)
	}
	n := 0
	for i, had := range h.notifications {
		pages := h.pages[i]
		left, pagesLeft := had-before.notifications[i]+after.notifications[i], pages-before.pages[i]+after.pages[i]
		if had > 0 && left == 0 || pages > 0 && pagesLeft == 0 {
			n++
		}
	}
	return n
}
