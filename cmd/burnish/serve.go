package main

import (
	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/config"
)

func newServe(g *globals) *cobra.Command {
	var file, address string
	cmd := &cobra.Command{
		Use: "serve", Short: "Run beside Prometheus: keep history, serve pages, answer the gate", Args: noArgs,
		Long: "Gathers alert history and the events of SLOs into a store, judges them on an interval,\n" +
			"and serves pages, an API, metrics and the deploy gate. SIGHUP and POST /-/reload read\n" +
			"the configuration anew; a bad one leaves the old in force.",
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
			s := &supervisor{globals: g, load: func() (*config.Config, error) { return config.Load(file, over) }}
			return s.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&file, "config.file", "", "Configuration file.")
	cmd.Flags().StringVar(&address, "web.listen-address", "", "Address to serve on, over the one in the file. Default: "+config.DefaultListenAddress+".")
	return cmd
}
