package detect

import (
	"fmt"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func fleeting() Detector {
	return detector(Detector{
		Kind: noise.KindFleeting, Title: "is over before anybody could act", Action: noise.GivenNeedlessly,
		Source: "ISA-18.2-2016 (fleeting alarms); Yang et al., DSN 2022, anti-pattern A4 (transient alerts)",
	}, findFleeting)
}

// noteFleeting marks the episodes that were over soon, that nobody acknowledged
// and that were not about an incident.
func noteFleeting(r *ruleFacts, o *Options) {
	for i := range r.starts {
		s := &r.starts[i]
		if s.ended() && s.marks&(markAcked|markIncident) == 0 && s.length() <= millis(o.Fleeting) {
			s.marks |= markFleeting
		}
	}
}

// ended tells whether the whole of the episode was seen.
func (s start) ended() bool { return s.marks&(markOpen|markLoose|markCarried) == 0 }

func findFleeting(v view) []noise.Finding {
	var out []noise.Finding
	limit := millis(v.o.Fleeting)
	v.noisy(func(r *ruleFacts) {
		short := slo.Proportion{Count: r.count(markFleeting, 0), Of: r.count(markAny, markOpen|markLoose|markCarried)}
		if short.Count < v.o.FleetingEpisodes || short.Ratio() < v.o.FleetingShare {
			return
		}
		sure, why := v.strong.of(short.Of)
		if v.scores == nil {
			why += " Whether some of them were about an incident is not known."
		}
		out = append(out, noise.Finding{
			Rule: r.ref, Gravity: noise.GravityWarning, Confidence: sure, Why: why + v.unit(), Saves: v.saving(r, markFleeting),
			Title: fmt.Sprintf("%s is over within %s in %s of its episodes.", name(r.ref.RuleKey), span(limit), percent(short)),
			Advice: fmt.Sprintf("Let %s wait longer (for: %s), or compare a mean over some minutes; check first that incidents are still caught in time.",
				name(r.ref.RuleKey), longerFor(r, limit)),
			Evidence: []noise.Fact{
				share("fleeting_episodes", short), seconds("fleeting_limit_seconds", limit),
				share("fleeting_in_bursts", slo.Proportion{Count: countBoth(r.starts, markFleeting|markRestart), Of: short.Count}),
			},
			Examples: v.examples(r.starts, markFleeting, shortest),
		})
	})
	return out
}

// countBoth is how many starts have all of the marks.
func countBoth(starts []start, all mark) int {
	n := 0
	for _, s := range starts {
		if s.marks&all == all {
			n++
		}
	}
	return n
}

// longerFor is the rule's for with the limit added to it.
func longerFor(r *ruleFacts, limit int64) string {
	if r.rule != nil {
		limit += r.rule.For.Milliseconds()
	}
	return promDuration(limit)
}
