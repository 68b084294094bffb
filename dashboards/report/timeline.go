package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// The space of a timeline's drawings, in units.
const (
	timelineWidth  = 1000
	timelineHeight = 16
)

// eventKind says what a row of a timeline is.
type eventKind string

const (
	eventBegan        eventKind = "began"
	eventAlert        eventKind = "alert"
	eventStanding     eventKind = "standing"
	eventAcknowledged eventKind = "acknowledged"
	eventOver         eventKind = "over"
)

// event is something that happened about an incident.
type event struct {
	Kind         eventKind
	at           time.Time
	When         string // from the incident's start: "+4 min"
	Says         string // what it was, where it was no alert
	Name, Labels text
	Severity     text
	First        bool   // the alert that told of it first
	Band, Bar    string // path data: the incident, and how long the alert fired
	Title        string
}

// newTimeline is what happened about an incident in order of onset: its start, the
// alerts, the first answer and its end. Shown bounds the alerts.
func newTimeline(x *truth.Verdict, answered time.Time, shown int) []event {
	d := drawing{span: timelineSpan(x), incident: x.Interval}
	d.band = d.bar(x.From, x.To, 0)
	out := []event{d.mark(eventBegan, x.From, "the incident began")}
	for i, s := range x.Signals[:min(shown, len(x.Signals))] {
		out = append(out, d.signal(x, s, i == 0 && s.Onset))
	}
	if !answered.IsZero() {
		out = append(out, d.mark(eventAcknowledged, answered, "somebody answered: a silence was made on an alert"))
	}
	if !x.To.IsZero() {
		out = append(out, d.mark(eventOver, x.To, "the incident was over"))
	}
	slices.SortStableFunc(out, func(a, b event) int {
		return cmp.Or(cmp.Compare(standingLast(a), standingLast(b)), a.at.Compare(b.at))
	})
	return out
}

// standingLast puts what fired already behind what began with the incident.
func standingLast(e event) int {
	if e.Kind == eventStanding {
		return 1
	}
	return 0
}

// standing names the alerts that fired already, each rule once: they say nothing of
// the incident, and often stand in the timelines of all.
func standing(events []event) []countedText {
	var out []countedText
	times := map[string]int{}
	for _, e := range events {
		if e.Kind != eventStanding {
			continue
		}
		if times[e.Name.Shown]++; times[e.Name.Shown] == 1 {
			out = append(out, countedText{Text: e.Name})
		}
	}
	for i := range out {
		if n := times[out[i].Text.Shown]; n > 1 {
			out[i].Count = "×" + count(n)
		}
	}
	return out
}

// timelineSpan is what a timeline shows: the incident, and some time around it in
// which alerts began and ended.
func timelineSpan(x *truth.Verdict) slo.Interval {
	to := x.To
	if !to.After(x.From) {
		to = x.From.Add(time.Hour) // not over, or an instant
	}
	out := slo.Interval{From: x.From.Add(-to.Sub(x.From) / 10), To: to.Add(to.Sub(x.From) / 5)}
	for _, s := range x.Signals {
		if s.Onset && s.FiredAt.Before(out.From) {
			out.From = s.FiredAt
		}
		if s.Onset && s.FiredAt.After(out.To) {
			out.To = s.FiredAt.Add(time.Minute)
		}
	}
	return out
}

// drawing places instants on the width of a timeline.
type drawing struct {
	span, incident slo.Interval
	band           string
}

func (d drawing) x(t time.Time) float64 {
	at := t.Sub(d.span.From).Seconds() / d.span.Duration().Seconds()
	return min(1, max(0, at)) * timelineWidth
}

// bar is a stretch as path data; one without an end goes on to the edge.
func (d drawing) bar(from, to time.Time, inset int) string {
	left, right := d.x(from), float64(timelineWidth)
	if !to.IsZero() {
		right = d.x(to)
	}
	h := timelineHeight - 2*inset
	w := max(4, right-left)
	left = min(left, timelineWidth-w)
	return fmt.Sprintf("M%s %dh%sv%dh-%sz", short(left), inset, short(w), h, short(w))
}

func (d drawing) mark(kind eventKind, at time.Time, says string) event {
	e := event{Kind: kind, at: at, When: offset(at.Sub(d.incident.From)), Says: says, Band: d.band}
	if kind == eventBegan {
		e.When = minute(at)
	}
	e.Bar = d.bar(at, at, 1)
	e.Title = capital(says) + ", " + minute(at) + " UTC"
	return e
}

func (d drawing) signal(x *truth.Verdict, s truth.Signal, first bool) event {
	e := event{
		Kind: eventAlert, at: s.FiredAt, When: offset(s.FiredAt.Sub(x.From)), Band: d.band, Bar: d.bar(s.FiredAt, s.ResolvedAt, 4), First: first,
		Name: newText(s.Name, 60), Labels: labelsText(s.Labels, "severity"), Severity: newText(s.Severity, 24),
	}
	if !s.Onset {
		e.Kind, e.When = eventStanding, "fired already"
	}
	until := ", not over"
	if !s.ResolvedAt.IsZero() {
		until = " for " + span(s.ResolvedAt.Sub(s.FiredAt))
	}
	e.Title = clean(s.Name, nameLimit) + " fired from " + minute(s.FiredAt) + " UTC" + until
	return e
}

// timelineWords is a timeline in one line, for forms without drawings.
func timelineWords(events []event, more string) string {
	var parts []string
	for _, e := range events {
		switch {
		case e.Kind == eventBegan || e.Kind == eventOver:
		case e.Says != "":
			parts = append(parts, e.When+" "+e.Says)
		default:
			parts = append(parts, e.When+" "+e.Name.Shown)
		}
	}
	if more != "" {
		parts = append(parts, more)
	}
	return strings.Join(parts, "; ")
}
