package web

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// signalLanes is how many signals the picture of an incident draws; the table
// beside it has all that are listed.
const signalLanes = 40

// incidentView is all about an incident.
type incidentView struct {
	Title        text
	Declared     bool
	When, Lasted string
	SLO          link
	Team         text
	Severity     text
	Note         string
	Group        text
	Told         cell
	Figures      []fact
	Picture      lanesView
	Hidden       string
	Signals      table
	Findings     table
	Draft        string // address of the post-mortem's skeleton
	JSON         string
	Timeline     string
}

// incidentDocument is the page as JSON.
type incidentDocument struct {
	Schema   string      `json:"schema"`
	Incident incidentRow `json:"incident"`
	Findings []string    `json:"findings"`
}

// signal is an alert that fired about an incident.
type signal struct {
	truth.Signal
	url  string
	team string
	from time.Time // the incident's start
	to   time.Time // where what is still open is drawn to
}

func (g signal) fired() slo.Interval {
	if g.ResolvedAt.IsZero() {
		return slo.Interval{From: g.FiredAt, To: g.to}
	}
	return slo.Interval{From: g.FiredAt, To: g.ResolvedAt}
}

func (s *server) incidentPage(req *request) (answer, error) {
	at, err := lookup(req, req.snap.incidentAt, "id")
	if err != nil {
		return answer{}, err
	}
	in := req.snap.incidents[at]
	switch req.format {
	case formatJSON:
		return jsonAnswer(incidentDocument{"burnish/incident/v1", in, req.snap.findingsAbout(in.ID)}), nil
	case formatCSV:
		return csvAnswer("signals-of-"+in.key, signalColumns(), req.snap.signals(in)), nil
	case formatMarkdown:
		return req.snap.postmortem(in)
	}
	return s.page(req, "incident", in.title(), req.snap.incidentView(in)), nil
}

// postmortem is the skeleton of a post-mortem of the incident.
func (s *Snapshot) postmortem(in incidentRow) (answer, error) {
	if s.draft == nil {
		return answer{}, ErrNotFound
	}
	var b bytes.Buffer
	if err := s.draft(&b, in.ID); err != nil {
		return answer{}, err
	}
	return answer{contentType: "text/markdown; charset=utf-8", body: b.Bytes(), name: "post-mortem-" + in.key + ".md"}, nil
}

func (s *Snapshot) findingsAbout(id string) []string {
	out := []string{}
	for _, f := range s.findings {
		if slices.Contains(f.Incidents, id) {
			out = append(out, f.ID)
		}
	}
	return out
}

// signals are the alerts that fired about it in the order of their onsets: those
// that began with it first.
func (s *Snapshot) signals(in incidentRow) []signal {
	var out []signal
	if in.verdict == nil {
		return out
	}
	for _, x := range in.verdict.Signals {
		g := signal{Signal: x, url: s.ruleAddress(x.RuleKey), team: teamOf(x.Labels), from: in.From, to: s.doc.To}
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b signal) int {
		if a.Onset != b.Onset {
			if a.Onset {
				return -1
			}
			return 1
		}
		return a.FiredAt.Compare(b.FiredAt)
	})
	return out
}

func (s *Snapshot) incidentView(in incidentRow) incidentView {
	signals := s.signals(in)
	v := incidentView{
		Title: newText(in.title()), Declared: in.Declared, Lasted: report.SpanText(in.lasted()),
		When: report.MinuteText(in.From) + " – " + report.MinuteText(in.To), Team: newText(deref(in.Team)), Severity: newText(deref(in.Severity)),
		Note: block(deref(in.Note)), Group: newText(groupText(in.Group)), Told: toldCell(in), Figures: incidentFigures(in, len(signals)),
		JSON: in.URL + ".json", Timeline: "/timeline?from=" + timeText(in.From.Add(-6*time.Hour)) + "&to=" + timeText(in.To.Add(6*time.Hour)),
	}
	if in.SLO != nil {
		v.SLO = link{newText(*in.SLO), s.sloAddress(*in.SLO)}
	}
	if s.draft != nil {
		v.Draft = in.URL + ".md"
	}
	v.Picture = s.signalPicture(in, signals)
	if n := in.Hidden; n > 0 || len(signals) > signalLanes {
		v.Hidden = fmt.Sprintf("The picture shows the first %s of %s.", report.CountText(min(signalLanes, len(signals))), report.PluralText(len(signals)+max(0, n-max(0, len(signals)-len(in.Signals))), "signal"))
	}
	v.Signals = list[signal]{name: "signals", caption: "Contributing signals in the order of onset", empty: "No alert fired about it.", columns: signalColumns()}.bare(signals)
	v.Signals.JSON, v.Signals.CSV = in.URL+".json", in.URL+".csv"
	l := s.findingList()
	var about []findingRow
	for _, id := range s.findingsAbout(in.ID) {
		about = append(about, s.findings[s.findingAt[id]])
	}
	v.Findings = l.excerpt(about, 20, selection{})
	v.Findings.JSON, v.Findings.CSV, v.Findings.All = in.URL+".json", "", ""
	v.Findings.Empty = "No finding is about this incident."
	return v
}

func incidentFigures(in incidentRow, signals int) []fact {
	out := []fact{
		{Label: "Lasted", Value: report.SpanText(in.lasted()), Note: "from " + report.MinuteText(in.From) + " to " + report.MinuteText(in.To)},
		{Label: "Budget burned", Value: optional(in.Burned, report.PercentText), Note: "of the budget of the SLO’s window"},
		{Label: "Burn at its peak", Value: optional(in.Peak, report.BurnText), Note: "1 spends exactly the budget over the window"},
		{Label: "First alert", Value: dash, Note: "no alert began with it"},
		{Label: "Signals", Value: report.CountText(signals + in.Hidden - max(0, signals-len(in.Signals))), Note: "alerts that fired about it"},
	}
	if in.Burned == nil {
		out[1].Note = "not known of a declared incident"
	}
	if in.Peak == nil {
		out[2].Note = "not known"
	}
	if in.Detection != nil {
		out[3].Value, out[3].Note = "after "+secondsText(*in.Detection), "the first that began with it"
		if *in.Detection == 0 {
			out[3].Value = "at once"
		}
	}
	return out
}

// signalPicture draws each signal beside the incident, on the incident's own time.
func (s *Snapshot) signalPicture(in incidentRow, signals []signal) lanesView {
	when := slo.Interval{From: in.From, To: in.To}
	a := within(when, 15*time.Minute)
	out := lanesView{Ticks: a.ticks()}
	for i, g := range signals[:min(len(signals), signalLanes)] {
		out.Lanes = append(out.Lanes, lane{
			Name: newText(g.Name), URL: g.url, Tag: newText(g.Severity),
			Notes: texts(onsetText(g)), Strip: signalLane(a, when, g.RuleKey, g.fired()),
			Apart: i > 0 && signals[i-1].Onset && !g.Onset,
		})
	}
	return out
}

// onsetText says when a signal began, against the incident's start.
func onsetText(g signal) string {
	d := g.FiredAt.Sub(g.from)
	switch {
	case !g.Onset:
		return "fired already, for " + report.SpanText(max(0, -d))
	case d < 0:
		return report.SpanText(-d) + " before the start"
	}
	return "+" + report.SpanText(d)
}

func signalColumns() []column[signal] {
	return []column[signal]{
		{key: "onset_seconds", head: "Onset", left: true, class: "name when", value: func(g signal) any { return g.FiredAt.Sub(g.from).Seconds() }, cell: func(g signal) cell { return cell{Text: plain(onsetText(g))} }},
		{key: "rule", head: "Rule", left: true, class: "full", value: func(g signal) any { return g.Name }, cell: func(g signal) cell {
			return cell{Text: newText(g.Name), Href: g.url, Tag: newText(g.Severity), Small: texts(g.team)}
		}},
		{key: "labels", head: "Alert", left: true, class: "full", value: func(g signal) any { return labelsText(g.Labels.Map()) }, cell: func(g signal) cell {
			return cell{Text: lineText(labelsText(g.Labels.Map(), "severity", "team"))}
		}},
		{key: "fired_at", head: "Fired (UTC)", left: true, value: func(g signal) any { return g.FiredAt }, cell: func(g signal) cell {
			return cell{Text: plain(g.FiredAt.UTC().Format("2 Jan 15:04:05")), Datetime: timeText(g.FiredAt)}
		}},
		{key: "resolved_at", head: "For", value: func(g signal) any {
			if g.ResolvedAt.IsZero() {
				return nil
			}
			return g.ResolvedAt
		}, cell: func(g signal) cell {
			if g.ResolvedAt.IsZero() {
				return cell{Text: plain("still firing")}
			}
			return cell{Text: plain(report.SpanText(g.ResolvedAt.Sub(g.FiredAt)))}
		}},
		{key: "basis", head: "Tied by", left: true, value: func(g signal) any { return string(g.Basis) }, cell: func(g signal) cell { return cell{Text: plain(string(g.Basis))} }},
		{key: "began_with_it", value: func(g signal) any { return g.Onset }},
		{key: "severity", value: func(g signal) any { return g.Severity }},
	}
}
