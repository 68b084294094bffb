package web

import (
	"net/http"
	"regexp"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// reportRow is a report that can be read: the one of now, or one that is kept.
type reportRow struct {
	ArchivedReport
	URL     string `json:"url"`
	Current bool   `json:"current"`
}

// currentReport is the id of the report that is being served.
const currentReport = "current"

// reportsView is the archive.
type reportsView struct {
	Kept  bool // somebody keeps older reports
	Table table
}

// allReports is the report of now and those that are kept, the newest first.
func (s *server) allReports(req *request) ([]reportRow, error) {
	d := &req.snap.doc
	out := []reportRow{{ArchivedReport{
		ID: currentReport, From: d.From, To: d.To, MadeAt: req.snap.at,
		Episodes: d.Summary.Episodes, Findings: len(d.Findings),
	}, "/report", true}}
	if s.o.Archive == nil {
		return out, nil
	}
	kept, err := s.o.Archive.Reports(req.Context())
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		out = append(out, reportRow{k, "/reports/" + k.ID, false})
	}
	return out, nil
}

func reportList() list[reportRow] {
	return list[reportRow]{
		name: "reports", noun: "report", path: "/reports", order: "-made_at", caption: "Reports, the newest first",
		words:   func(r reportRow) []string { return []string{r.ID} },
		columns: reportColumns(),
		id:      func(r reportRow) string { return r.ID },
	}
}

func reportColumns() []column[reportRow] {
	return []column[reportRow]{
		{key: "from", head: "Of", left: true, desc: true, class: "name", value: func(r reportRow) any { return r.From }, cell: func(r reportRow) cell {
			c := cell{Text: plain(report.DatesText(slo.Interval{From: r.From, To: r.To})), Href: r.URL}
			if r.Current {
				c.Tag = plain("now")
			}
			return c
		}},
		{key: "made_at", head: "Made (UTC)", left: true, desc: true, value: func(r reportRow) any { return r.MadeAt }, cell: func(r reportRow) cell {
			return cell{Text: plain(r.MadeAt.UTC().Format("2 Jan 2006 15:04")), Datetime: timeText(r.MadeAt)}
		}},
		{key: "episodes", head: "Episodes", desc: true, value: func(r reportRow) any { return r.Episodes }, cell: func(r reportRow) cell { return cell{Text: plain(report.CountText(r.Episodes))} }},
		{key: "findings", head: "Findings", desc: true, value: func(r reportRow) any { return r.Findings }, cell: func(r reportRow) cell { return cell{Text: plain(report.CountText(r.Findings))} }},
		{key: "forms", head: "Other forms", left: true, mute: true, cell: func(r reportRow) cell {
			return cell{Links: []link{{plain("JSON"), r.URL + ".json"}, {plain("Markdown"), r.URL + ".md"}}}
		}},
		{key: "to", value: func(r reportRow) any { return r.To }},
		{key: "id", value: func(r reportRow) any { return r.ID }},
		{key: "url", value: func(r reportRow) any { return r.URL }},
	}
}

func (s *server) reports(req *request) (answer, error) {
	l := reportList()
	sel, err := l.parse(req.URL.Query())
	if err != nil {
		return answer{}, err
	}
	all, err := s.allReports(req)
	if err != nil {
		return answer{}, err
	}
	rows := l.pick(all, sel)
	switch req.format {
	case formatJSON:
		return listJSON(req.snap.head("reports", len(rows)), "reports", rows), nil
	case formatCSV:
		return csvAnswer("reports", l.columns, rows), nil
	}
	return s.page(req, "reports", "Reports", reportsView{Kept: s.o.Archive != nil, Table: l.table(rows, sel)}), nil
}

// archiveID is what an id of a report may look like.
var archiveID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:_-]{0,99}$`)

// archived answers a report that is kept, as it was written.
func (s *server) archived(req *request) (answer, error) {
	exact, id := req.value("id")
	if exact == id && req.format != formatHTML {
		req.format = formatHTML // the ending is not one of ours
	}
	if s.o.Archive == nil || !archiveID.MatchString(id) || req.format == formatCSV {
		return answer{}, problem{Status: http.StatusNotFound, Detail: "There is no such report in the archive."}
	}
	body, err := s.o.Archive.Report(req.Context(), id, req.format)
	if err != nil {
		return answer{}, err
	}
	types := map[string]string{formatHTML: "text/html; charset=utf-8", formatJSON: "application/json", formatMarkdown: "text/markdown; charset=utf-8"}
	return answer{contentType: types[req.format], body: body, inlineStyle: req.format == formatHTML}, nil
}
