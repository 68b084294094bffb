package web

import (
	"strings"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo/topology"
)

// loopRow is the control loop around a promise.
type loopRow struct {
	topology.Loop

	lacks []string
	url   string
}

// partView is one part of a loop.
type partView struct {
	Role, Lag  string
	Name, Note text
	Mark, Says string // where it is missing or not known
}

func (s *Snapshot) loopRows() []loopRow {
	var out []loopRow
	for _, l := range s.topology.View.Loops {
		out = append(out, loopRow{l, l.Lacks(), s.sloPages[l.SLO]})
	}
	return out
}

func loopList() list[loopRow] {
	parts := func(key, head string, of func(loopRow) []topology.Element) column[loopRow] {
		return column[loopRow]{key: key, head: head, left: true, mute: true, class: "full parts", cell: func(r loopRow) cell { return cell{Elements: partsOf(of(r))} }}
	}
	return list[loopRow]{
		name: "loops", noun: "promise", path: "/topology/loops", order: "-missing",
		caption: "How each promise is steered", empty: "No promise is like that.",
		id: func(r loopRow) string { return r.SLO },
		columns: []column[loopRow]{
			{key: "slo", head: "Promise", left: true, class: "name", value: func(r loopRow) any { return r.SLO }, cell: func(r loopRow) cell {
				return cell{Text: newText(r.SLO), Href: r.url, Strong: r.url == ""}
			}},
			{key: "missing", head: "Missing", desc: true, value: func(r loopRow) any { return len(r.lacks) }, cell: func(r loopRow) cell {
				if len(r.lacks) == 0 {
					return cell{Mark: "good", Says: "nothing"}
				}
				return cell{Mark: "risk", Says: report.CountText(len(r.lacks))}
			}},
			parts("controllers", "Who steers", func(r loopRow) []topology.Element { return r.Controllers }),
			parts("control_actions", "By what actions", func(r loopRow) []topology.Element { return r.Actions }),
			parts("feedback", "By what feedback", func(r loopRow) []topology.Element { return r.Feedback }),
			{key: "unsafe", head: "Unsafe actions", left: true, desc: true, class: "full", value: func(r loopRow) any {
				if !r.Known {
					return nil
				}
				return r.Unsafe.NotGiven + r.Unsafe.GivenNeedlessly + r.Unsafe.WrongTime + r.Unsafe.WrongDuration
			}, cell: unsafeCell},
		},
		facets: []facet[loopRow]{{"lacks", "Missing", func(r loopRow) []string { return r.lacks }}},
		words: func(r loopRow) []string {
			out := []string{r.SLO}
			for _, in := range [][]topology.Element{r.Controllers, r.Actions, r.Feedback} {
				for _, e := range in {
					out = append(out, e.Name)
				}
			}
			return out
		},
	}
}

func partsOf(in []topology.Element) []partView {
	var out []partView
	for _, e := range in {
		p := partView{Role: e.Role, Name: newText(e.Name), Note: lineText(e.Note)}
		if e.Missing() {
			p.Mark, p.Says, p.Note = "risk", cleanLine(e.Note), text{}
		} else if e.Unknown {
			p.Mark, p.Says, p.Note = "unknown", cleanLine(e.Note), text{}
		}
		switch {
		case e.Lag.Known && e.Lag.Value <= 0:
			p.Lag = "at once"
		case e.Lag.Known:
			p.Lag = "after " + secondsText(e.Lag.Value)
		}
		out = append(out, p)
	}
	return out
}

// unsafeCell counts the four ways in which the alerts were unsafe.
func unsafeCell(r loopRow) cell {
	if !r.Known {
		return cell{Text: plain("not measured"), Class: "full asks"}
	}
	var out []text
	for _, a := range []struct {
		n    int
		what string
	}{
		{r.Unsafe.NotGiven, "not given"}, {r.Unsafe.GivenNeedlessly, "given needlessly"},
		{r.Unsafe.WrongTime, "too early or late"}, {r.Unsafe.WrongDuration, "ended too soon or held too long"},
	} {
		if a.n > 0 {
			out = append(out, lineText(report.CountText(a.n)+" "+a.what))
		}
	}
	if out == nil {
		return cell{Mark: "good", Says: "none"}
	}
	return cell{Small: out}
}

func (s *server) loopsPage(req *request) (answer, error) {
	t := req.snap.topology
	if t == nil {
		return answer{}, noTopology()
	}
	l := loopList()
	sel, err := l.parse(req.URL.Query())
	if err != nil {
		return answer{}, err
	}
	all := req.snap.loopRows()
	v := sheetView{
		Problem: cleanLine(t.Problem), Form: l.form(all, sel), Table: l.table(l.pick(all, sel), sel),
		Lede: "Around each promise: who steers the service, by what actions, and by what feedback they see what it does (STPA). What is missing is marked: there it is steered blindly.",
	}
	v.Notes = []string{"Lags and unsafe actions were not measured yet."}
	if w := t.View.Measured.Window; w > 0 {
		v.Notes = []string{strings.Join([]string{"Lags and unsafe actions were measured over", report.SpanText(w) + "."}, " ")}
	}
	v.Table.JSON, v.Table.CSV = "/topology.json", ""
	return s.page(req, "sheet", "How it is steered", v), nil
}
