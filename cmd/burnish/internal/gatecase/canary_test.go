package gatecase

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

func TestEverySelectorIsNarrowed(t *testing.T) {
	by, err := ParseMatchers(`{version="v2",track!="x"}`)
	require.NoError(t, err)
	for name, c := range map[string]struct{ in, want slo.SLI }{
		"counters": {
			slo.Events{Bad: slo.Query{Selector: `e{code="500"}`}, Total: slo.Query{Selector: "t"}},
			slo.Events{Bad: slo.Query{Selector: `e{code="500",track!="x",version="v2"}`}, Total: slo.Query{Selector: `t{track!="x",version="v2"}`}},
		},
		"PromQL with the window": {
			slo.Events{Good: slo.Query{Expr: "sum(rate(g[$window])) + sum(rate(h[$window]))"}, Total: slo.Query{Selector: "t"}},
			slo.Events{
				Good:  slo.Query{Expr: `sum(rate(g{track!="x",version="v2"}[$window])) + sum(rate(h{track!="x",version="v2"}[$window]))`},
				Total: slo.Query{Selector: `t{track!="x",version="v2"}`},
			},
		},
		"latency": {
			slo.Latency{Good: `b{le="1"}`, Total: "c"},
			slo.Latency{Good: `b{le="1",track!="x",version="v2"}`, Total: `c{track!="x",version="v2"}`},
		},
		"slices of a probe": {
			slo.Slices{Of: slo.Probe{Selector: "p"}},
			slo.Slices{Of: slo.Probe{Selector: `p{track!="x",version="v2"}`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := narrowed(c.in, by)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
	_, err = narrowed(slo.Ratio{Expr: "x"}, by)
	require.ErrorContains(t, err, "counts no events")
	_, err = ParseMatchers(`version=`)
	require.Error(t, err)
}
