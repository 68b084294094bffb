package detect

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
)

func TestBadActors(t *testing.T) {
	ten := every(10, day, 30, exact("R", "a", 0, 1))
	table{
		"ten episodes":                     {over(ten...), Options{}, []string{"R"}},
		"nine episodes":                    {over(ten[:9]...), Options{}, nil},
		"the noisiest of two, one allowed": {over(append(every(11, day, 30, exact("S", "a", 0, 1)), ten...)...), Options{BadActors: 1}, []string{"S"}},
		"a tie is settled by name":         {over(append(every(10, day, 30, exact("A", "a", 0, 1)), ten...)...), Options{BadActors: 1}, []string{"A"}},
		"no more than the share":           {over(ten...), Options{BadActorShare: 1}, nil},
		"a watchdog":                       {over(every(10, day, 30, exact("Watchdog", "a", 0, 1))...), Options{}, nil},
	}.run(t, noise.KindBadActor)
}

func TestSeveritiesOfOneNameAreTwoRules(t *testing.T) {
	episodes := slices.Concat(every(12, day, 30, exact("R", "a", 0, 1)), every(10, day, 30, with("warning", exact("R", "a", 0, 1))))
	found := find(t, noise.KindBadActor, over(episodes...))
	severities := map[string]float64{}
	for _, f := range found {
		severities[f.Rule.Severity] = fact(t, f, "share_of_all_starts")
	}
	assert.Equal(t, map[string]float64{"page": 12, "warning": 10}, severities)
	assert.NotEqual(t, found[0].ID, found[1].ID)
}
