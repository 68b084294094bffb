package collector

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// maxRuleFile bounds what is read as a rule file, in bytes.
const maxRuleFile = 64 << 20

// ReadRuleFiles reads the alerting rules of the files that the globs match, in
// the order of their paths. All that is wrong with any of them is reported at
// once; a glob that matches nothing is an error too.
func ReadRuleFiles(globs []string) ([]noise.Rule, error) {
	paths, errs := expandFor(globs, "rule files", "--rules.files")
	var out []noise.Rule
	for _, path := range paths {
		rules, err := readRuleFile(path)
		out = append(out, rules...)
		if err != nil {
			errs = append(errs, err)
		}
	}
	return out, errors.Join(errs...)
}

// expandFor lists the files that globs match; what and flag name them in errors.
func expandFor(globs []string, what, flag string) (paths []string, errs []error) {
	for _, glob := range globs {
		found, err := filepath.Glob(glob)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("read %s %q: %w", what, glob, err))
		case len(found) == 0:
			errs = append(errs, fmt.Errorf("read %s %q: no file matches; check %s", what, glob, flag))
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	return slices.Compact(paths), errs
}

func readRuleFile(path string) ([]noise.Rule, error) {
	text, err := readBounded(path, maxRuleFile)
	if err != nil {
		return nil, fmt.Errorf("read rule file: %w", err)
	}
	return rulefile.Parse(path, text)
}
