// Package web is the page and the API that the daemon and the demo serve: what
// the report says, to be walked through.
//
// [New] gives a handler over a [Snapshot], which never changes once it is made;
// whoever makes a newer one swaps it whole, so every answer is of one moment.
// Pages are written on the server and need no script; a small one of our own only
// saves steps. What may come from a store instead (older reports, all episodes,
// incidents that people declare) is asked for through [Archive], [EpisodeReader]
// and [Declarer]. The package never reads the clock, a file or a source, and it
// takes every name, label and expression for hostile.
package web
