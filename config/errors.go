package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Error is one fault of a configuration: where it is, in which setting, and
// what to do about it.
type Error struct {
	File string // the file, or what else the value came from
	// Line and Column count from 1; both are 0 for a fault that has no place
	// in a file, such as a flag's.
	Line, Column int
	Setting      string // dotted, such as sources[0].url; empty for the whole
	Message      string
}

// Error is "file:line:column: setting: message", without the parts that are
// not known. It is one line that is safe to print, whatever the file holds.
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	if e.Setting != "" {
		b.WriteString(e.Setting + ": ")
	}
	b.WriteString(e.Message)
	return strings.Map(printable, b.String())
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// Errors is all that is wrong with a configuration, in the order of the file.
// It is never empty when it is returned.
type Errors []Error

// Error has one line for each fault.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

func (es Errors) sorted() Errors {
	slices.SortStableFunc(es, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return es
}
