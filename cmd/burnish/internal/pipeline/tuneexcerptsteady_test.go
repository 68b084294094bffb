package pipeline

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// TestWhatAnyVersionPrintsAlike tells the values that a test may expect from
// those whose last digits differ between versions.
func TestWhatAnyVersionPrintsAlike(t *testing.T) {
	whole, fractions := []float64{1, 2, 300}, []float64{0.362, 0.362, 1}
	for name, c := range map[string]struct {
		expr, summary string
		value         float64
		samples       []float64
		want          bool
	}{
		"a sample":                           {"m > 0.1", "{{ $value }}", 0.362, fractions, true},
		"a ratio of samples":                 {"a / b * 100 > 1", "{{ $value }}", 12.5, fractions, true},
		"a ratio that is printed to the end": {"a / b > 0.1", "{{ $value }}", 1.0 / 3, fractions, false},
		"the largest":                        {"max(max_over_time(m[5m])) > 0.1", "{{ $value }}", 0.362, fractions, true},
		"a mean":                             {"avg_over_time(m[5m]) > 0.1", "{{ $value }}", 0.362, fractions, false},
		"a mean of whole numbers":            {"avg_over_time(m[5m]) > 0.1", "{{ $value }}", 2, whole, false},
		"a rate":                             {"rate(m[5m]) > 0.1", "{{ $value }}", 0.5, whole, false},
		"a mean that is shown to be rounded": {"avg_over_time(m[5m]) > 0.1", "{{ $value | humanize }}", 0.362, fractions, true},
		"a mean that is not shown":           {"avg_over_time(m[5m]) > 0.1", "{{ $labels.job }}", 0.362, fractions, true},
		"a sum of whole numbers":             {"sum(m) > 0.1", "{{ $value }}", 303, whole, true},
		"a sum of fractions":                 {"sum(m) > 0.1", "{{ $value }}", 1.724, fractions, false},
		"text that asks the server":          {"rate(m[5m]) > 0.1", `{{ query "up" }}`, 1, whole, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := noise.Rule{Name: "A", Expr: c.expr, Annotations: labels.FromStrings("summary", c.summary)}
			series := rulefile.Series{Labels: labels.FromStrings("__name__", "m")}
			for _, v := range c.samples {
				series.Samples = append(series.Samples, rulefile.Sample{Value: v, Known: true}, rulefile.Sample{})
			}
			firing := []rulefile.Firing{{Labels: labels.FromStrings("job", "x"), Value: c.value}}
			assert.Equal(t, c.want, steady(r, firing, []rulefile.Series{series}))
		})
	}
}
