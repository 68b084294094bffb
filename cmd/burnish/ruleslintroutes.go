package main

import (
	"fmt"
	"os"

	amconfig "github.com/prometheus/alertmanager/config"
	amlabels "github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise/route"
)

// severityLabel is the label that routes tell how loud an alert is by.
const severityLabel = "severity"

// routedBy reads an Alertmanager configuration and tells of an alert whether any
// of its routes looks at the alert's severity. Where no route looks at any
// severity, they are all told apart by something else, and so it is nil.
func routedBy(path string) (func(labels.Labels) bool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("read the Alertmanager configuration: %w", err)}
	}
	if _, err := route.NewConfig(text); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	c, err := amconfig.Load(string(text))
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	matchers := severityMatchers(c.Route)
	if len(matchers) == 0 {
		return nil, nil
	}
	return func(alert labels.Labels) bool {
		severity := alert.Get(severityLabel)
		for _, m := range matchers {
			if mentions(m, severity) {
				return true
			}
		}
		return false
	}, nil
}

// mentions tells whether a matcher singles a severity out, to take it or to
// leave it.
func mentions(m *amlabels.Matcher, severity string) bool {
	isNegative := m.Type == amlabels.MatchNotEqual || m.Type == amlabels.MatchNotRegexp
	return m.Matches(severity) != isNegative
}

// severityMatchers are those of a route and the routes below it. Alertmanager
// bounds how deep routes nest by refusing what YAML can't hold, and
// route.NewConfig before it.
func severityMatchers(r *amconfig.Route) []*amlabels.Matcher {
	var out []*amlabels.Matcher
	for _, m := range r.Matchers {
		if m.Name == severityLabel {
			out = append(out, m)
		}
	}
	if v, ok := r.Match[severityLabel]; ok {
		out = append(out, &amlabels.Matcher{Type: amlabels.MatchEqual, Name: severityLabel, Value: v})
	}
	if re, ok := r.MatchRE[severityLabel]; ok {
		if m, err := amlabels.NewMatcher(amlabels.MatchRegexp, severityLabel, re.String()); err == nil {
			out = append(out, m)
		}
	}
	for _, child := range r.Routes {
		out = append(out, severityMatchers(child)...)
	}
	return out
}
