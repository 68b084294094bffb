package pipeline

import (
	"context"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
)

// Report reads a source, judges its alerts, and makes the alert-hygiene report of
// a window, set beside the window before where the history reaches back that far.
// The version is burnish's own.
func Report(ctx context.Context, src collector.Source, o Options, by JudgeOptions, version string) (*report.Report, error) {
	o.Before = true
	r, err := Read(ctx, src, o)
	if err != nil {
		return nil, err
	}
	judged, err := r.Judge(ctx, src, by)
	if err != nil {
		return nil, err
	}
	if o.Extras.Past, err = r.Past(ctx, src, o, by); err != nil {
		return nil, err
	}
	return r.ReportWith(judged, version, o.Extras), nil
}

// Report makes the report of what was read, and judged where it was.
func (r Reading) Report(judged *report.Judged, version string) *report.Report {
	return r.ReportWith(judged, version, Extras{})
}

// ReportWith makes the report and tells more in it.
func (r Reading) ReportWith(judged *report.Judged, version string, x Extras) *report.Report {
	in := report.Input{
		Source: r.Source, Version: version, Route: r.routeText(), Warnings: r.Info.Warnings,
		Current: noise.Summarize(r.History, noise.Options{}),
		Rules:   r.Rules,
		SLOs:    r.SLOs.Groups, UnknownSLOs: r.SLOs.Unknown, SLOsAt: r.SLOs.At,
		Judged: judged, Earlier: x.Earlier, Past: x.Past, Trends: x.Trends,
		History: &r.History, TeamLabel: x.TeamLabel, Team: x.Team,
	}
	if r.Previous.Empty() {
		in.PreviousUnknown = r.noPrevious()
		return report.Build(in)
	}
	before := r.History
	before.Window = r.Previous
	previous := noise.Summarize(before, noise.Options{})
	in.Previous = &previous
	return report.Build(in)
}

// routeText names the way by which alert history was read for people.
func (r Reading) routeText() string {
	switch r.Info.Route {
	case collector.RouteBlocks:
		return "the data directory's chunks"
	case collector.RouteRemoteRead:
		return "streamed remote read"
	case collector.RouteQuery:
		return "the query API, which does not show staleness markers"
	}
	return string(r.Info.Route)
}

func (r Reading) noPrevious() string {
	if r.Reach.Empty() {
		return "no alert was active before"
	}
	return "the alert history begins on " + r.Reach.From.Format("2 January 2006 15:04 UTC")
}
