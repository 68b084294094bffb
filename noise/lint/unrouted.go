package lint

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

func unroutedSeverityCheck() Check {
	return Check{
		Kind: noise.KindUnroutedSeverity, Action: noise.NotGiven, find: findUnrouted,
		Title: "nobody routes on the severity",
		Help: "No route of Alertmanager looks at the rule's severity, so the alert goes where everything else goes:" +
			" often to nobody. The severity is misspelled, or a route is missing.",
	}
}

// findUnrouted finds severities that nobody routes on.
func findUnrouted(c *corpus) {
	if c.o.Routed == nil {
		return
	}
	for i := range c.in.Rules {
		r := &c.in.Rules[i]
		severity := r.Severity()
		if severity == "" || strings.Contains(severity, "{{") || c.o.Routed(written(r)) {
			continue
		}
		c.report(i, noise.Finding{
			Gravity:    noise.GravityWarning,
			Title:      fmt.Sprintf("No route of Alertmanager looks at severity %s", quoted(severity)),
			Advice:     "Use a severity that the routes know, or add a route for it: as it is, it goes where everything else goes.",
			Evidence:   []noise.Fact{text("severity", severity)},
			Confidence: noise.Proven, Why: "It follows from the labels that the rule sets and the route tree that was given; labels of the series may route it all the same.",
		})
	}
}

// written is what a rule's alerts certainly carry.
func written(r *noise.Rule) labels.Labels {
	b := labels.NewBuilder(r.Labels)
	r.Labels.Range(func(l labels.Label) {
		if strings.Contains(l.Value, "{{") {
			b.Del(l.Name)
		}
	})
	return b.Set(labels.AlertName, r.Name).Labels()
}
