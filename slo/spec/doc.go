// Package spec reads promises from text and writes them.
//
// [Parse] and [ParseAll] read burnish's own YAML and, told apart by their
// headers, that of Sloth, Pyrra, OpenSLO and slo-generator. What is wrong comes
// back as one [Error] a fault, all at once; what a foreign format says and a
// [slo.SLO] cannot hold comes back as a [Note], never dropped in silence.
// [Marshal] writes burnish's own YAML, and [Lint] finds what can never work.
//
// It is pure: it opens no file and evaluates no query, and every query that it
// returns has passed Prometheus' parser.
package spec
