package report

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Input is what a report is made of.
type Input struct {
	Source  string // how the source is shown to people, without credentials
	Version string // of burnish; not part of the JSON
	// Route is the way by which alert history was read. It is shown to people
	// but is not part of the JSON, which depends on what was read alone.
	Route string
	// Warnings are what the source said while it was read; with any, the
	// history may be partial.
	Warnings []string

	Current noise.Summary
	// Previous is the window of equal length before; nil where it is not known,
	// and PreviousUnknown then says why in a few words, as "the history begins
	// on 8 November".
	Previous        *noise.Summary
	PreviousUnknown string

	// SLOs are the promises and how they stand at SLOsAt, each over its own
	// window; UnknownSLOs are those of which the source holds no series. With
	// neither the report says nothing of promises.
	SLOs        []SLOGroup
	UnknownSLOs []slo.SLO
	SLOsAt      time.Time

	// History is what Current was measured by; with it the report has an index of
	// teams. Nil for none.
	History *noise.History
	// TeamLabel is the label whose value is an alert's team; DefaultTeamLabel. Team
	// keeps to what is of one team; empty for all.
	TeamLabel, Team string
	// Past is a longer history that ends with the window; nil for no trends.
	Past *Past
	// Trends are weeks that were counted before; they are shown where Past is nil.
	Trends *Trends
	// Rules are the rules in force, as they are written; none where nobody knows.
	Rules []noise.Rule
	// Earlier is an earlier report, whose advice is followed up; nil for none.
	Earlier *Earlier

	// Judged is what the alerts are worth; nil where nobody looked.
	Judged *Judged
}

// Report is a report that is ready to be written, in any form, any number of
// times. It is safe for concurrent use.
type Report struct {
	doc   Document
	view  view
	teams []string
}

// Build makes the report. It is pure: the same input gives the same bytes.
func Build(in Input) *Report {
	in = in.inForce()
	o := newOwners(in)
	if in.Team != "" {
		in = in.ofTeam(o, in.Team)
	}
	r := &Report{doc: newDocument(in, o), view: newView(in), teams: o.names}
	r.view.Teams = newTeamsView(in, r.doc.Teams)
	r.view.Advice, r.view.Trends = newAdviceView(r.doc.Advice), newTrendsView(r.doc.Trends)
	r.view.takeTrends(r.doc.Trends)
	r.view.Contents = r.view.contents()
	return r
}

// Teams are the teams that alerts and SLOs name, sorted, in a report on one team
// too.
func (r *Report) Teams() []string { return slices.Clone(r.teams) }

// Document is the report as it is written in JSON.
func (r *Report) Document() Document { return r.doc }

// Headlines are the five or six most useful lines of the report, in plain text that is
// safe to print on a terminal.
func (r *Report) Headlines() []string { return r.view.Headlines }
