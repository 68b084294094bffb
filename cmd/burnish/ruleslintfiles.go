package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/lint"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// ruleAt is where a rule stands.
type ruleAt struct {
	file string
	line int
}

// excuse is the kinds that a comment in a rule file holds back for a rule.
type excuse []string

// everyKind excuses a rule from all of them.
const everyKind = "all"

func (e excuse) covers(kind noise.Kind) bool {
	return slices.Contains(e, string(kind)) || slices.Contains(e, everyKind)
}

// readRules is what was read of rule files.
type readRules struct {
	rules         []noise.Rule
	excuses       map[ruleAt]excuse
	notes         []string // on comments that name no kind
	files, unread int
	trees         *lint.Trees // of their expressions
}

// largestRuleFile bounds what is read of a file, in bytes.
const largestRuleFile = 64 << 20

// readRuleFiles reads the rules of the files that the arguments name or match,
// each once. What can't be read is the error; the rest is still returned.
func readRuleFiles(args []string) (readRules, error) {
	out := readRules{excuses: map[ruleAt]excuse{}, trees: &lint.Trees{}}
	var paths []string
	var errs []error
	for _, arg := range args {
		found, err := filepath.Glob(arg)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("no file matches %q", arg)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("find rule files: %w", err))
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	for _, f := range readAll(slices.Compact(paths), out.trees.Parse) {
		if f.err != nil {
			out.unread++
			errs = append(errs, f.err)
		}
		if f.text != "" || f.err == nil {
			out.files++
		}
		out.rules = append(out.rules, f.rules...)
		out.readExcuses(f.path, f.text, f.rules)
	}
	return out, errors.Join(errs...)
}

// readFile is what was read of one file.
type readFile struct {
	path, text string
	rules      []noise.Rule
	err        error
}

// readAll reads files, as many at once as there are processors, in the order of
// the paths. Each expression is checked.
func readAll(paths []string, check func(expr string) error) []readFile {
	out := make([]readFile, len(paths))
	next := make(chan int)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for i := range next {
				out[i] = readRuleFile(paths[i], check)
			}
		})
	}
	for i := range paths {
		next <- i
	}
	close(next)
	readers.Wait()
	return out
}

func readRuleFile(path string, check func(expr string) error) readFile {
	f := readFile{path: path}
	info, err := os.Stat(path)
	if err != nil {
		f.err = fmt.Errorf("read rule file: %w", err)
		return f
	}
	if info.Size() > largestRuleFile {
		f.err = fmt.Errorf("read rule file %s: larger than %d MiB", path, largestRuleFile>>20)
		return f
	}
	text, err := os.ReadFile(path)
	if err != nil {
		f.err = fmt.Errorf("read rule file: %w", err)
		return f
	}
	f.text = string(text)
	f.rules, f.err = rulefile.ParseChecked(path, text, check)
	return f
}

// disableComment begins a comment that excuses a rule.
const disableComment = "burnish:disable"

// readExcuses finds the comments that excuse rules: on the line of the rule, or
// on lines of comments right above it.
func (r *readRules) readExcuses(path, text string, rules []noise.Rule) {
	if !strings.Contains(text, disableComment) {
		return
	}
	lines := strings.Split(text, "\n")
	for _, rule := range rules {
		if rule.Line < 1 || rule.Line > len(lines) {
			continue
		}
		var e excuse
		if _, comment, ok := strings.Cut(lines[rule.Line-1], " #"); ok {
			e = append(e, r.kinds(path, rule.Line, comment)...)
		}
		for n := rule.Line - 1; n > 0; n-- {
			comment, ok := strings.CutPrefix(strings.TrimSpace(lines[n-1]), "#")
			if !ok {
				break
			}
			e = append(e, r.kinds(path, n, comment)...)
		}
		if len(e) > 0 {
			r.excuses[ruleAt{path, rule.Line}] = e
		}
	}
}

// kinds are those that a comment names; words after them are its reason.
func (r *readRules) kinds(path string, line int, comment string) []string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(comment), disableComment)
	if !ok {
		return nil
	}
	list, _, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(rest, ", ", ",")), " ")
	var out []string
	for _, name := range strings.Split(list, ",") {
		if name != everyKind && !isLintKind(name) {
			r.notes = append(r.notes, fmt.Sprintf("%s:%d: %s names no kind of finding: %q", path, line, disableComment, name))
			continue
		}
		out = append(out, name)
	}
	return out
}
