package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

func valueInLabelCheck() Check {
	return Check{
		Kind: noise.KindValueInLabel, Action: noise.GivenNeedlessly, find: findValuesInLabels,
		Title: "a label changes with the value",
		Help: "A label of the alert holds the value of the expression, the time or the result of a query. Labels " +
			"are what an alert is known by: every new value is another alert, which waits anew, notifies anew and" +
			" leaves its predecessor as resolved.",
	}
}

// findValuesInLabels finds labels that change with the alert's value: every new
// value is another alert, that starts to wait anew and notifies anew.
func findValuesInLabels(c *corpus) {
	for i := range c.in.Rules {
		r := &c.in.Rules[i]
		r.Labels.Range(func(l labels.Label) {
			s := c.script(l.Value)
			switch {
			case s == nil:
			case s.shows:
				c.valueInLabel(i, l)
			case s.decides:
				c.report(i, noise.Finding{
					Gravity:  noise.GravityInfo,
					Title:    fmt.Sprintf("The label %s depends on the value: an alert that crosses the line ends, and another begins", excerpt(l.Name)),
					Advice:   "Write one rule for each value of the label, each with its own threshold.",
					Evidence: []noise.Fact{text("label", l.Name), text("template", l.Value)},
				}, l.Name)
			}
		})
	}
}

func (c *corpus) valueInLabel(rule int, l labels.Label) {
	r := &c.in.Rules[rule]
	f := noise.Finding{
		Gravity:  noise.GravityWarning,
		Title:    fmt.Sprintf("The label %s holds the value: every new value is a new alert", excerpt(l.Name)),
		Advice:   fmt.Sprintf("Move %s from labels to annotations.", excerpt(l.Name)),
		Evidence: []noise.Fact{text("label", l.Name), text("template", l.Value)},
	}
	if every, _ := c.interval(r); r.For > every {
		f.Gravity, f.Action = noise.GravityError, noise.NotGiven
		f.Title = fmt.Sprintf("The label %s holds the value: each new value waits %s anew, so the alert fires only if the value stands still", excerpt(l.Name), span(r.For))
		f.Evidence = append(f.Evidence, seconds("for", r.For))
	}
	c.report(rule, f, l.Name)
}
