package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
	"github.com/burnish-sre/burnish/noise/tune"
)

// tuneFlags are the flags of rules tune.
type tuneFlags struct {
	source           sourceFlags
	window           windowFlags
	incidents        []string
	sloFiles         []string
	policy           string
	only             []string
	output, format   string
	patch, overwrite bool
}

func newRulesTune(g *globals) *cobra.Command {
	var f tuneFlags
	cmd := &cobra.Command{
		Use: "tune FILES...", Short: "Find thresholds and durations that alert less and lose no incident", Args: ruleFilesNeeded,
		Long: "Replays the alerting rules of FILES over the history at every threshold, `for` and\n" +
			"keep_firing_for, and recommends the forms that fire least outside incidents while each\n" +
			"incident is still noticed. The choice is made on the first part of the history and proven\n" +
			"on the rest; both figures are shown. FILES may be globs. See docs/tuning.md.",
		Example: "  burnish rules tune rules/*.yml --prometheus.url http://localhost:9090 --incidents incidents.json --last 30d\n" +
			"  burnish rules tune rules/*.yml --tsdb.path /prometheus --slo.files slos.yml --patch > tuned.patch",
		RunE: func(cmd *cobra.Command, args []string) error { return g.tuneRules(cmd, args, &f) },
	}
	flags := cmd.Flags()
	f.source.register(flags)
	f.window.register(flags, "30d", "30d")
	flags.StringArrayVar(&f.incidents, "incidents", nil, "Glob of files with declared incidents, JSON or CSV; may be repeated.")
	flags.StringArrayVar(&f.sloFiles, "slo.files", nil, "Glob of files with SLOs whose losses are incidents; may be repeated. Default: those of --config.file.")
	flags.StringVar(&f.policy, "policy", string(tune.Balanced), "How much is risked: conservative, balanced, aggressive.")
	flags.StringSliceVar(&f.only, "only", nil, "Remedies to consider: threshold, for, keep_firing_for, delete. Default: all.")
	flags.StringVar(&f.output, "output-dir", "", "Folder to write the tuned copies into, under their own names.")
	flags.StringVar(&f.format, "format", "text", "How the result is written: text, json.")
	flags.BoolVar(&f.patch, "patch", false, "Write a unified diff to standard output instead.")
	flags.BoolVar(&f.overwrite, "write", false, "Change the files in place.")
	return cmd
}

// options are the flags, checked.
func (f *tuneFlags) options() (tune.ChooseOptions, error) {
	o := tune.ChooseOptions{Policy: tune.Policy(f.policy)}
	if !slices.Contains([]tune.Policy{tune.Conservative, tune.Balanced, tune.Aggressive}, o.Policy) {
		return o, badUsage("--policy %q: want conservative, balanced or aggressive", f.policy)
	}
	for _, name := range f.only {
		if !slices.Contains(tune.Remedies(), tune.Remedy(name)) {
			return o, badUsage("--only %q: want threshold, for, keep_firing_for or delete", name)
		}
		o.Only = append(o.Only, tune.Remedy(name))
	}
	if f.format != "text" && f.format != "json" {
		return o, badUsage("--format %q: want text or json", f.format)
	}
	if f.patch && f.format == "json" {
		return o, badUsage("--patch and --format json both take standard output; give one of them")
	}
	return o, nil
}

// tuneRules reads the history, chooses, and writes what was asked for.
func (g *globals) tuneRules(cmd *cobra.Command, args []string, f *tuneFlags) error {
	choose, err := f.options()
	if err != nil {
		return err
	}
	files, rules, err := openRuleFiles(args)
	if err != nil {
		return usageError{err}
	}
	o := pipeline.Options{Now: time.Now()}
	if err := f.window.apply(&o); err != nil {
		return err
	}
	if o.SLOs, err = g.specs(&f.source, f.sloFiles); err != nil {
		return err
	}
	if len(f.source.ruleFiles) == 0 {
		f.source.ruleFiles = args
	}
	var result *pipeline.Tuning
	_, err = g.readAnd(cmd, &f.source, o, func(c *config.Config, src collector.Source, r *pipeline.Reading) error {
		if len(f.incidents) > 0 {
			c.Incidents.Files = f.incidents
		}
		var declared []noise.Incident
		if len(c.Incidents.Files) > 0 {
			if declared, err = collector.ReadIncidents(c.Incidents.Files); err != nil {
				return usageError{err}
			}
		}
		result, err = r.Tune(cmd.Context(), src, pipeline.TuneOptions{
			Rules: rules, Incidents: declared, Declared: len(c.Incidents.Files) > 0, Choose: choose,
		})
		return err
	})
	if err != nil {
		return err
	}
	return g.writeTuning(files, result, f)
}

// tunedFile is a rule file that is tuned: its rules are those from First on.
type tunedFile struct {
	path  string
	text  []byte
	file  *rulefile.File
	first int
}

// openRuleFiles reads the files that the globs match, in the order of their
// paths; the rules are those of all of them, one after the other.
func openRuleFiles(globs []string) ([]tunedFile, []noise.Rule, error) {
	var files []tunedFile
	var rules []noise.Rule
	seen := map[string]bool{}
	for _, glob := range globs {
		paths, err := filepath.Glob(glob)
		if err != nil || len(paths) == 0 {
			return nil, nil, fmt.Errorf("no rule file matches %q", glob)
		}
		for _, path := range paths {
			if seen[path] {
				continue
			}
			seen[path] = true
			text, err := readBounded(path)
			if err != nil {
				return nil, nil, err
			}
			file, err := rulefile.Open(path, text)
			if err != nil {
				return nil, nil, err
			}
			files = append(files, tunedFile{path, text, file, len(rules)})
			for _, l := range file.Rules() {
				rules = append(rules, l.Rule)
			}
		}
	}
	return files, rules, nil
}

const maxTunedFile = 64 << 20

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxTunedFile {
		err = fmt.Errorf("%s is over %d bytes", path, maxTunedFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read rule file: %w", err)
	}
	return os.ReadFile(path)
}

// writeTuning writes the tuned files and the result.
func (g *globals) writeTuning(files []tunedFile, t *pipeline.Tuning, f *tuneFlags) error {
	var out []outputFile
	var patch strings.Builder
	for _, file := range files {
		text, err := t.Apply(file.file, file.first)
		if err != nil {
			return err
		}
		patch.WriteString(rulefile.Diff(file.path, file.text, text))
		if f.output != "" {
			out = append(out, outputFile{filepath.Join(f.output, filepath.Base(file.path)), text})
		}
		if f.overwrite && string(text) != string(file.text) {
			out = append(out, outputFile{file.path, text})
		}
	}
	if err := distinct(out); err != nil {
		return err
	}
	if err := g.writeRuleFiles(out); err != nil {
		return err
	}
	switch {
	case f.patch:
		_, err := fmt.Fprint(g.stdout, patch.String())
		return err
	case f.format == "json":
		return t.WriteJSON(g.stdout)
	}
	return t.WriteText(g.stdout)
}

// distinct refuses to write two files to one place.
func distinct(files []outputFile) error {
	seen := map[string]bool{}
	for _, f := range files {
		if seen[f.path] {
			return badUsage("--output-dir: two of the files are named %s; tune them apart", filepath.Base(f.path))
		}
		seen[f.path] = true
	}
	return nil
}
