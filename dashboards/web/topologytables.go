package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo/topology"
)

// levelRow is a component with what it can reach.
type levelRow struct {
	topology.Attainable

	of  topology.Component
	url string // of its first SLO
}

// levelTable is the attainable levels beside the targets, those that can't be kept
// first.
func (s *Snapshot) levelTable() table {
	v := s.topology.View
	var rows []levelRow
	for i, c := range v.Graph.Components() {
		r := levelRow{Attainable: v.Attainable[i], of: c}
		if len(c.SLOs) > 0 {
			r.url = s.sloPages[c.SLOs[0].ID()]
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b levelRow) int { return cmp.Compare(rankOf(a), rankOf(b)) })
	t := list[levelRow]{name: "levels", caption: "The best that each can reach", columns: levelColumns()}.bare(rows)
	t.JSON = "/topology.json"
	return t
}

// rests tells whether it needs anything.
func (r levelRow) rests() bool { return len(r.of.DependsOn) > 0 }

// rankOf orders components: what can't be kept, what can, what nobody promised, and
// what all of it rests on.
func rankOf(r levelRow) int {
	switch kept, promised := r.Kept(); {
	case !r.rests():
		return 3
	case !promised:
		return 2
	case kept:
		return 1
	}
	return 0
}

func levelColumns() []column[levelRow] {
	return []column[levelRow]{
		{key: "component", head: "Component", left: true, class: "name", cell: func(r levelRow) cell {
			c := cell{Text: newText(r.Component), Href: r.url, Strong: r.url == "", Small: texts(r.of.Owner)}
			if r.of.Kind != topology.KindService {
				c.Tag = plain(string(r.of.Kind))
			}
			return c
		}},
		{key: "target", head: "Target", class: "half", cell: func(r levelRow) cell {
			if !r.Target.Known {
				return cell{Text: plain(dash)}
			}
			return cell{Text: plain(topology.TargetText(r.Target.Value))}
		}},
		{key: "attainable", head: "Attainable", class: "half", cell: func(r levelRow) cell {
			c := cell{Text: plain(dash)}
			if r.rests() {
				c.Text = plain(topology.LevelText(r.Level))
			}
			if !r.Exact {
				c.Small = texts("estimated")
			}
			return c
		}},
		{key: "verdict", head: "Verdict", left: true, class: "full", cell: levelVerdict},
		{key: "most", head: "Costs most", left: true, class: "full", cell: mostCell},
	}
}

// levelVerdict says whether the target can be kept, and what is asked for.
func levelVerdict(r levelRow) cell {
	c := cell{Class: "full"}
	switch kept, promised := r.Kept(); {
	case !r.rests() && !promised:
		c.Text, c.Class = plain("What is expected of it?"), "full asks"
	case !r.rests():
		c.Text = plain("needs nothing else")
	case !promised:
		c.Mark, c.Says = "unknown", "nothing is promised"
	case !kept:
		c.Mark, c.Says = "over", "can’t be kept"
	default:
		c.Mark, c.Says = "good", "can be kept"
		if r.OwnNeeded.Known && r.OwnNeeded.Value < 1 && len(r.Contributors) > 0 {
			c.Small = texts("its own part needs " + topology.LevelText(r.OwnNeeded.Value))
		}
	}
	if len(r.Unrated) > 0 {
		c.Small = append(c.Small, lineText("What is expected of "+strings.Join(r.Unrated, ", ")+"?"))
	}
	return c
}

// mostCell names what costs most and the way to it.
func mostCell(r levelRow) cell {
	if len(r.Contributors) == 0 || r.Contributors[0].Loss <= 0 {
		return cell{Text: plain(dash)}
	}
	most := r.Contributors[0]
	c := cell{Text: newText(most.Component), Class: "full"}
	if most.OfBudget.Known {
		c.Small = texts(topology.ShareText(most.OfBudget.Value) + " of the budget")
	}
	return c
}

// wayRow is a way on which a component costs a promise some of its budget.
type wayRow struct {
	of string
	by topology.Contributor
}

// waysShown is how many ways are listed.
const waysShown = 12

// waysTable is the critical paths: the ways on which most of a budget goes.
func waysTable(v topology.View) table {
	var rows []wayRow
	for _, a := range v.Attainable {
		for _, c := range a.Contributors {
			if c.OfBudget.Known && c.OfBudget.Value >= topology.Excludable {
				rows = append(rows, wayRow{a.Component, c})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b wayRow) int { return cmp.Compare(b.by.OfBudget.Value, a.by.OfBudget.Value) })
	l := list[wayRow]{name: "ways", noun: "way", caption: "Where most of a budget goes", columns: []column[wayRow]{
		{key: "way", head: "Way", left: true, class: "name wide", cell: func(r wayRow) cell { return cell{Text: lineText(strings.Join(r.by.Path, " → ")), Strong: true} }},
		{key: "budget", head: "Takes of the budget", cell: func(r wayRow) cell {
			if r.by.OfBudget.Value > 1 {
				return cell{Mark: "over", Says: topology.ShareText(r.by.OfBudget.Value)}
			}
			return cell{Text: plain(topology.ShareText(r.by.OfBudget.Value))}
		}},
		{key: "share", head: "Requests that go it", cell: func(r wayRow) cell { return cell{Text: plain(report.PercentText(r.by.Share))} }},
	}}
	return l.bare(rows[:min(len(rows), waysShown)])
}

// leftOutTable is what may be left out of the analysis, and why.
func leftOutTable(v topology.View) table {
	return list[topology.Excluded]{name: "left-out", caption: "Left out of the analysis", columns: []column[topology.Excluded]{
		{key: "component", head: "Component", left: true, class: "name", cell: func(x topology.Excluded) cell { return cell{Text: newText(x.Component), Strong: true} }},
		{key: "why", head: "Why", left: true, class: "full", cell: func(x topology.Excluded) cell { return cell{Text: lineText(x.Why)} }},
	}}.bare(v.Excluded)
}
