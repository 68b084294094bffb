// Package topology knows what depends on what: services, components and external
// providers, each with the service level that is expected of it. From a [Graph] it
// tells which level is attainable given the dependencies, what costs most of a
// budget, and what may be left out of the analysis; it makes the failure-mode
// worksheet (DFMEA), which people fill in and which is kept when it is made anew,
// and the control loops around each SLO (STPA). It draws the graph as SVG, Mermaid
// and Graphviz text.
//
// The package is pure: what was measured comes in as [Measured], texts come in as
// bytes, and nothing reads a clock or a file.
package topology
