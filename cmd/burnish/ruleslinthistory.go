package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/lintformat"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
)

// lintSource is where rules lint looks for what the rules did, if anywhere.
type lintSource struct {
	source   sourceFlags
	window   windowFlags
	by       judgeFlags
	sloFiles []string
}

func (s *lintSource) register(cmd *cobra.Command) {
	s.source.register(cmd.Flags())
	s.window.register(cmd.Flags(), "30d", "30d")
	s.by.register(cmd.Flags())
	cmd.Flags().StringArrayVar(&s.sloFiles, "slo.files", nil, "Glob of files with SLOs whose losses alerts are judged by; may be repeated. Default: those of --config.file.")
}

// given tells whether there is a source to look at.
func (s *lintSource) given() bool {
	f := &s.source
	return f.configFile != "" || f.server.URL != "" || f.server.TSDBPath != "" || f.history.url != ""
}

// findings are what the history of a source says of the rules of some files, with
// those files as the rules in force.
func (s *lintSource) findings(g *globals, cmd *cobra.Command, files []string) ([]noise.Finding, error) {
	o := pipeline.Options{Now: time.Now()}
	err := s.window.apply(&o)
	if err != nil {
		return nil, err
	}
	if o.SLOs, err = g.specs(&s.source, s.sloFiles); err != nil {
		return nil, err
	}
	s.source.ruleFiles = files
	var judged *report.Judged
	_, err = g.readAnd(cmd, &s.source, o, func(c *config.Config, src collector.Source, r *pipeline.Reading) error {
		s.by.overlay(c)
		log, err := g.logger()
		if err != nil {
			return err
		}
		by, err := judgeOptions(cmd.Context(), c, log)
		if err != nil {
			return err
		}
		judged, err = r.Judge(cmd.Context(), src, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ofRules(judged.Findings, files), nil
}

// ofRules keeps what history says of the rules of the files, and of what they all
// leave out. What a rule's text shows is found without history.
func ofRules(all []noise.Finding, files []string) []noise.Finding {
	var out []noise.Finding
	for _, f := range all {
		ours := f.Rule.File == "" && f.Rule.Name == "" || slices.Contains(files, f.Rule.File)
		if ours && (slices.Contains(noise.HistoryKinds(), f.Kind) || !isStatic(f)) {
			out = append(out, f)
		}
	}
	return out
}

// isStatic tells whether the rules' text alone shows a finding. A copy that is
// measured, and a rule whose metric is gone, need history.
func isStatic(f noise.Finding) bool {
	return isLintKind(string(f.Kind)) && len(f.Examples) == 0 && f.Kind != noise.KindDead
}

// withHistory lays findings of history beside those of the text. Where both find
// the same, the text's says why for certain and stays.
func withHistory(text, history []noise.Finding) []noise.Finding {
	seen := map[string]bool{}
	about := func(f noise.Finding) string {
		return strings.Join([]string{string(f.Kind), f.Rule.Name, f.Rule.Group, f.Rule.File, f.Rule.Severity}, "\x00")
	}
	for _, f := range text {
		seen[about(f)] = true
	}
	out := slices.Clone(text)
	for _, f := range history {
		if !seen[about(f)] {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b noise.Finding) int {
		return cmp.Or(strings.Compare(a.Rule.File, b.Rule.File), cmp.Compare(a.Rule.Line, b.Rule.Line))
	})
	return out
}

// historyHelp is what each kind that needs history is.
func historyHelp() []lintformat.KindHelp {
	var out []lintformat.KindHelp
	for _, k := range noise.HistoryKinds() {
		out = append(out, lintformat.KindHelp{
			Kind: k, Title: strings.ReplaceAll(string(k), "_", " "), Paragraph: "Measured on alert history; the page of the kind has its definition.",
			URI: "https://github.com/burnish-sre/burnish/blob/main/docs/detectors/" + string(k) + ".md",
		})
	}
	return out
}
