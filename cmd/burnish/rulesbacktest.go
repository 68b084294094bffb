package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/slo"
)

// backtestForms are the forms of a backtest and how each is written.
var backtestForms = map[string]func(io.Writer, *pipeline.Backtest) error{
	"text": writeBacktestText,
	"md":   writeBacktestMarkdown,
	"json": writeBacktestJSON,
}

// backtestFlags are the flags of rules backtest.
type backtestFlags struct {
	source     sourceFlags
	window     windowFlags
	by         judgeFlags
	sloFiles   []string
	failOn     []string
	format     string
	evaluation string
	keepOthers bool
}

func newRulesBacktest(g *globals) *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use: "backtest FILES...", Short: "Say what rule files would have done, beside the rules in force", Args: ruleFilesNeeded,
		Long: "Runs the alerting rules of FILES, and those in force, over the history of a source and\n" +
			"sets beside each other what would have fired: how often, how often outside of incidents,\n" +
			"which incidents would have been caught and how soon, and how many notifications and\n" +
			"pages would have gone out. The rules in force are those of --rules.files, else those\n" +
			"that the server lists. FILES may be globs and are taken for all rules there will be;\n" +
			"--keep-others keeps groups that they do not hold. docs/backtest.md says what is modelled.",
		Example: "  burnish rules backtest rules/*.yml --prometheus.url http://localhost:9090 --incidents incidents.json\n" +
			"  burnish rules backtest new/*.yml --rules.files 'old/*.yml' --tsdb.path /prometheus --slo.files 'slos/*.yaml' \\\n" +
			"    --format md --fail-on lost-incident,later",
		RunE: func(cmd *cobra.Command, args []string) error { return g.backtestRules(cmd, args, &f) },
	}
	f.source.register(cmd.Flags())
	f.window.register(cmd.Flags(), "30d", "30d")
	f.by.register(cmd.Flags())
	flags := cmd.Flags()
	flags.StringArrayVar(&f.sloFiles, "slo.files", nil, "Glob of files with SLOs whose losses are incidents; may be repeated. Default: those of --config.file.")
	flags.StringVar(&f.format, "format", "text", "Form of the answer: text, md (a comment for a pull request), json.")
	flags.StringSliceVar(&f.failOn, "fail-on", nil, "Exit with 3 on: "+strings.Join(failures(), ", ")+". May be repeated.")
	flags.StringVar(&f.evaluation, "evaluation-interval", "", "How often groups are evaluated that set no interval. Default: as the rule in force that a rule replaces, else 1m.")
	flags.BoolVar(&f.keepOthers, "keep-others", false, "Rules in force stay where FILES hold no group of that name; otherwise they count as removed.")
	return cmd
}

// options are the flags and files, checked.
func (f *backtestFlags) options(args []string) (o pipeline.BacktestOptions, err error) {
	if backtestForms[f.format] == nil {
		return o, badUsage("--format %q: want text, md or json", f.format)
	}
	for _, name := range f.failOn {
		if !slices.Contains(failures(), name) {
			return o, badUsage("--fail-on %q: want one of %s", name, strings.Join(failures(), ", "))
		}
	}
	if f.evaluation != "" {
		if o.Evaluation, err = positiveDuration("--evaluation-interval", f.evaluation); err != nil {
			return o, err
		}
	}
	read, err := readRuleFiles(args)
	if err != nil {
		return o, usageError{err}
	}
	o.Rules, o.KeepOthers = read.rules, f.keepOthers
	o.Records, err = readRecords(args)
	return o, err
}

func (g *globals) backtestRules(cmd *cobra.Command, args []string, f *backtestFlags) error {
	o := pipeline.Options{Now: time.Now()}
	if err := f.window.apply(&o); err != nil {
		return err
	}
	with, err := f.options(args)
	if err != nil {
		return err
	}
	if o.SLOs, err = g.specs(&f.source, f.sloFiles); err != nil {
		return err
	}
	got, err := g.backtest(cmd.Context(), f, o, with)
	if errors.Is(err, pipeline.ErrNoCurrentRules) {
		return badUsage("%w: give their files by --rules.files", err)
	}
	if err != nil {
		return err
	}
	if !got.TruthKnown {
		if name := needsTruth(f.failOn); name != "" {
			return badUsage("--fail-on %s: nothing says when there was an incident; give --incidents or --slo.files", name)
		}
	}
	if err := backtestForms[f.format](g.stdout, got); err != nil {
		return fmt.Errorf("write the backtest: %w", err)
	}
	return failed(got, f.failOn)
}

// backtest reads the source, and replays the rules over it.
func (g *globals) backtest(ctx context.Context, f *backtestFlags, o pipeline.Options, with pipeline.BacktestOptions) (*pipeline.Backtest, error) {
	log, err := g.logger()
	if err != nil {
		return nil, err
	}
	c, err := f.source.settings()
	if err != nil {
		return nil, err
	}
	f.by.overlay(c)
	if with.Judge, err = judgeOptions(ctx, c, log); err != nil {
		return nil, err
	}
	if with.CurrentRecords, err = readRecords(c.Rules.Files); err != nil {
		return nil, err
	}
	o.RuleFiles, o.ReplicaLabels = c.Rules.Files, c.ReplicaLabels
	src, err := f.source.open(ctx, c, log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	done := g.spin("reading alert history")
	r, err := pipeline.Read(ctx, src, o)
	done()
	for _, w := range r.Info.Warnings {
		log.Warn("the source warned; the answer may be partial", "warning", w)
	}
	if err != nil {
		return nil, err
	}
	with.Progress = g.counting("replaying rules")
	return r.Backtest(ctx, src, with)
}

// counting shows on a terminal how much of some work is done; elsewhere it is
// nil.
func (g *globals) counting(what string) func(done, of int) {
	if !onTerminal(g.stderr) {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(done, of int) {
		if bar == nil {
			bar = progressbar.NewOptions(of, progressbar.OptionSetWriter(g.stderr), progressbar.OptionSetDescription(what),
				progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(done)
	}
}

// What --fail-on takes.
const (
	failLost     = "lost-incident"
	failNoise    = "more-noise"
	failLater    = "later"
	failPages    = "more-pages"
	failReplayed = "not-replayed"
)

func failures() []string { return []string{failLost, failNoise, failLater, failPages, failReplayed} }

// needsTruth is the first of the names that can't be answered without truth.
func needsTruth(names []string) string {
	at := slices.IndexFunc(names, func(name string) bool { return name == failLost || name == failLater })
	if at < 0 {
		return ""
	}
	return names[at]
}

// failed makes what --fail-on names, and is so, an error with exit code 3.
func failed(b *pipeline.Backtest, on []string) error {
	var told []string
	for _, name := range failures() {
		if text := failure(b, name); text != "" && slices.Contains(on, name) {
			told = append(told, name+": "+text)
		}
	}
	if len(told) == 0 {
		return nil
	}
	return unwellError{errors.New(strings.Join(told, "; "))}
}

// failure says in what a backtest fails; it is empty where it does not.
func failure(b *pipeline.Backtest, name string) string {
	switch before, after := &b.Before, &b.After; name {
	case failLost:
		if len(b.Lost) > 0 {
			return fmt.Sprintf("%d of %s caught so far", len(b.Lost), counted(before.Caught.Count, "incident"))
		}
	case failLater:
		if len(b.Later) > 0 {
			return counted(len(b.Later), "incident") + " caught later by more than " + short(b.Options.Late) +
				fmt.Sprintf(" and %.0f%% of its length", 100*b.Options.LateShare)
		}
	case failNoise:
		if was, is := noiseOf(b, before), noiseOf(b, after); is > was {
			return fmt.Sprintf("%d episodes of noise instead of %d", is, was)
		}
	case failPages:
		if after.Pages > before.Pages {
			return fmt.Sprintf("%s pages a week instead of %s", rate(after.Pages), rate(before.Pages))
		}
	case failReplayed:
		if len(b.Left) > 0 {
			return counted(len(b.Left), "rule") + " can't be replayed"
		}
	}
	return ""
}

// noiseOf is the episodes that met no incident or that no truth can judge, and
// without any truth all of them.
func noiseOf(b *pipeline.Backtest, f *pipeline.Figures) int {
	if !b.TruthKnown {
		return f.Episodes
	}
	return f.Outside.Count + f.Unjudged
}

// share is a proportion with its denominator.
func share(p slo.Proportion) string {
	if !p.Known() {
		return "not known"
	}
	return fmt.Sprintf("%d of %d", p.Count, p.Of)
}
