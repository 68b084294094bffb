package pipeline

import (
	"errors"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

// between moves samples from the evaluations to half-way before them. Whether a
// range holds a sample at its very beginning differs between the major versions of
// Prometheus, and a test should pass on both.
func between(series []rulefile.Series) []rulefile.Series {
	out := make([]rulefile.Series, len(series))
	for i, s := range series {
		out[i] = rulefile.Series{Labels: s.Labels, Samples: make([]rulefile.Sample, 2*len(s.Samples))}
		for at, v := range s.Samples[1:] {
			out[i].Samples[2*at+1] = v
		}
	}
	return out
}

// agree tells whether no label of an alert speaks against a series.
func agree(series, alert labels.Labels) bool {
	ok := true
	alert.Range(func(l labels.Label) {
		if v := series.Get(l.Name); v != "" && v != l.Value {
			ok = false
		}
	})
	return ok
}

// reads are the selectors of an expression and how far back they look.
func reads(expr string) (selectors []string, back time.Duration, err error) {
	root, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return nil, 0, err
	}
	parser.Inspect(root, func(n parser.Node, path []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			if n.OriginalOffset != 0 || n.Timestamp != nil || n.StartOrEnd != 0 {
				err = errors.New("it looks at another time")
			}
			if text := n.String(); !slices.Contains(selectors, text) {
				selectors = append(selectors, text)
			}
		case *parser.MatrixSelector:
			back = max(back, n.Range)
		case *parser.SubqueryExpr:
			err = errors.New("it has a subquery")
		}
		return nil
	})
	return selectors, back, err
}
