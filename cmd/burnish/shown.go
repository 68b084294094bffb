package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/dashboards/web"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

// shown is a report and the pages that it fills.
type shown struct {
	*report.Report

	snapshot *web.Snapshot
	teams    map[noise.RuleKey]string
}

// Snapshot is what the pages show.
func (s shown) Snapshot() *web.Snapshot { return s.snapshot }

// judgedBy is what alerts are judged by, and what else is shown.
type judgedBy struct {
	pipeline.JudgeOptions

	// topology is what depends on what, nil where there is nothing, given what was
	// read and how it was judged. It may be nil.
	topology func(*pipeline.Reading, *truth.Judgement) *web.Topology
	// beside gives what the report tells beside its own window; nil for nothing.
	beside func(*pipeline.Reading) (pipeline.Extras, error)
}

// readShown makes the report as pipeline.Report does, and keeps what it was made
// from for the pages.
func readShown(ctx context.Context, src collector.Source, o pipeline.Options, by judgedBy) (shown, error) {
	o.Before = true
	r, err := pipeline.Read(ctx, src, o)
	if err != nil {
		return shown{}, err
	}
	judged, err := r.Judge(ctx, src, by.JudgeOptions)
	if err != nil {
		return shown{}, err
	}
	var extras pipeline.Extras
	if by.beside != nil {
		if extras, err = by.beside(&r); err != nil {
			return shown{}, err
		}
	}
	rep := r.ReportWith(judged, version, extras)
	var depends *web.Topology
	if by.topology != nil {
		depends = by.topology(&r, &judged.Judgement)
	}
	return shown{rep, web.NewSnapshot(web.Input{
		Report: rep.Document(), Judgement: judged.Judgement, History: r.History, At: o.Now, Postmortem: rep.WritePostmortem, Topology: depends,
	}), exposition.Teams(r.Rules)}, nil
}

// reportFunc makes the report anew from a source that is opened for it, since a
// data directory is seen as it was when it was opened. SLOs are read anew too.
func reportFunc(c *config.Config, log *slog.Logger) daemon.ReportFunc {
	return func(ctx context.Context, now time.Time) (daemon.Report, error) {
		src, err := openSource(c, log)
		if err != nil {
			return nil, err
		}
		defer func() { _ = src.Close() }()
		slos, err := readSpecs(c.SLOs.Files, slog.New(slog.DiscardHandler)) // whoever began has warned
		if err != nil {
			return nil, err
		}
		by, err := judgeOptions(ctx, c, log)
		if err != nil {
			return nil, err
		}
		return readShown(ctx, src, pipeline.Options{
			Now: now, Last: time.Duration(c.Report.Window), RuleFiles: c.Rules.Files, ReplicaLabels: c.ReplicaLabels, SLOs: slos,
		}, judgedBy{JudgeOptions: by, topology: func(r *pipeline.Reading, j *truth.Judgement) *web.Topology {
			a := &atlas{c: c.Topology, log: log, measured: measuredBy(r, j)}
			return a.shown(slos)
		}})
	}
}
