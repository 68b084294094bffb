package gate

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Traffic is what a roll-out happens in.
type Traffic struct {
	// PerSecond is the events per second of the whole service.
	PerSecond float64
	// Baseline is the error ratio of the version that runs, and Budget the SLO's
	// budget, both ratios.
	Baseline, Budget float64
	// Window is the length of the SLO's window.
	Window time.Duration
}

func (t Traffic) check() error {
	for _, v := range []float64{t.PerSecond, t.Baseline, t.Budget} {
		if math.IsNaN(v) || v < 0 || v > maxEvents {
			return fmt.Errorf("%v is no rate or ratio", v)
		}
	}
	if t.Baseline >= 1 || t.Budget <= 0 || t.Budget >= 1 || t.PerSecond == 0 || t.Window <= 0 {
		return errors.New("traffic, a budget between 0 and 1, a window, and an error ratio under 1 are needed")
	}
	return nil
}

// Method is how a degradation is noticed.
type Method string

// The methods of a bake.
const (
	// MethodConcurrent compares with the baseline that runs beside the canary, by
	// the test of Compare.
	MethodConcurrent Method = "concurrent"
	// MethodKnown counts the canary's errors against a baseline ratio that is taken
	// as known from history: the only way when all traffic is the new version's.
	MethodKnown Method = "known"
)

// Bake is how long a canary has to run.
type Bake struct {
	Share              float64 // of the traffic, in (0,1]
	Method             Method
	Baseline, Degraded float64 // error ratios
	// Events is how many the canary has to serve so that the degradation is noticed
	// with the power asked for, and Duration how long that takes, rounded up to
	// seconds. Possible is false where it would take more than a year.
	Possible bool
	Events   float64
	Duration time.Duration
	// Limit is, with a known baseline, how many errors of Events are too many; else 0.
	Limit float64
	// AtRisk is the share of the window's budget that the degraded canary burns in
	// Duration beyond what the baseline would have: share × time × degradation.
	AtRisk float64
	// WorstAtRisk is the same for a canary that fails always, in as long as that
	// takes to notice.
	WorstAtRisk     float64
	WorstNoticed    time.Duration
	Alpha, Power    float64
	EventsPerSecond float64 // of the canary
}

// longestBake bounds what is called possible.
const longestBake = 366 * 24 * time.Hour

// PlanBake tells how long a canary has to run at a share of the traffic, in (0,1],
// so that a degradation is noticed. It fails where the inputs make no sense.
func PlanBake(t Traffic, share float64, s Sensitivity) (Bake, error) {
	s = s.withDefaults()
	err := errors.Join(t.check(), s.check())
	if !(share > 0 && share <= 1) {
		err = errors.Join(err, fmt.Errorf("a share of %v of the traffic: want over 0 and up to 1", share))
	}
	if err != nil {
		return Bake{}, fmt.Errorf("plan how long a canary bakes: %w", err)
	}
	b := Bake{
		Share: share, Method: MethodConcurrent, Baseline: t.Baseline, Degraded: s.Degraded(t.Baseline, t.Budget),
		Alpha: s.Alpha, Power: s.Power, EventsPerSecond: t.PerSecond * share,
	}
	if share == 1 {
		b.Method = MethodKnown
	}
	effective, limit := b.events(b.Degraded, s)
	b.Events, b.Limit = effective*s.Clumping, limit*s.Clumping
	b.Duration, b.Possible = b.lasts(b.Events)
	worst, _ := b.events(1, s)
	b.WorstNoticed, _ = b.lasts(worst * s.Clumping)
	b.AtRisk = t.atRisk(share, b.Duration, b.Degraded)
	b.WorstAtRisk = t.atRisk(share, b.WorstNoticed, 1)
	return b, nil
}

// lasts is how long the canary takes to serve some events.
func (b Bake) lasts(events float64) (time.Duration, bool) {
	seconds := math.Ceil(events / b.EventsPerSecond)
	if !(seconds <= longestBake.Seconds()) {
		return longestBake, false
	}
	return time.Duration(seconds) * time.Second, true
}

// atRisk is share × time × degradation, in budgets of the window.
func (t Traffic) atRisk(share float64, lasts time.Duration, degraded float64) float64 {
	return share * lasts.Seconds() / t.Window.Seconds() * (degraded - t.Baseline) / t.Budget
}

// events is how many the canary has to serve to notice a degraded ratio, and with
// a known baseline how many of them may not fail.
func (b Bake) events(degraded float64, s Sensitivity) (n, limit float64) {
	p := pair{b.Baseline, degraded}
	if b.Method == MethodKnown {
		return knownEvents(p, s)
	}
	others := (1 - b.Share) / b.Share
	return leastEvents(func(n float64) bool {
		return comparePower(n, max(1, math.Round(n*others)), p, s) >= s.Power
	}), 0
}

// leastEvents is the fewest events at which a test has its power, by doubling and
// halving; power grows with the events but for a small sawtooth.
func leastEvents(enough func(n float64) bool) float64 {
	high := 1.0
	for !enough(high) {
		if high *= 2; high > maxEvents {
			return math.Inf(1)
		}
	}
	low := math.Floor(high / 2)
	for high-low > max(1, high/2000) {
		if mid := math.Floor((low + high) / 2); enough(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// knownEvents is the exact binomial test's sample size: the fewest events from which
// on, whatever their number, some limit c of errors is reached with probability
// alpha at most at the baseline's ratio and with the power at the degraded one.
// Limit c serves the numbers of events from serves(c).from to serves(c).to; the
// stretches overlap from some c on.
func knownEvents(p pair, s Sensitivity) (n, limit float64) {
	joined := func(c float64) bool {
		this, next := serves(c, p, s), serves(c+1, p, s)
		return this.from <= this.to && next.from <= this.to+1
	}
	sure := func(c float64) bool { return joined(c) && joined(c+1) && joined(c+2) }
	c := firstEvents(1, func(c float64) bool { return c > maxErrors || sure(c) })
	if c > maxErrors {
		return math.Inf(1), 0
	}
	for range 16 { // the sawtooth may leave a few before it
		if c > 1 && sure(c-1) {
			c--
		}
	}
	return serves(c, p, s).from, c
}

// maxErrors bounds the limits that are tried.
const maxErrors = 1e8

type stretch struct{ from, to float64 }

// serves is the stretch of numbers of events for which c errors are a fit limit.
func serves(c float64, p pair, s Sensitivity) stretch {
	from := firstEvents(c, func(n float64) bool { return binomialTail(c, n, p.degraded) >= s.Power })
	beyond := firstEvents(c, func(n float64) bool { return binomialTail(c, n, p.baseline) > s.Alpha })
	return stretch{from, beyond - 1}
}

// firstEvents is the first number of events, from c on, at which something holds
// that holds ever after; infinite where it never does.
func firstEvents(c float64, holds func(n float64) bool) float64 {
	low, high := c-1, max(1, c)
	for !holds(high) {
		if low, high = high, high*2; high > 4*maxEvents {
			return math.Inf(1)
		}
	}
	for high-low > 1 {
		if mid := math.Floor((low + high) / 2); holds(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// Noticeable is the smallest degraded error ratio that a canary notices with the
// power asked for, with a known baseline ratio, once it has served some events;
// unknown where even a canary that always fails goes unnoticed.
func Noticeable(events, baseline float64, s Sensitivity) slo.Figure {
	s = s.withDefaults()
	n := math.Floor(events / s.Clumping)
	if s.check() != nil || !(n >= 1) || !(baseline >= 0 && baseline < 1) {
		return slo.Figure{}
	}
	c := firstEvents(1, func(c float64) bool { return binomialTail(c, n, baseline) <= s.Alpha })
	if c > n {
		return slo.Figure{}
	}
	low, high := baseline, 1.0
	for range 60 {
		if mid := (low + high) / 2; binomialTail(c, n, mid) >= s.Power {
			high = mid
		} else {
			low = mid
		}
	}
	return known(high)
}
