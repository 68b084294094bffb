package topology

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Element is one part of a control loop. What is missing has no Name.
type Element struct {
	Role string // what it is for
	Name string
	Lag  slo.Figure // seconds
	Note string
	// Unknown tells that nobody measured whether it is there; the Note says why.
	Unknown bool
}

// Missing tells whether the loop lacks it.
func (e Element) Missing() bool { return e.Name == "" && !e.Unknown }

// Loop is the control loop around one SLO (STPA; N. Leveson, J. Thomas, STPA
// Handbook, 2018): who steers the service, by what actions, and by what feedback.
type Loop struct {
	SLO         string
	Controllers []Element
	Actions     []Element
	Feedback    []Element
	// Unsafe counts the control actions of its alerts that were unsafe, and Known tells
	// whether they were measured.
	Unsafe Actions
	Known  bool
}

// Lacks are the roles of its elements that are missing.
func (l Loop) Lacks() []string {
	var out []string
	for _, part := range [][]Element{l.Controllers, l.Actions, l.Feedback} {
		for _, e := range part {
			if e.Missing() {
				out = append(out, e.Role)
			}
		}
	}
	return out
}

// Loops are the control loops of all SLOs, by service and name.
func (g *Graph) Loops(m Measured) []Loop {
	var out []Loop
	for _, c := range g.components {
		for _, s := range c.SLOs {
			o, measured := m.SLOs[s.ID()]
			out = append(out, newLoop(s, o, measured))
		}
	}
	return out
}

func newLoop(s slo.SLO, o Observed, measured bool) Loop {
	l := Loop{SLO: s.ID(), Unsafe: o.Actions, Known: measured}
	l.Controllers = []Element{
		{Role: "people", Name: s.Owner, Note: missingNote(s.Owner, "nobody owns it")},
		{Role: "automation", Name: "deploy gate", Note: "holds changes while the budget is gone"},
	}
	page := Element{Role: "tells people", Note: "no alert tells of it"}
	if len(o.Rules) > 0 {
		page = Element{Role: "tells people", Name: list(o.Rules, 3), Lag: o.Detection}
	} else if !measured {
		page.Note, page.Unknown = "alerts were not measured", true
	}
	l.Actions = []Element{
		page,
		{Role: "restores", Name: s.Runbook, Lag: o.Restore, Note: missingNote(s.Runbook, "no runbook")},
	}
	l.Feedback = feedback(s, o, measured)
	return l
}

// feedback is what tells the controllers how the service does.
func feedback(s slo.SLO, o Observed, measured bool) []Element {
	metric := Element{Role: "events", Note: "no SLI"}
	if s.SLI != nil {
		metric = Element{Role: "events", Name: selectors(s.SLI)}
	}
	caught := Element{Role: "alerts catch losses", Note: "not measured", Unknown: true}
	if measured && o.Recall.Known() {
		caught = Element{Role: "alerts catch losses", Name: fmt.Sprintf("%d of %d", o.Recall.Count, o.Recall.Of), Lag: o.Detection}
		if len(o.Missed) > 0 {
			caught.Note = "missed " + list(o.Missed, 2)
		}
	} else if measured {
		caught.Note = "no loss to measure by"
	}
	over := Element{Role: "alerts end", Note: "when alerts end after a loss is not known", Unknown: true}
	if o.Reset.Known {
		over = Element{Role: "alerts end", Name: "after the loss", Lag: o.Reset}
	}
	return []Element{metric, caught, over, {Role: "dashboard", Name: s.Dashboard, Note: missingNote(s.Dashboard, "no dashboard")}}
}

func missingNote(name, note string) string {
	if name == "" {
		return note
	}
	return ""
}

// selectors name the metrics that an SLI is counted from.
func selectors(sli slo.SLI) string {
	var names []string
	for _, s := range sli.Selectors() {
		names = append(names, s.Expr)
	}
	if len(names) == 0 {
		return "PromQL of the spec"
	}
	return list(names, 2)
}

func list(in []string, most int) string {
	if len(in) > most {
		return strings.Join(in[:most], ", ") + fmt.Sprintf(" and %d more", len(in)-most)
	}
	return strings.Join(in, ", ")
}

func (v View) writeLoops(b *bytes.Buffer) {
	b.WriteString("\n## Control loops\n\n")
	if len(v.Loops) == 0 {
		b.WriteString("There is no SLO, so nothing is steered.\n")
	}
	for _, l := range v.Loops {
		fmt.Fprintf(b, "### %s\n\n", escaped(l.SLO))
		tableHead(b, "Part", "For", "What", "Lag", "Note")
		for _, part := range []struct {
			name string
			in   []Element
		}{{"controller", l.Controllers}, {"control action", l.Actions}, {"feedback", l.Feedback}} {
			for _, e := range part.in {
				tableRow(b, part.name, e.Role, e.what(), e.lag(), e.Note)
			}
		}
		b.WriteString("\n")
		if l.Known {
			fmt.Fprintf(b, "Unsafe: %d not given, %d given needlessly, %d too early or late, %d stopped too soon or held too long.\n\n",
				l.Unsafe.NotGiven, l.Unsafe.GivenNeedlessly, l.Unsafe.WrongTime, l.Unsafe.WrongDuration)
		}
	}
}

func (e Element) what() string {
	if e.Missing() {
		return "MISSING"
	}
	if e.Unknown {
		return "?"
	}
	return e.Name
}

func (e Element) lag() string {
	if !e.Lag.Known {
		return "?"
	}
	return spanText(time.Duration(e.Lag.Value * float64(time.Second)))
}
