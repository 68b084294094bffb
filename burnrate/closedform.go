package burnrate

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Condition is one burn-rate condition of one SLO. Its methods predict, for
// even traffic without an error before, what the condition does when errors
// begin at a constant ratio and then stop. They are exact in continuous time;
// a scrape and an evaluation come on top. Source: SRE Workbook, chapter 5.
type Condition struct {
	Window    slo.AlertWindow
	Objective float64       // ratio in (0,1)
	Period    time.Duration // of the SLO
}

// burn is the burn rate of an error ratio: it over the budget.
func (c Condition) burn(errorRatio float64) float64 {
	return round12(errorRatio / round12(1-c.Objective))
}

// Detection is the time from the first error to firing, and whether it fires at
// all: (1-objective) / error ratio x window x factor, then `for`. A burn rate of
// exactly the factor fires.
func (c Condition) Detection(errorRatio float64) (after time.Duration, fires bool) {
	burn := c.burn(errorRatio)
	if burn < c.Window.Factor || burn <= 0 {
		return 0, false
	}
	return scale(c.Window.Long, c.Window.Factor/burn) + c.Window.For, true
}

// Reset is the time from the last error of an outage to the end of the alert,
// and whether there was one to end. The window that forgets first ends it.
func (c Condition) Reset(errorRatio float64, outage time.Duration) (after time.Duration, fired bool) {
	detection, fires := c.Detection(errorRatio)
	if !fires || detection > outage {
		return 0, false
	}
	forgets := c.Window.Long
	if c.Window.Short > 0 {
		forgets = min(forgets, c.Window.Short)
	}
	return scale(forgets, 1-c.Window.Factor/c.burn(errorRatio)), true
}

// Spent is the share of the period's budget that is gone when the condition
// fires; over 1 where more than all of it is.
func (c Condition) Spent(errorRatio float64) (share float64, fires bool) {
	detection, fires := c.Detection(errorRatio)
	return BudgetShare(c.burn(errorRatio), detection, c.Period), fires
}

// CanFire tells whether a total outage fires the condition.
func (c Condition) CanFire() bool { return c.Window.Factor*round12(1-c.Objective) < 1 }

// Exhaustion is how long a full budget lasts at a burn rate: period / burn rate.
// At a rate of 0 it lasts forever, which is false.
func Exhaustion(period time.Duration, burn float64) (after time.Duration, ends bool) {
	if burn <= 0 {
		return 0, false
	}
	return scale(period, 1/burn), true
}

func scale(d time.Duration, by float64) time.Duration {
	return time.Duration(float64(d) * by)
}
