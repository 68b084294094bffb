package burnrate

import (
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/slo"
)

// InhibitRule is an inhibition rule of Alertmanager: while an alert of the source
// fires, those of the target are not notified of.
type InhibitRule struct {
	Source, Target []string // matchers
	Equal          []string // labels that the two share
}

// inhibitRules let each condition inhibit the slower ones of the same SLO and
// group. The rules themselves keep slower conditions quiet; these are for what a
// rule can't see: a restart, or a slow condition that fired first.
func inhibitRules(all []SLORules) []InhibitRule {
	var out []InhibitRule
	seen := map[string]bool{}
	for _, s := range all {
		for i := range s.Policy.Windows {
			r, ok := inhibitRule(s, i)
			key := strings.Join(slices.Concat(r.Source, r.Target, r.Equal), "\n")
			if ok && !seen[key] {
				seen[key] = true
				out = append(out, r)
			}
		}
	}
	return out
}

func inhibitRule(s SLORules, i int) (InhibitRule, bool) {
	source := s.Policy.Windows[i]
	var slower []string
	for _, w := range s.Policy.Windows[i+1:] {
		if w.Long > source.Long && (source.Severity == slo.SeverityPage || source.Severity == w.Severity) {
			slower = append(slower, length(w.Long))
		}
	}
	if len(slower) == 0 {
		return InhibitRule{}, false
	}
	severity := `slo_severity="` + string(source.Severity) + `"`
	return InhibitRule{
		Source: []string{`window="` + length(source.Long) + `"`, severity},
		Target: []string{`window=~"` + strings.Join(slower, "|") + `"`, `slo_severity=~"page|ticket"`},
		Equal:  append([]string{serviceLabel(s.SLO), "slo"}, s.SLO.GroupBy...),
	}, true
}
