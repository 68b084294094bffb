package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spec"
)

func newSLOStatus(g *globals) *cobra.Command {
	var source sourceFlags
	var at, format string
	cmd := &cobra.Command{
		Use: "status [FILES...]", Short: "Show budgets and burn rates", Args: cobra.ArbitraryArgs,
		Long: "Shows how much is left of each SLO's budget, how fast it burns and when it will be\n" +
			"gone. FILES may be globs; without any, those that --config.file names are read.",
		Example: "  burnish slo status slos/*.yaml --prometheus.url http://localhost:9090\n" +
			"  burnish slo status --config.file burnish.yml --format json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "table" && format != "json" {
				return badUsage("--format %q: want table or json", format)
			}
			instant, err := instant("--at", at)
			if err != nil {
				return err
			}
			slos, err := g.specs(&source, args)
			if err != nil {
				return err
			}
			if len(slos) == 0 {
				return badUsage("no SLO to look at: name files of SLOs, or set slos.files in the file of --config.file")
			}
			st, err := g.sloStatus(cmd, &source, slos, pipeline.SLOOptions{
				At: instant, Now: time.Now(), BurnWindows: pipeline.DefaultBurnWindows(), Advise: true,
			})
			if err != nil {
				return err
			}
			if format == "json" {
				return st.WriteJSON(g.stdout)
			}
			return st.WriteTable(g.stdout)
		},
	}
	source.register(cmd.Flags())
	cmd.Flags().StringVar(&at, "at", "", "Instant to look at, RFC 3339. Default: the newest data.")
	cmd.Flags().StringVar(&format, "format", "table", "How to print: table or json.")
	return cmd
}

func (g *globals) sloStatus(cmd *cobra.Command, f *sourceFlags, slos []slo.SLO, o pipeline.SLOOptions) (report.SLOStatus, error) {
	log, err := g.logger()
	if err != nil {
		return report.SLOStatus{}, err
	}
	c, err := f.settings()
	if err != nil {
		return report.SLOStatus{}, err
	}
	done := g.spin("counting events")
	defer done()
	src, err := f.open(cmd.Context(), c, log)
	if err != nil {
		return report.SLOStatus{}, err
	}
	defer func() { _ = src.Close() }()
	st, warnings, err := pipeline.SLOStatus(cmd.Context(), src, slos, o)
	for _, w := range warnings {
		log.Warn("the source warned; the answer may be partial", "warning", w)
	}
	return st, err
}

// specs reads the SLOs of the files that are given, else of those that the
// configuration file names, if there is one.
func (g *globals) specs(f *sourceFlags, globs []string) ([]slo.SLO, error) {
	log, err := g.logger()
	if err != nil {
		return nil, err
	}
	if len(globs) == 0 && f.configFile != "" {
		c, err := f.settings()
		if err != nil {
			return nil, err
		}
		globs = c.SLOs.Files
	}
	return readSpecs(globs, log)
}

// readSpecs reads the SLOs of the files that the arguments name or match. What
// is wrong with any of them is an error, and what could not be carried over from
// another tool's form is a warning.
func readSpecs(args []string, log *slog.Logger) ([]slo.SLO, error) {
	var files []spec.File
	var errs []error
	for _, arg := range args {
		paths, err := filepath.Glob(arg)
		if err == nil && len(paths) == 0 {
			err = fmt.Errorf("read SLO specs: no file matches %q", arg)
		}
		errs = append(errs, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			errs = append(errs, err)
			files = append(files, spec.File{Name: path, Text: text})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, usageError{err}
	}
	slices.SortFunc(files, func(a, b spec.File) int { return strings.Compare(a.Name, b.Name) })
	parsed, err := spec.ParseAll(files, spec.Options{})
	if err != nil {
		return nil, usageError{err}
	}
	for _, n := range parsed.Notes {
		if n.Level == spec.LevelRefused || n.Level == spec.LevelLost {
			log.Warn("not carried over from the SLO specs", "note", n)
		}
	}
	return parsed.SLOs, nil
}
