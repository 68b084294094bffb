package remedy

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// repeat is how often Alertmanager tells again of an alert that goes on, by
// default.
const repeat = 4 * time.Hour

// told is what alerts of one voice do in a part of the history.
type told struct {
	voice Voice
	score tune.Score
	sent  sent
}

// sent is notifications, before grouping.
type sent struct {
	all, needless int // of these, while no incident was under way
}

// form is what a rule comes to with a remedy: nothing where it is gone.
type form []told

// part is a part of the history under work.
type part struct {
	choose tune.ChooseOptions
	window slo.Interval
	limits []time.Time // by incident: by when it has to be told of; zero where nobody tells today
	today  []form      // by subject: as it is
	now    []form      // as recommended, or as decided since
	heard  hearing     // what all tell today
}

// weeks is the length of the part.
func (p *part) weeks() float64 { return p.window.Duration().Hours() / (7 * 24) }

// options are those of a count over the part.
func (p *part) options() tune.Options {
	return tune.Options{Incidents: p.choose.Incidents, Lead: p.choose.Lead, Window: p.window}
}

// quiet tells whether an alert is held back at a slot; nil never is.
type quiet func(series, slot int) bool

func (q quiet) at(series, slot int) bool { return q != nil && q(series, slot) }

// teller is what Alertmanager tells of one alert of its own, and remembers.
type teller struct {
	held   quiet
	series int
	step   time.Duration
	last   int  // when it last told
	logged bool // its log has the alert firing since then
	end    int  // when the alert last ended
}

func newTeller(g tune.Grid, series int, held quiet) *teller {
	return &teller{held: held, series: series, step: g.Step}
}

// slots is a duration in slots, rounded up.
func (w *teller) slots(d time.Duration) int { return max(1, int((d+w.step-1)/w.step)) }

// tell goes through an episode and calls sent for each notification; ok is false
// where there is none. What began again after an end that was held back is told of
// as if it had gone on, since Alertmanager's log of notifications has it firing.
func (w *teller) tell(span tune.Span, sent func(slot int)) (first int, ok bool) {
	t := span.Fired
	if w.logged && !w.endTold(span.Fired) {
		t = max(t, w.last+w.slots(repeat))
	} else {
		w.logged = false
	}
	for t < span.Resolved {
		if w.held.at(w.series, t) {
			t++
			continue
		}
		if !ok {
			first, ok = t, true
		}
		sent(t)
		w.last, w.logged = t, true
		t += w.slots(repeat)
	}
	w.end = span.Resolved
	return first, ok
}

// endTold tells whether the last end came through: Prometheus sends it for a
// while, the last time a slot before that is over, and at some time of it the alert
// was not held back.
func (w *teller) endTold(next int) bool {
	for t := w.end; t < min(next, w.end+w.slots(route.DefaultResolvedFor)-1); t++ {
		if !w.held.at(w.series, t) {
			return true
		}
	}
	return false
}

// count counts what a rule does over the part.
func (p *part) count(s tune.Samples, shape tune.Shape, v Voice) (told, error) {
	score, err := tune.Tally(s, shape, p.options())
	return told{voice: v, score: score, sent: p.messages(s, shape, nil)}, err
}

// messages are the notifications of the part: as an alert begins, and every four
// hours after the last while it goes on. Nothing is sent while it is held back.
func (p *part) messages(s tune.Samples, shape tune.Shape, held quiet) sent {
	from, to := s.Grid.Slot(p.window.From), s.Grid.Slot(p.window.To)
	var out sent
	for i, series := range s.Series {
		w, hurt := newTeller(s.Grid, i, held), p.concerning(series.Labels)
		for _, span := range tune.Simulate(s.Grid, series.Values, shape) {
			w.tell(span, func(slot int) {
				if slot < from || slot >= to {
					return
				}
				out.all++
				at := s.Grid.At(slot)
				if !slices.ContainsFunc(hurt, func(i slo.Interval) bool { return i.Contains(at) }) {
					out.needless++
				}
			})
		}
	}
	return out
}

// inTime tells whether an incident is told of soon enough.
func (p *part) inTime(incident int, at time.Time) bool {
	return !at.IsZero() && !p.limits[incident].IsZero() && !at.After(p.limits[incident])
}

// at is when an incident is first told of.
func (f form) at(incident int) time.Time {
	var out time.Time
	for _, t := range f {
		out = earlier(out, t.score.CaughtAt[incident])
	}
	return out
}

// earlier is the earlier of two instants, the zero time being none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// cost is what a form asks of people in the part: a needless page is 1, one of an
// incident is a tenth of it, as for the choice of changes, and so is what wakes
// nobody. Where nobody knows, it may wake somebody.
func (f form) cost() float64 {
	out := 0.0
	for _, t := range f {
		out += t.voice.weight() * (float64(t.sent.needless) + 0.1*float64(t.sent.all-t.sent.needless))
	}
	return out
}

func (v Voice) weight() float64 {
	if v.Waking == WakesNobody {
		return 0.1
	}
	return 1
}

// needless is how many notifications of a form have nothing to do with an incident.
func (f form) needless() int {
	out := 0
	for _, t := range f {
		out += t.sent.needless
	}
	return out
}

// concerning is when incidents are under way that concern an alert, with the time
// before in which it may begin.
func (p *part) concerning(alert labels.Labels) []slo.Interval {
	var out []slo.Interval
	for _, i := range p.choose.Incidents {
		if i.Concerns(alert) && i.Overlaps(p.window) {
			out = append(out, slo.Interval{From: i.From.Add(-p.choose.Lead), To: i.To})
		}
	}
	return out
}

// alertOf is the labels of a rule's alert: the sample's, with the rule's own that
// are no templates on top.
func alertOf(r noise.Rule, series labels.Labels) labels.Labels {
	b := labels.NewBuilder(series)
	for _, l := range static(r.Labels) {
		b.Set(l.Name, l.Value)
	}
	return b.Labels()
}

// share is the part of a window that intervals cover.
func share(covered []slo.Interval, w slo.Interval) float64 {
	free := time.Duration(0)
	for _, i := range w.Minus(slices.Clone(covered)) {
		free += i.Duration()
	}
	return 1 - free.Seconds()/max(1, w.Duration().Seconds())
}
