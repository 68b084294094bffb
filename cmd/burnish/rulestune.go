package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/noise/tune"
)

// tuneFlags are the flags of rules tune.
type tuneFlags struct {
	source           sourceFlags
	window           windowFlags
	by               judgeFlags
	sloFiles         []string
	policy, split    string
	only             []string
	output, tests    string
	format           string
	patch, overwrite bool
	check            bool
}

func newRulesTune(g *globals) *cobra.Command {
	var f tuneFlags
	cmd := &cobra.Command{
		Use: "tune FILES...", Short: "Find thresholds and durations that alert less and lose no incident", Args: ruleFilesNeeded,
		Long: "Replays the alerting rules of FILES over the history at every threshold, `for` and\n" +
			"keep_firing_for, and recommends the forms that fire least outside incidents while each\n" +
			"incident is still noticed. The choice is made on the first part of the history and proven\n" +
			"on the rest; both figures are shown. FILES may be globs. Jsonnet and templates of Helm\n" +
			"among them are not edited: what to change in them, and where, is described, for the\n" +
			"rules of --rules.files or of the server that they make. See docs/tuning.md.",
		Example: "  burnish rules tune rules/*.yml --prometheus.url http://localhost:9090 --incidents incidents.json --last 30d\n" +
			"  burnish rules tune rules/*.yml --tsdb.path /prometheus --slo.files slos.yml --patch > tuned.patch",
		RunE: func(cmd *cobra.Command, args []string) error { return g.tuneRules(cmd, args, &f) },
	}
	flags := cmd.Flags()
	f.source.register(flags)
	f.window.register(flags, "30d", "30d")
	f.by.register(flags)
	flags.StringArrayVar(&f.sloFiles, "slo.files", nil, "Glob of files with SLOs whose losses are incidents; may be repeated. Default: those of --config.file.")
	flags.StringVar(&f.policy, "policy", string(tune.Balanced), "How much is risked: conservative, balanced, aggressive.")
	flags.StringVar(&f.split, "split", "", "RFC 3339 time up to which is chosen; the rest proves it. Default: where 60% of the incidents have begun.")
	flags.StringSliceVar(&f.only, "only", nil, "Remedies to consider: "+remedyNames()+". Default: all.")
	flags.StringVar(&f.output, "output-dir", "", "Folder to write the tuned copies into, under their own names, and unit tests of what changes into its folder tests.")
	flags.StringVar(&f.tests, "tests-dir", "", "Folder to write promtool unit tests of the changed rules into.")
	flags.StringVar(&f.format, "format", "text", "How the result is written: text, json.")
	flags.BoolVar(&f.patch, "patch", false, "Write a unified diff to standard output instead.")
	flags.BoolVar(&f.overwrite, "write", false, "Change the files in place.")
	flags.BoolVar(&f.check, "check", false, "Exit with 3 where a change is recommended.")
	return cmd
}

func remedyNames() string {
	var out []string
	for _, r := range tune.Remedies() {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

// options are the flags, checked.
func (f *tuneFlags) options() (tune.ChooseOptions, error) {
	o := tune.ChooseOptions{Policy: tune.Policy(f.policy)}
	if !slices.Contains([]tune.Policy{tune.Conservative, tune.Balanced, tune.Aggressive}, o.Policy) {
		return o, badUsage("--policy %q: want conservative, balanced or aggressive", f.policy)
	}
	for _, name := range f.only {
		if !slices.Contains(tune.Remedies(), tune.Remedy(name)) {
			return o, badUsage("--only %q: want one of %s", name, remedyNames())
		}
		o.Only = append(o.Only, tune.Remedy(name))
	}
	if f.split != "" {
		at, err := time.Parse(time.RFC3339, f.split)
		if err != nil {
			return o, badUsage("--split %q: want a time such as 2026-11-08T00:00:00Z", f.split)
		}
		o.Split = at.UTC()
	}
	switch {
	case f.format != "text" && f.format != "json":
		return o, badUsage("--format %q: want text or json", f.format)
	case f.patch && f.format == "json":
		return o, badUsage("--patch and --format json both take standard output; give one of them")
	case f.overwrite && f.output != "":
		return o, badUsage("--write changes FILES and --output-dir leaves them; give one of them")
	case f.tests != "" && !f.overwrite && f.output == "":
		return o, badUsage("--tests-dir is of use with --write or --output-dir alone: the tests name the tuned files")
	}
	return o, nil
}

// tuneRules reads the history, chooses, and writes what was asked for.
func (g *globals) tuneRules(cmd *cobra.Command, args []string, f *tuneFlags) error {
	choose, err := f.options()
	if err != nil {
		return err
	}
	in, err := openRuleFiles(args)
	if err != nil {
		return usageError{err}
	}
	if err := in.needRules(f, in.rules); err != nil {
		return err
	}
	o := pipeline.Options{Now: time.Now()}
	if err := f.window.apply(&o); err != nil {
		return err
	}
	if o.SLOs, err = g.specs(&f.source, f.sloFiles); err != nil {
		return err
	}
	o.Events = true // for burn-rate alerts in the place of rules
	if len(f.source.ruleFiles) == 0 {
		f.source.ruleFiles = in.inForce(args, f.source.server.TSDBPath == "")
	}
	with := pipeline.TuneOptions{Choose: choose, Tests: f.output != "" || f.tests != ""}
	result, err := g.tune(cmd, f, o, with, in)
	if err != nil {
		return err
	}
	if err := g.writeTuning(in, result, f); err != nil {
		return err
	}
	if n := result.Changed(); f.check && n > 0 {
		return unwellError{fmt.Errorf("a change is recommended for %d of %d rules", n, len(result.Rules))}
	}
	return nil
}

// tune reads and chooses.
func (g *globals) tune(cmd *cobra.Command, f *tuneFlags, o pipeline.Options, with pipeline.TuneOptions, in *tuneInput) (*pipeline.Tuning, error) {
	log, err := g.logger()
	if err != nil {
		return nil, err
	}
	var result *pipeline.Tuning
	_, err = g.readAnd(cmd, &f.source, o, func(c *config.Config, src collector.Source, r *pipeline.Reading) error {
		f.by.overlay(c)
		made, err := in.made(r.Rules, in.rules)
		if err != nil {
			return err
		}
		with.Rules = append(slices.Clone(in.rules), made...)
		if with.Judge, err = judgeOptions(cmd.Context(), c, log); err != nil {
			return err
		}
		result, err = r.Tune(cmd.Context(), src, with)
		return err
	})
	return result, err
}
