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
		changed := string(text) != string(file.text)
		target := file.path
		if f.output != "" {
			target = filepath.Join(f.output, filepath.Base(file.path))
		}
		if f.output != "" || f.overwrite && changed {
			out = append(out, outputFile{target, text})
		}
		if changed {
			tests, err := f.unitTests(t, file, target)
			if err != nil {
				return err
			}
			out = append(out, tests...)
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

// unitTests are the files of tests of a tuned file. They lie apart from it, since
// Prometheus may load all that lies beside it.
func (f *tuneFlags) unitTests(t *pipeline.Tuning, file tunedFile, target string) ([]outputFile, error) {
	dir := f.tests
	if dir == "" && f.output != "" {
		dir = filepath.Join(f.output, "tests")
	}
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
