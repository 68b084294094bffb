package detect

import (
	"regexp"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

// alwaysTrue is an expression that is true by its text, as a dead man's switch
// has it.
var alwaysTrue = regexp.MustCompile(`^\s*\(?\s*vector\s*\(\s*[0-9.]+\s*\)\s*\)?\s*$`)

// isStanding tells whether a rule fires by design, so that it can be neither
// stale nor too frequent.
func isStanding(ref noise.RuleRef, rule *noise.Rule, o *Options) bool {
	if lower(ref.Severity) == "none" || slices.Contains(o.Standing, ref.Name) {
		return true
	}
	return rule != nil && alwaysTrue.MatchString(rule.Expr)
}
