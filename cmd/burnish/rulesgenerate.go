package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo/spec"
)

// unwellError says that all went right and the answer is no: exit code 3.
type unwellError struct{ err error }

func (e unwellError) Error() string { return e.err.Error() }
func (e unwellError) Unwrap() error { return e.err }

// generateFlags are the flags of rules generate.
type generateFlags struct {
	spec                     specFlags
	output, layout, format   string
	inhibit, compat          string
	interval, scrapeInterval string
	tests, check             bool
	confidence               float64
}

func newRulesGenerate(g *globals) *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use: "generate FILES...", Short: "Write recording and alerting rules for SLOs", Args: filesNeeded,
		Long: "Reads SLOs, in every format that slo check reads, and writes the rules that record\n" +
			"their budgets and alert on burn rates. The same SLOs always give the same files. Notes\n" +
			"on what was changed, left out or can't be done go to stderr. With --check nothing is\n" +
			"written: the exit code is 3 where a file is not what would be written now.",
		Example: "  burnish rules generate slos/*.yaml > rules.yaml\n" +
			"  burnish rules generate slos/*.yaml --output rules --tests --inhibit rules/inhibit.yaml\n" +
			"  burnish rules generate slos/*.yaml --output rules --check",
		RunE: func(_ *cobra.Command, args []string) error { return g.generateRules(args, f) },
	}
	f.spec.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.output, "output", "-", "Folder to write the rule files into; - for standard output.")
	flags.StringVar(&f.layout, "layout", "one", "One file for all SLOs, or one each: one, per-slo.")
	flags.StringVar(&f.format, "format", "prometheus", "Rule files, or resources of the Prometheus operator: prometheus, operator.")
	flags.BoolVar(&f.tests, "tests", false, "Write promtool unit tests beside the rule files.")
	flags.StringVar(&f.inhibit, "inhibit", "", "File to write Alertmanager's inhibition rules into.")
	flags.StringVar(&f.compat, "compat", "", "Record the names of another tool as well: sloth, pyrra.")
	flags.StringVar(&f.interval, "interval", "30s", "How often events are counted and alerts evaluated; a divisor of 5m, at most 2m.")
	flags.StringVar(&f.scrapeInterval, "scrape-interval", "15s", "How far apart the samples of the SLOs' series are.")
	flags.Float64Var(&f.confidence, "confidence", 0, "How sure an alert has to be of few events, as a one-sided normal quantile: 2.326 is 98%. 0 takes ratios as they are.")
	flags.BoolVar(&f.check, "check", false, "Write nothing; show what differs and exit with 3 if anything does.")
	return cmd
}

// options are the flags, checked.
func (f generateFlags) options() (burnrate.GenerateOptions, error) {
	o := burnrate.GenerateOptions{Compat: burnrate.Compat(f.compat), Tests: f.tests, Confidence: f.confidence}
	switch {
	case f.layout != "one" && f.layout != "per-slo":
		return o, badUsage("--layout %q: want one or per-slo", f.layout)
	case f.format != "prometheus" && f.format != "operator":
		return o, badUsage("--format %q: want prometheus or operator", f.format)
	case f.compat != "" && f.compat != "sloth" && f.compat != "pyrra":
		return o, badUsage("--compat %q: want sloth or pyrra", f.compat)
	case f.output == "-" && (f.layout != "one" || f.tests || f.check):
		return o, badUsage("--output -: --layout per-slo, --tests and --check need a folder")
	case f.format == "operator" && f.tests:
		return o, badUsage("--tests: promtool tests rule files only, use --format prometheus")
	}
	var err error
	if o.Interval, err = positiveDuration("--interval", f.interval); err != nil {
		return o, err
	}
	o.Scrape, err = positiveDuration("--scrape-interval", f.scrapeInterval)
	return o, err
}

func (g *globals) generateRules(args []string, f generateFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	out, err := g.rulesOf(args, f, o)
	if err != nil {
		return err
	}
	files, err := ruleFiles(out, f)
	if err != nil {
		return err
	}
	switch {
	case f.check:
		return g.checkDrift(files)
	case f.output == "-":
		return g.printRules(files, f)
	}
	return g.writeRuleFiles(files)
}

// rulesOf reads SLOs and makes their rules; the notes go to stderr.
func (g *globals) rulesOf(args []string, f generateFlags, o burnrate.GenerateOptions) (burnrate.Output, error) {
	specOptions, err := f.spec.options()
	if err != nil {
		return burnrate.Output{}, err
	}
	texts, err := readSpecFiles(args)
	if err != nil {
		return burnrate.Output{}, err
	}
	parsed, err := spec.ParseAll(texts, specOptions)
	for _, n := range parsed.Notes {
		_, _ = fmt.Fprintln(g.stderr, printable(n.String()))
	}
	if err != nil {
		return burnrate.Output{}, usageError{err}
	}
	if refused := countRefused(parsed.Notes); refused > 0 {
		return burnrate.Output{}, badUsage("make rules: %s can't be used as written, see the lines marked refused", counted(refused, "thing"))
	}
	if len(parsed.SLOs) == 0 {
		return burnrate.Output{}, badUsage("make rules: no SLO in %s", counted(len(texts), "file"))
	}
	out, err := burnrate.Generate(parsed.SLOs, o)
	if err != nil {
		return burnrate.Output{}, usageError{err}
	}
	for _, s := range out.SLOs {
		for _, n := range s.Notes {
			_, _ = fmt.Fprintln(g.stderr, printable(s.SLO.ID()+": "+n))
		}
	}
	return out, nil
}

// outputFile is a file as it should be.
type outputFile struct {
	path string
	text []byte
}

// ruleFiles are all files that the flags ask for, in a fixed order.
func ruleFiles(out burnrate.Output, f generateFlags) ([]outputFile, error) {
	parts := map[string][]burnrate.SLORules{"slo-rules": out.SLOs}
	names := []string{"slo-rules"}
	if f.layout == "per-slo" {
		parts, names = map[string][]burnrate.SLORules{}, nil
		for _, s := range out.SLOs {
			name := fileName(s.SLO.Service) + "." + fileName(s.SLO.Name)
			parts[name] = append(parts[name], s)
			names = append(names, name)
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	var files []outputFile
	for _, name := range names {
		made, err := ruleFile(name, burnrate.Output{SLOs: parts[name]}, f)
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	if f.inhibit != "" {
		var b bytes.Buffer
		if err := burnrate.WriteInhibit(&b, out.Inhibit); err != nil {
			return nil, fmt.Errorf("write inhibition rules: %w", err)
		}
		files = append(files, outputFile{f.inhibit, b.Bytes()})
	}
	return files, nil
}

// fileName keeps a name from leaving the folder that files are written into.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == os.PathSeparator || r < ' ' {
			return '_'
		}
		return r
	}, s)
}

// ruleBytes is about the text of an SLO's rules.
const ruleBytes = 18 << 10

// ruleFile is a rule file and the file of its unit tests.
func ruleFile(name string, out burnrate.Output, f generateFlags) ([]outputFile, error) {
	var rules, tests bytes.Buffer
	rules.Grow(len(out.SLOs) * ruleBytes)
	err := burnrate.WriteRules(&rules, out.Groups())
	if f.format == "operator" {
		rules.Reset()
		err = burnrate.WriteOperator(&rules, name, out.Groups())
	}
	if err != nil {
		return nil, fmt.Errorf("write rules: %w", err)
	}
	files := []outputFile{{filepath.Join(f.output, name+".yaml"), rules.Bytes()}}
	if !f.tests {
		return files, nil
	}
	var all []burnrate.UnitTest
	for _, s := range out.SLOs {
		all = append(all, s.Tests...)
	}
	if err := burnrate.WriteTests(&tests, name+".yaml", all); err != nil {
		return nil, fmt.Errorf("write unit tests: %w", err)
	}
	return append(files, outputFile{filepath.Join(f.output, name+"_test.yaml"), tests.Bytes()}), nil
}

// printRules prints the rules; the inhibition rules still go to their file.
func (g *globals) printRules(files []outputFile, f generateFlags) error {
	if _, err := g.stdout.Write(files[0].text); err != nil {
		return fmt.Errorf("write rules: %w", err)
	}
	if f.inhibit == "" {
		return nil
	}
	return g.writeRuleFiles(files[1:])
}

func (g *globals) writeRuleFiles(files []outputFile) error {
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
			return fmt.Errorf("make output folder: %w", err)
		}
		if err := writeFile(f.path, func(w io.Writer) error { _, err := w.Write(f.text); return err }); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(g.stderr, "wrote", f.path)
	}
	return nil
}

// checkDrift shows how the files on disk differ from what they should be.
func (g *globals) checkDrift(files []outputFile) error {
	drifted := 0
	for _, f := range files {
		is, err := os.ReadFile(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			_, _ = fmt.Fprintf(g.stdout, "%s is not there\n", f.path)
		case err != nil:
			return fmt.Errorf("read rules to check: %w", err)
		case bytes.Equal(is, f.text):
			continue
		default:
			_, _ = fmt.Fprint(g.stdout, difference(f.path, string(is), string(f.text)))
		}
		drifted++
	}
	if drifted > 0 {
		return unwellError{fmt.Errorf("%s of %d differ from the SLOs; write them with the same command without --check", counted(drifted, "file"), len(files))}
	}
	return nil
}

// mostDiffLines bounds what is shown of one side of a difference.
const mostDiffLines = 30

// difference shows the stretch from the first to the last line that differs.
func difference(path, is, should string) string {
	a, b := strings.Split(is, "\n"), strings.Split(should, "\n")
	first := 0
	for first < len(a) && first < len(b) && a[first] == b[first] {
		first++
	}
	for len(a) > first && len(b) > first && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s differs from line %d on: - as it is, + as it should be\n", path, first+1)
	for _, side := range []struct {
		sign  string
		lines []string
	}{{"-", a[first:]}, {"+", b[first:]}} {
		for i, line := range side.lines {
			if i == mostDiffLines {
				fmt.Fprintf(&out, "%s … %d more lines\n", side.sign, len(side.lines)-i)
				break
			}
			out.WriteString(side.sign + printable(line) + "\n")
		}
	}
	return out.String()
}
