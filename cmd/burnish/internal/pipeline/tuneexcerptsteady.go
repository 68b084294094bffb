package pipeline

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// steady tells whether any version of Prometheus would give the alerts of a rule
// the same texts. Versions differ in the last digits of sums, so either the texts
// have to be the same for a value beside, or the value has to be one that is
// computed without rounding.
func steady(r noise.Rule, firing []rulefile.Firing, series []rulefile.Series) bool {
	beside := slices.Clone(firing)
	for i := range beside {
		beside[i].Value *= 1 + 1e-12
	}
	if a, err := textsOf(r, firing); err == nil {
		if b, err := textsOf(r, beside); err == nil && bytes.Equal(a, b) {
			return true
		}
	}
	return exact(r.Expr, series) && !slices.ContainsFunc(firing, func(f rulefile.Firing) bool {
		text, _, _ := strings.Cut(strconv.FormatFloat(f.Value, 'e', -1, 64), "e")
		return len(text) > 12
	})
}

// textsOf are the labels and annotations of alerts, as a test has them.
func textsOf(r noise.Rule, firing []rulefile.Firing) ([]byte, error) {
	return rulefile.UnitTest(rulefile.Test{RuleFiles: []string{"-"}, Rule: r, Cases: []rulefile.Case{{Expect: []rulefile.Expectation{{Firing: firing}}}}})
}

// The functions and aggregations that give a value as it is, or count; and those
// that add, which is without rounding where all is whole numbers.
const (
	exactCalls = " abs absent absent_over_time ceil changes clamp clamp_max clamp_min count_over_time floor idelta label_join label_replace " +
		"last_over_time max_over_time min_over_time present_over_time resets scalar sgn sort sort_desc time timestamp vector "
	exactSums = " sum_over_time "
)

// exact tells whether an expression's value is computed without rounding that
// differs between versions.
func exact(expr string, series []rulefile.Series) bool {
	root, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return false
	}
	same, sums := true, false
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.Call:
			name := " " + n.Func.Name + " "
			sums = sums || strings.Contains(exactSums, name)
			same = same && (strings.Contains(exactCalls, name) || strings.Contains(exactSums, name))
		case *parser.AggregateExpr:
			sums = sums || n.Op == parser.SUM
			same = same && slices.Contains([]parser.ItemType{parser.SUM, parser.MIN, parser.MAX, parser.COUNT, parser.GROUP, parser.TOPK, parser.BOTTOMK}, n.Op)
		}
		return nil
	})
	return same && (!sums || !slices.ContainsFunc(series, broken))
}

// broken tells whether a series has values that are no whole numbers.
func broken(s rulefile.Series) bool {
	return slices.ContainsFunc(s.Samples, func(v rulefile.Sample) bool {
		return v.Known && v.Value != math.Trunc(v.Value)
	})
}
