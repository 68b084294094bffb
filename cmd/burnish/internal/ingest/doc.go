// Package ingest takes what Alertmanagers send of their own accord and hands it
// to a store: webhooks and the events of the event recorder over HTTP, and the
// file that the recorder writes.
//
// Its main type is [Intake]: [Intake.Handler] answers, [Intake.Run] commits what
// was taken in groups, [Intake.Follow] reads a recorder's file as it grows. A
// delivery is answered with 200 only when a [Sink] has stored it for good, and
// with 503 when there is no room, so that the sender comes again and nothing is
// lost. What comes twice is told by its key and stored once. All memory that
// deliveries hold is bounded; nothing here judges what an alert means.
package ingest
