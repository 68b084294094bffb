// Package history is the store of what burnish saw: episodes, notifications,
// silences, acknowledgements, the events of SLOs, declared incidents, findings,
// finished reports, and who does what where there are several replicas.
//
// Its main type is [Store]: SQLite in one file, or PostgreSQL by URL, with one
// schema. A [Batch] is taken whole or not at all, and taking it again changes
// nothing, so that a reader may die at any moment and read again from the last
// watermark, with some overlap. A [Source] lets the store be read like the servers
// that it was filled from. It never judges what it holds.
package history
