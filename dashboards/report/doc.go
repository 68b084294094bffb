// Package report writes the alert-hygiene report: one window of alert history,
// measured, beside the figures that such a history is judged by and beside the
// window before it.
//
// [Build] takes an [Input] and gives a [Report], which writes itself as HTML
// (one file, no scripts), Markdown and JSON (schema burnish/report/v1, described
// in docs/report.md) and names the lines worth printing on a terminal. It never
// measures anything itself, never reads a clock, and treats every name, label
// and warning as text from a stranger.
package report
