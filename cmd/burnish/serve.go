package main

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/config"
)

func newServe(g *globals) *cobra.Command {
	var file, address string
	cmd := &cobra.Command{
		Use: "serve", Short: "Run beside Prometheus: keep the report fresh and serve it", Args: noArgs,
		Example: "  burnish serve --config.file burnish.yml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return badUsage("--config.file is needed; docs/configuration.md tells what goes in it")
			}
			over := config.Overrides{}
			for flag, key := range map[string]string{"log.level": "log.level", "log.format": "log.format", "web.listen-address": "web.listen_address"} {
				if f := cmd.Flag(flag); f.Changed {
					over[key] = f.Value.String()
				}
			}
			c, err := config.Load(file, over)
			if err != nil {
				return usageError{err}
			}
			g.logLevel, g.logFormat = c.Log.Level, c.Log.Format
			return g.serve(cmd.Context(), c)
		},
	}
	cmd.Flags().StringVar(&file, "config.file", "", "Configuration file.")
	cmd.Flags().StringVar(&address, "web.listen-address", "", "Address to serve on, over the one in the file. Default: "+config.DefaultListenAddress+".")
	return cmd
}

func (g *globals) serve(ctx context.Context, c *config.Config) error {
	log, err := g.logger()
	if err != nil {
		return err
	}
	if err := (&sourceFlags{}).overlay(c); err != nil {
		return err
	}
	if _, err := readSpecs(c.SLOs.Files, log); err != nil {
		return err
	}
	// A source that is set up wrongly is told at once; one that can't be reached
	// yet is not an error here.
	if src, err := openSource(c, log); err == nil {
		defer func() { _ = src.Close() }()
	} else if c.Sources[0].URL != "" {
		return err
	}
	return daemon.Run(ctx, daemon.Options{
		Report: reportFunc(c, log), Source: cmp.Or(c.Sources[0].Name, c.Sources[0].URL, c.Sources[0].TSDBPath),
		Interval: time.Duration(c.Report.Refresh), Timeout: time.Duration(c.Report.Timeout),
		Address: c.Web.ListenAddress, WebConfigFile: c.Web.ConfigFile,
		Version: version, Logger: log,
	})
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
		slos, err := readSpecs(c.SLOs.Files, slog.New(slog.DiscardHandler)) // serve has warned
		if err != nil {
			return nil, err
		}
		by, err := judgeOptions(ctx, c, log)
		if err != nil {
			return nil, err
		}
		return readShown(ctx, src, pipeline.Options{
			Now: now, Last: time.Duration(c.Report.Window), RuleFiles: c.Rules.Files, ReplicaLabels: c.ReplicaLabels, SLOs: slos,
		}, by)
	}
}
