package web

import (
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// findingView is all about a finding.
type findingView struct {
	Title, Advice text
	Kind          string
	Gravity       cell
	Action        string
	Confidence    string
	Why           text
	About         cell
	Team          text
	Saves         string
	Evidence      []fact
	Others        []link
	MoreOthers    string // how many more there are; empty where all are named
	Incidents     table
	Examples      table
	ID, JSON      string
}

func (s *server) findingPage(req *request) (answer, error) {
	at, err := lookup(req, req.snap.findingAt, "id")
	if err != nil {
		return answer{}, err
	}
	f := req.snap.findings[at]
	switch req.format {
	case formatJSON:
		return jsonAnswer(struct {
			Schema  string     `json:"schema"`
			Finding findingRow `json:"finding"`
		}{"burnish/finding/v1", f}), nil
	case formatCSV:
		return csvAnswer(pathID(f.ID), req.snap.findingList().columns, []findingRow{f}), nil
	}
	return s.page(req, "finding", f.Title, req.snap.findingView(f)), nil
}

func (s *Snapshot) findingView(f findingRow) findingView {
	v := findingView{
		Title: lineText(f.Title), Advice: lineText(f.Advice), Kind: kindText(string(f.Kind)), Action: kindText(string(f.Action)),
		Gravity:    cell{Mark: gravityMark(string(f.Gravity)), Says: string(f.Gravity)},
		Confidence: string(f.Confidence), Why: lineText(f.Why), About: s.aboutCell(f), Team: newText(deref(f.Team)),
		ID: cleanName(f.ID), JSON: f.URL + ".json",
	}
	if f.Saves != nil {
		v.Saves = report.FigureText(tenth(*f.Saves))
	}
	for _, e := range f.Evidence {
		v.Evidence = append(v.Evidence, evidenceFact(e))
	}
	for _, o := range f.Others {
		v.Others = append(v.Others, link{newText(o.Name), s.ruleAddress(o.RuleKey)})
	}
	if f.MoreOthers > 0 {
		v.MoreOthers = "and " + report.CountText(f.MoreOthers) + " more"
	}
	var about []incidentRow
	for _, id := range f.Incidents {
		if at, ok := s.incidentAt[id]; ok {
			about = append(about, s.incidents[at])
		}
	}
	in := s.incidentList()
	v.Incidents = in.excerpt(about, 50, selection{})
	v.Incidents.JSON, v.Incidents.CSV, v.Incidents.All = "", "", ""
	v.Examples = list[noise.Episode]{name: "examples", caption: "The most telling episodes", columns: episodeColumns()}.bare(f.Examples)
	v.Examples.JSON = v.JSON
	return v
}

// shortEvidence is how long a text may be to be shown as large as a figure.
const shortEvidence = 24

// evidenceFact shows one figure of evidence in the unit that its name ends in.
func evidenceFact(e noise.Fact) fact {
	name, unit := kindText(e.Name), ""
	for _, u := range []string{" seconds", " ratio"} {
		if n := len(name) - len(u); n > 0 && name[n:] == u {
			name, unit = name[:n], u
		}
	}
	out := fact{Label: cleanName(name)}
	switch {
	case e.Share != nil:
		out.Share = newShare(new(slo.Proportion(*e.Share)))
	case e.Value != nil && unit == " seconds":
		out.Value = secondsText(*e.Value)
	case e.Value != nil && unit == " ratio":
		out.Value = report.PercentText(*e.Value)
	case e.Value != nil:
		out.Value = report.FigureText(*e.Value)
	case len(e.Text) <= shortEvidence:
		out.Value = cleanLine(e.Text)
	default:
		out.Note = cleanLine(e.Text)
	}
	return out
}
