package detect

import (
	"fmt"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func stale() Detector {
	return detector(Detector{
		Kind: noise.KindStale, Title: "fires for days", Action: noise.WrongDuration,
		Source: "ISA-18.2-2016 clause 16 (stale: annunciated for more than 24 hours; target: under five on any day)",
	}, findStale)
}

// noteStale marks the episodes that fired too long, and all those of an alert
// that fired nearly all of the window, however often it blinked.
func noteStale(m *measured, r *ruleFacts, o *Options) {
	always := alwaysFiring(m, r, o)
	for _, starts := range [][]start{r.starts, r.dirty} {
		for i := range starts {
			s := &starts[i]
			if always[s.alert] || (s.length() > millis(o.Stale) && m.seen(*s) > millis(o.Stale)) {
				s.marks |= markStale
			}
		}
	}
}

// seen is the firing time of an episode without the holes in it, so that the
// pipeline adds nothing to it.
func (m *measured) seen(s start) int64 {
	return s.length() - m.episodes[s.episode].Certainty.Bridged.Milliseconds()
}

// alwaysFiring is the alerts that fired nearly all of a window that is not
// short; nil where there is none.
func alwaysFiring(m *measured, r *ruleFacts, o *Options) map[int32]bool {
	window := m.to - m.from
	least := int64(o.StaleShare * float64(window))
	if window < millis(o.StaleWindow) || o.StaleShare > 1 {
		return nil
	}
	sums, all := map[int32]int64{}, int64(0)
	for _, starts := range [][]start{r.starts, r.dirty} {
		for _, s := range starts {
			all += s.to - max(s.from, m.from)
		}
	}
	if all < least {
		return nil
	}
	for _, starts := range [][]start{r.starts, r.dirty} {
		for _, s := range starts {
			sums[s.alert] += s.to - max(s.from, m.from)
		}
	}
	always := map[int32]bool{}
	for alert, sum := range sums {
		always[alert] = sum >= least
	}
	return always
}

// staleness is what of a rule is stale.
type staleness struct {
	alerts, open, episodes int
	longest                int64
	starts                 []start
}

// share says how many of a rule's alerts are stale.
func (s staleness) share(of int) string {
	switch {
	case of == 1:
		return "its only alert is stale"
	case s.alerts == 1:
		return fmt.Sprintf("1 of its %d alerts is stale", of)
	}
	if s.alerts == of {
		return fmt.Sprintf("all %d of its alerts are stale", of)
	}
	return fmt.Sprintf("%d of its %d alerts are stale", s.alerts, of)
}

func (v view) staleness(r *ruleFacts) staleness {
	var out staleness
	alerts := map[int32]bool{}
	for _, starts := range [][]start{r.starts, r.dirty} {
		for _, s := range starts {
			if s.marks&markStale == 0 {
				continue
			}
			out.episodes++
			out.starts = append(out.starts, s)
			out.longest = max(out.longest, s.length())
			alerts[s.alert] = true
			if s.marks&markOpen != 0 {
				out.open++
			}
		}
	}
	out.alerts = len(alerts)
	return out
}

func findStale(v view) []noise.Finding {
	var out []noise.Finding
	for i := range v.rules {
		r := &v.rules[i]
		if r.standing {
			continue
		}
		s := v.staleness(r)
		if s.episodes == 0 {
			continue
		}
		out = append(out, noise.Finding{
			Rule: r.ref, Gravity: noise.GravityWarning, Confidence: noise.Proven,
			Why:   "It was counted, not estimated; holes in the samples are not counted as firing." + v.unit(),
			Saves: v.saving(r, markStale),
			Title: fmt.Sprintf("%s fired for %s without a break; %s.", name(r.ref.RuleKey), span(s.longest), s.share(r.alerts)),
			Advice: fmt.Sprintf("Repair what %s reports, or set its limit to where somebody would act, or delete it; until then silence it with a note.",
				name(r.ref.RuleKey)),
			Evidence: []noise.Fact{
				share("stale_alerts", slo.Proportion{Count: s.alerts, Of: r.alerts}),
				seconds("longest_firing_seconds", s.longest),
				count("stale_episodes", s.episodes), count("firing_at_the_end", s.open),
			},
			Examples: v.examples(s.starts, markStale, longest),
		})
	}
	return out
}
