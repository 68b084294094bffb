// Package daemon keeps a report fresh and serves it: it makes the report anew
// on an interval, renders it once, and answers for it over HTTP together with
// metrics and the two health checks.
//
// Its entry is [Run]. How a report is made is a function it is given
// ([ReportFunc]); it knows no source and no page. A refresh that fails leaves
// the last good report where it is and says so on the page, in the headers and
// in the metrics; refreshes never overlap, and cancelling the context ends
// everything within two seconds even while a refresh hangs.
package daemon
