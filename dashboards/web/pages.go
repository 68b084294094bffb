package web

import (
	"net/http"
	"time"
)

// pageRoutes are the addresses of pages. Each answers JSON and CSV too where it
// shows a table.
func pageRoutes() []route {
	var out []route
	add := func(answer func(*server, *request) (answer, error), patterns ...string) {
		for _, p := range patterns {
			out = append(out, route{method: http.MethodGet, pattern: p, answer: answer})
		}
	}
	add((*server).overview, "/{$}", "/index.json")
	add(listPage((*Snapshot).sloList), "/slos", "/slos.json", "/slos.csv")
	add((*server).sloPage, "/slos/{service}/{name}")
	add(listPage((*Snapshot).ruleList), "/rules", "/rules.json", "/rules.csv")
	add((*server).rulePage, "/rules/{id}")
	add((*server).ruleEpisodes, "/rules/{id}/episodes", "/rules/{id}/episodes.json", "/rules/{id}/episodes.csv")
	add((*server).ruleIncidents, "/rules/{id}/incidents.json", "/rules/{id}/incidents.csv")
	add(listPage((*Snapshot).incidentList), "/incidents", "/incidents.json", "/incidents.csv")
	add((*server).incidentPage, "/incidents/{id}")
	add(listPage((*Snapshot).findingList), "/findings", "/findings.json", "/findings.csv")
	add((*server).findingPage, "/findings/{id}")
	add(listPage((*Snapshot).decisionList), "/decisions", "/decisions.json", "/decisions.csv")
	add((*server).timeline, "/timeline", "/timeline.json", "/timeline.csv")
	add((*server).reports, "/reports", "/reports.json", "/reports.csv")
	add((*server).archived, "/reports/{id}")
	return append(out, topologyRoutes()...)
}

// listView is a page that is one list.
type listView struct {
	Form  filterForm
	Table table
	Lede  string
}

// listTitles are the headings of the lists.
func listTitle(name string) (title, lede string) {
	switch name {
	case "slos":
		return "Promises", "How every objective stands: the budget that is left of its window, and how fast it goes."
	case "rules":
		return "Rules", "How often each alert rule spoke, and how often it was right. Every share has its denominator and its 95% interval."
	case "incidents":
		return "Incidents", "When users were really hurt: budget that was lost, or what people declared. Alerts are judged by these."
	case "findings":
		return "Findings", "What is wrong with a rule, or missing, with the evidence and what to do about it."
	case "decisions":
		return "To do", "Findings brought down to one decision for each rule: delete, merge, repair, retune, inhibit, or look at it."
	}
	return name, ""
}

// listPage answers a list in all its forms.
func listPage[T any](of func(*Snapshot) list[T]) func(*server, *request) (answer, error) {
	return func(s *server, req *request) (answer, error) {
		l := of(req.snap)
		sel, err := l.parse(req.URL.Query())
		if err != nil {
			return answer{}, err
		}
		all := l.rows(req.snap)
		rows := l.pick(all, sel)
		switch req.format {
		case formatJSON:
			return listJSON(req.snap.head(l.name, len(rows)), l.name, rows), nil
		case formatCSV:
			return csvAnswer(l.name, l.columns, rows), nil
		}
		title, lede := listTitle(l.name)
		return s.page(req, "list", title, listView{Form: l.form(all, sel), Table: l.table(rows, sel), Lede: lede}), nil
	}
}

// head is what a list of the snapshot begins with.
func (s *Snapshot) head(name string, count int) listHead {
	return listHead{Schema: "burnish/" + name + "/v1", From: s.doc.From, To: s.doc.To, Count: count}
}

// lookup finds what a part of the path names, with or without the ending that
// names a format.
func lookup[V any](req *request, in map[string]V, part string) (V, error) {
	exact, trimmed := req.value(part)
	if v, ok := in[exact]; ok {
		if exact != trimmed {
			req.format = formatHTML
		}
		return v, nil
	}
	v, ok := in[trimmed]
	if !ok {
		return v, problem{Status: http.StatusNotFound, Detail: "There is none of that id in this report; it may be gone since."}
	}
	return v, nil
}

// timeText writes an instant for a machine.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
