package implies

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// elementwise tells whether a function makes of each series one element with
// that series' labels but the name, and looks at no other series. For
// histogram_quantile that is true of each set of buckets.
func elementwise(name string) bool {
	return slices.Contains([]string{
		"abs", "avg_over_time", "ceil", "changes", "clamp", "clamp_max", "clamp_min", "count_over_time",
		"day_of_month", "day_of_week", "day_of_year", "days_in_month", "deg", "delta", "deriv", "exp", "floor",
		"histogram_quantile", "hour", "idelta", "increase", "irate", "last_over_time", "ln", "log10", "log2",
		"max_over_time", "min_over_time", "minute", "month", "predict_linear", "present_over_time",
		"quantile_over_time", "rad", "rate", "resets", "round", "sgn", "sqrt", "stddev_over_time",
		"stdvar_over_time", "sum_over_time", "timestamp", "year",
	}, name)
}

// argument is the place of the only argument that holds series; -1 where there
// is none or several.
func argument(e *parser.Call) int {
	found := -1
	for i, arg := range e.Args {
		switch arg.Type() {
		case parser.ValueTypeVector, parser.ValueTypeMatrix:
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// constants are the other arguments than the one that holds series, where all
// are numbers.
func constants(e *parser.Call, vector int) ([]float64, bool) {
	var out []float64
	for i, arg := range e.Args {
		if i == vector {
			continue
		}
		n, ok := arg.(*parser.NumberLiteral)
		if !ok {
			return nil, false
		}
		out = append(out, n.Val)
	}
	return out, true
}
