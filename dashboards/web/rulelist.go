package web

import (
	"fmt"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// pieces is into how many bars a strip divides its window.
const pieces = 120

// ruleList is all rules.
func (s *Snapshot) ruleList() list[ruleRow] {
	return list[ruleRow]{
		name: "rules", noun: "rule", path: "/rules", order: "-episodes",
		caption: "Alert rules", empty: "No rule is left. Take a filter away.",
		rows:    func(s *Snapshot) []ruleRow { return s.rules },
		id:      func(r ruleRow) string { return r.ID },
		columns: s.ruleColumns(),
		facets: []facet[ruleRow]{
			{"team", "Team", func(r ruleRow) []string { return oneOf(r.Team) }},
			{"severity", "Severity", func(r ruleRow) []string { return oneOf(r.Severity) }},
			{"kind", "Finding", s.kindsOf},
			{"decision", "To do", func(r ruleRow) []string {
				if r.Decision == nil {
					return nil
				}
				return []string{string(*r.Decision)}
			}},
		},
		words: func(r ruleRow) []string {
			out := []string{r.Name, deref(r.Group), deref(r.File), deref(r.Team), deref(r.Severity)}
			if r.written != nil {
				out = append(out, cut(r.written.Expr))
			}
			return out
		},
	}
}

// kindsOf is the kinds of the rule's findings, each once.
func (s *Snapshot) kindsOf(r ruleRow) []string {
	var out []string
	for _, id := range r.Findings {
		if k := string(s.findings[s.findingAt[id]].Kind); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// cut bounds what is searched of a text from outside.
func cut(s string) string { return s[:min(len(s), textLimit)] }

func (s *Snapshot) ruleColumns() []column[ruleRow] {
	out := []column[ruleRow]{
		{key: "rule", head: "Rule", left: true, class: "name", value: func(r ruleRow) any { return r.Name }, cell: ruleNameCell},
		{key: "strip", head: "Starts and firing time", left: true, mute: true, class: "line", cell: func(r ruleRow) cell { return cell{Strip: s.ruleStrip(r)} }},
		{key: "episodes", head: "Episodes", desc: true, value: func(r ruleRow) any { return r.Episodes }, cell: func(r ruleRow) cell {
			return cell{Text: plain(report.CountText(r.Episodes)), Strong: true, Small: texts(shareText(r.ShareOfAll))}
		}},
		{key: "firing_seconds", head: "Firing", desc: true, value: func(r ruleRow) any { return r.FiringSeconds }, cell: func(r ruleRow) cell { return cell{Text: plain(secondsText(r.FiringSeconds))} }},
	}
	out = append(out, proportionColumns("precision", "Right alerts", func(r ruleRow) *slo.Proportion { return r.Precision })...)
	out = append(out, proportionColumns("recall", "Incidents told", func(r ruleRow) *slo.Proportion { return r.Recall })...)
	out = append(out, proportionColumns("fleeting", "Fleeting", func(r ruleRow) *slo.Proportion { return &r.Fleeting })...)
	return append(out, []column[ruleRow]{
		{key: "notifications", head: "Notifi\u00adcations", desc: true, value: func(r ruleRow) any { return orNil(r.Notifications) }, cell: func(r ruleRow) cell {
			return cell{Text: plain(countOrDash(r.Notifications))}
		}},
		{key: "decision", head: "To do", left: true, value: verbValue, cell: decisionCell},
		{key: "group", value: func(r ruleRow) any { return orNil(r.Group) }},
		{key: "file", value: func(r ruleRow) any { return orNil(r.File) }},
		{key: "line", value: func(r ruleRow) any { return orNil(r.Line) }},
		{key: "severity", value: func(r ruleRow) any { return orNil(r.Severity) }},
		{key: "team", value: func(r ruleRow) any { return orNil(r.Team) }},
		{key: "pending_only", value: func(r ruleRow) any { return r.PendingOnly }},
		{key: "alerts", value: func(r ruleRow) any { return r.Alerts }},
		{key: "pages", value: func(r ruleRow) any { return orNil(r.Pages) }},
		{key: "findings", value: func(r ruleRow) any { return len(r.Findings) }},
		{key: "id", value: func(r ruleRow) any { return r.ID }},
		{key: "url", value: func(r ruleRow) any { return r.URL }},
	}...)
}

func shareText(p slo.Proportion) string {
	if !p.Known() {
		return ""
	}
	return report.PercentText(p.Ratio()) + " of all"
}

func countOrDash(n *int) string {
	if n == nil {
		return dash
	}
	return report.CountText(*n)
}

func verbValue(r ruleRow) any {
	if r.Decision == nil {
		return nil
	}
	return string(*r.Decision)
}

func ruleNameCell(r ruleRow) cell {
	small := place(r.Group, r.File)
	if r.Team != nil {
		small = *r.Team + " · " + small
	}
	return cell{Text: newText(r.Name), Href: r.URL, Tag: newText(deref(r.Severity)), Small: texts(small)}
}

func decisionCell(r ruleRow) cell {
	c := cell{Text: plain(dash)}
	if r.Decision != nil {
		c.Text = newText(string(*r.Decision))
	}
	if n := len(r.Findings); n > 0 {
		c.Small = texts(report.PluralText(n, "finding"))
	}
	return c
}

// ruleStrip draws when a rule's alerts began and how long they fired.
func (s *Snapshot) ruleStrip(r ruleRow) *stripView {
	a := s.axis()
	var starts []time.Time
	var firing []slo.Interval
	for _, i := range s.episodes.byRule[r.key] {
		e := &s.episodes.all[i]
		if !e.Fired() || !e.FiredAt.Before(a.To) {
			continue
		}
		starts = append(starts, e.FiredAt)
		firing = append(firing, e.Firing(a.To))
	}
	slices.SortFunc(firing, func(x, y slo.Interval) int { return x.From.Compare(y.From) })
	return &stripView{
		Height: 24, Tint: a.spans(firing, 0, 24), Bars: bars(a.counted(pieces, starts), 24),
		Title: fmt.Sprintf("%s: %s, at least one alert fired for %s", cleanName(r.Name), report.PluralText(r.Episodes, "start"), secondsText(r.AnyFiring)),
	}
}

// axis is the window of the report.
func (s *Snapshot) axis() axis { return axis{slo.Interval{From: s.doc.From, To: s.doc.To}} }
