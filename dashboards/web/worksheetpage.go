package web

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo/topology"
)

// sheetRow is a failure mode with the page of the alert that tells of it.
type sheetRow struct {
	topology.Row

	alert string
}

// sheetView is a page of the topology that is one list.
type sheetView struct {
	Lede      string
	Problem   string
	Notes     []string
	Downloads []link
	Form      filterForm
	Table     table
}

func (s *Snapshot) sheetRows() []sheetRow {
	pages := map[string]string{}
	for i := range s.rules {
		if _, ok := pages[s.rules[i].Name]; !ok {
			pages[s.rules[i].Name] = s.rules[i].URL
		}
	}
	var out []sheetRow
	for _, r := range s.topology.View.Worksheet {
		out = append(out, sheetRow{r, pages[r.Alert]})
	}
	// The most urgent first; what is not rated comes last.
	slices.SortStableFunc(out, func(a, b sheetRow) int {
		return cmp.Or(cmp.Compare(urgency(a), urgency(b)), cmp.Compare(b.Risk(), a.Risk()))
	})
	return out
}

// urgency orders by priority.
func urgency(r sheetRow) int {
	return slices.Index([]topology.Priority{topology.PriorityHigh, topology.PriorityMedium, topology.PriorityLow, topology.PriorityUnknown}, r.Priority())
}

func worksheetList() list[sheetRow] {
	return list[sheetRow]{
		name: "worksheet", noun: "failure mode", path: "/topology/worksheet", order: "priority",
		caption: "How it fails", empty: "No failure mode is like that.",
		id:      func(r sheetRow) string { return r.ID },
		columns: sheetColumns(),
		facets: []facet[sheetRow]{
			{"component", "Component", func(r sheetRow) []string { return []string{r.Component} }},
			{"priority", "Priority", func(r sheetRow) []string { return []string{priorityWord(r)} }},
			{"owner", "Owner", func(r sheetRow) []string { return answered(r.Owner) }},
			{"asks", "Questions", func(r sheetRow) []string {
				if r.Questions() > 0 {
					return []string{"yes"}
				}
				return []string{"no"}
			}},
		},
		words: func(r sheetRow) []string {
			return []string{r.ID, r.Component, r.Mode, r.Effect, r.Alert, r.Do, r.Owner, r.Note}
		},
	}
}

func answered(cell string) []string {
	if cell == "" || topology.Asks(cell) {
		return nil
	}
	return []string{cell}
}

func priorityWord(r sheetRow) string {
	if p := r.Priority(); p != topology.PriorityUnknown {
		return string(p)
	}
	return "not rated"
}

func sheetColumns() []column[sheetRow] {
	rating := func(key, head string, of func(sheetRow) (topology.Rating, string)) column[sheetRow] {
		return column[sheetRow]{
			key: key, head: head, left: true, desc: true, class: "rating",
			value: func(r sheetRow) any {
				if n, _ := of(r); n > 0 {
					return int(n)
				}
				return nil
			},
			cell: func(r sheetRow) cell { return ratingCell(of(r)) },
		}
	}
	words := func(key, head string, of func(sheetRow) string) column[sheetRow] {
		return column[sheetRow]{key: key, head: head, left: true, class: "full said", value: func(r sheetRow) any { return of(r) }, cell: func(r sheetRow) cell { return said(of(r)) }}
	}
	return []column[sheetRow]{
		{key: "component", head: "Failure mode", left: true, class: "name", value: func(r sheetRow) any { return r.ID }, cell: func(r sheetRow) cell {
			return cell{Text: lineText(r.Mode), Strong: true, Small: texts(r.Component)}
		}},
		words("effect", "Effect", func(r sheetRow) string { return r.Effect }),
		rating("occurrence", "Occurrence", func(r sheetRow) (topology.Rating, string) { return r.Occurrence, r.WhyOccurrence }),
		rating("severity", "Severity", func(r sheetRow) (topology.Rating, string) { return r.Severity, r.WhySeverity }),
		rating("detection", "Detection", func(r sheetRow) (topology.Rating, string) { return r.Detection, r.WhyDetection }),
		{key: "risk", head: "Risk", desc: true, value: func(r sheetRow) any { return orNil(known(r.Risk())) }, cell: func(r sheetRow) cell {
			if r.Risk() == 0 {
				return cell{Text: plain("?"), Class: "asks"}
			}
			return cell{Text: plain(report.CountText(r.Risk())), Strong: true}
		}},
		{key: "priority", head: "Priority", left: true, value: func(r sheetRow) any { return urgency(r) }, cell: priorityCell},
		{key: "alert", head: "Told by", left: true, class: "full said", value: func(r sheetRow) any { return r.Alert }, cell: func(r sheetRow) cell {
			c := said(r.Alert)
			c.Text, c.Href = newText(r.Alert), r.alert
			return c
		}},
		words("what_to_do", "What to do", func(r sheetRow) string { return r.Do }),
		{key: "owner", head: "Owner", left: true, class: "full said", value: func(r sheetRow) any { return r.Owner }, cell: func(r sheetRow) cell {
			c := said(r.Owner)
			c.Small = texts(r.Note)
			return c
		}},
	}
}

// said shows what a person wrote, or the question that nobody has answered.
func said(text string) cell {
	c := cell{Text: lineText(text)}
	if topology.Asks(text) {
		c.Class = "full said asks"
	}
	return c
}

// ratingCell shows a rating and what it rests on.
func ratingCell(n topology.Rating, why string) cell {
	if n == 0 {
		return cell{Text: plain("?"), Class: "rating asks"}
	}
	c := cell{Text: plain(report.CountText(int(n))), Strong: true}
	if !topology.Asks(why) {
		c.Small = texts(why)
	}
	return c
}

func priorityCell(r sheetRow) cell {
	marks := map[topology.Priority]string{topology.PriorityHigh: "over", topology.PriorityMedium: "risk", topology.PriorityLow: "good"}
	if mark := marks[r.Priority()]; mark != "" {
		return cell{Mark: mark, Says: priorityWord(r)}
	}
	return cell{Mark: "unknown", Says: priorityWord(r)}
}

func (s *server) worksheetPage(req *request) (answer, error) {
	t := req.snap.topology
	if t == nil {
		return answer{}, noTopology()
	}
	l := worksheetList()
	sel, err := l.parse(req.URL.Query())
	if err != nil {
		return answer{}, err
	}
	all := req.snap.sheetRows()
	v := sheetView{
		Problem: cleanLine(t.Problem), Notes: t.whereAnswersLive(), Form: l.form(all, sel), Table: l.table(l.pick(all, sel), sel),
		Lede: "Each way in which a component fails: how often, how badly, whether anyone is told, and what to do then (DFMEA). 1 is the best rating, 10 the worst.",
	}
	v.Table.JSON, v.Table.CSV = "/topology.json", ""
	v.Downloads = []link{{plain("CSV for a spreadsheet"), "/topology/worksheet.csv"}, {plain("Markdown for a repository"), "/topology/worksheet.md"}}
	return s.page(req, "sheet", "How it fails", v), nil
}

// whereAnswersLive says where people write, and what the ratings rest on.
func (t *Topology) whereAnswersLive() []string {
	out := []string{"Nothing was measured yet, so the ratings are those that people gave."}
	if w := t.View.Measured.Window; w > 0 {
		out[0] = "Ratings were measured over " + report.SpanText(w) + "; where there was nothing to measure they are what people gave."
	}
	if t.Worksheet == "" {
		return append(out, "To answer the questions, save the sheet (CSV or Markdown), fill it in, and name the file as topology.worksheet in the configuration. What stands in the file is shown here and always kept.")
	}
	return append(out, "Answers live in the file "+t.fileName()+", which burnish reads and never writes: change them there, and they are shown here with the next report.")
}
