package detect

import (
	"fmt"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/slo"
)

// mostYAML bounds a suggested piece of configuration in the evidence, in bytes.
const mostYAML = 4096

func inhibitRule() Detector {
	return detector(Detector{
		Kind: noise.KindInhibitRule, Title: "an inhibition rule would spare notifications and hide no incident", Action: noise.GivenNeedlessly,
		Source: "Replay through Alertmanager's own routing; measured redundancy (kinds redundant and cascading)",
	}, func(v view) []noise.Finding {
		var out []noise.Finding
		for _, s := range v.in.Suggestions {
			if len(s.Change.Inhibit) > 0 {
				out = append(out, v.inhibition(s))
			}
		}
		return out
	})
}

func groupBy() Detector {
	return detector(Detector{
		Kind: noise.KindGroupBy, Title: "another grouping would send fewer notifications", Action: noise.GivenNeedlessly,
		Source: "Replay through Alertmanager's own routing",
	}, func(v view) []noise.Finding {
		var out []noise.Finding
		for _, s := range v.in.Suggestions {
			if len(s.Change.Inhibit) == 0 {
				out = append(out, v.grouping(s))
			}
		}
		return out
	})
}

func (v view) inhibition(s route.Suggestion) noise.Finding {
	f := v.suggested(s)
	f.Rule = v.ref(noise.RuleRef{RuleKey: s.Target})
	f.Others = []noise.RuleRef{v.ref(noise.RuleRef{RuleKey: s.Source})}
	f.ID = noise.FindingID(noise.KindInhibitRule, s.Target, s.Source.Name, s.Source.Severity)
	f.Title = fmt.Sprintf("Holding back %s while %s fires would spare %s.", named(s.Target), named(s.Source), percent(v.spared(s))+" notifications")
	f.Advice = "Add the inhibition rule of the evidence to alertmanager.yml."
	return f
}

func (v view) grouping(s route.Suggestion) noise.Finding {
	f := v.suggested(s)
	f.ID = noise.FindingID(noise.KindGroupBy, noise.RuleKey{}, s.YAML)
	f.Title = fmt.Sprintf("Another grouping would spare %s notifications.", percent(v.spared(s)))
	f.Advice = "Change the route as the evidence shows."
	return f
}

// spared is how many notifications a suggestion spares.
func (v view) spared(s route.Suggestion) slo.Proportion {
	p := slo.Proportion{Count: -s.Saves.Notifications}
	if v.in.Route != nil {
		for _, c := range v.in.Route.Receivers {
			p.Of += c.Notifications
		}
	}
	return p
}

func (v view) suggested(s route.Suggestion) noise.Finding {
	perWeek := -s.Saves.NotificationsPerWeek
	f := noise.Finding{
		Gravity: noise.GravityInfo, Confidence: noise.Strong, Saves: &perWeek,
		Evidence: []noise.Fact{
			share("notifications_spared", v.spared(s)),
			share("incidents_hidden", slo.Proportion{Count: s.Hidden, Of: s.Incidents}),
			{Name: "alertmanager_yaml", Text: strings.ToValidUTF8(s.YAML[:min(len(s.YAML), mostYAML)], "")},
		},
		Why: fmt.Sprintf("The window was replayed with and without it; of %d incidents, %d would have gone untold.", s.Incidents, s.Hidden),
	}
	if s.Incidents == 0 {
		f.Confidence = noise.Weak
		f.Why = "The window was replayed with and without it; no incident is known, so nobody can say whether it would have hidden one."
	}
	return f
}
