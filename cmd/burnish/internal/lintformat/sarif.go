package lintformat

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/burnish-sre/burnish/noise"
)

// fingerprint is the name under which a finding's id stands in SARIF. The id
// stays when lines move, so that a scanner knows the finding again.
const fingerprint = "burnishFindingId/v1"

// informationURI is where burnish is explained.
const informationURI = "https://github.com/burnish-sre/burnish"

func writeSARIF(w io.Writer, r Result) error {
	driver := sarif.NewToolComponent().WithName("burnish").WithInformationURI(informationURI)
	if r.Version != "" {
		driver.WithVersion(r.Version)
	}
	index := map[noise.Kind]int{}
	for _, h := range kindsOf(r) {
		index[h.Kind] = len(driver.Rules)
		driver.AddRule(descriptor(h))
	}
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(driver))
	for _, f := range r.Findings {
		run.AddResult(sarifResult(f, index[f.Kind]))
	}
	if err := sarif.NewReport().AddRun(run).PrettyWrite(w); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}

// kindsOf is what is known of every kind that has help or a finding.
func kindsOf(r Result) []KindHelp {
	out := slices.Clone(r.Help)
	for _, f := range r.Findings {
		if !slices.ContainsFunc(out, func(h KindHelp) bool { return h.Kind == f.Kind }) {
			out = append(out, KindHelp{Kind: f.Kind, Title: string(f.Kind)})
		}
	}
	slices.SortFunc(out, func(a, b KindHelp) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	return out
}

func descriptor(h KindHelp) *sarif.ReportingDescriptor {
	d := sarif.NewRule(string(h.Kind)).WithName(string(h.Kind)).WithDescription(h.Title)
	if h.Paragraph != "" {
		d.WithHelp(sarif.NewMultiformatMessageString().WithText(h.Paragraph))
	}
	if h.URI != "" {
		d.WithHelpURI(h.URI)
	}
	return d
}

func sarifResult(f noise.Finding, index int) *sarif.Result {
	result := sarif.NewRuleResult(string(f.Kind)).WithRuleIndex(index).WithLevel(level(f.Gravity)).
		WithMessage(sarif.NewTextMessage(headline(f) + ". " + sentence(f.Advice))).
		WithPartialFingerprints(map[string]string{fingerprint: f.ID})
	if f.Rule.File != "" {
		result.AddLocation(location(f.Rule))
	}
	for _, other := range f.Others {
		if other.File != "" && len(result.RelatedLocations) < mostRelated {
			result.AddRelatedLocation(location(other).WithMessage(sarif.NewTextMessage(name(other.Name))))
		}
	}
	return result
}

// mostRelated bounds the other rules that a result points at.
const mostRelated = 10

// level is SARIF's word for a gravity.
func level(g noise.Gravity) string {
	switch g {
	case noise.GravityError:
		return "error"
	case noise.GravityWarning:
		return "warning"
	case noise.GravityInfo:
	}
	return "note"
}

// location is a place in a file. Paths are as the files were named, so that run
// from the root of a repository they are relative to it.
func location(r noise.RuleRef) *sarif.Location {
	path := filepath.ToSlash(filepath.Clean(r.File))
	uri := (&url.URL{Path: path}).String()
	if strings.HasPrefix(path, "/") {
		uri = (&url.URL{Scheme: "file", Path: path}).String()
	}
	physical := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(uri))
	if r.Line > 0 {
		physical.WithRegion(sarif.NewSimpleRegion(r.Line, r.Line))
	}
	return sarif.NewLocationWithPhysicalLocation(physical)
}
