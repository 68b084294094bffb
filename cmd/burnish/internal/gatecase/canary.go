package gatecase

import (
	"context"
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
)

// Canary says which events are a canary's and which its baseline's: counts, or
// label matchers that are added to the selectors of each SLO.
type Canary struct {
	// Counts are used where Matchers is nil.
	Counts, BaselineCounts gate.Counts
	// Matchers and BaselineMatchers narrow the events over a time in which both
	// ran at the same share of the traffic.
	Matchers, BaselineMatchers []*labels.Matcher
	Over                       slo.Interval
	// Repeated says that the comparison is made again and again.
	Repeated bool
}

// ParseMatchers reads label matchers, with or without their braces.
func ParseMatchers(text string) ([]*labels.Matcher, error) {
	inner := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "{"), "}")
	out, err := promql().ParseMetricSelector("{" + inner + "}")
	if err != nil {
		return nil, fmt.Errorf("read label matchers %.100q: %w", text, err)
	}
	return out, nil
}

func promql() parser.Parser {
	return parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableExtendedRangeSelectors: true})
}

// compare compares by each SLO. Since each comparison may raise a false alarm, they
// share alpha (C. E. Bonferroni, 1936).
func (c *Canary) compare(ctx context.Context, src collector.Source, slos []slo.SLO, s gate.Sensitivity) (out []gate.Comparison, warnings []string, err error) {
	s.Repeated = c.Repeated
	if s.Alpha == 0 {
		s.Alpha = 0.05
	}
	s.Alpha /= float64(max(1, len(slos)))
	for _, x := range slos {
		canary, baseline := c.Counts, c.BaselineCounts
		if c.Matchers != nil {
			var more []string
			canary, more, err = c.count(ctx, src, x, c.Matchers)
			warnings = append(warnings, more...)
			if err == nil {
				baseline, _, err = c.count(ctx, src, x, c.BaselineMatchers)
			}
			if err != nil {
				return nil, warnings, err
			}
		}
		got, err := gate.Compare(canary, baseline, x.Budget(), s)
		if err != nil {
			return nil, warnings, fmt.Errorf("%s: %w", x.ID(), err)
		}
		got.SLO = x.ID()
		out = append(out, got)
	}
	return out, warnings, nil
}

// count counts the events of an SLO that fit the matchers.
func (c *Canary) count(ctx context.Context, src collector.Source, s slo.SLO, by []*labels.Matcher) (gate.Counts, []string, error) {
	var out gate.Counts
	sli, err := narrowed(s.SLI, by)
	if err != nil {
		return out, nil, fmt.Errorf("narrow the events of %s: %w", s.ID(), err)
	}
	s.SLI, s.GroupBy = sli, nil
	groups, warnings, err := collector.ReadSLI(ctx, src, s, c.Over)
	if err != nil {
		return out, warnings, fmt.Errorf("count the canary's events: %w", err)
	}
	for _, g := range groups {
		for i := range g.Steps.Total {
			out.Bad += g.Steps.Bad[i]
			out.Total += g.Steps.Total[i]
		}
	}
	out.Bad = min(out.Bad, out.Total)
	return out, warnings, nil
}

// narrowed is an SLI whose selectors all have more matchers.
func narrowed(in slo.SLI, by []*labels.Matcher) (slo.SLI, error) {
	n := narrowing{by: by}
	var out slo.SLI
	switch s := in.(type) {
	case slo.Events:
		out = slo.Events{Bad: n.query(s.Bad), Good: n.query(s.Good), Total: n.query(s.Total)}
	case slo.Latency:
		s.Good, s.Total, s.Native = n.expr(s.Good), n.expr(s.Total), n.expr(s.Native)
		out = s
	case slo.Probe:
		s.Selector = n.expr(s.Selector)
		out = s
	case slo.Slices:
		var err error
		s.Of, err = narrowed(s.Of, by)
		out = s
		n.err = err
	default:
		return nil, fmt.Errorf("an SLI of the kind %T counts no events", in)
	}
	return out, n.err
}

// narrowing remembers the first error.
type narrowing struct {
	by  []*labels.Matcher
	err error
}

func (n *narrowing) query(q slo.Query) slo.Query {
	return slo.Query{Selector: n.expr(q.Selector), Expr: n.expr(q.Expr)}
}

// windowWord stands for the placeholder while PromQL is parsed: a duration that
// nobody writes, as PromQL prints it.
const windowWord = "2h11m59s317ms"

func (n *narrowing) expr(text string) string {
	if text == "" || n.err != nil {
		return text
	}
	parsed, err := promql().ParseExpr(strings.ReplaceAll(text, slo.WindowPlaceholder, windowWord))
	if err != nil {
		n.err = err
		return text
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if v, ok := node.(*parser.VectorSelector); ok {
			v.LabelMatchers = append(v.LabelMatchers, n.by...)
		}
		return nil
	})
	return strings.ReplaceAll(parsed.String(), windowWord, slo.WindowPlaceholder)
}
