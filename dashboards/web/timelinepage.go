package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// The most lanes of each kind in a picture and in a file; how many are beyond is
// said.
const (
	budgetLanes = 12
	alertLanes  = 25
	fileLanes   = 500
)

// timelineView is alerts against budgets.
type timelineView struct {
	Lede     string
	Reaches  []choice
	SLOs     []choice
	Teams    []choice
	SLO      string
	Picture  lanesView
	More     string
	Bands    string
	Table    table
	From, To string
}

// stretch is what a request asks of the timeline.
type stretch struct {
	axis
	reach, slo, team string
}

// reaches are how far back the timeline may look.
func reaches() []struct {
	name, label string
	length      time.Duration
} {
	return []struct {
		name, label string
		length      time.Duration
	}{
		{"all", "the whole report", 0}, {"7d", "the last 7 days", 7 * 24 * time.Hour}, {"3d", "the last 3 days", 3 * 24 * time.Hour},
		{"24h", "the last 24 hours", 24 * time.Hour}, {"6h", "the last 6 hours", 6 * time.Hour},
	}
}

// parseStretch reads what the timeline should show.
func (s *Snapshot) parseStretch(v url.Values) (stretch, error) {
	out := stretch{axis: s.axis(), reach: cmp.Or(v.Get("last"), "all"), slo: v.Get("slo"), team: v.Get("team")}
	i := slices.IndexFunc(reaches(), func(r struct {
		name, label string
		length      time.Duration
	}) bool {
		return r.name == out.reach
	})
	if i < 0 {
		return out, badRequest("The timeline looks back over 6h, 24h, 3d, 7d or all.")
	}
	if d := reaches()[i].length; d > 0 && out.To.Add(-d).After(out.From) {
		out.From = out.To.Add(-d)
	}
	for _, edge := range []struct {
		name string
		into *time.Time
	}{{"from", &out.From}, {"to", &out.To}} {
		text := v.Get(edge.name)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return out, badRequest("A time is RFC 3339, as 2026-11-01T12:00:00Z.")
		}
		*edge.into, out.reach = at.UTC(), ""
	}
	if !out.From.Before(out.To) {
		return out, badRequest("The stretch is empty: from is not before to.")
	}
	return out, nil
}

func (s *server) timeline(req *request) (answer, error) {
	st, err := req.snap.parseStretch(req.URL.Query())
	if err != nil {
		return answer{}, err
	}
	if req.format == formatHTML {
		v := req.snap.timelineView(st)
		q := req.URL.RawQuery
		if q != "" {
			q = "?" + q
		}
		v.Table.JSON, v.Table.CSV = "/timeline.json"+q, "/timeline.csv"+q
		return s.page(req, "timeline", "Timeline", v), nil
	}
	lanes, budgets, alerts := req.snap.lanes(st, fileLanes, fileLanes)
	switch req.format {
	case formatJSON:
		h := req.snap.head("timeline", budgets+alerts)
		h.From, h.To = st.From, st.To
		data := make([]laneData, len(lanes))
		for i := range lanes {
			data[i] = lanes[i].data
		}
		return listJSON(h, "lanes", data), nil
	case formatCSV:
		return csvAnswer("timeline", laneColumns(), lanes), nil
	}
	return answer{}, ErrNotFound
}

func (s *Snapshot) timelineView(st stretch) timelineView {
	v := timelineView{
		Lede:    "From " + report.MinuteText(st.From) + " to " + report.MinuteText(st.To) + ": when alerts fired, and what became of the budgets.",
		Picture: lanesView{Ticks: st.ticks()}, SLO: st.slo, From: timeText(st.From), To: timeText(st.To),
	}
	for _, r := range reaches() {
		v.Reaches = append(v.Reaches, choice{Value: r.name, Label: r.label, On: r.name == st.reach})
	}
	v.SLOs, v.Teams = s.sloChoices(st), s.teamChoices(st)
	lanes, budgets, alerts := s.lanes(st, budgetLanes, alertLanes)
	for i := range lanes {
		lanes[i].Apart = i > 0 && lanes[i].data.Kind != lanes[i-1].data.Kind
	}
	v.Picture.Lanes = lanes
	if hidden := budgets + alerts - len(lanes); hidden > 0 {
		v.More = fmt.Sprintf("%s more: choose a promise or a team, or take the files below, which hold up to %d of each kind.", report.CountText(hidden), fileLanes)
	}
	v.Bands = report.PluralText(len(s.bands(st)), "incident")
	v.Table = list[lane]{name: "timeline", caption: "The same in figures", empty: "Nothing is known of this stretch.", columns: laneColumns()}.bare(lanes)
	return v
}

// lanes are the budgets that need a look first, then the rules that fired most, as
// many of each as asked for, and how many there are in all.
func (s *Snapshot) lanes(st stretch, budgets, alerts int) (lanes []lane, budgetCount, alertCount int) {
	bands, floor := s.bands(st), floorOf(s.slos)
	l := s.sloList()
	everyones := st.team == "" || st.slo != "" || s.ownsNone(st.team)
	for _, r := range l.pick(s.slos, selection{sort: l.order}) {
		if (st.slo != "" && r.ID != st.slo) || (!everyones && deref(r.Owner) != st.team) {
			continue
		}
		if budgetCount++; budgetCount <= budgets {
			lanes = append(lanes, s.budgetLane(st.axis, r, floor, bands))
		}
	}
	loud := s.loudest(st)
	for _, at := range loud[:min(len(loud), alerts)] {
		lanes = append(lanes, s.alertLane(st.axis, s.rules[at], bands))
	}
	return lanes, budgetCount, len(loud)
}

// loudest are the places of the rules that fired in the stretch, those that started
// most first. It draws nothing, so that thousands of rules cost little.
func (s *Snapshot) loudest(st stretch) []int {
	tied := s.tiedTo(st.slo)
	starts := map[int]int{}
	var out []int
	for i := range s.rules {
		if st.team != "" && deref(s.rules[i].Team) != st.team || st.slo != "" && !tied[i] {
			continue
		}
		fired := false
		for _, at := range s.episodes.byRule[s.rules[i].key] {
			e := &s.episodes.all[at]
			if st.Contains(e.FiredAt) {
				starts[i]++
			}
			fired = fired || !e.Firing(s.doc.To).Intersect(st.Interval).Empty()
		}
		if fired {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(starts[b], starts[a]) })
	return out
}

// ownsNone tells whether a team has no promise of its own, so that all are shown
// beside its alerts.
func (s *Snapshot) ownsNone(team string) bool {
	return !slices.ContainsFunc(s.slos, func(r sloRow) bool { return deref(r.Owner) == team })
}

// tiedTo is the places of the rules that are held against an SLO.
func (s *Snapshot) tiedTo(id string) map[int]bool {
	out := map[int]bool{}
	for _, w := range s.judgement.SLOs {
		if w.SLO != id {
			continue
		}
		for _, key := range w.Rules {
			if at, ok := s.ruleAt[key]; ok {
				out[at] = true
			}
		}
	}
	return out
}

// bands are the incidents in the stretch, of one SLO where one is chosen.
func (s *Snapshot) bands(st stretch) []slo.Interval {
	var out []slo.Interval
	for _, i := range s.incidents {
		in := slo.Interval{From: i.From, To: i.To}
		if (st.slo == "" || deref(i.SLO) == st.slo) && !in.Intersect(st.Interval).Empty() {
			out = append(out, in)
		}
	}
	slices.SortFunc(out, func(a, b slo.Interval) int { return a.From.Compare(b.From) })
	return out
}

func (s *Snapshot) sloChoices(st stretch) []choice {
	var out []choice
	for _, r := range s.slos {
		if !slices.ContainsFunc(out, func(c choice) bool { return c.Value == r.ID }) {
			out = append(out, choice{Value: r.ID, Label: cleanName(r.ID), On: r.ID == st.slo})
		}
	}
	return out
}

func (s *Snapshot) teamChoices(st stretch) []choice {
	var out []choice
	for _, r := range s.rules {
		if r.Team != nil && !slices.ContainsFunc(out, func(c choice) bool { return c.Value == *r.Team }) {
			out = append(out, choice{Value: *r.Team, Label: cleanName(*r.Team), On: *r.Team == st.team})
		}
	}
	slices.SortFunc(out, func(a, b choice) int { return cmp.Compare(a.Value, b.Value) })
	return out
}

func laneColumns() []column[lane] {
	return []column[lane]{
		{key: "name", head: "What", left: true, class: "name", value: func(l lane) any { return l.data.Name }, cell: func(l lane) cell {
			return cell{Text: newText(l.data.Name), Href: l.URL, Tag: newText(deref(l.data.Severity))}
		}},
		{key: "kind", head: "Kind", left: true, value: func(l lane) any { return l.data.Kind }, cell: func(l lane) cell { return cell{Text: plain(l.data.Kind)} }},
		{key: "starts", head: "Starts", value: func(l lane) any { return l.data.Starts }, cell: func(l lane) cell { return alertsOnly(l, report.CountText(l.data.Starts)) }},
		{key: "any_firing_seconds", head: "Firing", value: func(l lane) any { return l.data.Firing }, cell: func(l lane) cell { return alertsOnly(l, secondsText(l.data.Firing)) }},
		{key: "budget_before_ratio", head: "Budget before", value: func(l lane) any { return orNil(l.data.Before) }, cell: func(l lane) cell { return cell{Text: plain(optional(l.data.Before, report.BudgetText))} }},
		{key: "budget_after_ratio", head: "Budget after", value: func(l lane) any { return orNil(l.data.After) }, cell: func(l lane) cell { return cell{Text: plain(optional(l.data.After, report.BudgetText))} }},
		{key: "budget_burned_ratio", head: "Burned", value: func(l lane) any { return orNil(l.data.Burned) }, cell: func(l lane) cell { return cell{Text: plain(optional(l.data.Burned, report.BudgetText))} }},
		{key: "url", value: func(l lane) any { return l.URL }},
	}
}

func alertsOnly(l lane, figure string) cell {
	if l.data.Kind != "alerts" {
		figure = dash
	}
	return cell{Text: plain(figure)}
}
