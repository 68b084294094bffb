package main

import "github.com/spf13/cobra"

func newRules(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "rules", Short: "Work with recording and alerting rules", RunE: needsSubcommand}
	cmd.AddCommand(newRulesGenerate(g), newRulesLint(g), newRulesTune(g), newRulesBacktest(g))
	return cmd
}
