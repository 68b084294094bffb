package web

import (
	"strings"

	"github.com/burnish-sre/burnish/dashboards/report"
)

// incidentList is all incidents, the latest first.
func (s *Snapshot) incidentList() list[incidentRow] {
	return list[incidentRow]{
		name: "incidents", noun: "incident", path: "/incidents", order: "-from",
		caption: "Incidents, the latest first", empty: "There was no incident, or nothing is known of what really happened.",
		rows:    func(s *Snapshot) []incidentRow { return s.incidents },
		id:      func(r incidentRow) string { return r.ID },
		columns: incidentColumns(),
		facets: []facet[incidentRow]{
			{"service", "Service", func(r incidentRow) []string {
				if r.service() == "" {
					return nil
				}
				return []string{r.service()}
			}},
			{"team", "Team", func(r incidentRow) []string { return oneOf(r.Team) }},
			{"slo", "", func(r incidentRow) []string { return oneOf(r.SLO) }},
			{"told", "Told", func(r incidentRow) []string { return []string{toldWord(r)} }},
			{"origin", "Origin", func(r incidentRow) []string { return []string{originWord(r)} }},
		},
		words: func(r incidentRow) []string {
			return []string{r.ID, deref(r.SLO), deref(r.Note), groupText(r.Group), strings.Join(deref(r.DetectedBy), " ")}
		},
	}
}

func toldWord(r incidentRow) string {
	switch {
	case r.Told == nil:
		return "unknown"
	case *r.Told:
		return "told"
	}
	return "nobody told"
}

func originWord(r incidentRow) string {
	if r.Declared {
		return "declared"
	}
	return "measured"
}

func incidentColumns() []column[incidentRow] {
	return []column[incidentRow]{
		{key: "from", head: "Began (UTC)", left: true, desc: true, class: "name when", value: func(r incidentRow) any { return r.From }, cell: func(r incidentRow) cell {
			return cell{Text: plain(report.MinuteText(r.From)), Href: r.URL, Datetime: r.From.Format("2006-01-02T15:04:05Z")}
		}},
		{key: "what", head: "What", left: true, class: "full", value: func(r incidentRow) any { return r.title() }, cell: func(r incidentRow) cell {
			c := cell{Text: newText(r.title()), Small: texts(deref(r.Note))}
			if r.Declared {
				c.Tag = newText("declared")
			}
			return c
		}},
		{key: "team", head: "Team", left: true, value: func(r incidentRow) any { return orNil(r.Team) }, cell: func(r incidentRow) cell { return cell{Text: newText(orDash(r.Team))} }},
		{key: "duration_seconds", head: "Lasted", desc: true, value: func(r incidentRow) any { return r.lasted().Seconds() }, cell: func(r incidentRow) cell { return cell{Text: plain(report.SpanText(r.lasted()))} }},
		{key: "budget_burned_ratio", head: "Budget burned", desc: true, value: func(r incidentRow) any { return orNil(r.Burned) }, cell: func(r incidentRow) cell { return cell{Text: plain(optional(r.Burned, report.PercentText))} }},
		{key: "detection_seconds", head: "First alert", desc: true, left: true, class: "half", value: func(r incidentRow) any { return orNil(r.Detection) }, cell: detectionCell},
		{key: "told", head: "Told", left: true, value: func(r incidentRow) any { return orNil(r.Told) }, cell: toldCell},
		{key: "to", value: func(r incidentRow) any { return r.To }},
		{key: "id", value: func(r incidentRow) any { return r.ID }},
		{key: "slo", value: func(r incidentRow) any { return orNil(r.SLO) }},
		{key: "service", value: func(r incidentRow) any { return r.service() }},
		{key: "group", value: func(r incidentRow) any { return groupText(r.Group) }},
		{key: "declared", value: func(r incidentRow) any { return r.Declared }},
		{key: "detected_by", value: func(r incidentRow) any { return strings.Join(deref(r.DetectedBy), " ") }},
		{key: "note", value: func(r incidentRow) any { return orNil(r.Note) }},
		{key: "url", value: func(r incidentRow) any { return r.URL }},
	}
}

func orDash(p *string) string {
	if p == nil {
		return dash
	}
	return *p
}

// detectionCell says what told of it first, and after how long.
func detectionCell(r incidentRow) cell {
	if r.Detection == nil {
		return cell{Text: plain(dash)}
	}
	c := cell{Text: plain("after " + secondsText(*r.Detection))}
	if *r.Detection == 0 {
		c.Text = plain("at once")
	}
	if r.DetectedBy != nil && len(*r.DetectedBy) > 0 {
		c.Small = texts((*r.DetectedBy)[0])
	}
	return c
}

func toldCell(r incidentRow) cell {
	c := cell{Mark: "unknown", Says: toldWord(r)}
	if r.Told != nil {
		c.Mark = "over"
		if *r.Told {
			c.Mark = "good"
		}
	}
	return c
}
