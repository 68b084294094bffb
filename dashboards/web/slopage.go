package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// sloView is all about an SLO.
type sloView struct {
	Name, Owner text
	Groups      []sloGroupView
	Picture     lanesView
	Watched     []fact
	Rules       table
	Incidents   table
	Findings    table
	JSON, CSV   string
	Timeline    string
}

// sloGroupView is one group of it.
type sloGroupView struct {
	Group      text
	Mark, Says string
	Figures    []fact
	Burns      []pair
	Notes      []text
}

func (s *server) sloPage(req *request) (answer, error) {
	service, _ := req.value("service")
	exact, trimmed := req.value("name")
	address := func(name string) string { return "/slos/" + url.PathEscape(service) + "/" + url.PathEscape(name) }
	at, ok := req.snap.sloByPath[address(exact)]
	if ok && exact != trimmed {
		req.format = formatHTML
	}
	if !ok {
		at, ok = req.snap.sloByPath[address(trimmed)]
	}
	if !ok {
		return answer{}, problem{Status: http.StatusNotFound, Detail: "There is no promise of that name in this report."}
	}
	var rows []sloRow
	for _, i := range at {
		rows = append(rows, req.snap.slos[i])
	}
	switch req.format {
	case formatJSON:
		return listJSON(req.snap.head("slos", len(rows)), "slos", rows), nil
	case formatCSV:
		return csvAnswer("slo", req.snap.sloList().columns, rows), nil
	}
	return s.page(req, "slo", rows[0].ID, req.snap.sloView(rows)), nil
}

func (s *Snapshot) sloView(rows []sloRow) sloView {
	r := rows[0]
	v := sloView{
		Name: newText(r.ID), Owner: newText(deref(r.Owner)), JSON: r.URL + ".json", CSV: r.URL + ".csv",
		Timeline: "/timeline?" + url.Values{"slo": {r.ID}}.Encode(),
	}
	for _, g := range rows {
		v.Groups = append(v.Groups, newSLOGroup(g))
	}
	v.Picture = s.sloPicture(rows)
	v.Watched = s.watched(r.ID)
	rules := s.ruleList().only("rule", "strip", "episodes", "precision_ratio", "recall_ratio", "decision")
	v.Rules = rules.excerpt(rules.pick(s.tiedRules(r.ID), selection{sort: "-episodes"}), 15, selection{})
	v.Rules.JSON, v.Rules.CSV, v.Rules.All = "", "", ""
	v.Rules.Caption, v.Rules.Empty = "The rules that are held against it", "No rule is tied to it: nothing would tell of a loss."
	in := s.incidentList()
	of := url.Values{"slo": {r.ID}}
	v.Incidents = in.excerpt(s.incidentsOf(r.ID), 15, selection{rest: of})
	l := s.findingList()
	v.Findings = l.excerpt(l.pick(s.findings, selection{sort: l.order, facets: map[string]string{"slo": r.ID}}), 15, selection{rest: of})
	return v
}

// sloPicture draws the budgets of an SLO with the rules that are held against it.
func (s *Snapshot) sloPicture(rows []sloRow) lanesView {
	st := stretch{axis: s.axis(), slo: rows[0].ID}
	if b := rows[0].BurnDown; b != nil {
		st.From = b.From
		st.To = b.From.Add(time.Duration(b.Step * float64(len(b.Remaining)) * float64(time.Second)))
	}
	out := lanesView{Ticks: st.ticks()}
	out.Lanes, _, _ = s.lanes(st, budgetLanes, alertLanes)
	for i := range out.Lanes {
		out.Lanes[i].Apart = i > 0 && out.Lanes[i].data.Kind != out.Lanes[i-1].data.Kind
	}
	return out
}

func newSLOGroup(r sloRow) sloGroupView {
	out := sloGroupView{Group: newText(groupText(r.Group))}
	out.Mark, out.Says = stateMark(r.State)
	left := "of the budget of " + windowText(r.Window)
	switch n := int(deref(r.EventsLeft)); {
	case r.EventsLeft == nil:
	case n < 0:
		left += "; " + report.CountText(-n) + " more events failed than may"
	default:
		left += "; " + report.CountText(n) + " more events may fail"
	}
	out.Figures = []fact{
		{Label: "Budget left", Value: optional(r.Remaining, report.BudgetText), Note: left},
		{Label: "Objective", Value: report.ObjectiveText(r.Objective), Note: "of events in " + windowText(r.Window)},
		{Label: "Errors", Value: optional(r.ErrorRatio, report.ErrorText), Note: eventsNote(r)},
		{Label: "Gone in", Value: goneText(r), Note: goneNote(r)},
		{Label: "Coverage", Value: report.PercentText(r.Coverage), Note: "of the window was counted; the rest is neither good nor bad"},
	}
	if r.AsOf != nil {
		out.Figures = append(out.Figures, fact{Label: "As of", Value: r.AsOf.Format("15:04 UTC"), Note: "the course of the budget and the incidents are the report's"})
	}
	if r.TrafficShare != nil {
		out.Figures = append(out.Figures, fact{Label: "Share of traffic", Value: report.PercentText(*r.TrafficShare), Note: "of its group of promises"})
	}
	for _, d := range burnWindows(r.BurnRates) {
		out.Burns = append(out.Burns, pair{d, optional(r.BurnRates[d], report.BurnText)})
	}
	out.Notes = texts(r.Notes...)
	return out
}

func eventsNote(r sloRow) string {
	if r.Good == nil || r.Total == nil {
		return "no event was counted"
	}
	return report.CountText(int(*r.Total-*r.Good)) + " of " + report.CountText(int(*r.Total)) + " events were bad"
}

func goneNote(r sloRow) string {
	x := r.Exhaustion
	switch {
	case r.State == stateGone:
		return "nothing is left to spend"
	case x.Best == nil:
		return "as errors go now, not within the window"
	case x.Low != nil && x.High != nil:
		return "between " + secondsText(*x.Low) + " and " + secondsText(*x.High) + " if errors go on as in the last " + secondsText(x.Basis)
	}
	return "if errors go on as in the last " + secondsText(x.Basis)
}

// burnWindows are the windows in the order of their lengths.
func burnWindows(rates map[string]*float64) []string {
	out := make([]string, 0, len(rates))
	for w := range rates {
		out = append(out, w)
	}
	length := func(w string) time.Duration {
		d, err := model.ParseDuration(w)
		if err != nil {
			return 0
		}
		return time.Duration(d)
	}
	slices.SortFunc(out, func(a, b string) int {
		if d := length(a) - length(b); d != 0 {
			return int(max(-1, min(1, d)))
		}
		return strings.Compare(a, b)
	})
	return out
}

// watched is how well alerts watch an SLO, for each group that was judged.
func (s *Snapshot) watched(id string) []fact {
	var out []fact
	groups := 0
	for _, w := range s.judgement.SLOs {
		if w.SLO == id {
			groups++
		}
	}
	for _, w := range s.judgement.SLOs {
		if w.SLO != id {
			continue
		}
		name := ""
		if groups > 1 {
			name = " (" + cleanName(w.Labels.String()) + ")"
		}
		out = append(out, fact{Label: "Incidents told of" + name, Share: newShare(&w.Recall), Note: "at least one alert fired about them"},
			fact{Label: "Told as they began" + name, Share: newShare(&w.Onset), Note: "an alert began with them"},
			fact{Label: "First alert" + name, Value: dash, Note: "how long after the start is not known"})
		if w.Detection.Known() {
			out[len(out)-1].Value = report.SpanText(w.Detection.Median)
			out[len(out)-1].Note = "half come within; p95 " + report.SpanText(w.Detection.P95) + ", of " + report.CountText(w.Detection.Count)
		}
		if w.TellsUs != nil {
			out = append(out, fact{Label: "Tells best" + name, Links: []link{{newText(w.TellsUs.Name), s.ruleAddress(*w.TellsUs)}}, Note: "it began with most of its incidents"})
		}
	}
	return out
}

func (s *Snapshot) tiedRules(id string) []ruleRow {
	tied := s.tiedTo(id)
	var out []ruleRow
	for i := range s.rules {
		if tied[i] {
			out = append(out, s.rules[i])
		}
	}
	return out
}

func (s *Snapshot) incidentsOf(id string) []incidentRow {
	var out []incidentRow
	for _, in := range s.incidents {
		if deref(in.SLO) == id {
			out = append(out, in)
		}
	}
	return out
}

// within is an interval with time around it, to be seen in its surroundings.
func within(in slo.Interval, least time.Duration) axis {
	around := max(least, in.Duration()/4)
	return axis{slo.Interval{From: in.From.Add(-around), To: in.To.Add(around)}}
}
