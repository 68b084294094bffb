package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/simulate"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
)

// demoEnd is where the simulated month ends. It is a constant, so that the same
// seed gives the same bytes on any day.
var demoEnd = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// headlinesTold is how many lines of the report the demo prints.
const headlinesTold = 5

// demoOptions are the flags of the demo.
type demoOptions struct {
	dir, address string
	seed         uint64
	once         bool
}

func newDemo(g *globals) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use: "demo", Short: "Simulate a month of a noisy system and report on it", Args: noArgs,
		Long: "Simulates a month of an online shop and its alerts, writes it as a Prometheus data\n" +
			"directory, runs the whole pipeline over it (report, tuned rules and their proof, SLO\n" +
			"rules, dashboards), and serves the report until Ctrl-C. It needs nothing but this binary.",
		RunE: func(cmd *cobra.Command, _ []string) error { return g.demo(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.once, "once", false, "Exit when the outputs are written instead of serving them.")
	cmd.Flags().StringVar(&o.dir, "dir", "burnish-demo", "Folder for the outputs.")
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "Seed of all chance; the same seed gives the same bytes.")
	cmd.Flags().StringVar(&o.address, "web.listen-address", config.DefaultListenAddress, "Address to serve the report on.")
	return cmd
}

// demoDeploys has a series for each service of the shop that is being deployed.
const demoDeploys = "increase(deploys_total[10m]) > 0"

func (g *globals) demo(ctx context.Context, o demoOptions) error {
	g.logLevel = cmp.Or(g.logLevel, "info") // it serves, too
	log, err := g.logger()
	if err != nil {
		return err
	}
	sim, err := simulate.Run(ctx, simulate.Options{
		Dir: filepath.Join(o.dir, "system"), Seed: o.seed, End: demoEnd, Progress: g.progress(),
	})
	if err != nil {
		return err
	}
	c := config.Default()
	c.Sources = []config.Source{{Name: "demo", TSDBPath: sim.TSDBDir}}
	c.Rules.Files, c.SLOs.Files = sim.RuleFiles, sim.SLOFiles
	c.Report.Window = model.Duration(sim.To.Sub(sim.From))
	c.Incidents.Files = []string{sim.IncidentsFile}
	c.Deploys.Query, c.Topology.File = demoDeploys, sim.TopologyFile
	rep, err := g.demoReport(ctx, c, log)
	if err != nil {
		return err
	}
	if err := g.writeReport(rep, []string{"html", "json", "md"}, o.dir); err != nil {
		return err
	}
	if err := g.demoOutputs(ctx, o, sim); err != nil {
		return err
	}
	proof, err := g.demoProof(ctx, o, c, log, sim)
	if err != nil {
		return err
	}
	if err := o.writeProof(proof); err != nil {
		return err
	}
	g.tellDemo(o, sim, rep, proof)
	if o.once {
		return nil
	}
	return daemon.Run(ctx, daemon.Options{
		Report: reportFunc(c, log), Source: "demo", Interval: 24 * time.Hour,
		Address: o.address, Version: version, Logger: log,
	})
}

// demoReport reports on the whole simulated month.
func (g *globals) demoReport(ctx context.Context, c *config.Config, log *slog.Logger) (*report.Report, error) {
	done := g.spin("judging the alerts")
	defer done()
	src, err := openSource(c, log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	slos, err := readSpecs(c.SLOs.Files, log)
	if err != nil {
		return nil, err
	}
	by, err := judgeOptions(ctx, c, log)
	if err != nil {
		return nil, err
	}
	return pipeline.Report(ctx, src, pipeline.Options{
		Now: demoEnd.Add(time.Hour), Last: time.Duration(c.Report.Window), Weeks: trendWeeks, RuleFiles: c.Rules.Files, SLOs: slos,
	}, by, version)
}

// tellDemo says what the report says first, what tuning brings, and where
// everything is.
func (g *globals) tellDemo(o demoOptions, sim simulate.Result, rep *report.Report, proof *pipeline.Backtest) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(g.stdout, format+"\n", args...) }
	say("A simulated month, %s to %s: %d series, %d samples, %d alert episodes.\n",
		sim.From.Format(time.DateOnly), sim.To.Format(time.DateOnly), sim.Series, sim.Samples, sim.Episodes)
	lines := rep.Headlines()
	for _, line := range lines[:min(len(lines), headlinesTold)] {
		say("  - %s", clipped(line, longestHeadline))
	}
	split := demoSplit(sim)
	say("\nTuned, %s: chosen on %s, judged on the %s after.\n", ruleCounts(proof), short(split.Sub(sim.From)), short(sim.To.Sub(split)))
	say("%s", strings.TrimRight(proofText(proof), "\n"))
	if len(proof.Lost) > 0 {
		say("  Lost: %s.", lostNames(proof.Lost))
	}
	in := func(name string) string { return filepath.Join(o.dir, name) }
	say("\nReport      %s (also .md, .json)", in("report.html"))
	say("To merge    %s; files and their tests in %s; every rule's figures in %s", in(demoPatch), in(demoTuned), in(demoBacktest))
	say("SLO rules   %s, with unit tests", in(demoSLORules))
	say("Dashboards  %s", in(demoDashboards))
	say("The system  %s: data, rules, SLOs, incidents, and commands to try", in("system"))
	if !o.once {
		say("Serving     http://%s (Ctrl-C ends it)", o.address)
	}
}

// progress shows the stages of the simulation as bars on a terminal.
func (g *globals) progress() func(stage string, done, total int) {
	if !onTerminal(g.stderr) {
		return nil
	}
	var bar *progressbar.ProgressBar
	current := ""
	return func(stage string, done, total int) {
		if stage != current {
			current = stage
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(g.stderr),
				progressbar.OptionSetDescription(stage), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(65*time.Millisecond))
		}
		_ = bar.Set(done)
	}
}
