package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/config"
)

func newConfig(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Work with configuration files", RunE: needsSubcommand}
	cmd.AddCommand(&cobra.Command{
		Use: "check FILE", Short: "Check a configuration file and show what holds", Args: exactArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := config.Load(args[0], nil)
			if err != nil {
				return usageError{err}
			}
			_, err = fmt.Fprintln(g.stdout, c)
			return err
		},
	})
	return cmd
}
