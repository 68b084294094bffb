package detect

import (
	"fmt"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func repeating() Detector {
	return detector(Detector{
		Kind: noise.KindRepeating, Title: "comes back week after week and nothing changes", Action: noise.GivenNeedlessly,
		Source: "Yang et al., DSN 2022, anti-pattern A5 (repeating alerts); the least share of one outcome is ours",
	}, findRepeating)
}

// outcome is how an episode ended for people.
type outcome struct {
	name string
	with mark // one of these
	not  mark // and none of these
}

// outcomes are all the ways; each episode has one.
func outcomes() [3]outcome {
	return [3]outcome{
		{"nobody did anything and there was no incident", markAny, markAcked | markIncident},
		{"somebody acknowledged it, and there was no incident", markAcked, markIncident},
		{"it was about an incident", markIncident, 0},
	}
}

// usual is the outcome that most of the episodes had.
func (r *ruleFacts) usual() (o outcome, n int) {
	for _, candidate := range outcomes() {
		if c := r.count(candidate.with, candidate.not|markCarried); c > n {
			o, n = candidate, c
		}
	}
	return o, n
}

// noteRepeating marks the episodes with the usual outcome, unless that is an
// incident: those are not to be saved.
func noteRepeating(r *ruleFacts) {
	o, n := r.usual()
	if n == 0 || o.with == markIncident {
		return
	}
	for i := range r.starts {
		if s := &r.starts[i]; s.marks&o.with != 0 && s.marks&o.not == 0 {
			s.marks |= markRepeating
		}
	}
}

func findRepeating(v view) []noise.Finding {
	if v.weeks <= 0 || (v.scores == nil && !v.acksKnown) {
		return nil // nobody can tell an outcome
	}
	var out []noise.Finding
	v.noisy(func(r *ruleFacts) {
		usual, n := r.usual()
		same := slo.Proportion{Count: n, Of: r.begun()}
		perWeek := float64(same.Of) / v.weeks
		if same.Count < v.o.RepeatPerWeek || perWeek < float64(v.o.RepeatPerWeek) || same.Ratio() < v.o.RepeatShare {
			return
		}
		sure, why := v.strong.of(same.Of)
		out = append(out, noise.Finding{
			Rule: r.ref, Gravity: noise.GravityWarning, Confidence: sure,
			Why:    why + " " + v.unknownOutcomes() + "Whether the rule was changed in between is not known." + v.unit(),
			Saves:  v.saving(r, markRepeating),
			Title:  fmt.Sprintf("%s came %s times a week, and in %s %s.", name(r.ref.RuleKey), figure(perWeek), percent(same), usual.name),
			Advice: repeatAdvice(usual, name(r.ref.RuleKey)),
			Evidence: []noise.Fact{
				value("episodes_per_week", perWeek), share("same_outcome", same), text("outcome", usual.name),
			},
			Examples: v.examples(r.starts, markAny, longest),
		})
	})
	return out
}

func repeatAdvice(usual outcome, rule string) string {
	if usual.with == markIncident {
		return fmt.Sprintf("Remove what makes %s come back: it tells of real incidents, and they are not getting fewer.", rule)
	}
	return fmt.Sprintf("Decide on %s once: repair what sets it off, automate the answer, or stop notifying of it.", rule)
}

// unknownOutcomes says what of an outcome nobody could tell.
func (v view) unknownOutcomes() string {
	switch {
	case v.scores == nil:
		return "Incidents are not known. "
	case !v.acksKnown:
		return "Acknowledgements are not known. "
	}
	return ""
}
