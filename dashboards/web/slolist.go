package web

import (
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/dashboards/report"
)

// sloList is all groups of all SLOs, those that need a look first.
func (s *Snapshot) sloList() list[sloRow] {
	return list[sloRow]{
		name: "slos", noun: "promise", path: "/slos", order: "attention",
		caption: "Promises, those that need a look first", empty: "No SLO is known. docs/slo-spec.md tells how to write one down.",
		rows:    func(s *Snapshot) []sloRow { return s.slos },
		id:      func(r sloRow) string { return r.ID + " " + groupText(r.Group) },
		columns: s.sloColumns(),
		facets: []facet[sloRow]{
			{"team", "Team", func(r sloRow) []string { return oneOf(r.Owner) }},
			{"service", "Service", func(r sloRow) []string { return []string{r.Service} }},
			{"state", "State", func(r sloRow) []string { return []string{r.State} }},
		},
		words: func(r sloRow) []string { return []string{r.ID, deref(r.Owner), groupText(r.Group)} },
	}
}

func (s *Snapshot) sloColumns() []column[sloRow] {
	floor := floorOf(s.slos)
	number := func(of func(sloRow) *float64) func(sloRow) any {
		return func(r sloRow) any { return orNil(of(r)) }
	}
	return []column[sloRow]{
		{key: "slo", head: "Promise", left: true, class: "name", value: func(r sloRow) any { return r.ID }, cell: sloNameCell},
		{key: "budget_remaining_ratio", head: "Budget left", left: true, class: "half", value: number(func(r sloRow) *float64 { return r.Remaining }), cell: func(r sloRow) cell { return budgetCell(r, floor) }},
		{key: "course", head: "Its course", left: true, mute: true, class: "line", cell: func(r sloRow) cell { return cell{Strip: s.sloStrip(r, floor)} }},
		{key: "attention", sorts: true, value: func(r sloRow) any { return r.attention() }},
		{key: "objective_ratio", head: "Objective", value: func(r sloRow) any { return r.Objective }, cell: func(r sloRow) cell {
			return cell{Text: plain(report.ObjectiveText(r.Objective)), Small: texts("in " + windowText(r.Window))}
		}},
		{key: "error_ratio", head: "Errors", desc: true, value: number(func(r sloRow) *float64 { return r.ErrorRatio }), cell: func(r sloRow) cell { return cell{Text: plain(optional(r.ErrorRatio, report.ErrorText))} }},
		{key: "burn_1h", head: "Burn 1 h", desc: true, value: number(func(r sloRow) *float64 { return r.BurnRates["1h"] }), cell: func(r sloRow) cell { return cell{Text: plain(optional(r.BurnRates["1h"], report.BurnText))} }},
		{key: "burn_6h", head: "Burn 6 h", desc: true, value: number(func(r sloRow) *float64 { return r.BurnRates["6h"] }), cell: func(r sloRow) cell { return cell{Text: plain(optional(r.BurnRates["6h"], report.BurnText))} }},
		{key: "gone_in_seconds", head: "Gone in", class: "half", value: goneValue, cell: func(r sloRow) cell { return cell{Text: plain(goneText(r))} }},
		{key: "loss_incidents", head: "Losses", desc: true, value: func(r sloRow) any { return len(r.LossIncidents) }, cell: func(r sloRow) cell { return cell{Text: plain(report.CountText(len(r.LossIncidents)))} }},
		{key: "state", value: func(r sloRow) any { return r.State }},
		{key: "service", value: func(r sloRow) any { return r.Service }},
		{key: "group", value: func(r sloRow) any { return groupText(r.Group) }},
		{key: "owner", value: func(r sloRow) any { return orNil(r.Owner) }},
		{key: "window_seconds", value: func(r sloRow) any { return r.Window }},
		{key: "good", value: number(func(r sloRow) *float64 { return r.Good })},
		{key: "total", value: number(func(r sloRow) *float64 { return r.Total })},
		{key: "coverage_ratio", value: func(r sloRow) any { return r.Coverage }},
		{key: "url", value: func(r sloRow) any { return r.URL }},
	}
}

func windowText(seconds float64) string {
	return model.Duration(time.Duration(seconds) * time.Second).String()
}

func sloNameCell(r sloRow) cell {
	return cell{Text: newText(r.ID), Href: r.URL, Small: texts(groupText(r.Group), deref(r.Owner))}
}

func budgetCell(r sloRow, floor float64) cell {
	c := cell{Text: plain(optional(r.Remaining, report.BudgetText)), Strong: true, Meter: newMeter(r.Remaining, floor)}
	c.Mark, c.Says = stateMark(r.State)
	return c
}

// stateMark is the mark and the word of a state.
func stateMark(state string) (mark, says string) {
	switch state {
	case stateGone:
		return "over", "spent"
	case stateRunsOut:
		return "risk", "will run out"
	case stateKept:
		return "good", "kept"
	}
	return "unknown", "unknown"
}

func goneValue(r sloRow) any {
	if r.State == stateGone {
		return 0.0
	}
	return orNil(r.Exhaustion.Best)
}

func goneText(r sloRow) string {
	switch {
	case r.State == stateGone:
		return "gone"
	case r.Exhaustion.Best != nil:
		return secondsText(*r.Exhaustion.Best)
	case r.State == stateUnknown || r.Exhaustion.Runs == nil:
		return dash
	}
	return "not in sight"
}

// sloStrip draws the course of a budget over its window.
func (s *Snapshot) sloStrip(r sloRow, floor float64) *stripView {
	a := s.axis()
	if r.BurnDown != nil {
		a.From = r.BurnDown.From
		a.To = a.From.Add(time.Duration(r.BurnDown.Step * float64(len(r.BurnDown.Remaining)) * float64(time.Second)))
	}
	out := a.burnDown(r.BurnDown, floor)
	out.Title = cleanName(r.ID) + ": the course of its budget is unknown"
	if r.BurnDown != nil {
		out.Title = cleanName(r.ID) + ": the course of its budget from " + report.MinuteText(a.From) + ", " + optional(r.Remaining, report.BudgetText) + " left at the end"
	}
	return &out
}
