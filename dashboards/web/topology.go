package web

import (
	"bytes"
	"html/template"
	"io"
	"net/http"
	"path"
	"path/filepath"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo/topology"
)

// Topology is what depends on what, as the pages show it.
type Topology struct {
	// View is everything that is shown; without a graph there is only the Problem.
	View topology.View
	// Worksheet is the file that people's answers live in; empty where none is named.
	Worksheet string
	// Problem is what keeps the newest of it from being shown; empty where all is well.
	Problem string
}

// topologyRoutes are the addresses of the topology's pages.
func topologyRoutes() []route {
	get := func(pattern string, answer func(*server, *request) (answer, error)) route {
		return route{method: http.MethodGet, pattern: pattern, answer: answer}
	}
	return []route{
		get("/topology", (*server).topologyPage),
		get("/topology.json", topologyAs("application/json", topology.View.WriteJSON)),
		get("/topology.svg", topologyAs("image/svg+xml", topology.View.WriteSVG)),
		get("/topology/worksheet", (*server).worksheetPage),
		get("/topology/worksheet.csv", topologyAs("text/csv; charset=utf-8", writeWorksheet)),
		get("/topology/worksheet.md", topologyAs("text/markdown; charset=utf-8", topology.View.WriteMarkdown)),
		get("/topology/loops", (*server).loopsPage),
	}
}

func writeWorksheet(v topology.View, w io.Writer) error { return topology.WriteCSV(w, v.Worksheet) }

// noTopology says how to get one.
func noTopology() problem {
	return problem{Status: http.StatusNotFound, Detail: "Nothing is known of what depends on what. SLOs name what they need in depends_on, and topology.file of the configuration names components and providers."}
}

// topologyAs answers the topology in a form of its own.
func topologyAs(kind string, write func(topology.View, io.Writer) error) func(*server, *request) (answer, error) {
	return func(_ *server, req *request) (answer, error) {
		t := req.snap.topology
		if t == nil {
			return answer{}, noTopology()
		}
		if t.View.Graph == nil {
			return answer{}, problem{Status: http.StatusServiceUnavailable, Detail: cleanLine(t.Problem)}
		}
		var b bytes.Buffer
		if err := write(t.View, &b); err != nil {
			return answer{}, err
		}
		out := answer{contentType: kind, body: b.Bytes()}
		switch path.Ext(req.URL.Path) {
		case ".svg":
			out.inlineStyle = true
		case ".csv", ".md":
			out.name = "worksheet" + path.Ext(req.URL.Path)
		}
		return out, nil
	}
}

// apiTopology answers all of it as JSON, or the worksheet as CSV.
func (s *server) apiTopology(req *request) (answer, error) {
	if err := onlyParameters(req.URL.Query(), "format"); err != nil {
		return answer{}, err
	}
	if req.format == formatCSV {
		a, err := topologyAs("text/csv; charset=utf-8", writeWorksheet)(s, req)
		a.name = "worksheet.csv"
		return a, err
	}
	return topologyAs("application/json", topology.View.WriteJSON)(s, req)
}

// topologyView is the page of what depends on what.
type topologyView struct {
	Problem string
	Known   bool // there is a graph
	Cards   []card
	Drawing template.HTML
	Levels  table
	Ways    table
	LeftOut table
}

func (s *server) topologyPage(req *request) (answer, error) {
	t := req.snap.topology
	if t == nil {
		return answer{}, noTopology()
	}
	if req.format != formatHTML { // asked for by ?format=
		return s.apiTopology(req)
	}
	v := topologyView{Problem: cleanLine(t.Problem)}
	if t.View.Graph == nil {
		return s.page(req, "topology", topologyTitle, v), nil
	}
	v.Known, v.Cards = true, t.cards()
	if t.View.Graph.Linked() {
		var b bytes.Buffer
		if err := t.View.WriteDrawing(&b); err != nil {
			return answer{}, err
		}
		v.Drawing = template.HTML(b.String()) //nolint:gosec // the drawing escapes every text itself, and a test reads it as XML
	}
	v.Levels, v.Ways, v.LeftOut = req.snap.levelTable(), waysTable(t.View), leftOutTable(t.View)
	return s.page(req, "topology", topologyTitle, v), nil
}

const topologyTitle = "What depends on what"

// cards are the figures that tell most.
func (t *Topology) cards() []card {
	kept, promised := 0, 0
	for i, c := range t.View.Graph.Components() {
		switch ok, known := t.View.Attainable[i].Kept(); {
		case !known || len(c.DependsOn) == 0:
		case ok:
			kept, promised = kept+1, promised+1
		default:
			promised++
		}
	}
	targets := card{Label: "Targets within reach", Value: dash, Basis: "no target rests on others", Href: "#levels"}
	if promised > 0 {
		targets.Value, targets.Basis = report.CountText(kept)+" of "+report.CountText(promised), "if all below keep just what is expected of them"
		targets.Mark, targets.Says = "good", "all can be kept"
		if kept < promised {
			targets.Mark, targets.Says = "over", report.CountText(promised-kept)+" can’t be kept"
		}
	}
	return append([]card{targets}, t.sheetCards()...)
}

// sheetCards are the figures of the worksheet and of the loops.
func (t *Topology) sheetCards() []card {
	urgent, asked, unanswered, missing := 0, 0, 0, 0
	for _, r := range t.View.Worksheet {
		if r.Priority() == topology.PriorityHigh {
			urgent++
		}
		if n := r.Questions(); n > 0 {
			asked, unanswered = asked+1, unanswered+n
		}
	}
	for _, l := range t.View.Loops {
		missing += len(l.Lacks())
	}
	modes := report.PluralText(len(t.View.Worksheet), "failure mode")
	out := []card{
		{Label: "High priority", Value: report.CountText(urgent), Basis: "of " + modes + " in the worksheet", Href: "/topology/worksheet?priority=high", Mark: "good", Says: "nothing urgent"},
		{Label: "Open questions", Value: report.CountText(unanswered), Basis: "in " + report.CountText(asked) + " of " + modes, Href: "/topology/worksheet?asks=yes", Mark: "good", Says: "all answered"},
		{Label: "Missing in control loops", Value: report.CountText(missing), Basis: "around " + report.PluralText(len(t.View.Loops), "promise"), Href: "/topology/loops", Mark: "good", Says: "all are closed"},
	}
	if urgent > 0 {
		out[0].Mark, out[0].Says = "over", "act, or say why not"
	}
	if unanswered > 0 {
		out[1].Mark, out[1].Says = "risk", "someone has to say"
	}
	if missing > 0 {
		out[2].Mark, out[2].Says = "risk", "steered blindly"
	}
	return out
}

// fileName is the last part of the worksheet's file.
func (t *Topology) fileName() string {
	if t.Worksheet == "" {
		return ""
	}
	return cleanName(filepath.Base(t.Worksheet))
}
