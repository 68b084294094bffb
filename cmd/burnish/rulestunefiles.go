package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// tunedFile is a rule file that is tuned: its rules are those from First on.
type tunedFile struct {
	path  string
	text  []byte
	file  *rulefile.File
	first int
}

// tuneInput is what is tuned: rule files, all their rules one after the other,
// and templates.
type tuneInput struct {
	files []tunedFile
	rules []noise.Rule
	tuneTemplates
}

// openRuleFiles reads the files that the globs match, in the order of their
// paths.
func openRuleFiles(globs []string) (*tuneInput, error) {
	in := &tuneInput{}
	seen := map[string]bool{}
	for _, glob := range globs {
		paths, err := filepath.Glob(glob)
		if err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("no rule file matches %q", glob)
		}
		for _, path := range paths {
			if seen[path] {
				continue
			}
			seen[path] = true
			if err := in.open(path); err != nil {
				return nil, err
			}
		}
	}
	return in, nil
}

func (in *tuneInput) open(path string) error {
	text, err := readBounded(path)
	if err != nil {
		return err
	}
	file, err := rulefile.Open(path, text)
	if err != nil {
		if in.add(path, text, err) {
			return nil
		}
		return err
	}
	if err := file.Sound(); err != nil {
		return err
	}
	in.files = append(in.files, tunedFile{path, text, file, len(in.rules)})
	for _, l := range file.Rules() {
		in.rules = append(in.rules, l.Rule)
	}
	return nil
}

// inForce are the files to take the rules in force from where no others are
// named: those that are tuned. Of templates alone none are known, and a server is
// asked.
func (in *tuneInput) inForce(args []string, server bool) []string {
	if len(in.templates) == 0 {
		return args
	}
	if server {
		return nil
	}
	var out []string
	for _, f := range in.files {
		out = append(out, f.path)
	}
	return out
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

// tunedOutput is what a tuning comes to.
type tunedOutput struct {
	files []outputFile
	patch strings.Builder
	work  []rulefile.Handwork // what the files refused
	tests int                 // files of unit tests
}

// writeTuning writes the tuned files and the result.
func (g *globals) writeTuning(in *tuneInput, t *pipeline.Tuning, f *tuneFlags) error {
	var out tunedOutput
	for _, file := range in.files {
		if err := f.apply(t, file, &out); err != nil {
			return err
		}
	}
	work, err := in.handwork(t, len(in.rules), out.work)
	if err != nil {
		return err
	}
	text := in.describe(work)
	if f.output != "" && text != "" {
		out.files = append(out.files, outputFile{filepath.Join(f.output, byHand), []byte(text)})
	}
	if err := distinct(out.files); err != nil {
		return err
	}
	if err := g.writeRuleFiles(out.files); err != nil {
		return err
	}
	g.tellTests(&out, f)
	g.tell(work, f)
	if f.output != "" {
		text = ""
	}
	return g.printTuning(t, f, out.patch.String(), text)
}

// printTuning writes the result to standard output, with what is to be done by
// hand.
func (g *globals) printTuning(t *pipeline.Tuning, f *tuneFlags, patch, byHand string) error {
	switch {
	case f.patch:
		_, err := fmt.Fprint(g.stdout, asRemark(byHand), patch)
		return err
	case f.format == "json":
		return t.WriteJSON(g.stdout)
	}
	if err := t.WriteText(g.stdout); err != nil || byHand == "" {
		return err
	}
	_, err := fmt.Fprint(g.stdout, "\n", byHand)
	return err
}

// apply adds a tuned file to the output.
func (f *tuneFlags) apply(t *pipeline.Tuning, file tunedFile, out *tunedOutput) error {
	text, left, err := t.Apply(file.file, file.first)
	if err != nil {
		return err
	}
	out.work = append(out.work, left...)
	out.patch.WriteString(rulefile.Diff(file.path, file.text, text))
	changed := string(text) != string(file.text)
	target := file.path
	if f.output != "" {
		target = filepath.Join(f.output, filepath.Base(file.path))
	}
	if f.output != "" || f.overwrite && changed {
		out.files = append(out.files, outputFile{target, text})
	}
	if !changed {
		return nil
	}
	tests, err := f.unitTests(t, file, target)
	out.files, out.tests = append(out.files, tests...), out.tests+len(tests)
	return err
}

// tellTests says on standard error where there are no unit tests although they
// were asked for, so that nobody looks for them.
func (g *globals) tellTests(out *tunedOutput, f *tuneFlags) {
	if f.testsFolder() == "" || out.tests > 0 {
		return
	}
	why := "no rule of a file changes"
	if len(out.patch.String()) > 0 {
		why = "no short excerpt of the history shows what changes"
	}
	_, _ = fmt.Fprintf(g.stderr, "no unit tests are written: %s\n", why)
}

// testsFolder is where unit tests go; empty where none are asked for.
func (f *tuneFlags) testsFolder() string {
	if f.tests == "" && f.output != "" {
		return filepath.Join(f.output, "tests")
	}
	return f.tests
}

// unitTests are the files of tests of a tuned file. They lie apart from it, since
// Prometheus may load all that lies beside it.
func (f *tuneFlags) unitTests(t *pipeline.Tuning, file tunedFile, target string) ([]outputFile, error) {
	dir := f.testsFolder()
	if dir == "" {
		return nil, nil
	}
	from, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("place unit tests: %w", err)
	}
	to, err := filepath.Abs(target)
	if err != nil {
		return nil, fmt.Errorf("place unit tests: %w", err)
	}
	name, err := filepath.Rel(from, to)
	if err != nil {
		name = to
	}
	tests, err := t.UnitTests(filepath.ToSlash(name), file.first, len(file.file.Rules()))
	if err != nil {
		return nil, err
	}
	var out []outputFile
	base := filepath.Base(target)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	for i, test := range tests {
		suffix := "_test.yml"
		if i > 0 {
			suffix = "_" + test.Interval.String() + suffix
		}
		out = append(out, outputFile{filepath.Join(dir, base+suffix), test.Text})
	}
	return out, nil
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
