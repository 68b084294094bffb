package main

import (
	"context"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/dashboards/web"
)

// shown is a report and the pages that it fills.
type shown struct {
	*report.Report

	snapshot *web.Snapshot
}

// Snapshot is what the pages show.
func (s shown) Snapshot() *web.Snapshot { return s.snapshot }

// readShown makes the report as pipeline.Report does, and keeps what it was made
// from for the pages.
func readShown(ctx context.Context, src collector.Source, o pipeline.Options, by pipeline.JudgeOptions) (shown, error) {
	o.Before = true
	r, err := pipeline.Read(ctx, src, o)
	if err != nil {
		return shown{}, err
	}
	judged, err := r.Judge(ctx, src, by)
	if err != nil {
		return shown{}, err
	}
	rep := r.Report(judged, version)
	return shown{rep, web.NewSnapshot(web.Input{
		Report: rep.Document(), Judgement: judged.Judgement, History: r.History, At: o.Now, Postmortem: rep.WritePostmortem,
	})}, nil
}
