package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// ruleView is all about a rule.
type ruleView struct {
	Name, Severity, Team text
	Place                text
	Decision             *task
	Figures              []fact
	Written              bool
	Expr                 []token
	Facts                []fact
	Labels, Annotations  []pair
	Chart                chartView
	Findings             table
	Incidents            table
	Episodes             table
	JSON                 string
}

// fact is a figure with what it was taken of.
type fact struct {
	Label, Value, Note string
	Share              *shareView
	Links              []link
}

type pair struct{ Name, Value string }

// ruleDocument is the page as JSON.
type ruleDocument struct {
	Schema        string            `json:"schema"`
	From          time.Time         `json:"from"`
	To            time.Time         `json:"to"`
	Rule          ruleRow           `json:"rule"`
	Expr          *string           `json:"expr"`
	For           *float64          `json:"for_seconds"`
	KeepFiringFor *float64          `json:"keep_firing_for_seconds"`
	Labels        map[string]string `json:"labels"`
	Annotations   map[string]string `json:"annotations"`
	Decision      *report.Decision  `json:"decision"`
	Findings      []noise.Finding   `json:"findings"`
	Caught        []string          `json:"incidents_caught"`
	Missed        []string          `json:"incidents_missed"`
}

// episodesShown is how many episodes a rule's page lists.
const episodesShown = 10

func (s *server) rulePage(req *request) (answer, error) {
	at, err := lookup(req, req.snap.ruleByID, "id")
	if err != nil {
		return answer{}, err
	}
	r := req.snap.rules[at]
	switch req.format {
	case formatJSON:
		return jsonAnswer(req.snap.ruleDocument(r)), nil
	case formatCSV:
		one := req.snap.ruleList()
		return csvAnswer(r.ID, one.columns, []ruleRow{r}), nil
	}
	page, err := s.episodesOf(req, r, EpisodeQuery{Limit: episodesShown})
	if err != nil {
		return answer{}, err
	}
	v := req.snap.ruleView(r)
	v.Incidents = metList().bare(req.snap.metBy(r))
	v.Incidents.JSON, v.Incidents.CSV = r.URL+"/incidents.json", r.URL+"/incidents.csv"
	v.Episodes = episodeTable(r, page)
	if page.Next != "" {
		v.Episodes.All, v.Episodes.AllText = r.URL+"/episodes", "All its episodes"
	}
	return s.page(req, "rule", r.Name, v), nil
}

func (s *Snapshot) ruleDocument(r ruleRow) ruleDocument {
	d := ruleDocument{
		Schema: "burnish/rule/v1", From: s.doc.From, To: s.doc.To, Rule: r, Decision: r.decision,
		Findings: []noise.Finding{}, Caught: []string{}, Missed: []string{},
	}
	if w := r.written; w != nil {
		d.Expr, d.Labels, d.Annotations = &w.Expr, w.Labels.Map(), w.Annotations.Map()
		d.For, d.KeepFiringFor = new(w.For.Seconds()), new(w.KeepFiringFor.Seconds())
	}
	for _, id := range r.Findings {
		d.Findings = append(d.Findings, s.findings[s.findingAt[id]].Finding)
	}
	for _, m := range s.metBy(r) {
		if m.Caught {
			d.Caught = append(d.Caught, m.ID)
		} else {
			d.Missed = append(d.Missed, m.ID)
		}
	}
	return d
}

func (s *Snapshot) ruleView(r ruleRow) ruleView {
	where := place(r.Group, r.File)
	if r.Line != nil && r.File != nil {
		where += fmt.Sprintf(":%d", *r.Line)
	}
	v := ruleView{
		Name: newText(r.Name), Severity: newText(deref(r.Severity)), Team: newText(deref(r.Team)), Place: newText(where),
		Figures: ruleFigures(r), JSON: r.URL + ".json", Chart: s.ruleChart(r),
	}
	if d := r.decision; d != nil {
		v.Decision = &task{Verb: string(d.Verb), Why: lineText(d.Why)}
		if d.Into != nil {
			v.Decision.Name = newText(d.Into.Rule)
			v.Decision.Href = s.ruleAddress(noise.RuleKey{Name: d.Into.Rule, Group: deref(d.Into.Group), File: deref(d.Into.File), Severity: deref(d.Into.Severity)})
		}
		if d.Saves != nil && *d.Saves > 0 {
			v.Decision.Saves = report.FigureText(tenth(*d.Saves))
		}
	}
	if w := r.written; w != nil {
		v.Written, v.Expr, v.Facts = true, highlight(w.Expr), writtenFacts(w)
		v.Labels, v.Annotations = pairs(w.Labels), pairs(w.Annotations)
	}
	var found []findingRow
	for _, id := range r.Findings {
		found = append(found, s.findings[s.findingAt[id]])
	}
	l := s.findingList()
	l.columns = slices.DeleteFunc(l.columns, func(c column[findingRow]) bool { return c.key == "rule" })
	v.Findings = l.bare(found)
	v.Findings.Caption = "What is wrong with it"
	v.Findings.JSON, v.Findings.CSV = "/findings.json?rule="+r.ID, "/findings.csv?rule="+r.ID
	return v
}

// ruleAddress is the page of a rule; empty where it has none.
func (s *Snapshot) ruleAddress(k noise.RuleKey) string {
	if at, ok := s.ruleAt[k]; ok {
		return s.rules[at].URL
	}
	return ""
}

// ruleFigures are a rule's figures, each with its denominator.
func ruleFigures(r ruleRow) []fact {
	out := []fact{
		{Label: "Episodes", Value: report.CountText(r.Episodes), Note: episodesNote(r)},
		{Label: "Right alerts", Share: newShare(r.Precision), Note: rightNote(r)},
		{Label: "Incidents told of", Share: newShare(r.Recall), Note: "of its incidents, those in which it fired"},
		{Label: "Told as they began", Share: newShare(r.Onset), Note: "an alert of it began with the incident"},
		{Label: "Detection", Value: spreadText(r.Detection), Note: spreadNote(r.Detection, "from an incident’s start to the alert")},
		{Label: "Reset", Value: spreadText(r.Reset), Note: spreadNote(r.Reset, "from an incident’s end to the alert’s")},
		{Label: "Fleeting", Share: newShare(&r.Fleeting), Note: "over before anyone could act"},
		{Label: "Re-fires", Share: newShare(&r.Refires), Note: "began soon after the same alert’s end"},
		{Label: "Half last up to", Value: spreadText(r.Duration), Note: spreadNote(r.Duration, "of episodes whose two ends are known")},
		{Label: "Firing time", Value: secondsText(r.FiringSeconds), Note: "of all its alerts together, the longest " + secondsText(r.Longest)},
	}
	if r.Notifications != nil {
		note := "that name it, as Alertmanager would have sent them"
		if r.Pages != nil && *r.Pages > 0 {
			note += "; " + report.PluralText(*r.Pages, "page")
		}
		out = append(out, fact{Label: "Notifications", Value: report.CountText(*r.Notifications), Note: note})
	}
	if r.First != nil && r.Alone != nil {
		out = append(out, fact{Label: "First", Value: report.CountText(*r.First), Note: fmt.Sprintf("incidents that it told of first; of %s it alone", report.CountText(*r.Alone))})
	}
	return out
}

func episodesNote(r ruleRow) string {
	note := "of " + report.PluralText(r.Alerts, "alert")
	if p := r.ShareOfAll; p.Known() {
		note += ", " + report.PercentText(p.Ratio()) + " of all episodes"
	}
	if r.PendingOnly > 0 {
		note += "; " + report.CountText(r.PendingOnly) + " more were pending only"
	}
	return note
}

func rightNote(r ruleRow) string {
	if r.Precision == nil {
		return "no incident is tied to it, so nobody can say"
	}
	note := "were about an incident"
	if n := deref(r.Unjudged); n > 0 {
		note += "; " + report.CountText(n) + " more can’t be judged"
	}
	return note
}

func spreadText(p *report.Spread) string {
	if p == nil {
		return dash
	}
	return secondsText(p.Median)
}

func spreadNote(p *report.Spread, what string) string {
	if p == nil {
		return what + ": not known"
	}
	return fmt.Sprintf("%s; p95 %s, of %s", what, secondsText(p.P95), report.CountText(p.Count))
}

// writtenFacts are the timings that the rule is written with.
func writtenFacts(w *noise.Rule) []fact {
	out := []fact{{Label: "for", Value: report.SpanText(w.For)}, {Label: "keep_firing_for", Value: report.SpanText(w.KeepFiringFor)}}
	for i := range out {
		if strings.HasPrefix(out[i].Value, "0 ") {
			out[i].Value = "none"
		}
	}
	if w.Interval > 0 {
		out = append(out, fact{Label: "evaluated every", Value: report.SpanText(w.Interval)})
	}
	return out
}

// pairs are labels or annotations as they are written.
func pairs(ls labels.Labels) []pair {
	var out []pair
	ls.Range(func(l labels.Label) { out = append(out, pair{cleanName(l.Name), block(l.Value)}) })
	return out
}

// ruleChart draws a rule's alerts over its own incidents.
func (s *Snapshot) ruleChart(r ruleRow) chartView {
	a := s.axis()
	strip := *s.ruleStrip(r)
	var own []slo.Interval
	for _, m := range s.metBy(r) {
		own = append(own, slo.Interval{From: m.From, To: m.To})
	}
	slices.SortFunc(own, func(x, y slo.Interval) int { return x.From.Compare(y.From) })
	strip.Bands = a.spans(own, 0, 24)
	return chartView{Strip: strip, Ticks: a.ticks()}
}
