package tune

import (
	"slices"

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
