package main

import (
	"os"
	"runtime/debug"
)

// tightGC is how much of the memory in use Go's heap may grow by before it is
// collected, in percent. A report of thousands of SLOs needs for seconds several times
// what stays of it; with Go's own 100 the peak would be half as high again.
const tightGC = 40

// boundMemory keeps the heap near what is in use; whoever sets GOGC or GOMEMLIMIT
// decides instead.
func boundMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(tightGC)
	}
}
