package gate

import (
	"errors"
	"fmt"
	"math"

	"github.com/burnish-sre/burnish/slo"
)

// Counts are the events that one side of a comparison served: Bad of Total.
// Fractions, which PromQL's extrapolation makes, are rounded.
type Counts struct {
	Bad, Total float64
}

// Ratio is the share of bad events; unknown without an event.
func (c Counts) Ratio() slo.Figure {
	if c.Total <= 0 {
		return slo.Figure{}
	}
	return slo.Figure{Value: c.Bad / c.Total, Known: true}
}

// check tells what is wrong with counts.
func (c Counts) check(whose string) error {
	for _, v := range []float64{c.Bad, c.Total} {
		if math.IsNaN(v) || v < 0 || v > maxEvents {
			return fmt.Errorf("%s: %v of %v events: want numbers from 0 to %v", whose, c.Bad, c.Total, maxEvents)
		}
	}
	if c.Bad > c.Total {
		return fmt.Errorf("%s: %v bad events of %v in all", whose, c.Bad, c.Total)
	}
	return nil
}

// maxEvents bounds counts, so that arithmetic on them stays exact.
const maxEvents = 1e12

// Sensitivity says what a comparison has to notice and how surely. The zero value
// of each field means its default.
type Sensitivity struct {
	// Alpha is how often a canary that is as good as its baseline may be called
	// worse, in (0,0.5); 0 means 0.05.
	Alpha float64
	// Power is how often the degradation has to be noticed, in (0,1); 0 means 0.8.
	Power float64
	// Times and Burn make the degraded error ratio from the baseline's: the larger
	// of Times the baseline, and the baseline plus Burn budgets. 0 means 2 and 1.
	Times, Burn float64
	// Clumping is how many times the variance of the count of errors is that of
	// independent errors, at least 1; 0 means 1. Counts are divided by it.
	Clumping float64
	// Repeated says that the comparison is made again and again while the canary
	// runs, as roll-out controllers do. A canary is then called worse by a test
	// that may be looked at any number of times.
	Repeated bool
}

func (s Sensitivity) withDefaults() Sensitivity {
	for _, d := range []struct {
		at *float64
		to float64
	}{{&s.Alpha, 0.05}, {&s.Power, 0.8}, {&s.Times, 2}, {&s.Burn, 1}, {&s.Clumping, 1}} {
		if *d.at == 0 {
			*d.at = d.to
		}
	}
	s.Clumping = max(1, s.Clumping)
	return s
}

// ErrSensitivity is a sensitivity that no test can have.
var ErrSensitivity = errors.New("alpha must be over 0 and under 0.5, power over 0 and under 1, times over 1 or burn over 0")

func (s Sensitivity) check() error {
	sound := s.Alpha > 0 && s.Alpha < 0.5 && s.Power > 0 && s.Power < 1 && s.Times >= 1 && s.Burn >= 0 && (s.Times > 1 || s.Burn > 0)
	if !sound || math.IsInf(s.Times, 0) || math.IsInf(s.Burn, 0) || math.IsInf(s.Clumping, 0) {
		return ErrSensitivity
	}
	return nil
}

// Degraded is the error ratio that has to be noticed, from the baseline's and the
// SLO's budget, both ratios.
func (s Sensitivity) Degraded(baseline, budget float64) float64 {
	s = s.withDefaults()
	return min(1, max(s.Times*baseline, baseline+s.Burn*budget))
}

// CanaryVerdict is what a comparison comes to.
type CanaryVerdict string

// The verdicts of a comparison.
const (
	CanaryWorse      CanaryVerdict = "worse"       // the canary fails more often
	CanaryBetter     CanaryVerdict = "better"      // it fails less often
	CanaryNoEvidence CanaryVerdict = "no evidence" // enough was seen to notice the degradation, and it was not there
	CanaryTooLittle  CanaryVerdict = "too little"  // not enough was seen to say so
	CanaryUnknown    CanaryVerdict = "unknown"     // one side has no event
)

// Comparison is a canary beside its baseline.
type Comparison struct {
	SLO              string // slo.SLO.ID whose events were counted; may be empty
	Canary, Baseline Counts
	// Worse and Better are the probabilities of counts that speak as strongly or
	// more for a worse, a better canary if both fail alike: Fisher's exact test,
	// one-sided (R. A. Fisher, The Design of Experiments, 1935).
	Worse, Better slo.Figure
	// Difference is the canary's error ratio less the baseline's, and Low and High
	// are the ends of its interval at confidence 1-2·alpha (R. G. Newcombe,
	// Statistics in Medicine 17 (1998), 873-890, method 10).
	Difference, Low, High slo.Figure
	// Evidence is by how many times the counts are likelier if the canary fails
	// Times as often or more than if it fails as the baseline does. It is a
	// martingale if nothing is wrong and the share of traffic stays, so that it
	// passes 1/alpha with probability alpha at most, however often it is looked at
	// (J. Ville, 1939).
	Evidence slo.Figure
	// Degraded is the error ratio that was to be noticed, and Power the probability
	// of noticing it with these totals.
	Degraded, Power slo.Figure
	Alpha           float64
	Verdict         CanaryVerdict
}

// Compare holds a canary against its baseline; budget is the SLO's, a ratio. A
// canary is worse or better where chance alone would show as much with
// probability alpha at most. It fails where counts or sensitivity make no sense.
func Compare(canary, baseline Counts, budget float64, s Sensitivity) (Comparison, error) {
	s = s.withDefaults()
	if err := errors.Join(canary.check("canary"), baseline.check("baseline"), s.check()); err != nil {
		return Comparison{}, fmt.Errorf("compare a canary with its baseline: %w", err)
	}
	out := Comparison{Canary: canary, Baseline: baseline, Alpha: s.Alpha, Verdict: CanaryUnknown}
	c, b := canary.effective(s.Clumping), baseline.effective(s.Clumping)
	if c.Total <= 0 || b.Total <= 0 {
		return out, nil
	}
	all, bad := c.Total+b.Total, c.Bad+b.Bad
	out.Worse = known(hypergeometricTail(c.Bad, c.Total, bad, all))
	out.Better = known(hypergeometricTail(b.Bad, b.Total, bad, all))
	out.difference(c, b, quantile(s.Alpha))
	out.Degraded = known(s.Degraded(b.Bad/b.Total, budget))
	out.Evidence = known(evidence(c, b, s.Times))
	out.Power = known(comparePower(c.Total, b.Total, pair{b.Bad / b.Total, out.Degraded.Value}, s))
	out.Verdict = out.verdict(s)
	return out, nil
}

// effective is how many independent events the counts are worth, whole.
func (c Counts) effective(clumping float64) Counts {
	total := math.Round(c.Total / clumping)
	return Counts{Bad: min(total, math.Round(c.Bad/clumping)), Total: total}
}

func (c *Comparison) difference(canary, baseline Counts, z float64) {
	pc, pb := canary.Bad/canary.Total, baseline.Bad/baseline.Total
	lowC, highC := wilson(canary.Bad, canary.Total, z)
	lowB, highB := wilson(baseline.Bad, baseline.Total, z)
	c.Difference = known(pc - pb)
	c.Low = known(pc - pb - math.Hypot(pc-lowC, highB-pb))
	c.High = known(pc - pb + math.Hypot(highC-pc, pb-lowB))
}

// verdict calls a canary worse by the test that fits how often one looks.
func (c *Comparison) verdict(s Sensitivity) CanaryVerdict {
	worse := c.Worse.Value <= s.Alpha
	if s.Repeated {
		worse = c.Evidence.Value >= 1/s.Alpha
	}
	switch {
	case worse:
		return CanaryWorse
	case c.Better.Value <= s.Alpha:
		return CanaryBetter
	case c.Power.Value >= s.Power:
		return CanaryNoEvidence
	}
	return CanaryTooLittle
}

// evidence is the likelihood ratio of how the bad events fell on the two sides:
// each falls on the canary with its share of the traffic if both fail alike, and
// with more if the canary fails some times as often. It is the mean over fixed
// factors, from times on, so that it needs no guess of the size and owes nothing
// to the data.
func evidence(c, b Counts, times float64) float64 {
	share := c.Total / (c.Total + b.Total)
	sum, factor := 0.0, max(times, leastFactor)
	for range factors {
		worse := share * factor / (share*factor + 1 - share)
		sum += math.Exp(min(700, c.Bad*math.Log(worse/share)+b.Bad*math.Log((1-worse)/(1-share))))
		factor *= 2
	}
	return sum / factors
}

// The factors of evidence: from the degradation's, which is leastFactor at least,
// each twice the one before.
const (
	factors     = 5
	leastFactor = 1.25
)

func known(v float64) slo.Figure { return slo.Figure{Value: v, Known: true} }
