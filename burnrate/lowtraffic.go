package burnrate

import (
	"fmt"
	"math"
	"time"
)

// OneFailure is the share of an SLO's budget that a single bad event costs at a
// rate of events: 1 / (rate x period x budget). It is false without events.
func OneFailure(objective, eventsPerHour float64, period time.Duration) (share float64, known bool) {
	allowed := eventsPerHour * period.Hours() * round12(1-objective)
	if !(allowed > 0) {
		return 0, false
	}
	return 1 / allowed, true
}

// oneFailureMatters is the budget share of one failure from which it is said.
const oneFailureMatters = 0.01

// OneFailureNote says what a single failure costs where that is a hundredth of
// the budget or more; else it is empty.
func OneFailureNote(objective, eventsPerHour float64, period time.Duration) string {
	share, known := OneFailure(objective, eventsPerHour, period)
	if !known || share < oneFailureMatters {
		return ""
	}
	return fmt.Sprintf("one failure at %s requests an hour is %.1f%% of the budget: no window of alerts can tell a fault from chance, so a single failure pages nobody; %s",
		number(round6(eventsPerHour)), share*100, "make the promise over more events, a longer window or a lower objective")
}

// WilsonLow is the lower end of Wilson's score interval of bad out of total at a
// one-sided normal quantile z; NaN where total is not positive. Source: E. B.
// Wilson, JASA 22 (1927), 209-212.
func WilsonLow(bad, total, z float64) float64 {
	if !(total > 0) {
		return math.NaN()
	}
	r, z2 := min(1, max(0, bad/total)), z*z
	return max(0, (r+z2/(2*total)-z*math.Sqrt(r*(1-r)/total+z2/(4*total*total)))/(1+z2/total))
}

// wilsonExpr is WilsonLow as PromQL of a ratio and the count of all events.
func wilsonExpr(ratio, total string, z float64) string {
	z2 := round12(z * z)
	return fmt.Sprintf("clamp_min((\n  %[1]s + %[3]s / (2 * %[2]s)\n  - %[4]s * sqrt(%[1]s * (1 - %[1]s) / %[2]s + %[5]s / (%[2]s * %[2]s))\n) / (1 + %[3]s / %[2]s), 0)",
		ratio, total, number(z2), number(z), number(round12(z2/4)))
}
