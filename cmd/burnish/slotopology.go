package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/topology"
)

// topologyForms are the forms of a topology and how each is written.
var topologyForms = map[string]func(topology.View, io.Writer) error{
	"text":    topology.View.WriteText,
	"md":      topology.View.WriteMarkdown,
	"csv":     func(v topology.View, w io.Writer) error { return topology.WriteCSV(w, v.Worksheet) },
	"json":    topology.View.WriteJSON,
	"svg":     topology.View.WriteSVG,
	"mermaid": topology.View.WriteMermaid,
	"dot":     topology.View.WriteDOT,
}

// topologyFlags say what a topology is made of.
type topologyFlags struct {
	source                  sourceFlags
	window                  windowFlags
	by                      judgeFlags
	file, format, worksheet string
}

func newSLOTopology(g *globals) *cobra.Command {
	var f topologyFlags
	cmd := &cobra.Command{
		Use: "topology [FILES...]", Short: "Show what depends on what, which levels are attainable, and how it fails", Args: cobra.ArbitraryArgs,
		Long: "Joins the dependencies that SLOs name (depends_on) with those of a topology file, and\n" +
			"shows which level each component can reach, what costs most, how it fails (DFMEA) and\n" +
			"how it is steered (STPA). With a source, failures and alerts are measured.",
		Example: "  burnish slo topology slos/*.yaml --topology.file topology.yml\n" +
			"  burnish slo topology slos/*.yaml --topology.file topology.yml --prometheus.url http://localhost:9090 --worksheet failures.md\n" +
			"  burnish slo topology slos/*.yaml --topology.file topology.yml --format svg > topology.svg",
		RunE: func(cmd *cobra.Command, args []string) error { return g.topology(cmd, &f, args) },
	}
	f.source.register(cmd.Flags())
	f.window.register(cmd.Flags(), "30d", "30d")
	f.by.register(cmd.Flags())
	cmd.Flags().StringVar(&f.file, "topology.file", "", "File of components and what they depend on, YAML.")
	cmd.Flags().StringVar(&f.format, "format", "text", "How to print: text, md, csv, json, svg, mermaid or dot.")
	cmd.Flags().StringVar(&f.worksheet, "worksheet", "", "Write the failure-mode worksheet into this file, .md or .csv; what people wrote into it is kept.")
	return cmd
}

func (g *globals) topology(cmd *cobra.Command, f *topologyFlags, args []string) error {
	write := topologyForms[f.format]
	if write == nil {
		return badUsage("--format %q: want text, md, csv, json, svg, mermaid or dot", f.format)
	}
	slos, err := g.specs(&f.source, args)
	if err != nil {
		return err
	}
	graph, err := f.graph(slos)
	if err != nil {
		return usageError{err}
	}
	var measured topology.Measured
	if f.hasSource() {
		if measured, err = g.measure(cmd, f, slos); err != nil {
			return err
		}
	}
	view := topology.NewView(graph, measured)
	if f.worksheet != "" {
		if err := keepWorksheet(f.worksheet, &view); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(g.stderr, "wrote", f.worksheet)
		if !cmd.Flags().Changed("format") {
			return nil
		}
	}
	if err := write(view, g.stdout); err != nil {
		return fmt.Errorf("write the topology: %w", err)
	}
	return nil
}

// graph joins the SLOs with the file.
func (f *topologyFlags) graph(slos []slo.SLO) (*topology.Graph, error) {
	components, err := topology.FromSLOs(slos)
	if err != nil {
		return nil, err
	}
	if f.file != "" {
		text, err := os.ReadFile(f.file)
		if err != nil {
			return nil, fmt.Errorf("read the topology: %w", err)
		}
		over, err := topology.Parse(f.file, text)
		if err != nil {
			return nil, err
		}
		components = topology.Merge(components, over)
	}
	if len(components) == 0 {
		return nil, errors.New("nothing depends on anything: name files of SLOs, or a file with --topology.file")
	}
	return topology.New(components)
}

// hasSource tells whether there is something to measure by.
func (f *topologyFlags) hasSource() bool {
	s := f.source
	return s.configFile != "" || s.server.URL != "" || s.server.TSDBPath != "" || s.history.url != ""
}

// measure reads what happened and how alerts told of it.
func (g *globals) measure(cmd *cobra.Command, f *topologyFlags, slos []slo.SLO) (topology.Measured, error) {
	o := pipeline.Options{Now: time.Now(), SLOs: slos}
	if err := f.window.apply(&o); err != nil {
		return topology.Measured{}, err
	}
	var judged *report.Judged
	r, err := g.readAnd(cmd, &f.source, o, func(c *config.Config, src collector.Source, r *pipeline.Reading) error {
		f.by.overlay(c)
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
		return topology.Measured{}, err
	}
	return measuredBy(&r, &judged.Judgement), nil
}

// readWorksheet reads what people wrote into a worksheet, and gives its text too; none
// where there is no such file yet.
func readWorksheet(path string) (rows []topology.Row, text []byte, err error) {
	read := topology.ReadMarkdown
	switch filepath.Ext(path) {
	case ".csv":
		read = topology.ReadCSV
	case ".md":
	default:
		return nil, nil, badUsage("--worksheet %s: want a name that ends in .md or .csv", path)
	}
	text, err = os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the worksheet: %w", err)
	}
	if rows, err = read(text); err != nil {
		return nil, nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return rows, text, nil
}

// keepWorksheet lays the worksheet over what people wrote into the file, and writes
// it: a page between its marks, or a whole CSV.
func keepWorksheet(path string, v *topology.View) error {
	edited, before, err := readWorksheet(path)
	if err != nil {
		return err
	}
	v.Worksheet = topology.Keep(v.Worksheet, edited)
	return writeFile(path, func(w io.Writer) error {
		if filepath.Ext(path) == ".csv" {
			return topology.WriteCSV(w, v.Worksheet)
		}
		return writePage(w, before, v)
	})
}
