package pipeline

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise/tune"
)

// evidence is what a change does by the figures: how often the rule began to fire
// for nothing, for how long its alerts fired, and what it told of. A rule that is
// taken out has no figures of its own any more.
func evidence(s tune.Sides, gone bool) string {
	began := fmt.Sprintf("Outside incidents it began to fire %d times", s.Before.Outside)
	lasted := "its alerts fired for " + stretched(s.Before.Firing) + " in all"
	told := "no incident concerned it"
	if of := s.Before.Incidents; of > 0 {
		told = fmt.Sprintf("at the onset of an incident %d of %d times", s.Before.Caught, of)
	}
	if !gone {
		began += fmt.Sprintf(", and would have %d times", s.After.Outside)
		lasted += ", and would for " + stretched(s.After.Firing)
		if s.Before.Incidents > 0 {
			told += fmt.Sprintf(", and %d", s.After.Caught)
		}
	}
	return began + "; " + told + "; " + lasted + "."
}

// stretched is a duration as rules have it, to the minute, and to the hour from a
// day on.
func stretched(d time.Duration) string {
	unit := time.Minute
	if d >= 24*time.Hour {
		unit = time.Hour
	}
	return model.Duration(d.Round(unit)).String()
}
