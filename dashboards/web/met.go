package web

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise/truth"
)

// met is an incident of a rule and whether the rule told of it.
type met struct {
	incidentRow
	// Caught tells whether the rule fired about it, FiredAt when, and Onset
	// whether it began with it.
	Caught  bool       `json:"caught"`
	FiredAt *time.Time `json:"rule_fired_at"`
	Onset   bool       `json:"rule_onset"`
}

// ruleIncidents is the incidents of a rule as JSON or CSV; its page shows them.
func (s *server) ruleIncidents(req *request) (answer, error) {
	at, ok := req.snap.ruleByID[req.PathValue("id")]
	if !ok {
		return answer{}, ErrNotFound
	}
	r := req.snap.rules[at]
	rows := req.snap.metBy(r)
	if req.format == formatCSV {
		return csvAnswer("incidents-of-"+r.ID, metList().columns, rows), nil
	}
	return listJSON(req.snap.head("incidents", len(rows)), "incidents", append([]met{}, rows...)), nil
}

// metBy is the incidents of a rule, those that it told of and those that it
// missed, the latest first: the losses of the SLOs that it is tied to, and those
// in which it fired.
func (s *Snapshot) metBy(r ruleRow) []met {
	var out []met
	for _, in := range s.incidents {
		if in.verdict == nil {
			continue
		}
		m := met{incidentRow: in}
		at := slices.IndexFunc(in.verdict.Signals, func(x truth.Signal) bool { return x.RuleKey == r.key })
		if at >= 0 {
			x := in.verdict.Signals[at]
			m.Caught, m.FiredAt, m.Onset = true, new(x.FiredAt.UTC()), x.Onset
		}
		if m.Caught || s.tied(in.verdict, r) {
			out = append(out, m)
		}
	}
	return out
}

// tied tells whether the incident is a loss of an SLO that the rule is held
// against.
func (s *Snapshot) tied(v *truth.Verdict, r ruleRow) bool {
	return slices.ContainsFunc(v.SLOs, func(i int) bool {
		return i < len(s.judgement.SLOs) && slices.Contains(s.judgement.SLOs[i].Rules, r.key)
	})
}

// metList is the table of a rule's incidents.
func metList() list[met] {
	return list[met]{
		name: "incidents", noun: "incident", caption: "Incidents that it told of, or missed",
		empty: "No incident is tied to it, so it can’t be said what it catches.",
		columns: []column[met]{
			{key: "from", head: "Began (UTC)", left: true, class: "name when", value: func(m met) any { return m.From }, cell: func(m met) cell {
				return cell{Text: plain(report.MinuteText(m.From)), Href: m.URL, Datetime: timeText(m.From)}
			}},
			{key: "what", head: "What", left: true, class: "full", value: func(m met) any { return m.title() }, cell: func(m met) cell {
				return cell{Text: newText(m.title()), Small: texts(deref(m.Note))}
			}},
			{key: "caught", head: "This rule", left: true, value: func(m met) any { return m.Caught }, cell: caughtCell},
			{key: "fired_at", head: "It fired", left: true, value: func(m met) any { return orNil(m.FiredAt) }, cell: firedCell},
			{key: "budget_burned_ratio", head: "Budget burned", value: func(m met) any { return orNil(m.Burned) }, cell: func(m met) cell { return cell{Text: plain(optional(m.Burned, report.PercentText))} }},
			{key: "told", head: "Anyone told", left: true, value: func(m met) any { return orNil(m.Told) }, cell: func(m met) cell { return toldCell(m.incidentRow) }},
			{key: "to", value: func(m met) any { return m.To }},
			{key: "id", value: func(m met) any { return m.ID }},
			{key: "url", value: func(m met) any { return m.URL }},
		},
	}
}

func caughtCell(m met) cell {
	if m.Caught {
		return cell{Mark: "good", Says: "told"}
	}
	return cell{Mark: "over", Says: "missed"}
}

func firedCell(m met) cell {
	if !m.Caught {
		return cell{Text: plain(dash)}
	}
	switch d := m.FiredAt.Sub(m.From); {
	case !m.Onset:
		return cell{Text: plain("fired already")}
	case d < 0:
		return cell{Text: plain(report.SpanText(-d) + " before")}
	default:
		return cell{Text: plain("after " + report.SpanText(d))}
	}
}
