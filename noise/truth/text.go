package truth

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise"
)

// longestExpr is the longest expression, in bytes, that is looked into.
const longestExpr = 64 << 10

// textLabels is what a rule's text says of the labels of its alerts: its static
// labels, and the equality matchers of its selectors where they do not differ.
func textLabels(r noise.Rule) labels.Labels {
	b := labels.NewBuilder(labels.EmptyLabels())
	for name, value := range matchedLabels(r.Expr) {
		if value != "" {
			b.Set(name, value)
		}
	}
	r.Labels.Range(func(l labels.Label) {
		if strings.Contains(l.Value, "{{") {
			b.Del(l.Name)
		} else {
			b.Set(l.Name, l.Value)
		}
	})
	return b.Labels()
}

// matchedLabels is the labels that selectors of an expression want equal to a
// value; an empty value marks those of which they want several.
func matchedLabels(text string) map[string]string {
	out := map[string]string{}
	if len(text) > longestExpr {
		return out
	}
	options := parser.Options{EnableExperimentalFunctions: true, ExperimentalDurationExpr: true}
	expr, err := parser.NewParser(options).ParseExpr(text)
	if err != nil {
		return out
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			takeMatchers(out, v.LabelMatchers)
		}
		return nil
	})
	return out
}

func takeMatchers(out map[string]string, matchers []*labels.Matcher) {
	for _, m := range matchers {
		if m.Type != labels.MatchEqual || m.Name == labels.MetricName {
			continue
		}
		if before, ok := out[m.Name]; ok && before != m.Value {
			out[m.Name] = ""
		} else {
			out[m.Name] = m.Value
		}
	}
}
