package lint

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise"
)

func noComparisonCheck() Check {
	return Check{
		Kind: noise.KindNoComparison, Action: noise.GivenNeedlessly, find: findNoComparisons,
		Title: "the alert fires whatever the value",
		Help: "The condition compares nothing. Prometheus fires for every series that an expression gives, whatever" +
			" its value, so the alert fires as long as the series exists; a comparison with bool, which gives 0 " +
			"where it is false, does the same.",
	}
}

// findNoComparisons finds conditions that hold whatever the value is: Prometheus
// fires for every series that an expression gives, a zero included.
func findNoComparisons(c *corpus) {
	for i, expr := range c.exprs {
		if expr == nil || !reads(expr) || chooses(expr) || isByLabel(expr) {
			continue
		}
		f := noise.Finding{
			Gravity: noise.GravityWarning, Confidence: noise.Strong,
			Why:      "It follows from the text that any value fires; a series that is there only while something is wrong would be the exception.",
			Title:    "The condition compares nothing, so the alert fires as long as its series exists, whatever the value",
			Advice:   "Compare the expression with a threshold.",
			Evidence: []noise.Fact{text("expr", c.in.Rules[i].Expr)},
		}
		if hasBool(expr) {
			f.Gravity, f.Confidence, f.Why = noise.GravityError, noise.Proven, "A comparison with bool gives 0 where it is false, and a 0 fires too."
			f.Title = "The condition compares with bool, which gives 0 or 1, and both fire"
			f.Advice = "Take bool out, or compare the result with 1."
		}
		c.report(i, f)
	}
}

// reads tells whether an expression looks at any series of its own making: one
// that does not is a heartbeat, and ALERTS exists only while an alert does.
func reads(expr parser.Expr) bool {
	found, alerts := false, false
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			found = true
			alerts = alerts || strings.HasPrefix(v.Name, "ALERTS") || v.Name == ""
		}
		return nil
	})
	return found && !alerts
}

// isByLabel tells whether an expression is a selector with matchers: as in
// x_info{state="down"}, its labels are the condition.
func isByLabel(expr parser.Expr) bool {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return isByLabel(e.Expr)
	case *parser.VectorSelector:
		return len(e.LabelMatchers) > 1
	}
	return false
}

// chooses tells whether any part of an expression lets only some series through.
func chooses(expr parser.Expr) bool {
	found := false
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.BinaryExpr:
			isFilter := n.Op.IsComparisonOperator() && !n.ReturnBool
			found = found || isFilter || n.Op == parser.LAND || n.Op == parser.LUNLESS
		case *parser.Call:
			found = found || strings.HasPrefix(n.Func.Name, "absent")
		}
		return nil
	})
	return found
}

func hasBool(expr parser.Expr) bool {
	found := false
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if b, ok := n.(*parser.BinaryExpr); ok {
			found = found || b.ReturnBool
		}
		return nil
	})
	return found
}
