package implies

import (
	"errors"
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"
)

// Limits on what is read at all. Rule files come from outside; the longest real
// expression that we have seen has 1.5 kB.
const (
	maxText     = 16 << 10 // bytes
	maxNodes    = 1024
	maxDepth    = 100
	maxMatchers = 64  // of one selector
	maxValues   = 256 // that a regular expression lists
)

// ErrTooLarge is returned for an expression that is too long or too deeply
// nested to be judged.
var ErrTooLarge = errors.New("expression is too large")

// Normalise is the canonical text of a PromQL expression: expressions with the
// same text have the same result on all data. Matchers and label lists are
// sorted, constants are folded, comparisons have the constant on the right,
// operands that commute are sorted, durations and parentheses are written in one
// way. Expressions of more than 16 KiB, 1,024 nodes or 100 levels are an error,
// as is what the parser refuses.
func Normalise(expr string) (string, error) {
	e, err := parse(expr)
	if err != nil {
		return "", err
	}
	out := text(e)
	if len(out) > maxText {
		return "", fmt.Errorf("write expression: %w", ErrTooLarge)
	}
	return out, nil
}

// parse reads and normalises an expression.
func parse(expr string) (parser.Expr, error) {
	if len(expr) > maxText {
		return nil, fmt.Errorf("parse expression of %d bytes: %w", len(expr), ErrTooLarge)
	}
	e, err := parser.NewParser(parser.Options{EnableExperimentalFunctions: true}).ParseExpr(expr)
	if err != nil {
		return nil, fmt.Errorf("parse expression: %w", err)
	}
	nodes := 0
	if !small(e, maxDepth, &nodes) {
		return nil, fmt.Errorf("parse expression: %w", ErrTooLarge)
	}
	return normal(e), nil
}

func small(n parser.Node, depth int, nodes *int) bool {
	switch n := n.(type) {
	case *parser.ParenExpr: // they leave no trace
		return small(bare(n), depth, nodes)
	case *parser.VectorSelector:
		if len(n.LabelMatchers) > maxMatchers {
			return false
		}
	}
	*nodes++
	if depth == 0 || *nodes > maxNodes {
		return false
	}
	for child := range parser.ChildrenIter(n) {
		if !small(child, depth-1, nodes) {
			return false
		}
	}
	return true
}
