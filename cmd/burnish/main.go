// Command burnish tells a team whether it keeps its promises, whether its
// alerts are any good, and what to change. It runs beside Prometheus, or once
// over a data directory.
//
// main only turns signals into a context and errors into exit codes; each
// command is a short file, and what they share lies under internal.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // Calendar windows have time zones, and a scratch image has none.
)

// version is set by the linker.
var version = "dev"

// Exit codes.
const (
	exitFine   = 0
	exitError  = 1 // something went wrong
	exitUsage  = 2 // bad usage or configuration
	exitUnwell = 3 // the answer is no
)

func main() {
	ctx, stop := untilAsked()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// untilAsked is a context that ends with an interrupt or SIGTERM.
func untilAsked() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// run is the program: it returns the exit code, and every error is one line on
// stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	outliveFileLimits()
	cmd := newRoot(stdout, stderr) //nolint:contextcheck // commands take the context that they are executed with
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	var usage usageError
	var unwell unwellError
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		_, _ = fmt.Fprintln(stderr, "burnish: interrupted")
		return exitError
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(stderr, "burnish: %s\n", printable(err.Error()))
		return exitUsage
	case errors.As(err, &unwell):
		_, _ = fmt.Fprintf(stderr, "burnish: %s\n", printable(err.Error()))
		return exitUnwell
	default:
		_, _ = fmt.Fprintf(stderr, "burnish: %s\n", printable(err.Error()))
		return exitError
	}
}

// printable keeps an error that quotes a server or a file from driving the
// terminal: control characters but the line feed become spaces.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (r < ' ' || r == 0x7f) {
			return ' '
		}
		return r
	}, s)
}

// usageError is bad usage or configuration: exit code 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// badUsage is a usageError with a text.
func badUsage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}
