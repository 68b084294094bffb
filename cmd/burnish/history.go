package main

import (
	"bufio"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/config"
)

func newHistory(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "history", Short: "Read, keep and move alert history", RunE: needsSubcommand}
	cmd.AddCommand(newHistoryExport(g), newHistoryBackfill(g), newHistoryImport(g), newHistoryPrune(g), newHistoryBackup(g))
	return cmd
}

func newHistoryExport(g *globals) *cobra.Command {
	var source sourceFlags
	var window windowFlags
	var format string
	cmd := &cobra.Command{
		Use: "export", Short: "Print the episodes of a source as JSON lines", Args: noArgs,
		Long: "Prints every episode that was active in the window as one line of JSON, those\n" +
			"that were pending only included, ordered by the time they became active.",
		Example: "  burnish history export --prometheus.url http://localhost:9090 --last 30d > episodes.jsonl",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := pipeline.Options{Now: time.Now()}
			if err := window.apply(&o); err != nil {
				return err
			}
			if source.history.url != "" {
				return g.exportStore(cmd, &source, o, history.Format(format))
			}
			if format != string(history.JSONLines) {
				return badUsage("--format %s: of a server as jsonl only; backfill a store for other forms", format)
			}
			r, err := g.read(cmd, &source, o)
			if err != nil {
				return err
			}
			return g.export(r)
		},
	}
	source.register(cmd.Flags())
	window.register(cmd.Flags(), "", "all there is")
	cmd.Flags().StringVar(&format, "format", string(history.JSONLines), "How to print: jsonl, or parquet with --history.url.")
	return cmd
}

// export writes the episodes to stdout.
func (g *globals) export(r pipeline.Reading) error {
	w := bufio.NewWriterSize(g.stdout, 64<<10)
	var line []byte
	for _, e := range r.Episodes {
		var err error
		if line, err = e.AppendJSON(line[:0]); err != nil {
			return err
		}
		if _, err = w.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write episodes: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write episodes: %w", err)
	}
	return nil
}

// read opens the source that the flags name and reads it, with a sign of life on
// a terminal.
func (g *globals) read(cmd *cobra.Command, f *sourceFlags, o pipeline.Options) (pipeline.Reading, error) {
	return g.readAnd(cmd, f, o, func(*config.Config, collector.Source, *pipeline.Reading) error { return nil })
}

// readAnd reads, and then does something else while the source is open.
func (g *globals) readAnd(cmd *cobra.Command, f *sourceFlags, o pipeline.Options,
	then func(*config.Config, collector.Source, *pipeline.Reading) error,
) (pipeline.Reading, error) {
	log, err := g.logger()
	if err != nil {
		return pipeline.Reading{}, err
	}
	c, err := f.settings()
	if err != nil {
		return pipeline.Reading{}, err
	}
	o.RuleFiles, o.ReplicaLabels = c.Rules.Files, c.ReplicaLabels
	done := g.spin("reading alert history")
	defer done()
	src, err := f.open(cmd.Context(), c, log)
	if err != nil {
		return pipeline.Reading{}, err
	}
	defer func() { _ = src.Close() }()
	r, err := pipeline.Read(cmd.Context(), src, o)
	for _, w := range r.Info.Warnings {
		log.Warn("the source warned; the answer may be partial", "warning", w)
	}
	if err != nil {
		return r, err
	}
	return r, then(c, src, &r)
}
