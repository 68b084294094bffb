package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/lintformat"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/implies"
	"github.com/burnish-sre/burnish/noise/lint"
)

// lintFlags are the flags of rules lint.
type lintFlags struct {
	format, scrape, evaluation string
	failOn, disable            []string
	history                    lintSource
}

func newRulesLint(g *globals) *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use: "lint FILES...", Short: "Find what is wrong with alerting rules", Args: ruleFilesNeeded,
		Long: "Reads rule files and PrometheusRule resources and says what is wrong with their alerts:\n" +
			"what can never fire, what fires twice or needlessly, and texts that fail or say nothing.\n" +
			"FILES may be globs. With a source (--prometheus.url, --tsdb.path, --history.url) it also\n" +
			"says what history shows of them: flapping, redundant, tight, never right. A comment\n" +
			"\"# burnish:disable KIND\" on the line above a rule excuses it. docs/detectors has a page\n" +
			"on each kind.",
		Example: "  burnish rules lint rules/*.yml --fail-on error\n" +
			"  burnish rules lint rules/*.yml --scrape-interval 15s --format sarif > burnish.sarif\n" +
			"  burnish rules lint rules/*.yml --prometheus.url http://localhost:9090 --last 30d",
		RunE: func(cmd *cobra.Command, args []string) error { return g.lintRules(cmd, args, &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "text", "How findings are written: "+strings.Join(lintformat.Formats(), ", ")+".")
	flags.StringSliceVar(&f.failOn, "fail-on", nil, "Exit with 3 on a finding of this kind, or of at least this gravity: error, warning, info. May be repeated.")
	flags.StringSliceVar(&f.disable, "disable", nil, "Kind that is not looked for; may be repeated.")
	flags.StringVar(&f.scrape, "scrape-interval", "", "How far apart the samples of the series are. Default: 1m, and findings say that it is assumed.")
	f.history.register(cmd)
	flags.StringVar(&f.evaluation, "evaluation-interval", "", "How often groups are evaluated that set no interval. Default: as --scrape-interval, else 1m.")
	return cmd
}

// ruleFilesNeeded wants at least one argument.
func ruleFilesNeeded(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return badUsage("%s takes rule files; see %q", cmd.CommandPath(), cmd.CommandPath()+" --help")
	}
	return nil
}

// options are the flags, checked.
func (f *lintFlags) options() (lint.Options, error) {
	var o lint.Options
	if !slices.Contains(lintformat.Formats(), f.format) {
		return o, badUsage("--format %q: want one of %s", f.format, strings.Join(lintformat.Formats(), ", "))
	}
	for _, name := range f.disable {
		if !isKind(name) {
			return o, badUsage("--disable %q: no such kind; there are %s", name, strings.Join(allKinds(), ", "))
		}
		o.Disabled = append(o.Disabled, noise.Kind(name))
	}
	for _, name := range f.failOn {
		if gravityRank(noise.Gravity(name)) < 0 && !isKind(name) {
			return o, badUsage("--fail-on %q: want error, warning, info or a kind: %s", name, strings.Join(allKinds(), ", "))
		}
	}
	var err error
	if f.scrape != "" {
		if o.ScrapeInterval, err = positiveDuration("--scrape-interval", f.scrape); err != nil {
			return o, err
		}
	}
	if file := f.history.by.amConfig; file != "" {
		if o.Routed, err = routedBy(file); err != nil {
			return o, err
		}
	}
	if f.evaluation != "" {
		o.EvaluationInterval, err = positiveDuration("--evaluation-interval", f.evaluation)
	}
	return o, err
}

func lintKinds() []string {
	var out []string
	for _, c := range lint.All() {
		out = append(out, string(c.Kind))
	}
	return out
}

// allKinds are those of texts, then those of history.
func allKinds() []string {
	out := lintKinds()
	for _, k := range noise.HistoryKinds() {
		out = append(out, string(k))
	}
	return out
}

func isKind(name string) bool { return slices.Contains(allKinds(), name) }

func isLintKind(name string) bool { return slices.Contains(lintKinds(), name) }

// gravityRank is 0 for the gravest; below 0 for what is no gravity.
func gravityRank(g noise.Gravity) int {
	return slices.Index([]noise.Gravity{noise.GravityError, noise.GravityWarning, noise.GravityInfo}, g)
}

// lintRules prints what there is to say of rule files. Files that can't be read
// are the error, after the findings of the others.
func (g *globals) lintRules(cmd *cobra.Command, args []string, f *lintFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	read, wrong := readRuleFiles(args)
	for _, note := range read.notes {
		_, _ = fmt.Fprintln(g.stderr, printable(note))
	}
	held := 0
	o.Suppressed = func(r *noise.Rule, kind noise.Kind) bool {
		if !read.excuses[ruleAt{r.File, r.Line}].covers(kind) {
			return false
		}
		held++
		return true
	}
	book := implies.Read(read.rules)
	in := lint.Input{Rules: read.rules, Proofs: proofs(book), Trees: read.trees}
	o.Impossible = book.Impossible
	result := lintformat.Result{
		Findings: lint.Run(in, o), Files: read.files, Unread: read.unread, Rules: len(read.rules), Version: version, Help: lintHelp(),
	}
	if f.history.given() && len(read.rules) > 0 {
		past, err := f.history.findings(g, cmd, filesOf(read.rules))
		if err != nil {
			return err
		}
		past = slices.DeleteFunc(past, func(f noise.Finding) bool {
			return slices.Contains(o.Disabled, f.Kind) || read.excuses[ruleAt{f.Rule.File, f.Rule.Line}].covers(f.Kind)
		})
		result.Findings = withHistory(result.Findings, past)
		result.Help = append(result.Help, historyHelp()...)
	}
	result.Excused = held
	if err := lintformat.Write(g.stdout, f.format, result); err != nil {
		return err
	}
	if wrong != nil {
		return usageError{wrong}
	}
	return failOn(result.Findings, f.failOn)
}

// filesOf are the files that rules stand in.
func filesOf(rules []noise.Rule) []string {
	var out []string
	for i := range rules {
		out = append(out, rules[i].File)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lintHelp is what each kind is, for formats that carry it along.
func lintHelp() []lintformat.KindHelp {
	var out []lintformat.KindHelp
	for _, c := range lint.All() {
		out = append(out, lintformat.KindHelp{
			Kind: c.Kind, Title: c.Title, Paragraph: c.Help,
			URI: "https://github.com/burnish-sre/burnish/blob/main/docs/detectors/" + string(c.Kind) + ".md",
		})
	}
	return out
}

// failOn makes findings that match --fail-on an error with exit code 3.
func failOn(findings []noise.Finding, on []string) error {
	n := 0
	for _, f := range findings {
		if slices.ContainsFunc(on, func(name string) bool { return matches(f, name) }) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return unwellError{fmt.Errorf("%s of those in --fail-on %s", counted(n, "finding"), strings.Join(on, ","))}
}

func matches(f noise.Finding, name string) bool {
	if rank := gravityRank(noise.Gravity(name)); rank >= 0 {
		return gravityRank(f.Gravity) <= rank
	}
	return string(f.Kind) == name
}

// proofs are the pairs of rules of which one certainly fires with the other.
func proofs(book *implies.Book) []lint.Proof {
	var out []lint.Proof
	for _, p := range book.Pairs() {
		var by []string
		for _, r := range p.Reasons {
			by = append(by, string(r))
		}
		out = append(out, lint.Proof{
			Inner: p.A, Outer: p.B, Equal: p.Verdict == implies.Equal,
			Why: "It follows from the text of both expressions: " + strings.Join(by, ", ") + ".",
		})
	}
	return out
}
