package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// tuneTemplates are the sources among the files to tune that a template engine
// makes rule files from. They are not edited: what is to change in them is
// described.
type tuneTemplates struct {
	templates []*rulefile.Template
	refused   []error                       // why each can't be edited, with the place
	values    map[string]*rulefile.Template // by path; what fills charts in
}

// add reads a source that was refused as a template; false where it was refused
// for another reason.
func (s *tuneTemplates) add(path string, text []byte, refused error) bool {
	if !errors.Is(refused, rulefile.ErrTemplated) {
		return false
	}
	t, err := rulefile.OpenTemplate(path, text)
	if err != nil {
		return false
	}
	s.templates, s.refused = append(s.templates, t), append(s.refused, refused)
	if path := chartValues(path); path != "" && s.values[path] == nil {
		if text, err := readBounded(path); err == nil {
			if s.values == nil {
				s.values = map[string]*rulefile.Template{}
			}
			s.values[path] = rulefile.Values(path, text)
		}
	}
	return true
}

// chartDepth is how far above a template its chart's folder may be.
const chartDepth = 6

// chartValues is where the values of the chart stand that a file belongs to;
// empty where it belongs to none.
func chartValues(path string) string {
	dir := filepath.Dir(path)
	for range chartDepth {
		if _, err := os.Stat(filepath.Join(dir, "Chart.yaml")); err == nil {
			return filepath.Join(dir, "values.yaml")
		}
		dir = filepath.Join(dir, "..")
	}
	return ""
}

// needRules is an error where nothing can say which rules the templates make.
func (s *tuneTemplates) needRules(f *tuneFlags, rules []noise.Rule) error {
	if len(s.templates) == 0 || len(rules) > 0 || len(f.source.ruleFiles) > 0 || f.source.server.TSDBPath == "" {
		return nil
	}
	return usageError{fmt.Errorf("%w: name the rule files that it makes with --rules.files, or a server that has them in force", errors.Join(s.refused...))}
}

// made are the rules in force that the templates make, without those of the rule
// files that are tuned themselves.
func (s *tuneTemplates) made(inForce, files []noise.Rule) ([]noise.Rule, error) {
	if len(s.templates) == 0 {
		return nil, nil
	}
	type key struct{ name, group string }
	have := map[key]bool{}
	known := false
	for _, r := range files {
		have[key{r.Name, r.Group}] = true
		known = known || s.makes(r)
	}
	var out []noise.Rule
	for _, r := range inForce {
		if !have[key{r.Name, r.Group}] && s.makes(r) {
			out = append(out, r)
		}
	}
	if len(out) == 0 && !known {
		return nil, fmt.Errorf("%w: none of %d rules in force has the name of an alert in it; name the rule files that it makes with --rules.files",
			errors.Join(s.refused...), len(inForce))
	}
	return out, nil
}

func (s *tuneTemplates) makes(r noise.Rule) bool {
	return slices.ContainsFunc(s.templates, func(t *rulefile.Template) bool { return t.Makes(r) })
}

// handwork is what is to change in the templates. The first rules, so many as are
// said, are those of files; what their files refused is left already.
func (s *tuneTemplates) handwork(t *pipeline.Tuning, ofFiles int, left []rulefile.Handwork) ([]rulefile.Handwork, error) {
	refused := map[string]bool{}
	for _, w := range left {
		refused[w.ID] = true
	}
	for i := range t.Rules {
		r := &t.Rules[i]
		if r.Advice.Change == nil || refused[r.ID()] || !s.makes(r.Rule) {
			continue
		}
		w, err := r.Handwork()
		if err != nil {
			return nil, err
		}
		w.Edited = i < ofFiles
		left = append(left, w)
	}
	return left, nil
}

// describe is what is to be done by hand, as Markdown; empty where that is
// nothing.
func (s *tuneTemplates) describe(work []rulefile.Handwork) string {
	all := slices.Clone(s.templates)
	for _, v := range s.values {
		all = append(all, v)
	}
	return rulefile.DescribeHandwork(all, work)
}

// byHand is the file in the output folder that says what is to be done by hand.
const byHand = "by-hand.md"

// tell says on standard error what was not edited, and where that is described.
func (g *globals) tell(work []rulefile.Handwork, f *tuneFlags) {
	if len(work) == 0 {
		return
	}
	where := "at the end of the result"
	switch {
	case f.output != "":
		where = "in " + filepath.Join(f.output, byHand)
	case f.patch:
		where = "at the head of the patch"
	case f.format == "json":
		where = "with --output-dir, or without --format json"
	}
	changes := "changes are"
	if len(work) == 1 {
		changes = "change is"
	}
	_, _ = fmt.Fprintf(g.stderr, "%d %s to be made by hand, in sources that are not edited: described %s\n", len(work), changes, where)
}

// asRemark puts a mark before each line, so that those who read a patch pass over
// them.
func asRemark(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight("# "+strings.TrimSuffix(line, "\n"), " ") + "\n")
	}
	return b.String()
}
