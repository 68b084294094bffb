// Package ledgers keeps how SLOs stand from one gathering round to the next: a [Book]
// holds the events of every SLO's window in memory, takes from the history store what
// is new, and so answers as of that round at a cost that does not grow with the
// window. What it says is what a count of all stored steps would say. It judges
// nothing and writes nothing.
package ledgers
