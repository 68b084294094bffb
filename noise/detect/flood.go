package detect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func flood() Detector {
	return detector(Detector{
		Kind: noise.KindFlood, Title: "more came than a person can take in", Action: noise.WrongTime,
		Source: "ISA-18.2-2016 clause 16; EEMUA 191 as quoted by HSE CHIS 6 (2000): ten in ten minutes, over when under five",
	}, findFloods)
}

// tenMinutes is the span that alarm standards count alarms in, in milliseconds.
const tenMinutes = int64(10 * time.Minute / time.Millisecond)

// message is one thing that reached a person.
type message struct {
	at      int64
	episode int32   // the first that it names
	rule    int32   // of that episode; a place in measured.rules
	others  []int32 // the other rules behind it
}

func findFloods(v view) []noise.Finding {
	if v.in.Route == nil {
		return v.floodOf("", v.startMessages())
	}
	by := map[string][]message{}
	paging := map[string]bool{}
	for i := range v.in.Route.Notifications {
		n := &v.in.Route.Notifications[i]
		if m, ok := v.message(n.Firing, n.Resolved, n.At.UnixMilli()); ok {
			by[n.Receiver] = append(by[n.Receiver], m)
			paging[n.Receiver] = paging[n.Receiver] || n.Paging
		}
	}
	var out []noise.Finding
	for receiver, messages := range by {
		for _, f := range v.floodOf(receiver, messages) {
			if !paging[receiver] {
				f.Gravity = noise.GravityInfo
			}
			out = append(out, f)
		}
	}
	return out
}

// startMessages takes each start for a message, where nothing was replayed.
func (v view) startMessages() []message {
	var out []message
	for i := range v.rules {
		if v.rules[i].standing {
			continue
		}
		for _, s := range v.rules[i].starts {
			if s.marks&markCarried == 0 {
				out = append(out, message{at: s.from, episode: s.episode, rule: int32(i)})
			}
		}
	}
	return out
}

// mostRules bounds the rules that are noted of one notification.
const mostRules = 16

// message is a notification; ok is false where the pipeline had a hand in all
// that it names.
func (v view) message(firing, resolved []int, at int64) (out message, ok bool) {
	out.at = at
	for _, places := range [][]int{firing, resolved} {
		for _, i := range places {
			if i < 0 || i >= len(v.charged) || v.charged[i] < 0 {
				continue
			}
			rule := v.charged[i]
			if !ok {
				out.episode, out.rule, ok = int32(i), rule, true
			}
			if rule != out.rule && len(out.others) < mostRules && !slices.Contains(out.others, rule) {
				out.others = append(out.others, rule)
			}
		}
	}
	return out, ok
}

// deluge is a flood: the messages in [first, last).
type deluge struct {
	from, to          int64
	first, last, peak int
}

// deluges finds the floods among sorted messages: on when the ten minutes up to
// a message hold enough, off when they hold few.
func deluges(sorted []message, o *Options) []deluge {
	var out []deluge
	left, open := 0, false
	for i := range sorted {
		now := sorted[i].at
		for left < i && sorted[left].at+tenMinutes <= now {
			left++
			if gone := sorted[left-1].at + tenMinutes; open && i-left < o.FloodEnd {
				out[len(out)-1].to, open = gone, false
			}
		}
		n := i - left + 1
		if !open && n >= o.FloodStart {
			first := left
			if len(out) > 0 {
				first = max(first, out[len(out)-1].last)
			}
			out, open = append(out, deluge{from: now, first: first}), true
		}
		if open {
			last := &out[len(out)-1]
			last.to, last.last, last.peak = now+tenMinutes, i+1, max(last.peak, n)
		}
	}
	return out
}

func (v view) floodOf(receiver string, messages []message) []noise.Finding {
	slices.SortFunc(messages, func(a, b message) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(v.rank(a.episode), v.rank(b.episode)))
	})
	floods := deluges(messages, v.o)
	if len(floods) == 0 {
		return nil
	}
	d := v.drench(floods, messages)
	top := topRules(d.counts)
	f := noise.Finding{
		ID:      noise.FindingID(noise.KindFlood, noise.RuleKey{}, receiver),
		Gravity: noise.GravityWarning, Confidence: noise.Strong,
		Title: fmt.Sprintf("%s of notifications to %s, the worst with %d in ten minutes.",
			plural(len(floods), "flood", "floods"), clip(receiver, mostName), d.worst.peak),
		Advice: fmt.Sprintf("Group or inhibit what comes together: %s was part of most of it; the worst was on %s.",
			name(v.rules[top[0]].ref.RuleKey), time.UnixMilli(d.worst.from).UTC().Format("2006-01-02 at 15:04 UTC")),
		Evidence: []noise.Fact{
			count("floods", len(floods)), count("most_in_ten_minutes", d.worst.peak), seconds("time_in_flood_seconds", d.lasted),
			share("share_in_floods", slo.Proportion{Count: d.in, Of: len(messages)}),
			share("noisiest_rule", slo.Proportion{Count: d.counts[top[0]], Of: d.in}),
		},
		Why: "Counted on what was replayed through the routes.",
	}
	if v.in.Route == nil {
		f.Title = fmt.Sprintf("%s of firing starts, the worst with %d in ten minutes.", plural(len(floods), "flood", "floods"), d.worst.peak)
		f.Confidence, f.Why = noise.Weak, "Counted on firing starts, since no notifications were replayed: grouping and silences are not taken into account."
	}
	for _, r := range top {
		f.SeenWith(v.rules[r].ref)
	}
	for _, m := range messages[d.worst.first:min(d.worst.last, d.worst.first+3)] {
		f.Examples = append(f.Examples, v.episodes[m.episode])
	}
	return []noise.Finding{f}
}

// drenched is what all the floods of a receiver come to.
type drenched struct {
	worst  deluge
	lasted int64
	in     int           // messages
	counts map[int32]int // of messages, by rule
}

func (v view) drench(floods []deluge, messages []message) drenched {
	d := drenched{worst: floods[0], counts: map[int32]int{}}
	for _, f := range floods {
		d.lasted += min(f.to, v.to) - f.from
		d.in += f.last - f.first
		if f.peak > d.worst.peak {
			d.worst = f
		}
		for _, m := range messages[f.first:f.last] {
			d.counts[m.rule]++
			for _, r := range m.others {
				d.counts[r]++
			}
		}
	}
	return d
}

// topRules are the five rules with most messages, the most first.
func topRules(counts map[int32]int) []int32 {
	var out []int32
	for r := range counts {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b int32) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return out[:min(5, len(out))]
}
