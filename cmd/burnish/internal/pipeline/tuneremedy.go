package pipeline

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/remedy"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// remedies sets what could be done about the noisy rules side by side. It reads
// nothing: what the rules compare and what the SLOs counted is there already.
func (r *Reading) remedies(subjects []tune.Subject, plan tune.Plan, voices []remedy.Voice, o TuneOptions) ([]remedy.Contest, error) {
	c := remedy.Case{Subjects: subjects, Plan: plan, Choose: o.Choose, Rules: make([]remedy.Rule, len(subjects))}
	router := newRouter(o.Judge, r.Window)
	lower := lowerSeverity(subjects)
	burns := r.burns(router)
	for i, s := range subjects {
		out := remedy.Rule{Voice: voices[i], Instead: insteadOf(s, subjects, burns)}
		if voices[i].Waking == remedy.Wakes && levelOf(s.Rule.Severity()) == noise.LevelHigh {
			out.Lower = lowered(s, lower, router)
		}
		c.Rules[i] = out
	}
	return remedy.Compare(c)
}

// lowerSeverity is the severity under that which wakes people, as these rules
// call it: the commonest of its level.
func lowerSeverity(subjects []tune.Subject) string {
	counts := map[string]int{}
	for _, s := range subjects {
		if severity := s.Rule.Severity(); levelOf(severity) == noise.LevelMedium {
			counts[severity]++
		}
	}
	best := ""
	for severity, n := range counts {
		if best == "" || n > counts[best] || n == counts[best] && severity < best {
			best = severity
		}
	}
	return best
}

// lowered is a rule's lower severity and whom it would reach with it.
func lowered(s tune.Subject, to string, router router) *remedy.Lower {
	from := s.Rule.Severity()
	if to == "" {
		to = "warning"
		if strings.EqualFold(from, string(slo.SeverityPage)) {
			to = string(slo.SeverityTicket)
		}
	}
	rule := s.Rule
	rule.Labels = labels.NewBuilder(rule.Labels).Set("severity", to).Labels()
	return &remedy.Lower{From: from, To: to, Voice: router.voice(rule, s.Views[0].Samples.Series)}
}

// burn is the burn-rate alerts of one group of an SLO.
type burn struct {
	events Events
	alerts []remedy.Alerts // of pages, then of tickets, as far as there are any
}

// burns are the burn-rate alerts of all SLOs that are looked at, as rules
// generate would write them, replayed over the events.
func (r *Reading) burns(router router) []burn {
	var out []burn
	for _, e := range r.Truth.Events {
		policy, _, err := burnrate.For(e.SLO, e.Steps.Step)
		if err != nil || len(policy.Windows) == 0 {
			continue
		}
		b := burn{events: e}
		grid := tune.Grid{Start: e.Steps.From, Step: e.Steps.Step, Slots: e.Steps.Len()}
		span := burnrate.Span{From: grid.Start, To: grid.At(grid.Slots), Step: grid.Step}
		fired := burnrate.Replay(policy, e.SLO.Objective, newStepCounts(e.Steps), span)
		for _, severity := range []slo.Severity{slo.SeverityPage, slo.SeverityTicket} {
			if a, ok := e.alerts(fired, grid, severity); ok {
				rule := noise.Rule{Name: burnrate.AlertName(e.SLO), Labels: labels.FromStrings("severity", string(severity))}
				a.Voice = router.voice(rule, a.Samples.Series)
				b.alerts = append(b.alerts, a)
			}
		}
		out = append(out, b)
	}
	return out
}

// alerts are the conditions of one severity, each an alert of its own.
func (e *Events) alerts(fired []burnrate.Firing, grid tune.Grid, severity slo.Severity) (remedy.Alerts, bool) {
	a := remedy.Alerts{Samples: tune.Samples{Grid: grid}}
	for _, f := range fired {
		if f.Window.Severity != severity {
			continue
		}
		b := labels.NewBuilder(e.Labels)
		for name, value := range e.SLO.Labels {
			b.Set(name, value)
		}
		b.Set("slo", e.SLO.Name).Set("severity", string(severity)).Set("window", burnrate.Tier(f.Window))
		values := slices.Repeat([]float64{tune.Absent()}, grid.Slots)
		for _, in := range f.Intervals {
			for t := grid.Slot(in.From); t < min(grid.Slot(in.To), grid.Slots); t++ {
				values[t] = 1
			}
		}
		a.Samples.Series = append(a.Samples.Series, tune.Series{Labels: b.Labels(), Values: values})
	}
	return a, len(a.Samples.Series) > 0
}

// insteadOf is the burn-rate alerts of the SLOs of a rule's services; nil where
// there are none, or the rule is one of them.
func insteadOf(s tune.Subject, all []tune.Subject, burns []burn) *remedy.Instead {
	var out remedy.Instead
	var covered [][]slo.Interval
	var inForce []string
	for i := range burns {
		e := &burns[i].events
		if !aboutService(s, e.Labels) {
			continue
		}
		name := burnrate.AlertName(e.SLO)
		if name == s.Rule.Name {
			return nil
		}
		out.SLOs, covered = append(out.SLOs, e.SLO.ID()), append(covered, e.Steps.Covered())
		if slices.ContainsFunc(all, func(o tune.Subject) bool { return o.Rule.Name == name }) {
			inForce = append(inForce, name)
			continue
		}
		out.Alerts = append(out.Alerts, burns[i].alerts...)
	}
	if len(out.SLOs) == 0 {
		return nil
	}
	slices.Sort(out.SLOs)
	out.SLOs, out.Covered = slices.Compact(out.SLOs), inAll(covered)
	slices.Sort(inForce)
	if inForce = slices.Compact(inForce); len(inForce) > 0 {
		out.Note = "In force already, and not counted again: " + strings.Join(inForce, ", ") + "."
	}
	return &out
}

// serviceNames are labels by which alerts name a service, in the order in which
// they are asked.
func serviceNames() []string {
	return []string{"service", "service_name", "app", "application", "component", "job"}
}

// aboutService tells whether some alert of a rule names the service of an SLO's
// group, and nothing of it speaks against the group.
func aboutService(s tune.Subject, whose labels.Labels) bool {
	service := whose.Get("service")
	if service == "" {
		return false
	}
	names := func(ls labels.Labels) bool {
		for _, name := range serviceNames() {
			if v := ls.Get(name); v != "" {
				return v == service && noise.Incident{Labels: whose}.Concerns(ls)
			}
		}
		return false
	}
	series := s.Views[0].Samples.Series
	if len(series) == 0 {
		return names(s.Rule.Labels)
	}
	return slices.ContainsFunc(series, func(one tune.Series) bool { return names(withRule(one.Labels, s.Rule)) })
}

// inAll is the time that lies in each of the lists, which are in order.
func inAll(lists [][]slo.Interval) []slo.Interval {
	out := lists[0]
	for _, next := range lists[1:] {
		var both []slo.Interval
		for i, j := 0, 0; i < len(out) && j < len(next); {
			if in := out[i].Intersect(next[j]); !in.Empty() {
				both = append(both, in)
			}
			if out[i].To.Before(next[j].To) {
				i++
			} else {
				j++
			}
		}
		out = both
	}
	return out
}
