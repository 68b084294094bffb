package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCommandLineIsDocumented holds docs/cli.md against the commands themselves;
// UPDATE=1 writes it anew.
func TestCommandLineIsDocumented(t *testing.T) {
	var out bytes.Buffer
	want := cliReference(newRoot(&out, &out))
	path := filepath.Join("..", "..", "docs", "cli.md")
	if os.Getenv("UPDATE") == "1" {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644)) //nolint:gosec // documentation
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want, string(text), "write it anew with UPDATE=1 go test -run TestCommandLineIsDocumented ./cmd/burnish")
}

const cliHead = `# Command line

Every command and flag, written by the program itself. Data go to standard output, logs and
progress to standard error. Exit codes: 0 fine, 1 an error, 2 bad usage or configuration,
3 the answer is no (a closed gate, drift, findings at or over ` + "`--fail-on`" + `).

The same is told by ` + "`--help`" + ` after any command, and as man pages ([Install](install.md)).

`

// cliReference is docs/cli.md.
func cliReference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(cliHead)
	all := everyCommand(root)
	for _, cmd := range all {
		fmt.Fprintf(&b, "- [%s](#%s): %s\n", cmd.CommandPath(), pageName(cmd), cmd.Short)
	}
	for _, cmd := range all {
		fmt.Fprintf(&b, "\n## %s\n\n", cmd.CommandPath())
		if cmd.Runnable() && !cmd.HasAvailableSubCommands() {
			fmt.Fprintf(&b, "```\n%s\n```\n\n", cmd.UseLine())
		}
		fmt.Fprintf(&b, "%s\n", indented(cmd))
		cliFlags(&b, cmd.NonInheritedFlags())
	}
	return b.String()
}

// indented is what a command says of itself, its own shell examples as a block
// without a language: pages in docs have the ones that are run.
func indented(cmd *cobra.Command) string {
	if cmd.Long == "" {
		return cmd.Short + ".\n"
	}
	return "```\n" + strings.TrimSpace(cmd.Long) + "\n```\n"
}

func cliFlags(b *strings.Builder, flags *pflag.FlagSet) {
	head := "| flag | takes | what it is |\n|---|---|---|\n"
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		takes, usage := pflag.UnquoteUsage(f)
		cell := strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`)
		fmt.Fprintf(b, "%s| `--%s` | %s | %s%s |\n", head, f.Name, takes, cell.Replace(usage), cell.Replace(defaultOf(f)))
		head = ""
	})
}

func TestManPagesOfEveryCommand(t *testing.T) {
	dir := t.TempDir()
	must(t, "man", "--output-dir", dir)
	page, err := os.ReadFile(filepath.Join(dir, "burnish-rules-tune.1"))
	require.NoError(t, err)
	for _, want := range []string{".TH \"BURNISH-RULES-TUNE\" 1", ".SH SYNOPSIS\n.B burnish rules tune", `\fB\-\-patch\fR`, ".BR burnish\\-rules (1)"} {
		assert.Contains(t, string(page), want)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.1"))
	require.NoError(t, err)
	assert.Len(t, files, len(everyCommand(newRoot(&bytes.Buffer{}, &bytes.Buffer{}))))
	if _, err := exec.LookPath("groff"); err != nil {
		return // the text is checked above; where groff is there it reads it, too
	}
	for _, f := range files {
		out, err := exec.Command("groff", "-man", "-Tascii", "-ww", "-z", f).CombinedOutput()
		require.NoError(t, err)
		assert.Empty(t, string(out), "%s", f)
	}
}

func TestNothingInAManPageIsTakenForAMacro(t *testing.T) {
	assert.Equal(t, "\\&.TH\n\\&'x\na\\-b\\ec", roff(".TH\n'x\na-b\\c"))
}
