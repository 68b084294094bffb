package main

import "github.com/spf13/cobra"

func newSLO(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "slo", Short: "Work with service-level objectives", RunE: needsSubcommand}
	cmd.AddCommand(newSLOStatus(g), newSLOCheck(g), newSLOImport(g), newSLOTopology(g))
	return cmd
}
