package rulefile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ErrTemplated is the cause of a [TemplatedError].
var ErrTemplated = errors.New("the source is a template, not a rule file")

// Error is one thing that is wrong with a rule file. Line and Column are
// 1-based; 0 where the place is not known.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

// Error is file:line:column: message.
func (e Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// TemplatedError tells that a source can't be edited as YAML, since a template
// engine makes the rule file from it. It is an [ErrTemplated].
type TemplatedError struct {
	Where    Error
	Language string // jsonnet, Go templates or Jinja
}

// Error names the place and the language.
func (e *TemplatedError) Error() string { return e.Where.Error() }

// Unwrap is ErrTemplated and the place.
func (e *TemplatedError) Unwrap() []error { return []error{ErrTemplated, e.Where} }

// RefusedError is an edit that can't be made, with its reason. The others of the
// same call may well be possible without it.
type RefusedError struct {
	Where  Error
	Edit   int    // its place in the edits given to Apply
	Reason string // without the place
}

// Error names the rule's place and the reason.
func (e *RefusedError) Error() string { return e.Where.Error() }

// Unwrap is the place.
func (e *RefusedError) Unwrap() error { return e.Where }

// yamlLine finds the line in an error of the YAML parser.
var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

// syntaxError is an error of the YAML parser with its place: the line that it
// names and where that line's text begins.
func syntaxError(file string, text []byte, err error) Error {
	e := Error{File: file, Line: 1, Column: 1, Message: err.Error()}
	if m := yamlLine.FindStringSubmatch(e.Message); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Message = "yaml: " + m[2]
	}
	src := newSource(text)
	e.Line = min(e.Line, len(src.lines))
	for l := e.Line; l <= len(src.lines) && strings.Contains(e.Message, "tab character"); l++ {
		if tab := bytes.IndexByte(src.indentOf(src.lines[l-1]), '\t'); tab >= 0 {
			e.Line, e.Column = l, tab+1
			return e
		}
	}
	e.Column = len(src.indentOf(src.lines[e.Line-1])) + 1
	return e
}

// errorAt is an error at a node.
func errorAt(file string, at *yaml.Node, format string, args ...any) Error {
	return Error{file, at.Line, at.Column, fmt.Sprintf(format, args...)}
}
