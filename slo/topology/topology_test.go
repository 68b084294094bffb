package topology

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

func known(v float64) slo.Figure { return slo.Figure{Value: v, Known: true} }

// parse is a graph of a text of components.
func parse(t *testing.T, components string) *Graph {
	t.Helper()
	in, err := Parse("t.yml", []byte("version: burnish/topology/v1\ncomponents:\n"+components))
	require.NoError(t, err)
	g, err := New(in)
	require.NoError(t, err)
	return g
}

func attainable(t *testing.T, g *Graph, name string) Attainable {
	t.Helper()
	all := g.Attain()
	i := slices.IndexFunc(all, func(a Attainable) bool { return a.Component == name })
	require.GreaterOrEqual(t, i, 0)
	return all[i]
}

func TestAvailabilityAlgebraByHand(t *testing.T) {
	for name, c := range map[string]struct {
		components string
		want       float64
	}{
		"nothing below":       {"- {name: a, expected: 99%}\n", 1},
		"its own part":        {"- {name: a, own: 99%}\n", 0.99},
		"two in series":       {"- {name: a, depends_on: [b, c]}\n- {name: b, expected: 99%}\n- {name: c, expected: 98%}\n", 0.99 * 0.98},
		"own and one":         {"- {name: a, own: 99%, depends_on: [b]}\n- {name: b, expected: 98%}\n", 0.99 * 0.98},
		"a chain":             {"- {name: a, depends_on: [b]}\n- {name: b, depends_on: [c]}\n- {name: c, expected: 98%}\n", 0.98},
		"what is promised":    {"- {name: a, depends_on: [b]}\n- {name: b, expected: 97%, depends_on: [c]}\n- {name: c, expected: 98%}\n", 0.97},
		"what can't be":       {"- {name: a, depends_on: [b]}\n- {name: b, expected: 99%, depends_on: [c]}\n- {name: c, expected: 98%}\n", 0.98},
		"soft":                {"- {name: a, depends_on: [{on: b, share: 30%}]}\n- {name: b, expected: 90%}\n", 0.97},
		"one of two":          {"- {name: a, depends_on: [{any: [b, c]}]}\n- {name: b, expected: 90%}\n- {name: c, expected: 80%}\n", 1 - 0.1*0.2},
		"two of three":        {"- {name: a, depends_on: [{any: [b, c, d], needs: 2}]}\n- {name: b, expected: 90%}\n- {name: c, expected: 90%}\n- {name: d, expected: 90%}\n", 0.972},
		"soft and redundant":  {"- {name: a, depends_on: [{any: [b, c], share: 50%}]}\n- {name: b, expected: 90%}\n- {name: c, expected: 90%}\n", 1 - 0.5*0.01},
		"a diamond":           {"- {name: a, depends_on: [b, c]}\n- {name: b, depends_on: [d]}\n- {name: c, depends_on: [d]}\n- {name: d, expected: 99%}\n", 0.99},
		"hidden common cause": {"- {name: a, depends_on: [{any: [b, c]}]}\n- {name: b, own: 90%, depends_on: [d]}\n- {name: c, own: 90%, depends_on: [d]}\n- {name: d, expected: 99%}\n", 0.99 * 0.99},
		"a soft diamond": {
			"- {name: a, depends_on: [{on: b, share: 50%}, {on: c, share: 50%}]}\n- {name: b, depends_on: [d]}\n- {name: c, depends_on: [d]}\n- {name: d, expected: 90%}\n",
			0.9 + 0.1*0.25,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := attainable(t, parse(t, c.components), "a")
			assert.InDelta(t, c.want, got.Level, 1e-12)
			assert.True(t, got.Exact)
		})
	}
}

// shop is the demo's system with the objectives of its services.
func shop(t *testing.T) *Graph {
	t.Helper()
	text, err := os.ReadFile("../../cmd/burnish/internal/simulate/shop/topology.yml")
	require.NoError(t, err)
	over, err := Parse("shop.yaml", text)
	require.NoError(t, err)
	var slos []slo.SLO
	for id, objective := range map[string]float64{
		"checkout/availability": 0.995, "checkout/latency": 0.97, "gateway/availability": 0.999, "cart/availability": 0.998,
		"orders/availability": 0.995, "inventory/availability": 0.999, "notify/availability": 0.998, "search/latency": 0.99,
	} {
		service, name, _ := strings.Cut(id, "/")
		slos = append(slos, slo.SLO{Service: service, Name: name, Objective: objective, Owner: "team-" + service})
	}
	slices.SortFunc(slos, func(a, b slo.SLO) int { return strings.Compare(a.ID(), b.ID()) })
	under, err := FromSLOs(slos)
	require.NoError(t, err)
	g, err := New(Merge(under, over))
	require.NoError(t, err)
	return g
}

func TestTheDemosShopByHand(t *testing.T) {
	g := shop(t)
	// Both cart and orders need inventory, so checkout is summed over what inventory
	// does. What cart and orders promise leaves their own parts this much:
	cart := 0.998 / (1 - 0.3*0.001)
	orders := 0.995 / ((1 - 0.5*0.001) * (1 - 0.001*0.001))
	with := func(cart, orders float64) float64 {
		return (1 - 0.9*0.005) * (1 - 0.3*(1-cart)) * (1 - 0.8*(1-orders*(1-0.001*0.001)))
	}
	want := 0.999*with(cart, orders) + 0.001*with(cart*0.7, orders*0.5)
	got := attainable(t, g, "checkout")
	assert.InDelta(t, want, got.Level, 1e-12)
	assert.InDelta(t, 0.99095, got.Level, 5e-5)
	kept, promised := got.Kept()
	assert.True(t, promised)
	assert.False(t, kept, "99.5% can't be kept on a provider of 99.5%, orders of 99.5% and the rest")
	assert.Greater(t, got.OwnNeeded.Value, 1.0)
	assert.Equal(t, []string{"payments"}, got.Unrated)

	// The provider costs 0.9 × 0.5% of the rest, 0.45% / 0.5% of the budget.
	var provider Contributor
	for _, c := range got.Contributors {
		if c.Component == "payment-provider" {
			provider = c
		}
	}
	assert.InDelta(t, got.Level/(1-0.9*0.005)*0.9*0.005, provider.Loss, 1e-12)
	assert.InDelta(t, provider.Loss/0.005, provider.OfBudget.Value, 1e-9)
	assert.Equal(t, []string{"checkout", "payments", "payment-provider"}, provider.Path)
	assert.InDelta(t, 0.9, provider.Share, 1e-12)

	// Of the 99.9% of search, the catalog takes 30% × 0.02%; what its own part lacks
	// costs the gateway 15% of that, 14% of its budget.
	for _, c := range attainable(t, g, "gateway").Contributors {
		if c.Component == "search" {
			assert.InDelta(t, 0.15*(1-0.999/(1-0.3*0.0002))/0.001, c.OfBudget.Value, 0.001)
		}
	}

	notify := attainable(t, g, "notify")
	assert.InDelta(t, 1, notify.Level, 0, "nobody says what to expect of the mail provider")
	assert.Equal(t, []string{"mail-provider"}, notify.Unrated)
}

// TestTheAlgebraAgreesWithSimulation lets components fail and requests walk.
func TestTheAlgebraAgreesWithSimulation(t *testing.T) {
	g := shop(t)
	own := g.ownLevels()
	rng := rand.New(rand.NewPCG(7, 8))
	up := make([]bool, len(own))
	var answers func(i int) bool
	answers = func(i int) bool {
		if !up[i] {
			return false
		}
		for _, d := range g.components[i].DependsOn {
			if rng.Float64() >= d.Share {
				continue
			}
			works := 0
			for _, on := range d.On {
				if answers(g.index[on]) {
					works++
				}
			}
			if works < d.Needs {
				return false
			}
		}
		return true
	}
	for _, name := range []string{"checkout", "gateway"} {
		i := g.index[name]
		const trials = 300_000
		good := 0
		for range trials {
			for k := range up {
				up[k] = k == i || rng.Float64() < own[k]
			}
			if answers(i) {
				good++
			}
		}
		want := attainable(t, g, name).Level
		assert.InDelta(t, want, float64(good)/trials, 4*math.Sqrt(want*(1-want)/trials), name)
	}
}

func TestWhatMayBeLeftOut(t *testing.T) {
	g := shop(t)
	var names []string
	for _, x := range g.Exclude(g.Attain()) {
		names = append(names, x.Component)
	}
	// Two databases of 99.9%, of which one is enough, cost orders one in a million.
	// Recommendations cost web 2% × 0.1%, which is 2% of its budget: too much.
	assert.Equal(t, []string{"db-1", "db-2"}, names)
}

func TestCyclesAndDanglingDependenciesTellTheirPath(t *testing.T) {
	build := func(components string) error {
		in, err := Parse("t.yml", []byte("version: burnish/topology/v1\ncomponents:\n"+components))
		require.NoError(t, err)
		_, err = New(in)
		return err
	}
	err := build("- {name: a, depends_on: [b]}\n- {name: b, depends_on: [c]}\n- {name: c, depends_on: [d, b]}\n- {name: d}\n")
	var cycle *CycleError
	require.True(t, errors.As(err, &cycle))
	assert.Equal(t, []string{"b", "c", "b"}, cycle.Path)
	assert.EqualError(t, err, "build the topology: cyclic dependency b -> c -> b")

	err = build("- {name: a, depends_on: [a]}\n")
	assert.ErrorContains(t, err, "cyclic dependency a -> a")

	err = build("- {name: a, depends_on: [x, {any: [y, b]}]}\n- {name: b}\n")
	var dangling *DanglingError
	require.True(t, errors.As(err, &dangling))
	assert.ErrorContains(t, err, "dangling dependency a -> x: there is no x")
	assert.ErrorContains(t, err, "dangling dependency a -> y: there is no y")
}

func TestParseTellsEveryFault(t *testing.T) {
	_, err := Parse("t.yml", []byte(`version: burnish/topology/v1
components:
- {name: a, kind: thing, expected: 120%, depnds_on: [b]}
- {name: a/b}
- {name: c, depends_on: [{any: [x], needs: 3}, {on: x, any: [y, z]}, {any: [x, x]}, {on: x, needs: 2}, {any: [x, y], needs: 3}, [q]]}
- {name: c, failure_modes: [{effect: bad}]}
`))
	require.Error(t, err)
	for _, want := range []string{
		"t.yml:3:19: component: kind:", "t.yml:3:36: component: expected:", `t.yml:3:42: component: unknown key "depnds_on"; did you mean depends_on?`,
		"t.yml:4:10: component: name:", "dependency: any: two names", "dependency: any: on and any", "dependency: any: a name is there twice",
		"dependency: needs: it goes with any", "dependency: needs: 3 of 2", "dependency must be a mapping", "t.yml:6:10: component: name: \"c\" is there twice",
		"failure mode: mode is missing",
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestComponentsOfSLOs(t *testing.T) {
	got, err := FromSLOs([]slo.SLO{
		{Service: "checkout", Name: "availability", Objective: 0.99, Owner: "o", DependsOn: []string{"payments/availability", "payments/latency", "checkout/latency"}},
		{Service: "checkout", Name: "latency", Objective: 0.9, Labels: map[string]string{"depends_on": "cart:30%, payments"}},
		{Service: "payments", Name: "availability", Objective: 0.999},
	})
	require.NoError(t, err)
	require.Len(t, got, 2)
	assert.Equal(t, []Dependency{{On: []string{"payments"}, Needs: 1, Share: 1}, {On: []string{"cart"}, Needs: 1, Share: 0.3}}, got[0].DependsOn)
	assert.Len(t, got[0].SLOs, 2)
	assert.Equal(t, known(0.99), got[0].target())
	_, err = FromSLOs([]slo.SLO{{Service: "a", Name: "b", Labels: map[string]string{"depends_on": "c:much"}}})
	assert.ErrorContains(t, err, "no share")
}

func TestManySharedComponentsAreSaidToBeInexact(t *testing.T) {
	var text strings.Builder
	for _, top := range []string{"x", "y"} {
		text.WriteString("- {name: " + top + ", depends_on: [")
		for i := range 20 {
			text.WriteString("c" + string(rune('a'+i)) + ", ")
		}
		text.WriteString("]}\n")
	}
	text.WriteString("- {name: a, depends_on: [x, y]}\n")
	for i := range 20 {
		text.WriteString("- {name: c" + string(rune('a'+i)) + ", expected: 99%}\n")
	}
	got := attainable(t, parse(t, text.String()), "a")
	assert.False(t, got.Exact)
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("../../cmd/burnish/internal/simulate/shop/topology.yml")
	require.NoError(f, err)
	f.Add(string(text))
	f.Add("version: burnish/topology/v1\ncomponents: [{name: a, depends_on: [b, {any: [c, d], needs: 2}]}, b, {name: c}, {name: d}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		in, err := Parse("t", []byte(text))
		if err != nil {
			assert.Nil(t, in)
			return
		}
		g, err := New(in)
		if err != nil {
			return
		}
		all := g.Attain()
		for _, a := range all {
			assert.True(t, a.Level >= 0 && a.Level <= 1+1e-9, "%v", a.Level)
		}
		g.Exclude(all)
	})
}
