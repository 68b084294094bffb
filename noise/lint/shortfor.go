package lint

import (
	"fmt"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

func shortForCheck() Check {
	return Check{
		Kind: noise.KindShortFor, Action: noise.GivenNeedlessly, find: findShortFors,
		Title: "for is under two intervals",
		Help: "The rule waits for less than two scrapes or evaluations, so one or two samples decide. A wait that " +
			"short keeps out nothing but a single bad sample, or not even that.",
	}
}

// findShortFors finds a for that is under two scrapes or evaluations, so that
// one or two samples decide.
func findShortFors(c *corpus) {
	for i := range c.in.Rules {
		if r := &c.in.Rules[i]; r.For > 0 {
			c.shortFor(i, r)
		}
	}
}

func (c *corpus) shortFor(rule int, r *noise.Rule) {
	scrape, given := c.scrape()
	every, known := c.interval(r)
	longest, what, isKnown := scrape, "scrape", given
	if every > scrape || (known && !given && r.For < 2*every) {
		longest, what, isKnown = every, "evaluation", known
	}
	// Of an interval that is only assumed, a for between one and two says little.
	if r.For >= 2*longest || (!isKnown && r.For >= longest) {
		return
	}
	f := noise.Finding{
		Gravity: noise.GravityInfo, Confidence: noise.Proven, Why: "It follows from the intervals that were given.",
		Title:    fmt.Sprintf("for: %s is under two %ss of %s: two samples in a row decide", span(r.For), what, span(longest)),
		Advice:   fmt.Sprintf("Wait at least %s, or leave for out if one sample is enough.", span(2*longest)),
		Evidence: []noise.Fact{seconds("for", r.For), seconds("scrape_interval", scrape), seconds("evaluation_interval", every)},
	}
	if r.For < longest {
		f.Gravity = noise.GravityWarning
		f.Title = fmt.Sprintf("for: %s is under one %s of %s: %s", span(r.For), what, span(longest), consequence(r.For, every))
	}
	if !isKnown {
		f.Gravity = noise.GravityInfo
		f.Title = fmt.Sprintf("At one %s every %s, for: %s is under one: %s", what, span(longest), span(r.For), consequence(r.For, every))
		f.Confidence, f.Why = noise.Weak, fmt.Sprintf("It assumes one %s every %s, Prometheus' default; give the real interval to be sure.", what, span(longest))
	}
	c.report(rule, f)
}

// consequence says what a for under one interval comes to.
func consequence(wait, every time.Duration) string {
	if wait < every {
		return "it waits for one more evaluation, as any shorter one would"
	}
	return "a single sample can make it fire"
}
