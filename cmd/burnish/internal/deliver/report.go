package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
)

// Report is a finished report. Its methods may be called at the same time, and
// again when something is repeated; they give the same each time.
type Report interface {
	// Name tells the report from others and is the same whenever it is sent:
	// letters, digits, dots, dashes and underscores, such as weekly-2026-11-16.
	Name() string
	// Subject is its headline, in one line.
	Subject() string
	// Files are what a folder gets; their names need not hold the report's.
	Files() ([]File, error)
	Mail() (Mail, error)
	Slack() (Slack, error)
	// JSON is what a webhook gets.
	JSON() ([]byte, error)
}

// File is a file with its name, without a folder.
type File struct {
	Name string
	Body []byte
}

// Mail is a report as a message. One of Text and HTML may be empty.
type Mail struct {
	Text, HTML  string
	Attachments []File
}

// Slack is a report as a message of Slack: blocks, and the text that
// notifications show, or that stands alone where there are no blocks.
type Slack struct {
	Text   string
	Blocks json.RawMessage // a list, as Slack's API has it; may be empty
}

// target is one place that reports go to.
type target interface {
	name() string
	kind() string
	// send sends once. An error is repeated unless it is permanent.
	send(ctx context.Context, r Report) error
}

// plainName is what may be used in a path, a header and an identifier.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$`)

// errName: a report or a file of it can't be stored under its name.
var errName = errors.New("the name holds more than letters, digits, dots, dashes and underscores")
