package burnrate

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// UnitTest is a promtool test of one SLO's rules: simulated traffic, and when
// the fastest condition has to fire and when to be quiet. Its expectations come
// from [Condition], not from the rules.
type UnitTest struct {
	Name       string
	Interval   time.Duration // between samples
	Evaluation time.Duration
	Series     []TestSeries
	Checks     []TestCheck
}

// TestSeries is a series in promtool's notation.
type TestSeries struct{ Series, Values string }

// TestCheck is how many series an expression has at a time; 0 expects none.
type TestCheck struct {
	At   time.Duration
	Expr string
	Want float64
}

// perSample is the events between two samples of simulated traffic: so many
// that chance plays no part.
const perSample = 1e6

// unitTests are a total outage, which fires and is over when the closed forms
// say, and a burn at half the factor, which never fires.
func (g *generator) unitTests() []UnitTest {
	ex, ok := g.examples()
	if !ok || len(g.policy.Windows) == 0 || g.policy.Confidence > 0 && g.policy.Windows[0].Long < 5*time.Minute {
		g.note("there are no unit tests: they need alerts on an SLI of two counters with labels that can be made up")
		return nil
	}
	c := Condition{Window: g.policy.Windows[0], Objective: g.slo.Objective, Period: g.period}
	return []UnitTest{g.outageTest(c, ex), g.halfTest(c, ex)}
}

// gridUp rounds up to evaluations. What falls on one exactly is left to the next
// one, since there the last digit decides.
func (g *generator) gridUp(d time.Duration) time.Duration {
	return d.Truncate(g.options.Interval) + g.options.Interval
}

func (g *generator) outageTest(c Condition, ex examples) UnitTest {
	base := c
	base.Window.For = 0
	detection, _ := base.Detection(1)
	lead := (c.Window.Long + 10*time.Minute).Truncate(5*time.Minute) + 5*time.Minute
	detected := g.gridUp(detection)
	hold := (c.Window.For + g.options.Interval - 1) / g.options.Interval * g.options.Interval
	outage := max(10*time.Minute, detected+hold+5*time.Minute).Truncate(time.Minute)
	reset, _ := c.Reset(1, outage)
	over := lead + outage + g.gridUp(reset) + g.options.Interval
	test := g.newTest("a total outage of "+length(outage)+" after an hour of calm", ex,
		phase{lead, 0}, phase{outage, 1}, phase{over - lead - outage + 20*time.Minute, 0})
	test.Name = fmt.Sprintf("%s: a total outage of %s fires once, and is over when the windows are", g.slo.ID(), length(outage))
	fastest, anyTier := g.firing(c.Window), g.firing(slo.AlertWindow{})
	test.Checks = []TestCheck{
		{lead, anyTier, 0},
		{lead + detected + hold, fastest, 1},
		{lead + outage, anyTier, 1},
		{over, anyTier, 0},
		{over + 15*time.Minute, anyTier, 0},
	}
	if before := detected + hold - 2*g.options.Interval; before > 0 {
		test.Checks = append([]TestCheck{test.Checks[0], {lead + before, fastest, 0}}, test.Checks[1:]...)
	}
	return test
}

func (g *generator) halfTest(c Condition, ex examples) UnitTest {
	lead := 10 * time.Minute
	burning := 2*c.Window.Long + c.Window.For
	test := g.newTest("", ex, phase{lead, 0}, phase{burning, c.Window.Factor / 2 * round12(1-c.Objective)})
	test.Name = fmt.Sprintf("%s: half the factor of %s does not fire it", g.slo.ID(), Tier(c.Window))
	for _, at := range []time.Duration{burning / 4, burning / 2, burning} {
		test.Checks = append(test.Checks, TestCheck{(lead + at).Truncate(g.options.Interval), g.firing(c.Window), 0})
	}
	return test
}

// firing counts the burn-rate alerts of a condition that fire; of all of them
// for the zero one.
func (g *generator) firing(w slo.AlertWindow) string {
	window := ""
	if w.Long > 0 {
		window = ", window=\"" + length(w.Long) + "\""
	}
	return "count(ALERTS{alertname=\"" + AlertName(g.slo) + "\", alertstate=\"firing\", " + g.ids + window + "})"
}

func (g *generator) newTest(name string, ex examples, phases ...phase) UnitTest {
	every := g.options.Scrape
	var part, steady strings.Builder
	var p, s float64
	for i, ph := range phases {
		n := int(ph.length / every)
		first := 1
		if i == 0 {
			first = 0
		}
		share := ph.bad
		if ex.good {
			share = 1 - ph.bad
		}
		dp := math.Round(perSample * share)
		ds := perSample - dp
		if ex.apart {
			ds = perSample
		}
		segment := func(b *strings.Builder, v, d float64) {
			fmt.Fprintf(b, " %s+%sx%d", number(v+float64(first)*d), number(d), n-first)
		}
		segment(&part, p, dp)
		segment(&steady, s, ds)
		p, s = p+float64(n)*dp, s+float64(n)*ds
	}
	return UnitTest{
		Name: name, Interval: every, Evaluation: g.options.Interval,
		Series: []TestSeries{
			{ex.part.String(), strings.TrimSpace(part.String())},
			{ex.steady.String(), strings.TrimSpace(steady.String())},
		},
	}
}
