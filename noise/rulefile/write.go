package rulefile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Words and forms that one YAML reader or another takes for something else than
// text.
var (
	wordNotText   = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|null|y|n|~|<<|=|\.nan|[-+]?\.inf)$`)
	numberNotText = regexp.MustCompile(`^([-+]?[.0-9][-+.0-9_:eExXobaA-fF]*|\d{4}-\d.*)$`)
)

// plainSafe tells whether a value may be written without quotes.
func plainSafe(value string, flow bool) bool {
	if value == "" || strings.ContainsRune("-?:,[]{}#&*!|>'\"%@`", rune(value[0])) || !printable(value) ||
		wordNotText.MatchString(value) || numberNotText.MatchString(value) || strings.Contains(value, "\t") {
		return false
	}
	c := scan{t: []byte(value), flow: flow}
	c.plain()
	return string(c.s.value) == value && value[len(value)-1] != ':'
}

// printable tells whether a value is one line of text without control characters.
func printable(value string) bool {
	for _, r := range value {
		if r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// inline writes a value on one line, in the style asked for where that can hold
// it.
func inline(value string, style yaml.Style, flow bool) string {
	switch {
	case style == 0 && plainSafe(value, flow):
		return value
	case style == yaml.SingleQuotedStyle && printable(value):
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	case style == 0 && printable(value) && strings.ContainsAny(value, `"\`):
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	}
	return doubleQuoted(value)
}

func doubleQuoted(value string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02X`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// blockText writes a value as the content of a block scalar, and gives the value
// that is read from it then. It is false for what a block can't hold as it is.
func blockText(value string, s scalar, eol string) (text, reads string, ok bool) {
	core := strings.TrimRight(value, "\n")
	lines := strings.Split(core, "\n")
	for i, line := range lines {
		if !printable(line) || (i == 0 || s.style == yaml.FoldedStyle) && (line == "" || isBlank(line[0])) {
			return "", "", false
		}
	}
	var b strings.Builder
	indent := strings.Repeat(" ", s.indent)
	for i, line := range lines {
		if i > 0 {
			b.WriteString(eol)
		}
		if i > 0 && s.style == yaml.FoldedStyle {
			b.WriteString(eol)
		}
		if line != "" {
			b.WriteString(indent)
		}
		b.WriteString(line)
	}
	tail := len(s.value) - len(strings.TrimRight(string(s.value), "\n"))
	return b.String(), core + strings.Repeat("\n", tail), true
}

// spliceSafe tells whether text may be put into a scalar of a style as it is.
func spliceSafe(text string, style yaml.Style) bool {
	if text == "" || !printable(text) || strings.TrimSpace(text) != text {
		return false
	}
	switch style {
	case yaml.LiteralStyle, yaml.FoldedStyle:
		return true
	case yaml.SingleQuotedStyle:
		return !strings.Contains(text, "'")
	case yaml.DoubleQuotedStyle:
		return !strings.ContainsAny(text, `"\`)
	}
	return !strings.ContainsAny(text, "#:,?[]{}'\"&*!|>%@`\\") || plainNumber.MatchString(text)
}

// plainNumber is a number as thresholds are written.
var plainNumber = regexp.MustCompile(`^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$`)
