package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
)

// globals are the flags that every command has.
type globals struct {
	logLevel, logFormat string
	stdout, stderr      io.Writer
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	g := &globals{stdout: stdout, stderr: stderr}
	root := &cobra.Command{
		Use:   "burnish",
		Short: "Tells whether your alerts are any good, and what to change",
		Long: "burnish reads alert history from Prometheus, scores every alerting rule against\n" +
			"what really happened, and says what to change. Start with: burnish demo",
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.ArbitraryArgs, RunE: needsSubcommand,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return badUsage("%w; see %q", err, cmd.CommandPath()+" --help")
	})
	flags := root.PersistentFlags()
	flags.StringVar(&g.logLevel, "log.level", "", "Least severe level that is logged: debug, info, warn, error. Default: info for serve, warn for commands that end by themselves.")
	flags.StringVar(&g.logFormat, "log.format", "logfmt", "How lines are logged: logfmt, json.")
	root.AddCommand(newDemo(g), newServe(g), newReport(g), newHistory(g), newSLO(g), newRules(g), newDashboards(g), newGate(g), newConfig(g), newVersion(g), newMan(g))
	return root
}

// noArgs refuses arguments, as a usage error with a hint.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return badUsage("unknown argument %q for %q; see %q", args[0], cmd.CommandPath(), cmd.CommandPath()+" --help")
	}
	return nil
}

// exactArgs wants as many arguments as there are names.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return badUsage("%s takes %v, got %d arguments; see %q", cmd.CommandPath(), names, len(args), cmd.CommandPath()+" --help")
		}
		return nil
	}
}

// needsSubcommand makes a command that only holds others say which there are.
func needsSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return badUsage("unknown command %q for %q; see %q", args[0], cmd.CommandPath(), cmd.CommandPath()+" --help")
	}
	return cmd.Help()
}

// logger logs to stderr as the flags say.
func (g *globals) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cmp.Or(g.logLevel, "warn"))); err != nil {
		return nil, badUsage("--log.level %q: want debug, info, warn or error", g.logLevel)
	}
	opts := &slog.HandlerOptions{Level: level}
	switch g.logFormat {
	case "logfmt":
		return slog.New(slog.NewTextHandler(g.stderr, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(g.stderr, opts)), nil
	}
	return nil, badUsage("--log.format %q: want logfmt or json", g.logFormat)
}

func newVersion(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(g.stdout, "burnish", version)
			return err
		},
	}
}
