package lintformat

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/burnish-sre/burnish/noise"
)

// writeText writes two lines a finding, a blank one between files, and the sum.
func writeText(w io.Writer, r Result) error {
	b := bufio.NewWriter(w)
	for i, f := range r.Findings {
		if i > 0 && f.Rule.File != r.Findings[i-1].Rule.File {
			_, _ = fmt.Fprintln(b)
		}
		_, _ = fmt.Fprintf(b, "%s: %s %s: %s\n    %s\n", where(f.Rule), f.Gravity, f.Kind, headline(f), sentence(f.Advice))
	}
	if len(r.Findings) > 0 {
		_, _ = fmt.Fprintln(b)
	}
	_, _ = fmt.Fprintln(b, closing(r))
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}

// where is file:line, as far as it is known.
func where(r noise.RuleRef) string {
	switch {
	case r.File == "" && r.Group == "":
		return "no file"
	case r.File == "":
		return "group " + plain(r.Group)
	case r.Line == 0:
		return plain(r.File)
	}
	return fmt.Sprintf("%s:%d", plain(r.File), r.Line)
}

// Names and sentences are shown up to these lengths, in characters.
const (
	longestName     = 100
	longestSentence = 400
)

// headline is the rule and what is wrong with it, on one line.
func headline(f noise.Finding) string {
	if f.Rule.Name == "" {
		return sentence(f.Title)
	}
	return name(f.Rule.Name) + ": " + sentence(f.Title)
}

// name is a name fit to be shown.
func name(s string) string { return shortened(plain(s), longestName) }

// sentence is a title or an advice fit to be shown.
func sentence(s string) string { return shortened(plain(s), longestSentence) }

func shortened(s string, longest int) string {
	if runes := []rune(s); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return s
}

// closing is the last line: counts, each with what it is of.
func closing(r Result) string {
	s := summarize(r)
	line := fmt.Sprintf("%s in %d of %s of %s", counted(s.Findings, "finding"), s.WithFault, counted(r.Rules, "rule"), counted(r.Files, "file"))
	if s.Findings > 0 {
		line += fmt.Sprintf(": %s, %s, %d info", counted(s.ByGravity[noise.GravityError], "error"),
			counted(s.ByGravity[noise.GravityWarning], "warning"), s.ByGravity[noise.GravityInfo])
	}
	if r.Excused > 0 {
		line += fmt.Sprintf("; %d more suppressed by comments", r.Excused)
	}
	if r.Unread > 0 {
		line += fmt.Sprintf("; %s not read in full", counted(r.Unread, "file"))
	}
	return line
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// plain is a text on one line that can't drive a terminal: whatever is not a
// printable character becomes a space, and so do the marks that turn the
// direction of a line.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
