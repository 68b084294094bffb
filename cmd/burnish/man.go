package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newMan(g *globals) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "man", Short: "Write man pages", Args: noArgs,
		Long: "Writes a man page for each command, for those who package burnish.",
		RunE: func(cmd *cobra.Command, _ []string) error { return g.man(cmd.Root(), dir) },
	}
	cmd.Flags().StringVar(&dir, "output-dir", "man", "Folder for the pages.")
	return cmd
}

// man writes a page for a command and each below it.
func (g *globals) man(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as other outputs: for everybody to read
		return fmt.Errorf("make the folder for man pages: %w", err)
	}
	for _, cmd := range everyCommand(root) {
		path := filepath.Join(dir, pageName(cmd)+".1")
		err := writeFile(path, func(w io.Writer) error {
			_, err := io.WriteString(w, manPage(cmd))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// everyCommand gives a command and those below it that a user may call, in the order
// of the help text.
func everyCommand(cmd *cobra.Command) []*cobra.Command {
	cmd.InitDefaultHelpFlag()
	if !cmd.HasParent() {
		cmd.InitDefaultCompletionCmd() // below any other command it would add one more
	}
	out := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			out = append(out, everyCommand(c)...)
		}
	}
	return out
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is the page of a command in the macros of man(7). It has no date, so
// that the same program gives the same bytes.
func manPage(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %q 1 \"\" %q \"burnish\"\n", strings.ToUpper(pageName(cmd)), "burnish "+version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(pageName(cmd)), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(cmd.UseLine()))
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", roff(cmp.Or(cmd.Long, cmd.Short)))
	manFlags(&b, "OPTIONS", cmd.NonInheritedFlags())
	manFlags(&b, "OPTIONS OF EVERY COMMAND", cmd.InheritedFlags())
	if cmd.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
	b.WriteString(".SH EXIT STATUS\n0: fine. 1: something went wrong. 2: bad usage or configuration. 3: the answer is no.\n")
	manSeeAlso(&b, cmd)
	return b.String()
}

func manFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR", roff("--"+f.Name))
		if name != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(name))
		}
		fmt.Fprintf(b, "\n%s%s\n", roff(usage), roff(defaultOf(f)))
	})
}

func manSeeAlso(b *strings.Builder, cmd *cobra.Command) {
	var names []string
	if cmd.HasParent() {
		names = append(names, pageName(cmd.Parent()))
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, pageName(c))
		}
	}
	if len(names) == 0 {
		return
	}
	b.WriteString(".SH SEE ALSO\n")
	for i, n := range names {
		end := ",\n"
		if i == len(names)-1 {
			end = "\n"
		}
		fmt.Fprintf(b, ".BR %s (1)%s", roff(n), end)
	}
}

// defaultOf is the default of a flag as a sentence, where the usage does not
// tell it already.
func defaultOf(f *pflag.Flag) string {
	switch {
	case strings.Contains(f.Usage, "Default: "):
		return ""
	case f.DefValue == "" || f.DefValue == "[]" || f.DefValue == "false" || f.DefValue == "0" || f.DefValue == "0s":
		return ""
	}
	return " Default: " + strings.Trim(f.DefValue, "[]") + "."
}

// roff escapes a text so that nothing in it is taken for a macro.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
