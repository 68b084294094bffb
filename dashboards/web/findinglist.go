package web

import (
	"github.com/burnish-sre/burnish/dashboards/report"
)

// findingList is all findings, in the order of what their advice would save.
func (s *Snapshot) findingList() list[findingRow] {
	return list[findingRow]{
		name: "findings", noun: "finding", path: "/findings", order: "place",
		caption: "Findings, those whose advice helps most first", empty: "Nothing was found.",
		rows:    func(s *Snapshot) []findingRow { return s.findings },
		id:      func(f findingRow) string { return f.ID },
		columns: s.findingColumns(),
		facets: []facet[findingRow]{
			{"kind", "Kind", func(f findingRow) []string { return []string{string(f.Kind)} }},
			{"team", "Team", func(f findingRow) []string { return oneOf(f.Team) }},
			{"gravity", "Gravity", func(f findingRow) []string { return []string{string(f.Gravity)} }},
			{"severity", "Severity", func(f findingRow) []string {
				if f.Rule.Severity == "" {
					return nil
				}
				return []string{f.Rule.Severity}
			}},
			{"rule", "", s.ruleIDOf},
			{"slo", "", func(f findingRow) []string { return []string{f.SLO} }},
			{"action", "Control action", func(f findingRow) []string { return []string{string(f.Action)} }},
		},
		words: func(f findingRow) []string {
			return []string{f.ID, string(f.Kind), f.Title, f.Advice, f.Rule.Name, f.Rule.Group, f.Rule.File, f.SLO, deref(f.Team)}
		},
	}
}

// ruleIDOf is the id of the rule that a finding is about.
func (s *Snapshot) ruleIDOf(f findingRow) []string {
	if f.rule < 0 {
		return nil
	}
	return []string{s.rules[f.rule].ID}
}

func (s *Snapshot) findingColumns() []column[findingRow] {
	place := make(map[string]int, len(s.findings))
	for i, f := range s.findings {
		place[f.ID] = i
	}
	str := func(of func(findingRow) string) func(findingRow) any {
		return func(f findingRow) any {
			if v := of(f); v != "" {
				return v
			}
			return nil
		}
	}
	return []column[findingRow]{
		{key: "title", head: "Finding", left: true, class: "name wide", value: str(func(f findingRow) string { return f.Title }), cell: func(f findingRow) cell {
			return cell{Text: lineText(f.Title), Href: f.URL, Small: texts(f.Advice)}
		}},
		{key: "kind", head: "Kind", left: true, value: str(func(f findingRow) string { return string(f.Kind) }), cell: func(f findingRow) cell { return cell{Text: newText(kindText(string(f.Kind)))} }},
		{key: "rule", head: "About", left: true, class: "full", value: str(func(f findingRow) string { return f.Rule.Name }), cell: s.aboutCell},
		{key: "gravity", head: "Gravity", left: true, value: str(func(f findingRow) string { return string(f.Gravity) }), cell: func(f findingRow) cell {
			c := cell{Says: string(f.Gravity), Mark: gravityMark(string(f.Gravity))}
			c.Small = texts(string(f.Confidence))
			return c
		}},
		{key: "saves_notifications_per_week", head: "Saves a week", desc: true, value: func(f findingRow) any { return orNil(f.Saves) }, cell: func(f findingRow) cell {
			return cell{Text: plain(optional(f.Saves, report.FigureText)), Strong: f.Saves != nil}
		}},
		{key: "place", sorts: true, value: func(f findingRow) any { return place[f.ID] }},
		{key: "id", value: str(func(f findingRow) string { return f.ID })},
		{key: "control_action", value: str(func(f findingRow) string { return string(f.Action) })},
		{key: "confidence", value: str(func(f findingRow) string { return string(f.Confidence) })},
		{key: "advice", value: str(func(f findingRow) string { return f.Advice })},
		{key: "group", value: str(func(f findingRow) string { return f.Rule.Group })},
		{key: "file", value: str(func(f findingRow) string { return f.Rule.File })},
		{key: "severity", value: str(func(f findingRow) string { return f.Rule.Severity })},
		{key: "slo", value: str(func(f findingRow) string { return f.SLO })},
		{key: "team", value: func(f findingRow) any { return orNil(f.Team) }},
		{key: "url", value: str(func(f findingRow) string { return f.URL })},
	}
}

func gravityMark(g string) string {
	switch g {
	case "error":
		return "over"
	case "warning":
		return "risk"
	}
	return "acceptable"
}

// aboutCell is what a finding is about: a rule, an SLO, or the whole.
func (s *Snapshot) aboutCell(f findingRow) cell {
	switch {
	case f.rule >= 0:
		r := s.rules[f.rule]
		return cell{Text: newText(r.Name), Href: r.URL, Tag: newText(deref(r.Severity)), Small: texts(deref(r.Team))}
	case f.Rule.Name != "":
		return cell{Text: newText(f.Rule.Name)}
	case f.SLO != "":
		return cell{Text: newText(f.SLO), Href: s.sloAddress(f.SLO)}
	}
	return cell{Text: newText("all")}
}

// sloAddress is the page of an SLO; empty where it has none.
func (s *Snapshot) sloAddress(id string) string { return s.sloPages[id] }

// decisionList is what to do, one for each rule.
func (s *Snapshot) decisionList() list[decisionRow] {
	return list[decisionRow]{
		name: "decisions", noun: "decision", path: "/decisions", order: "place",
		caption: "What to do, one decision for each rule", empty: "There is nothing to do.",
		rows:    func(s *Snapshot) []decisionRow { return s.decisions },
		id:      func(d decisionRow) string { return d.key() },
		columns: s.decisionColumns(),
		facets: []facet[decisionRow]{
			{"team", "Team", func(d decisionRow) []string { return oneOf(d.Team) }},
			{"verb", "To do", func(d decisionRow) []string { return []string{string(d.Verb)} }},
			{"severity", "Severity", func(d decisionRow) []string { return oneOf(d.Severity) }},
		},
		words: func(d decisionRow) []string { return []string{d.Rule, d.Why, deref(d.Group), deref(d.Team)} },
	}
}

func (s *Snapshot) decisionColumns() []column[decisionRow] {
	place := make(map[string]int, len(s.decisions))
	for i, d := range s.decisions {
		place[d.key()] = i
	}
	return []column[decisionRow]{
		{key: "rule", head: "Rule", left: true, class: "name", value: func(d decisionRow) any { return d.Rule }, cell: func(d decisionRow) cell {
			return cell{Text: newText(d.Rule), Href: d.URL, Tag: newText(deref(d.Severity)), Small: texts(deref(d.Team))}
		}},
		{key: "verb", head: "To do", left: true, value: func(d decisionRow) any { return string(d.Verb) }, cell: func(d decisionRow) cell {
			c := cell{Text: newText(string(d.Verb)), Strong: true}
			if d.Into != nil {
				c.Small = texts("into " + d.Into.Rule)
				if d.Verb == "inhibit" {
					c.Small = texts("beside " + d.Into.Rule)
				}
			}
			return c
		}},
		{key: "why", head: "Why", left: true, class: "full", value: func(d decisionRow) any { return d.Why }, cell: func(d decisionRow) cell { return cell{Text: lineText(d.Why)} }},
		{key: "saves_notifications_per_week", head: "Saves a week", desc: true, value: func(d decisionRow) any { return orNil(d.Saves) }, cell: func(d decisionRow) cell {
			return cell{Text: plain(optional(d.Saves, report.FigureText))}
		}},
		{key: "place", sorts: true, value: func(d decisionRow) any { return place[d.key()] }},
		{key: "group", value: func(d decisionRow) any { return orNil(d.Group) }},
		{key: "file", value: func(d decisionRow) any { return orNil(d.File) }},
		{key: "severity", value: func(d decisionRow) any { return orNil(d.Severity) }},
		{key: "team", value: func(d decisionRow) any { return orNil(d.Team) }},
		{key: "url", value: func(d decisionRow) any { return d.URL }},
	}
}
