package lint

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise"
)

// needs is what a function makes of too few samples.
type needs int

const (
	needsTwo    needs = iota + 1 // no result from one sample
	needsSpread                  // zero from one sample
	needsOne                     // that sample from one
	needsAbsent                  // true where there is none
)

// needsOf is what a function that takes a range needs.
func needsOf(function string) needs {
	switch function {
	case "rate", "increase", "irate", "delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing", "holt_winters":
		return needsTwo
	case "changes", "resets", "stddev_over_time", "stdvar_over_time", "mad_over_time":
		return needsSpread
	case "absent_over_time":
		return needsAbsent
	}
	if strings.HasSuffix(function, "_over_time") {
		return needsOne
	}
	return 0
}

func shortRangeCheck() Check {
	return Check{
		Kind: noise.KindShortRange, Action: noise.NotGiven, find: findShortRanges,
		Title: "a range is under two scrapes",
		Help: "A range selector is shorter than two scrapes. rate() and its like need two samples and give nothing " +
			"where there is one; averages and maxima of one sample smooth nothing; and a range under one scrape " +
			"is empty at some evaluations.",
	}
}

// findShortRanges finds ranges that hold too few samples for their function.
// Recorded series, which have a colon in their name, are as far apart as their
// rule is evaluated, which nobody says here; they are left alone, and so are
// subqueries.
func findShortRanges(c *corpus) {
	scrape, given := c.scrape()
	for i, expr := range c.exprs {
		if expr == nil {
			continue
		}
		found := map[string]noise.Finding{}
		parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
			if call, ok := n.(*parser.Call); ok {
				if what, f, ok := shortRange(call, scrape); ok {
					found[what] = f
				}
			}
			return nil
		})
		for what, f := range found {
			if f, ok := onAssumption(f, given); ok {
				c.report(i, f, what)
			}
		}
	}
}

// onAssumption is what is left of a finding where nobody said how often series
// are scraped: it is no more than a warning, and the weaker ones are not made.
func onAssumption(f noise.Finding, given bool) (noise.Finding, bool) {
	if given {
		f.Confidence, f.Why = noise.Proven, "It follows from the scrape interval that was given; a series that is scraped more often is well."
		return f, true
	}
	if f.Gravity != noise.GravityError {
		return f, false
	}
	f.Gravity, f.Confidence = noise.GravityWarning, noise.Weak
	f.Why = "It assumes one scrape a minute, Prometheus' default; give the real interval to be sure."
	return f, true
}

// shortRange judges one call; what is the call in words. A range is open on the
// left, so one of n scrapes holds n samples at most.
func shortRange(call *parser.Call, scrape time.Duration) (what string, f noise.Finding, ok bool) {
	need := needsOf(call.Func.Name)
	arg, ok := firstVector(call.Args)
	if need == 0 || !ok {
		return "", f, false
	}
	m, ok := arg.(*parser.MatrixSelector)
	if !ok || m.RangeExpr != nil || m.Range >= 2*scrape {
		return "", f, false
	}
	v, ok := m.VectorSelector.(*parser.VectorSelector)
	if !ok || strings.Contains(v.Name, ":") || v.Anchored || v.Smoothed {
		return "", f, false
	}
	says := shortfall(&f, need, m.Range, scrape)
	what = fmt.Sprintf("%s over %s", call.Func.Name, span(m.Range))
	f.Title = fmt.Sprintf("At one scrape every %s, %s %s", span(scrape), what, says)
	f.Advice = fmt.Sprintf("Make the range at least %s: four scrapes outlive a lost one.", span(4*scrape))
	f.Evidence = []noise.Fact{text("call", what), seconds("range", m.Range), seconds("scrape_interval", scrape)}
	return what, f, says != ""
}

// shortfall grades a range under two scrapes and says what it comes to.
func shortfall(f *noise.Finding, need needs, length, scrape time.Duration) string {
	one := length <= scrape
	switch {
	case need == needsTwo && one:
		f.Gravity, f.Action = noise.GravityError, noise.NotGiven
		return "holds one sample at most: there is never a result"
	case need == needsTwo:
		f.Gravity, f.Action = noise.GravityWarning, noise.NotGiven
		return "holds two samples only now and then: the result comes and goes"
	case need == needsSpread && one:
		f.Gravity, f.Action = noise.GravityError, noise.NotGiven
		return "holds one sample at most: the result is always 0"
	case need == needsSpread:
		f.Gravity, f.Action = noise.GravityWarning, noise.NotGiven
		return "holds two samples only now and then: the result is often 0"
	case need == needsAbsent && length < scrape:
		f.Gravity, f.Action = noise.GravityWarning, noise.GivenNeedlessly
		return "holds no sample between scrapes: it is true of a series that is well"
	case need == needsOne && length < scrape:
		f.Gravity, f.Action = noise.GravityWarning, noise.WrongDuration
		return "holds no sample between scrapes: the result comes and goes"
	case need == needsOne:
		f.Gravity, f.Action = noise.GravityInfo, noise.GivenNeedlessly
		return "holds hardly more than one sample: it smooths nothing"
	}
	return ""
}
