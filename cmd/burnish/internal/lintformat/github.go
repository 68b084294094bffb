package lintformat

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

// writeGitHub writes workflow commands, one a finding, and the sum as a plain
// line of the log. Escapes as in GitHub's own toolkit (actions/toolkit,
// packages/core/src/command.ts).
func writeGitHub(w io.Writer, r Result) error {
	b := bufio.NewWriter(w)
	for _, f := range r.Findings {
		var properties []string
		if f.Rule.File != "" {
			properties = append(properties, "file="+property(plain(f.Rule.File)))
		}
		if f.Rule.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", f.Rule.Line))
		}
		title := string(f.Kind)
		if f.Rule.Name != "" {
			title += " " + name(f.Rule.Name)
		}
		properties = append(properties, "title="+property(title))
		message := sentence(f.Title) + "\n" + sentence(f.Advice)
		_, _ = fmt.Fprintf(b, "::%s %s::%s\n", command(f.Gravity), strings.Join(properties, ","), escaped(message))
	}
	_, _ = fmt.Fprintln(b, closing(r))
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}

// command is GitHub's word for a gravity.
func command(g noise.Gravity) string {
	switch g {
	case noise.GravityError:
		return "error"
	case noise.GravityWarning:
		return "warning"
	case noise.GravityInfo:
	}
	return "notice"
}

// escaped keeps a message from ending its command.
func escaped(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property keeps a value from ending its property as well.
func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
