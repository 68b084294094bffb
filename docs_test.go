package burnish_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/config"
)

// pages are the Markdown files that people read.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	detectors, err := filepath.Glob("docs/*/*.md")
	require.NoError(t, err)
	found = append(found, detectors...)
	return append(found, "README.md", "CONTRIBUTING.md")
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

var (
	fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	span  = regexp.MustCompile("`([^`\n]+)`")
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// blocks are the fenced blocks of a page in one of the languages.
func blocks(page string, languages ...string) []string {
	var out []string
	for _, m := range fence.FindAllStringSubmatch(page, -1) {
		if slices.Contains(languages, m[1]) {
			out = append(out, m[2])
		}
	}
	return out
}

// spans are the code spans of a page, outside its fenced blocks.
func spans(page string) []string {
	var out []string
	for _, m := range span.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		out = append(out, m[1])
	}
	return out
}

// shellLines are the lines of the page's shell blocks, continued lines joined,
// without prompts and comments.
func shellLines(page string) []string {
	var out []string
	for _, b := range blocks(page, "sh", "console", "bash") {
		for line := range strings.Lines(strings.ReplaceAll(b, "\\\n", " ")) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
			if line != "" && !strings.HasPrefix(line, "#") {
				out = append(out, line)
			}
		}
	}
	return out
}

// invocations are the calls of burnish on a page, as words without the program.
func invocations(page string) [][]string {
	var out [][]string
	for _, line := range append(shellLines(page), spans(page)...) {
		for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune("|;&<>", r) }) {
			words := strings.Fields(part)
			if len(words) > 0 && filepath.Base(words[0]) == "burnish" && !strings.HasPrefix(words[0], "/") {
				out = append(out, words[1:])
			}
		}
	}
	return out
}

// command is what `--help` tells of a command.
type command struct {
	children []string
	flags    []string
}

var (
	helpChild = regexp.MustCompile(`(?m)^  ([a-z][a-z-]*) {2,}\S`)
	helpFlag  = regexp.MustCompile(`(?m)^ +(?:-[a-zA-Z], )?--([a-z][a-z.-]*)`)
)

// parseHelp reads the subcommands and flags off a help text.
func parseHelp(help string) command {
	var c command
	if _, rest, ok := strings.Cut(help, "Available Commands:\n"); ok {
		section, _, _ := strings.Cut(rest, "\n\n")
		for _, m := range helpChild.FindAllStringSubmatch(section+"\n", -1) {
			c.children = append(c.children, m[1])
		}
	}
	for _, m := range helpFlag.FindAllStringSubmatch(help, -1) {
		c.flags = append(c.flags, m[1])
	}
	return c
}

// check holds an invocation against the commands that help knows; it gives what
// is wrong, or nothing.
func check(words []string, help func(path []string) command) string {
	var path []string
	at := help(nil)
	for _, w := range words {
		if name, isFlag := strings.CutPrefix(w, "--"); isFlag {
			name, _, _ = strings.Cut(name, "=")
			if !slices.Contains(at.flags, name) {
				return "no flag --" + name + " on burnish " + strings.Join(path, " ")
			}
			continue
		}
		if len(at.children) == 0 {
			continue
		}
		if !slices.Contains(at.children, w) {
			return "no command " + w + " under burnish " + strings.Join(path, " ")
		}
		path = append(path, w)
		at = help(path)
	}
	return ""
}

// TestDocumentedCommandsExist asks the built program about every command and
// flag that the documentation names.
func TestDocumentedCommandsExist(t *testing.T) {
	program := filepath.Join(t.TempDir(), "burnish")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/burnish")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	known := map[string]command{}
	help := func(path []string) command {
		key := strings.Join(path, " ")
		if _, ok := known[key]; !ok {
			out, err := exec.CommandContext(t.Context(), program, append(slices.Clone(path), "--help")...).CombinedOutput()
			require.NoError(t, err, "%s", out)
			known[key] = parseHelp(string(out))
		}
		return known[key]
	}
	checked := 0
	for _, file := range pages(t) {
		for _, words := range invocations(read(t, file)) {
			checked++
			assert.Empty(t, check(words, help), "%s: burnish %s", file, strings.Join(words, " "))
		}
	}
	assert.Greater(t, checked, 20, "the pages name commands, so they were found")
}

// TestCheckFindsWhatIsNotThere shows that the test above can fail.
func TestCheckFindsWhatIsNotThere(t *testing.T) {
	root := "Usage:\n\nAvailable Commands:\n  history     Alert history\n  report      The report\n\nFlags:\n  -h, --help   help\n      --log.level string   level\n"
	texts := map[string]string{
		"":               root,
		"report":         "Flags:\n      --last duration   window\n      --rules.files stringArray\n\nGlobal Flags:\n      --log.level string\n",
		"history":        "Available Commands:\n  export      Print\n\nFlags:\n  -h, --help\n",
		"history export": "Flags:\n      --last duration\n",
	}
	help := func(path []string) command { return parseHelp(texts[strings.Join(path, " ")]) }
	page := "Run `burnish report --last 7d` or `burnish gate`.\n" +
		"```sh\n$ bin/burnish history export --from=x | burnish report --log.level=debug --rules.files 'a'\n# burnish no\nburnish history \\\n  import\n```\n"
	var got []string
	for _, words := range invocations(page) {
		got = append(got, check(words, help))
	}
	assert.Equal(t, []string{
		"no flag --from on burnish history export", "", "no command import under burnish history",
		"", "no command gate under burnish ",
	}, got)
}

func TestDocumentedConfigurationsLoad(t *testing.T) {
	checked := 0
	for _, file := range pages(t) {
		for _, block := range blocks(read(t, file), "yaml") {
			if !strings.HasPrefix(block, "sources:") && !strings.Contains(block, "\nsources:") {
				continue
			}
			checked++
			_, err := config.Parse(file, []byte(block), nil)
			require.NoError(t, err)
		}
	}
	assert.Positive(t, checked)
}

func TestDocumentedMakeTargetsExist(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, file := range pages(t) {
		page := read(t, file)
		for _, line := range append(shellLines(page), spans(page)...) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "make" {
				continue
			}
			assert.Contains(t, makefile, "\n"+words[1]+":", "%s: %s", file, line)
		}
	}
}

// pathLike is a code span that names a file or folder of this repository.
var pathLike = regexp.MustCompile(`^\.?[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)+/?$`)

func TestDocumentedPathsExist(t *testing.T) {
	checked := 0
	for _, file := range pages(t) {
		page := read(t, file)
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			checked++
			assert.FileExists(t, filepath.Join(filepath.Dir(file), target), "%s links to it", file)
		}
		for _, s := range spans(page) {
			first, _, _ := strings.Cut(s, "/")
			if !pathLike.MatchString(s) || !slices.Contains(append(strings.Fields(topLevel), ".ci"), first) {
				continue
			}
			checked++
			_, err := os.Stat(s)
			require.NoError(t, err, "%s names it", file)
		}
	}
	assert.Greater(t, checked, 10)
}

// TestEveryPageIsReachable: a page that no link leads to from README.md is not
// read.
func TestEveryPageIsReachable(t *testing.T) {
	page := regexp.MustCompile(`\]\(([^)#\s]+\.md)(?:#[^)]*)?\)`)
	reached, next := map[string]bool{"README.md": true}, []string{"README.md"}
	for len(next) > 0 {
		file := next[0]
		next = next[1:]
		for _, m := range page.FindAllStringSubmatch(read(t, file), -1) {
			to := path.Join(path.Dir(file), m[1])
			if !strings.Contains(m[1], "://") && !reached[to] {
				reached[to], next = true, append(next, to)
			}
		}
	}
	for _, file := range pages(t) {
		if strings.HasPrefix(file, "docs/") {
			assert.True(t, reached[file], "a chain of links leads from README.md to %s", file)
		}
	}
}

// TestDependenciesAreExplained holds docs/dependencies.md against the direct
// requirements of go.mod.
func TestDependenciesAreExplained(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json").Output()
	require.NoError(t, err)
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	require.NoError(t, json.Unmarshal(out, &mod))
	var want []string
	for _, r := range mod.Require {
		if !r.Indirect {
			want = append(want, r.Path)
		}
	}
	var got []string
	row := regexp.MustCompile("^\\| `([^`]+)` \\| \\S.* \\|$")
	for line := range strings.Lines(read(t, "docs/dependencies.md")) {
		if m := row.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			got = append(got, m[1])
		}
	}
	assert.ElementsMatch(t, want, got, "go.mod and docs/dependencies.md name the same modules")
}
