package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

//go:embed *.html.tmpl
var templateFiles embed.FS

// pages are all templates. Everything that comes from outside goes through
// html/template's escaping.
var pages = template.Must(template.New("pages").ParseFS(templateFiles, "*.html.tmpl"))

// view is what every page is drawn from.
type view struct {
	Title, Heading string
	Nav            []navItem
	Source, Window string
	AsOf, AsOfText string
	Notice         string
	CSS, JS, Icon  string
	Version        string
	Live           int64 // milliseconds after which the script looks for a newer page; 0 never
	Data           any
}

// navItem is a part of the page.
type navItem struct {
	Label, Href string
	Here        bool // this very page
	Within      bool // a page below it
}

func navigation(withTopology bool) []navItem {
	out := []navItem{
		{Label: "Overview", Href: "/"}, {Label: "Promises", Href: "/slos"}, {Label: "Rules", Href: "/rules"},
		{Label: "Incidents", Href: "/incidents"}, {Label: "Findings", Href: "/findings"}, {Label: "To do", Href: "/decisions"},
		{Label: "Timeline", Href: "/timeline"},
	}
	if withTopology {
		out = append(out, navItem{Label: "Topology", Href: "/topology"})
	}
	return append(out, navItem{Label: "Reports", Href: "/reports"})
}

// page draws a page from its template.
func (s *server) page(req *request, name, title string, data any) answer {
	v := view{
		Title: cleanName(title), Heading: cleanName(title), Notice: req.state.Notice, Data: data, Version: s.o.Version,
		CSS: s.assets.url("page.css"), JS: s.assets.url("page.js"), Icon: s.assets.url("mark.svg"),
	}
	if name == "overview" || name == "timeline" {
		v.Live = s.o.Refresh.Milliseconds()
	}
	for _, item := range navigation(req.snap != nil && req.snap.topology != nil) {
		item.Here = req.URL.Path == item.Href
		item.Within = item.Href != "/" && strings.HasPrefix(req.URL.Path, item.Href+"/")
		v.Nav = append(v.Nav, item)
	}
	if req.snap != nil {
		d := &req.snap.doc
		v.Source, v.Window = cleanName(d.Source), report.DatesText(slo.Interval{From: d.From, To: d.To})
		v.AsOf, v.AsOfText = timeText(req.snap.at), req.snap.at.Format("2 Jan 2006 15:04")
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name+".html.tmpl", v); err != nil {
		return answer{status: 500, contentType: "text/plain; charset=utf-8", body: fmt.Appendf(nil, "draw the page: %v\n", err)}
	}
	return answer{contentType: "text/html; charset=utf-8", body: b.Bytes()}
}
