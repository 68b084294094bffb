package tune

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// Metrics are the names of the metrics that an expression reads, sorted; a
// selector without a name stands as it is written.
func (f Form) Metrics() []string {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(f.Expr)
	if err != nil {
		return []string{f.Expr}
	}
	var out []string
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			name := v.Name
			if name == "" {
				name = v.String()
			}
			out = append(out, name)
		}
		return nil
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// memory is how long an expression can tell a change for: what it compares with
// its own past, as `x > 2 * x offset 1h`, is not true for longer than that past is
// ago. It is just under the shortest offset.
func (f Form) memory() time.Duration {
	out := time.Duration(math.MaxInt64)
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(f.Expr)
	if err != nil {
		return out
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok && v.OriginalOffset > 0 {
			out = min(out, v.OriginalOffset-1)
		}
		return nil
	})
	return out
}
