package pipeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise/tune"
)

func TestTheEvidenceTellsOfStandingAlerts(t *testing.T) {
	stands := tune.Side{Firing: 29*24*time.Hour + 11*time.Hour + 40*time.Minute}
	told := tune.Side{Outside: 12, Incidents: 5, Caught: 3, Firing: 90*time.Minute + 20*time.Second}
	for name, c := range map[string]struct {
		sides tune.Sides
		gone  bool
		want  string
	}{
		"it stands, and is taken out": {
			tune.Sides{Before: stands}, true,
			"Outside incidents it began to fire 0 times; no incident concerned it; its alerts fired for 29d12h in all.",
		},
		"it told of some, and is taken out": {
			tune.Sides{Before: told}, true,
			"Outside incidents it began to fire 12 times; at the onset of an incident 3 of 5 times; its alerts fired for 1h30m in all.",
		},
		"it waits longer": {
			tune.Sides{Before: told, After: tune.Side{Outside: 2, Caught: 3, Firing: time.Hour}}, false,
			"Outside incidents it began to fire 12 times, and would have 2 times; at the onset of an incident 3 of 5 times, and 3; its alerts fired for 1h30m in all, and would for 1h.",
		},
		"no incident concerned it, and it waits longer": {
			tune.Sides{Before: stands, After: stands}, false,
			"Outside incidents it began to fire 0 times, and would have 0 times; no incident concerned it; its alerts fired for 29d12h in all, and would for 29d12h.",
		},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, evidence(c.sides, c.gone)) })
	}
}
