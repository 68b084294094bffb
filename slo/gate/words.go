package gate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/slo"
)

// percentText writes a ratio as a percentage of three digits.
func percentText(v float64) string {
	p := v * 100
	if a := math.Abs(p); a >= 100 || p == 0 {
		return strconv.FormatFloat(p, 'f', 0, 64) + "%"
	}
	return strconv.FormatFloat(p, 'g', 3, 64) + "%"
}

// numberText writes a number of four digits, and large ones whole.
func numberText(v float64) string {
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// spanText writes seconds in the two largest units that fit.
func spanText(seconds float64) string {
	d := time.Duration(math.Round(seconds)) * time.Second
	two := func(big time.Duration, bigUnit string, small time.Duration, smallUnit string) string {
		d = d.Round(small)
		text := fmt.Sprintf("%d %s", d/big, bigUnit)
		if rest := d % big / small; rest > 0 {
			text += fmt.Sprintf(" %d %s", rest, smallUnit)
		}
		return text
	}
	switch {
	case d >= 48*time.Hour:
		return two(24*time.Hour, "d", time.Hour, "h")
	case d >= time.Hour:
		return two(time.Hour, "h", time.Minute, "min")
	case d >= time.Minute:
		return two(time.Minute, "min", time.Second, "s")
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

func coverageText(r Reason) string {
	return fmt.Sprintf("%s of the window was watched; %s are wanted.", percentText(r.Figure.Value), percentText(r.Limit.Value))
}

func ageText(r Reason) string {
	if !r.Figure.Known {
		return "Nobody knows how old the newest data are."
	}
	return fmt.Sprintf("The newest data are %s old; %s is the most.", spanText(r.Figure.Value), spanText(r.Limit.Value))
}

func budgetText(r Reason) string {
	if !r.Figure.Known {
		return "How much of the budget is left is not known."
	}
	return fmt.Sprintf("%s of the budget is left; over %s is wanted.", percentText(r.Figure.Value), percentText(r.Limit.Value))
}

func lastsText(r Reason) string {
	if !r.Figure.Known {
		return "How long the budget lasts can't be foretold."
	}
	return fmt.Sprintf("At the present pace the budget lasts %s; %s is wanted.", spanText(r.Figure.Value), spanText(r.Limit.Value))
}

func burnText(r Reason, window time.Duration) string {
	if !r.Figure.Known {
		return fmt.Sprintf("How fast the budget burned over %s is not known.", model.Duration(window))
	}
	return fmt.Sprintf("The budget burned %s times as fast as it may over %s; under %s is wanted.",
		numberText(r.Figure.Value), model.Duration(window), numberText(r.Limit.Value))
}

func incidentsText(open []string) string {
	if len(open) == 0 {
		return "No incident is open."
	}
	const shown = 3
	more := ""
	if len(open) > shown {
		more = fmt.Sprintf(" and %d more", len(open)-shown)
	}
	return fmt.Sprintf("Open: %s%s.", strings.Join(open[:min(shown, len(open))], ", "), more)
}

func freezeText(f Freeze, at slo.Interval) string {
	zone := f.Zone
	if zone == nil {
		zone = time.UTC
	}
	why := ""
	if f.Reason != "" {
		why = " (" + f.Reason + ")"
	}
	return fmt.Sprintf("The freeze %q%s is on until %s.", f.Name, why, at.To.In(zone).Format("Mon 2 Jan 2006 15:04 MST"))
}

func canaryText(c Comparison) string {
	sides := fmt.Sprintf("%s of %s failed on the canary, %s of %s beside it",
		numberText(c.Canary.Bad), numberText(c.Canary.Total), numberText(c.Baseline.Bad), numberText(c.Baseline.Total))
	switch c.Verdict {
	case CanaryWorse:
		return fmt.Sprintf("The canary is worse: %s; chance alone does that once in %s.", sides, oneIn(c.Worse.Value))
	case CanaryBetter:
		return fmt.Sprintf("The canary is better: %s.", sides)
	case CanaryNoEvidence:
		return fmt.Sprintf("Nothing shows that the canary is worse: %s; errors at %s would have been noticed with %s.",
			sides, percentText(c.Degraded.Value), percentText(c.Power.Value))
	case CanaryTooLittle:
		return fmt.Sprintf("Too little was seen to tell: %s; errors at %s would have been noticed with %s only.",
			sides, percentText(c.Degraded.Value), percentText(c.Power.Value))
	case CanaryUnknown:
	}
	return "One side served nothing: " + sides + "."
}

// oneIn is the inverse of a probability, for people.
func oneIn(p float64) string {
	if p < 1e-6 {
		return "over a million"
	}
	return numberText(math.Round(1 / p))
}

func atRiskText(b Bake, limit float64) string {
	if !b.Possible {
		return fmt.Sprintf("At %s of the traffic the degradation would not be noticed within a year.", percentText(b.Share))
	}
	return fmt.Sprintf("The next phase, %s of the traffic for %s, puts %s of the budget at risk if errors go from %s to %s; at most %s may be.",
		percentText(b.Share), spanText(b.Duration.Seconds()), percentText(b.AtRisk), percentText(b.Baseline), percentText(b.Degraded), percentText(limit))
}
