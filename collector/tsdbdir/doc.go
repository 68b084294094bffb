// Package tsdbdir reads a Prometheus data directory, offline or while a server
// runs on it: the blocks and the write-ahead log, with Prometheus' own storage
// and PromQL engine.
//
// A [Dir] is a collector.Source. It shows staleness markers, so ends are exact,
// and it can't list rules. It takes no lock and never writes into the directory:
// what the write-ahead log needs on disk goes to a temporary folder that
// [Dir.Close] removes.
package tsdbdir
