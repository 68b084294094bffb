//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// outliveFileLimits keeps the kernel from ending the process where a file may grow
// no further (ulimit -f): the write fails, as on a full disk, and is told.
func outliveFileLimits() { signal.Ignore(syscall.SIGXFSZ) }
