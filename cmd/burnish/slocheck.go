package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spec"
)

// specFlags say how files of SLOs are read.
type specFlags struct{ period string }

func (f *specFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.period, "period", "", "Window of SLOs whose format leaves it to the tool (Sloth, slo-generator). Default: 30d, or that of the AlertWindows given.")
}

// options are the flags, checked.
func (f *specFlags) options() (spec.Options, error) {
	if f.period == "" {
		return spec.Options{}, nil
	}
	period, err := positiveDuration("--period", f.period)
	return spec.Options{Period: period}, err
}

// positiveDuration reads the duration of a flag.
func positiveDuration(flag, text string) (time.Duration, error) {
	d, err := model.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, badUsage("%s %q: want a duration over 0, as in 30d or 15s", flag, text)
	}
	return time.Duration(d), nil
}

// filesNeeded wants at least one argument.
func filesNeeded(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return badUsage("%s takes files of SLOs; see %q", cmd.CommandPath(), cmd.CommandPath()+" --help")
	}
	return nil
}

// readSpecFiles reads the files that the arguments name or match, each once, by
// name. An argument that matches nothing is bad usage.
func readSpecFiles(args []string) ([]spec.File, error) {
	var paths []string
	var errs []error
	for _, arg := range args {
		found, err := filepath.Glob(arg)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("no file matches %q", arg)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("find files of SLOs: %w", err))
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	var files []spec.File
	for _, path := range slices.Compact(paths) {
		text, err := os.ReadFile(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("read file of SLOs: %w", err))
			continue
		}
		files = append(files, spec.File{Name: path, Text: text})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, usageError{err}
	}
	return files, nil
}

func newSLOCheck(g *globals) *cobra.Command {
	var flags specFlags
	var scrape string
	cmd := &cobra.Command{
		Use: "check FILES...", Short: "Check files of SLOs and warn of what can never work", Args: filesNeeded,
		Long: "Reads SLOs in burnish's own format, Sloth's, Pyrra's, OpenSLO's and slo-generator's,\n" +
			"and says everything that is wrong with them at once: file, line, column. It warns of\n" +
			"alerts that can never fire, selectors that are no part of their total, and targets that\n" +
			"what they depend on rules out. FILES may be globs; they are read as one.",
		Example: "  burnish slo check slos/*.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			o, err := flags.options()
			if err != nil {
				return err
			}
			interval, err := positiveDuration("--scrape-interval", scrape)
			if err != nil {
				return err
			}
			files, err := readSpecFiles(args)
			if err != nil {
				return err
			}
			return g.checkSLOs(files, o, spec.LintOptions{ScrapeInterval: interval})
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&scrape, "scrape-interval", "1m", "How far apart the samples of the SLOs' series are.")
	return cmd
}

// checkSLOs prints what there is to say of files: notes and the sum on stdout.
// What is wrong is the error.
func (g *globals) checkSLOs(files []spec.File, o spec.Options, lint spec.LintOptions) error {
	parsed, wrong := spec.ParseAll(files, o)
	wrong = errors.Join(wrong, unknownPolicies(parsed.SLOs))
	notes := slices.Concat(parsed.Notes, spec.Lint(parsed.SLOs, lint))
	slices.SortStableFunc(notes, func(a, b spec.Note) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	for _, n := range notes {
		if _, err := fmt.Fprintln(g.stdout, printable(n.String())); err != nil {
			return fmt.Errorf("write notes: %w", err)
		}
	}
	if wrong != nil {
		return usageError{wrong}
	}
	if refused := countRefused(parsed.Notes); refused > 0 {
		return fmt.Errorf("check SLOs: %s can't be used as written; see the lines marked refused", counted(refused, "thing"))
	}
	if len(parsed.SLOs) == 0 && len(parsed.Policies) == 0 {
		return badUsage("no SLO in %s", counted(len(files), "file"))
	}
	sum := counted(len(parsed.SLOs), "SLO") + " in " + counted(len(files), "file")
	switch {
	case len(notes) > 0:
		sum += fmt.Sprintf(": fine but for %s above", counted(len(notes), "note"))
	case len(parsed.SLOs) == 1:
		sum += " is fine"
	default:
		sum += " are fine"
	}
	if _, err := fmt.Fprintln(g.stdout, sum); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// unknownPolicies tells of SLOs that name an alert policy that is not there.
func unknownPolicies(slos []slo.SLO) error {
	var errs []error
	for _, s := range slos {
		if _, _, err := burnrate.For(s, 0); err != nil {
			errs = append(errs, spec.Error{File: s.File, Line: s.Line, Message: err.Error()})
		}
	}
	return errors.Join(errs...)
}

func countRefused(notes []spec.Note) int {
	n := 0
	for _, note := range notes {
		if note.Level == spec.LevelRefused {
			n++
		}
	}
	return n
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
