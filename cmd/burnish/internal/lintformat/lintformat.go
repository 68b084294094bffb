// Package lintformat writes findings about rules for whoever reads them: a
// person at a terminal, another program (JSON), a code scanner (SARIF 2.1.0) or
// the annotations of a GitHub workflow.
//
// [Write] takes a [Result]. Everything in it comes from rule files of strangers,
// so each format escapes what could drive a terminal or forge an annotation.
package lintformat

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/burnish-sre/burnish/noise"
)

// Schema is the name of the JSON document; docs/lint.md describes it.
const Schema = "burnish/lint/v1"

// Result is what was linted and found.
type Result struct {
	Findings []noise.Finding // in the order in which they are written
	Files    int             // that were read
	Unread   int             // files that could not be read, or not in full
	Rules    int             // alerting rules in them
	Excused  int             // findings that a comment in a file holds back
	Version  string          // of burnish
	Help     []KindHelp      // what each kind is; for SARIF
}

// KindHelp describes a kind of finding.
type KindHelp struct {
	Kind      noise.Kind
	Title     string // a few words
	Paragraph string // the first paragraph of its page
	URI       string // of its page
}

// Formats are the names of the formats.
func Formats() []string { return []string{"text", "json", "sarif", "github"} }

// Write writes a result in a format; a format that is not among Formats is an
// error.
func Write(w io.Writer, format string, r Result) error {
	switch format {
	case "text":
		return writeText(w, r)
	case "json":
		return writeJSON(w, r)
	case "sarif":
		return writeSARIF(w, r)
	case "github":
		return writeGitHub(w, r)
	}
	return fmt.Errorf("write findings: no format %q", format)
}

type document struct {
	Schema   string          `json:"schema"`
	Summary  summary         `json:"summary"`
	Findings []noise.Finding `json:"findings"`
}

type summary struct {
	Files     int                   `json:"files"`
	Unread    int                   `json:"files_not_read"`
	Rules     int                   `json:"rules"`
	WithFault int                   `json:"rules_with_findings"`
	Findings  int                   `json:"findings"`
	Excused   int                   `json:"suppressed"`
	ByGravity map[noise.Gravity]int `json:"by_gravity"`
	ByKind    map[noise.Kind]int    `json:"by_kind"`
}

func summarize(r Result) summary {
	s := summary{
		Files: r.Files, Unread: r.Unread, Rules: r.Rules, Findings: len(r.Findings), Excused: r.Excused,
		ByGravity: map[noise.Gravity]int{noise.GravityError: 0, noise.GravityWarning: 0, noise.GravityInfo: 0},
		ByKind:    map[noise.Kind]int{},
	}
	faulty := map[noise.RuleRef]bool{}
	for _, f := range r.Findings {
		s.ByGravity[f.Gravity]++
		s.ByKind[f.Kind]++
		if f.Rule != (noise.RuleRef{}) {
			faulty[f.Rule] = true
		}
	}
	s.WithFault = len(faulty)
	return s
}

func writeJSON(w io.Writer, r Result) error {
	d := document{Schema: Schema, Summary: summarize(r), Findings: r.Findings}
	if d.Findings == nil {
		d.Findings = []noise.Finding{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}
