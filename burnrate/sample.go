package burnrate

import (
	"regexp/syntax"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/slo"
)

// example is a series as a selector of raw counters would find one.
type example struct {
	labels   labels.Labels
	matchers []*labels.Matcher
}

// exampleOf makes a series that a selector finds, with a value for the labels
// that it is grouped by; ok is false where none can be made up.
func exampleOf(s slo.Selector, group []string) (e example, ok bool) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(s.Expr)
	if err != nil {
		return e, false
	}
	v, isSelector := expr.(*parser.VectorSelector)
	if !isSelector {
		return e, false
	}
	b := labels.NewBuilder(labels.EmptyLabels())
	for _, m := range v.LabelMatchers {
		if value, known := exampleValue(m); known {
			b.Set(m.Name, value)
		}
	}
	e = example{matchers: v.LabelMatchers}
	for _, name := range group {
		if b.Get(name) == "" {
			b.Set(name, "example")
		}
	}
	e.labels = b.Labels()
	return e, e.finds(e.labels) && e.labels.Get(labels.MetricName) != ""
}

// finds tells whether the selector finds a series.
func (e example) finds(ls labels.Labels) bool {
	for _, m := range e.matchers {
		if !m.Matches(ls.Get(m.Name)) {
			return false
		}
	}
	return true
}

func exampleValue(m *labels.Matcher) (value string, known bool) {
	switch m.Type {
	case labels.MatchEqual:
		return m.Value, true
	case labels.MatchRegexp:
		re, err := syntax.Parse(m.Value, syntax.Perl)
		if err != nil {
			return "", false
		}
		value = matching(re)
		return value, m.Matches(value)
	default:
		return "other", !m.Matches("") && m.Matches("other")
	}
}

// matching is a short text that a regular expression matches, in most cases.
func matching(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			return string(re.Rune[0])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "0"
	case syntax.OpCapture, syntax.OpPlus:
		return matching(re.Sub[0])
	case syntax.OpRepeat:
		return strings.Repeat(matching(re.Sub[0]), max(re.Min, min(1, re.Max)))
	case syntax.OpAlternate:
		return matching(re.Sub[0])
	case syntax.OpConcat:
		var b strings.Builder
		for _, s := range re.Sub {
			b.WriteString(matching(s))
		}
		return b.String()
	}
	return ""
}

// examples are the series of a simulated service: Steady takes the events that
// Part does not, and is the total itself where the two are counted apart.
type examples struct {
	part, steady labels.Labels
	// apart is set where the part is no part of what the total selector finds.
	apart bool
	// good is set where the part is the good events.
	good bool
}

// examples are false where the SLI has no raw counters to make up.
func (g *generator) examples() (examples, bool) {
	part, all, ok := counters(g.slo.SLI)
	if !ok {
		return examples{}, false
	}
	p, ok1 := exampleOf(part, g.slo.GroupBy)
	a, ok2 := exampleOf(all, g.slo.GroupBy)
	if !ok1 || !ok2 || p.finds(a.labels) {
		return examples{}, false
	}
	return examples{part: p.labels, steady: a.labels, apart: !a.finds(p.labels), good: part.Role == slo.RoleGood}, true
}

// phase is a stretch of simulated traffic with a constant share of bad events.
type phase struct {
	length time.Duration
	bad    float64 // ratio
}
