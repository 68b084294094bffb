package web

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// lane is one row of a picture in which all rows share the time axis: a budget, or
// the alerts of a rule.
type lane struct {
	Name  text
	URL   string
	Tag   text
	Notes []text
	Strip stripView
	Apart bool // the first of its kind

	data laneData
}

// laneData is the lane in figures, for JSON, CSV and the table beside the picture.
type laneData struct {
	Kind     string  `json:"kind"` // budget or alerts
	Name     string  `json:"name"`
	URL      string  `json:"url"`
	Severity *string `json:"severity"`
	// Starts and Firing are of alerts; Spans are when at least one fired.
	Starts int     `json:"starts"`
	Firing float64 `json:"any_firing_seconds"`
	Spans  []span  `json:"spans"`
	// Before and After are the budget left at the two ends of the stretch, and
	// Burned what went in between.
	Before *float64 `json:"budget_before_ratio"`
	After  *float64 `json:"budget_after_ratio"`
	Burned *float64 `json:"budget_burned_ratio"`
}

type span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// lanesView is a picture of lanes.
type lanesView struct {
	Lanes []lane
	Ticks []tick
}

// laneHeight is the height of an alert lane, in units.
const laneHeight = 24

// budgetLane draws the course of a budget over a stretch of time.
func (s *Snapshot) budgetLane(a axis, r sloRow, floor float64, bands []slo.Interval) lane {
	strip := a.burnDown(r.BurnDown, floor)
	strip.Bands, strip.Grid = a.spans(bands, 0, budgetHeight), a.grid(budgetHeight)
	out := lane{Name: newText(r.ID), URL: r.URL, Strip: strip, Notes: texts(groupText(r.Group))}
	d := laneData{Kind: "budget", Name: r.ID, URL: r.URL, Spans: []span{}}
	if r.BurnDown != nil {
		d.Before, d.After = leftAt(r.BurnDown, a.From), leftAt(r.BurnDown, a.To)
	}
	if d.Before != nil && d.After != nil {
		d.Burned = new(millionths(*d.Before - *d.After))
	}
	out.Strip.Title = cleanName(r.ID) + ": budget left, from " + optional(d.Before, report.BudgetText) + " to " + optional(d.After, report.BudgetText)
	out.Notes = append(out.Notes, texts(optional(d.Before, report.BudgetText)+" → "+optional(d.After, report.BudgetText)+" of the budget left")...)
	out.data = d
	return out
}

// leftAt is the budget left at an instant, as of the last step that ended by then;
// nil where it is not known or lies outside the course.
func leftAt(b *report.BurnDown, at time.Time) *float64 {
	if at.Before(b.From) || b.Step <= 0 {
		return nil
	}
	ended := int(at.Sub(b.From).Seconds() / b.Step)
	switch {
	case ended == 0:
		return new(1.0)
	case ended > len(b.Remaining):
		return nil
	}
	return b.Remaining[ended-1]
}

// alertLane draws the alerts of a rule over a stretch of time.
func (s *Snapshot) alertLane(a axis, r ruleRow, bands []slo.Interval) lane {
	var starts []time.Time
	var firing []slo.Interval
	for _, i := range s.episodes.byRule[r.key] {
		in := s.episodes.all[i].Firing(s.doc.To).Intersect(a.Interval)
		if in.Empty() {
			continue
		}
		firing = append(firing, in)
		if at := s.episodes.all[i].FiredAt; a.Contains(at) {
			starts = append(starts, at)
		}
	}
	slices.SortFunc(firing, func(x, y slo.Interval) int { return x.From.Compare(y.From) })
	d := laneData{Kind: "alerts", Name: r.Name, URL: r.URL, Severity: r.Severity, Starts: len(starts), Spans: []span{}}
	for _, u := range union(slices.Clone(firing)) {
		d.Firing += u.Duration().Seconds()
		d.Spans = append(d.Spans, span{u.From.UTC(), u.To.UTC()})
	}
	note := report.PluralText(d.Starts, "start") + ", fired " + secondsText(d.Firing)
	return lane{
		Name: newText(r.Name), URL: r.URL, Tag: newText(deref(r.Severity)), Notes: texts(note), data: d,
		Strip: stripView{
			Height: laneHeight, Bands: a.spans(bands, 0, laneHeight), Grid: a.grid(laneHeight),
			Bars: a.spans(firing, 4, laneHeight-8), Title: cleanName(r.Name) + ": " + note,
		},
	}
}

// signalLane draws one alert's firing beside an incident.
func signalLane(a axis, in slo.Interval, key noise.RuleKey, fired slo.Interval) stripView {
	return stripView{
		Height: laneHeight, Bands: a.spans([]slo.Interval{in}, 0, laneHeight), Grid: a.grid(laneHeight),
		Bars:  a.spans([]slo.Interval{fired}, 4, laneHeight-8),
		Title: cleanName(key.Name) + ": fired from " + report.MinuteText(fired.From) + " for " + report.SpanText(fired.Duration()),
	}
}
