package report

import "github.com/burnish-sre/burnish/noise"

// KPI is one figure beside its benchmark.
type KPI struct {
	ID            noise.KPIID   `json:"id"`
	Label         string        `json:"label"`
	Value         *float64      `json:"value"`
	Unit          noise.Unit    `json:"unit"`
	Previous      *float64      `json:"previous_value"`
	Target        *float64      `json:"target"`
	Limit         *float64      `json:"limit"`
	Comparison    string        `json:"comparison"`
	Verdict       noise.Verdict `json:"verdict"`
	Count         *float64      `json:"count"`
	Of            *float64      `json:"of"`
	OfUnit        *string       `json:"of_unit"`
	Denominator   string        `json:"denominator"`
	BenchmarkFrom string        `json:"benchmark_source"`
}

func newKPIs(in Input) []KPI {
	out := make([]KPI, 0, len(in.Current.KPIs))
	for _, k := range in.Current.KPIs {
		row := KPI{
			ID: k.ID, Label: k.Label, Unit: k.Unit, Target: k.Target, Limit: k.Limit,
			Comparison: "at_most", Verdict: k.Verdict, Denominator: denominator(k), BenchmarkFrom: k.Source,
		}
		if k.Below {
			row.Comparison = "below"
		}
		if k.Known {
			row.Value, row.Count = rounded(k.Value), rounded(k.Count)
		}
		if k.Of > 0 {
			row.Of, row.OfUnit = rounded(k.Of), &k.OfUnit
		}
		if before, ok := previousKPI(in, k.ID); ok {
			row.Previous = rounded(before.Value)
		}
		out = append(out, row)
	}
	return out
}

// previousKPI is the figure of the window before, where it is known.
func previousKPI(in Input, id noise.KPIID) (noise.KPI, bool) {
	if in.Previous == nil {
		return noise.KPI{}, false
	}
	k, ok := in.Previous.KPI(id)
	return k, ok && k.Known
}
