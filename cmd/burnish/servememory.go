package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// leastMemory is the least that Go's heap may fill before the collector works harder.
const leastMemory = 320 << 20

// boundMemory keeps the heap near what is in use. A report of thousands of SLOs needs
// for seconds several times what stays of it, and without a bound the process would
// keep that. The bound is half as much again as what was in use last, so that a large
// installation does not spend its time on collecting; whoever sets GOMEMLIMIT decides
// instead.
func boundMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() != metrics.KindUint64 {
		return
	}
	inUse := int64(live[0].Value.Uint64()) //nolint:gosec // a heap is no 8 EiB
	debug.SetMemoryLimit(max(leastMemory, inUse+inUse/2))
}
