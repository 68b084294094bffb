// Package promapi reads a server that speaks the Prometheus HTTP API:
// Prometheus itself, Thanos Query, Mimir and VictoriaMetrics. [Client] is its
// one type and a collector.Source; [Options] say where the server is and how to
// log in.
//
// Alert history comes over streamed remote read where the server has it, which
// shows staleness markers, and over instant queries with a range selector where
// not; both routes name the same series and give the same samples, but for the
// markers. Nothing is held back: samples go straight into the builder.
//
// Every failure is one line that says what was asked of which server, what came
// back, and what to do next. Credentials are in no name, error or log line.
// Redirects are not followed. The package never writes to a server and never
// judges what it reads.
package promapi
