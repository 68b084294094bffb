package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
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
	var format, output, postmortem string
	var sloFiles []string
	cmd := &cobra.Command{
		Use: "report", Short: "Make the alert-hygiene report", Args: noArgs,
		Example: "  burnish report --prometheus.url http://localhost:9090 --last 7d --format md\n" +
			"  burnish report --tsdb.path /prometheus --format html,json --output reports",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := pipeline.Options{Now: time.Now(), Before: true}
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
			r, err := g.judgedReport(cmd, &source, &by, o)
			if err != nil {
				return err
			}
			if postmortem != "" {
				return g.writePostmortem(r, postmortem, output)
			}
			return g.writeReport(r, kinds, output)
		},
	}
	source.register(cmd.Flags())
	window.register(cmd.Flags(), "7d", "7d")
	by.register(cmd.Flags())
	cmd.Flags().StringArrayVar(&sloFiles, "slo.files", nil, "Glob of files with SLOs whose budgets are shown; may be repeated. Default: those of --config.file.")
	cmd.Flags().StringVar(&format, "format", "md", "Forms to write, separated by commas: html, md, json.")
	cmd.Flags().StringVar(&postmortem, "postmortem", "", "Id of an incident: write a skeleton of its post-mortem, as Markdown, instead of the report.")
	cmd.Flags().StringVar(&output, "output", "-", "Folder to write report.html, report.md and report.json into; - for standard output.")
	return cmd
}

// judgedReport reads the source that the flags name, judges its alerts and makes
// the report.
func (g *globals) judgedReport(cmd *cobra.Command, f *sourceFlags, by *judgeFlags, o pipeline.Options) (*report.Report, error) {
	var judged *report.Judged
	r, err := g.readAnd(cmd, f, o, func(c *config.Config, src collector.Source, r *pipeline.Reading) error {
		by.overlay(c)
		log, err := g.logger()
		if err != nil {
			return err
		}
		options, err := judgeOptions(cmd.Context(), c, log)
		if err != nil {
			return err
		}
		judged, err = r.Judge(cmd.Context(), src, options)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.Report(judged, version), nil
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

// postmortemName keeps of an incident's id what is safe in the name of a file.
var postmortemName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// mostNamed is how many incidents are named to somebody who asked for another.
const mostNamed = 10

// writePostmortem writes the skeleton of an incident's post-mortem.
func (g *globals) writePostmortem(r *report.Report, id, output string) error {
	var b bytes.Buffer
	err := r.WritePostmortem(&b, id)
	if errors.Is(err, report.ErrNoIncident) {
		return badUsage("--postmortem: %v; %s", err, incidentsNamed(r))
	}
	if err != nil || output == "-" {
		_, werr := g.stdout.Write(b.Bytes())
		return errors.Join(err, werr)
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	path := filepath.Join(output, "postmortem-"+postmortemName.ReplaceAllString(id, "-")+".md")
	if err := writeFile(path, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(g.stderr, "wrote", path)
	return nil
}

// incidentsNamed lists the latest incidents of a report.
func incidentsNamed(r *report.Report) string {
	all := r.Document().Incidents
	if len(all) == 0 {
		return "it holds none: give SLOs, or declare incidents"
	}
	var ids []string
	for _, x := range all[max(0, len(all)-mostNamed):] {
		ids = append(ids, strconv.Quote(x.ID))
	}
	return "the latest are " + strings.Join(ids, ", ")
}

// writeFile writes a file beside its place and then moves it there, so that
// nobody ever sees half of it.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
			_ = os.Remove(f.Name())
		}
	}()
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
