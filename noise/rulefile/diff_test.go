package rulefile_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

// TestGitAppliesTheDiff gives patches to git itself.
func TestGitAppliesTheDiff(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skipf("no git: %v", err)
	}
	var long strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&long, "line %d\nsame\n", i)
	}
	changed := strings.NewReplacer("line 7\n", "line seven\n", "line 1500\nsame\n", "", "line 2999\n", "new\nline 2999\nmore\n")
	for name, c := range map[string]struct{ before, after string }{
		"one line":                     {"a\nb\nc\n", "a\nB\nc\n"},
		"Windows line ends":            {"a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"},
		"no line break at the end":     {"a\nb", "a\nB"},
		"a line break at the end goes": {"a\nb\n", "a\nb"},
		"one comes":                    {"a\nb", "a\nb\n"},
		"lines added at the end":       {"a\nb", "a\nb\nc"},
		"all else":                     {"a\nb\n", "x\ny\nz\n"},
		"many places":                  {long.String(), changed.Replace(long.String())},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "rules", "my file.yml")
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
			require.NoError(t, os.WriteFile(file, []byte(c.before), 0o600))
			cmd := exec.CommandContext(t.Context(), git, "apply", "--whitespace=nowarn", "-")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
			cmd.Stdin = strings.NewReader(rulefile.Diff("./rules/my file.yml", []byte(c.before), []byte(c.after)))
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			got, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, c.after, string(got))
		})
	}
}

func TestADiffShowsWhatChangedAndNoMore(t *testing.T) {
	var before, after strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&before, "  - alert: A%d\n    expr: up == 0\n    for: 5m\n", i)
		wait := 5 + i%2
		fmt.Fprintf(&after, "  - alert: A%d\n    expr: up == 0\n    for: %dm\n", i, wait)
	}
	diff := rulefile.Diff("f.yml", []byte(before.String()), []byte(after.String()))
	assert.Equal(t, 1000, strings.Count(diff, "\n-    for: 5m"))
	assert.Equal(t, 1000, strings.Count(diff, "\n+    for: 6m"))
	assert.Equal(t, 1002, strings.Count(diff, "\n-")+strings.Count("\n"+diff, "\n--- ")+1)
	assert.Empty(t, rulefile.Diff("f.yml", []byte("a"), []byte("a")))
}
