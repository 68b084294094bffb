// Package gather keeps a history store up to date with its sources: alert history,
// rules, the pipeline's health and the events of SLOs, on an interval.
//
// Its main type is [Gatherer], one for each source. Every round goes on from the
// watermark that the store holds, with some overlap, so that a burnish that was
// killed, a Prometheus that was away and a store that was full all leave neither
// holes nor doubles behind: what was not stored is read again as soon as it can be.
// It judges nothing.
package gather
