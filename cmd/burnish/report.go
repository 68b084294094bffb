package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/wholefile"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
)

// forms are the forms of a report and how each is written.
var forms = map[string]func(*report.Report, io.Writer) error{
	"html": (*report.Report).WriteHTML,
	"md":   (*report.Report).WriteMarkdown,
	"json": (*report.Report).WriteJSON,
}

func newReport(g *globals) *cobra.Command {
	var source sourceFlags
	var window windowFlags
	var by judgeFlags
	var x extraFlags
	var format, output string
	var sloFiles []string
	cmd := &cobra.Command{
		Use: "report", Short: "Make the alert-hygiene report", Args: noArgs,
		Example: "  burnish report --prometheus.url http://localhost:9090 --last 7d --format md\n" +
			"  burnish report --tsdb.path /prometheus --format html,json --output reports",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := pipeline.Options{Now: time.Now(), Before: true, Weeks: x.weeks}
			if err := window.apply(&o); err != nil {
				return err
			}
			kinds, err := formats(format, output)
			if err != nil {
				return err
			}
			if o.SLOs, err = g.specs(&source, sloFiles); err != nil {
				return err
			}
			r, err := g.judgedReport(cmd, reportFlags{&source, &by, &x}, o)
			if err != nil {
				return err
			}
			if err := x.checkTeam(r); err != nil {
				return err
			}
			if x.postmortem != "" {
				return g.writePostmortem(r, x.postmortem, output)
			}
			return g.writeReport(r, kinds, output)
		},
	}
	source.register(cmd.Flags())
	window.register(cmd.Flags(), "7d", "7d")
	by.register(cmd.Flags())
	x.register(cmd.Flags())
	cmd.Flags().StringArrayVar(&sloFiles, "slo.files", nil, "Glob of files with SLOs whose budgets are shown; may be repeated. Default: those of --config.file.")
	cmd.Flags().StringVar(&format, "format", "md", "Forms to write, separated by commas: html, md, json.")
	cmd.Flags().StringVar(&output, "output", "-", "Folder to write report.html, report.md and report.json into; - for standard output.")
	return cmd
}

// reportFlags are the flags that say what a report is made of.
type reportFlags struct {
	source *sourceFlags
	by     *judgeFlags
	extra  *extraFlags
}

// judgedReport reads the source that the flags name, judges its alerts and makes
// the report.
func (g *globals) judgedReport(cmd *cobra.Command, f reportFlags, o pipeline.Options) (*report.Report, error) {
	extras, err := f.extra.extras()
	if err != nil {
		return nil, err
	}
	var judged *report.Judged
	r, err := g.readAnd(cmd, f.source, o, func(c *config.Config, src collector.Source, r *pipeline.Reading) error {
		f.by.overlay(c)
		log, err := g.logger()
		if err != nil {
			return err
		}
		options, err := judgeOptions(cmd.Context(), c, log)
		if err != nil {
			return err
		}
		if judged, err = r.Judge(cmd.Context(), src, options); err != nil {
			return err
		}
		o.RuleFiles, o.ReplicaLabels = c.Rules.Files, c.ReplicaLabels
		extras.Past, err = r.Past(cmd.Context(), src, o, options)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.ReportWith(judged, version, extras), nil
}

// formats reads --format; standard output takes one form only.
func formats(text, output string) ([]string, error) {
	kinds := strings.Split(text, ",")
	for _, k := range kinds {
		if forms[k] == nil {
			return nil, badUsage("--format %q: want html, md or json, or several separated by commas", text)
		}
	}
	if output == "-" && len(kinds) > 1 {
		return nil, badUsage("--format %s: standard output takes one form; give --output a folder for several", text)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds), nil
}

// writeReport writes the forms to stdout or into a folder, each file at once.
func (g *globals) writeReport(r *report.Report, kinds []string, output string) error {
	if output == "-" {
		if err := forms[kinds[0]](r, g.stdout); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	for _, kind := range kinds {
		path := filepath.Join(output, "report."+kind)
		if err := writeFile(path, func(w io.Writer) error { return forms[kind](r, w) }); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(g.stderr, "wrote", path)
	}
	return nil
}

// writeFile replaces a file as a whole, so that nobody ever sees half of it.
func writeFile(path string, write func(io.Writer) error) error { return wholefile.Write(path, write) }
