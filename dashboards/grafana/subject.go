package grafana

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// subject is what a dashboard of SLOs is about: those that its variables choose, or
// one.
type subject struct {
	variants []variant // never empty; the first one's labels are those that are shown
	own      string    // matchers of burnish's own metrics of the same SLOs
	groups   []string  // labels that tell the groups of an SLO apart
	promises []promise
	wide     bool // more than one SLO at once
}

// variant is SLOs that are named by the same labels.
type variant struct {
	names

	m matchers
}

// every is all SLOs that the variables of the overview let through.
func (g generator) every() subject {
	s := subject{groups: g.groups, promises: g.promises, wide: true, own: `slo!=""`}
	s.variants = g.variants(func(label string) string { return label + `!=""` })
	if s.first().service != "" {
		s.own += `, service=~"` + g.serviceOr() + `"`
	}
	return s
}

// single is the SLO that the variables of the detail choose, or the given one.
func (g generator) single(p *promise) subject {
	if p != nil {
		return g.exact(p)
	}
	s := subject{groups: g.groups, promises: g.promises, own: `slo=~"$slo"`}
	s.variants = g.variants(func(label string) string { return label + `=~"$slo"` })
	if s.first().service != "" {
		s.own += `, service=~"` + g.serviceOr() + `"`
	}
	return s
}

// variants are the ways in which SLOs are named. In burnish's own names an SLO that is
// kept apart by a label service of its series has its own service in slo_service.
func (g generator) variants(slo func(label string) string) []variant {
	n := g.names
	v := variant{n, matchers{id: slo(n.slo), groups: chosen(g.groups)}}
	if n.service == "" {
		return []variant{v}
	}
	v.m.id += ", " + n.service + `=~"$service"`
	if n.service != "service" || !slices.ContainsFunc(g.promises, promise.byService) {
		return []variant{v}
	}
	v.m.id += `, slo_service=""`
	apart := variant{ownNames("slo_service"), matchers{id: slo(n.slo) + `, slo_service!=""`, groups: `, service=~"$service"` + chosen(g.groups)}}
	return []variant{v, apart}
}

// mostServices bounds a matcher that lists services.
const mostServices = 20

// serviceOr is a regular expression of the chosen service and of those whose SLOs are
// kept apart by service, since what is chosen is then a group of theirs.
func (g generator) serviceOr() string {
	out := "$service"
	for _, p := range g.promises {
		if p.byService() && strings.Count(out, "|") < mostServices {
			out += "|" + inQuotes(regexp.QuoteMeta(p.Service))
		}
	}
	return out
}

func (g generator) exact(p *promise) subject {
	s := subject{promises: []promise{*p}, groups: groupLabels([]promise{*p}, g.options.Cluster)}
	v := variant{names: g.names, m: matchers{groups: chosen(s.groups)}}
	if v.service == "service" && p.byService() {
		v.names = ownNames("slo_service")
		s.groups = append(s.groups, "service")
		v.m.groups += `, service=~"$by_service"`
	}
	v.m.id = v.selects(p)
	s.variants = []variant{v}
	s.own = `slo="` + inQuotes(p.Name) + `", service="` + inQuotes(p.Service) + `"`
	return s
}

// selects are the matchers of one SLO.
func (n names) selects(p *promise) string {
	m := n.slo + `="` + inQuotes(p.Name) + `"`
	if n.service != "" {
		m += ", " + n.service + `="` + inQuotes(p.Service) + `"`
	}
	return m
}

// inQuotes is a text as PromQL has it between double quotes. A dollar sign is written
// so that Grafana sees no variable in it.
func inQuotes(s string) string {
	s = strconv.Quote(s)
	return strings.ReplaceAll(s[1:len(s)-1], "$", `\x24`)
}

func (s subject) first() variant { return s.variants[0] }

// union is an expression for SLOs however they are named.
func (s subject) union(expr func(v variant) string) string {
	if len(s.variants) == 1 {
		return expr(s.first())
	}
	var out []string
	for _, v := range s.variants {
		out = append(out, "(\n"+indent(expr(v))+"\n)")
	}
	return "(\n" + indent(strings.Join(out, "\nor\n")) + "\n)"
}

func (s subject) info() string   { return s.union(func(v variant) string { return v.info(v.m) }) }
func (s subject) budget() string { return s.union(func(v variant) string { return v.budget(v.m) }) }
func (s subject) objective() string {
	return s.union(func(v variant) string { return v.objective(v.m) })
}
func (s subject) exhausted() string {
	return s.union(func(v variant) string { return v.exhausted(v.m) })
}
func (s subject) traffic() string { return s.union(func(v variant) string { return v.traffic(v.m) }) }

func (s subject) ratio(w time.Duration) string {
	return s.union(func(v variant) string { return v.ratio(v.m, w) })
}

func (s subject) period(d time.Duration) string {
	return s.union(func(v variant) string { return v.period(v.m, d) })
}

// burn is the burn rate over a window.
func (s subject) burn(w time.Duration) string {
	return s.union(func(v variant) string {
		return "(" + v.ratio(v.m, w) + ")\n/ " + v.each() + "\n(1 - " + v.objective(v.m) + ")"
	})
}

// good is the share of good events in the SLO's window, from what is left of its
// budget.
func (s subject) good() string {
	return s.union(func(v variant) string {
		return "1 - (1 - (" + v.budget(v.m) + ")) * " + v.each() + " (1 - " + v.objective(v.m) + ")"
	})
}

// promised is the objective, once for each group.
func (s subject) promised() string {
	return s.union(func(v variant) string { return "0 * (" + v.budget(v.m) + ") + " + v.each() + "\n" + v.objective(v.m) })
}

// left is what the time shown left of the budget of SLOs whose window has a length.
func (s subject) left(d time.Duration) string {
	return s.union(func(v variant) string {
		return "1 - (\n" + indent(v.spent(v.m, d, beginning)) + "\n)\nand on (" + v.ids() + ")\n" + v.period(v.m, d)
	})
}

// withTeam is the budget with the label of the team, where that is known and matches.
func (s subject) withTeam(team string) string {
	return s.union(func(v variant) string {
		return "(" + v.budget(v.m) + ")\n* on (" + v.ids() + ") group_left (" + v.owner + ")\n" +
			"max by (" + v.ids() + ", " + v.owner + ") (0 * " + last(v.infoMetric, v.m.id+", "+v.owner+`=~"`+team+`"`) + " + 1)"
	})
}

// without leaves out the SLOs that have a series in another expression.
func (s subject) without(expr string, other func(v variant) string) string {
	out := "(\n" + indent(expr) + "\n)"
	for _, v := range s.variants {
		out += "\nunless on (" + v.ids() + ")\n" + other(v)
	}
	return out
}

// ofTeam leaves out the SLOs whose team is known and not chosen.
func (s subject) ofTeam(expr string) string {
	return s.without(expr, func(v variant) string { return last(v.infoMetric, v.m.id+", "+v.owner+`!~"$team"`) })
}

// ids are the labels that name the SLOs, however they are named.
func (s subject) ids() string {
	if len(s.variants) == 1 {
		return s.first().ids()
	}
	return s.first().ids() + ", slo_service"
}

// chosen are the matchers of what the variables of groups choose.
func chosen(groups []string) string {
	var b strings.Builder
	for _, l := range groups {
		fmt.Fprintf(&b, `, %s=~"$%s"`, l, variableName(l))
	}
	return b.String()
}

// variableName is the variable of a group label. Those that burnish's dashboards have
// anyway keep their names to themselves.
func variableName(label string) string {
	switch label {
	case "datasource", "service", "slo", "team", "job", "instance":
		return "by_" + label
	}
	return label
}

// legend names a series: by SLO where several are shown, and by group.
func (s subject) legend(what string) string {
	parts := []string{}
	if what != "" {
		parts = append(parts, what)
	}
	if s.wide {
		parts = append(parts, s.legendOfSLO())
	}
	for _, l := range s.groups {
		parts = append(parts, "{{"+l+"}}")
	}
	return strings.Join(parts, " ")
}

// alerts are the alerts of the SLOs that fire, of a severity.
func (s subject) alerts(severity string) string {
	word := map[string]string{"page": "page|critical", "ticket": "ticket|warning"}[severity]
	label := "severity"
	switch v := s.first(); {
	case v.slo == "sloth_slo":
		label = "sloth_severity"
	case v.service != "":
		label, word = "slo_severity", severity
	}
	return s.union(func(v variant) string {
		return `ALERTS{alertstate="firing", ` + v.m.all() + ", " + label + `=~"` + word + `"}`
	})
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// countOf counts what is left of an expression by a condition; 0 where the expression
// has series of which none is left, and nothing where nothing is known.
func countOf(expr, condition string) string {
	return "count((\n" + indent(expr) + "\n) " + condition + ")\nor\n0 * count(\n" + indent(expr) + "\n)"
}

// variables are those of SLOs: the service, the groups, and the SLO itself.
func (s subject) variables(one *promise, withSLO bool) []dashboard.VariableModel {
	var out []dashboard.VariableModel
	v := s.first()
	within := v.budgetMetric
	if one != nil {
		within += "{" + v.m.id + "}"
	}
	if one == nil && v.service != "" {
		out = append(out, choice{name: "service", label: "Service", of: v.service, metric: within, one: withSLO, all: ".*"}.variable())
		if withSLO {
			within += "{" + v.service + `=~"$service"}`
		}
	}
	if one == nil && withSLO {
		out = append(out, choice{name: "slo", label: "SLO", of: v.slo, metric: within, one: true}.variable())
		within = v.budgetMetric + "{" + v.slo + `=~"$slo"}`
	}
	for _, l := range s.groups {
		out = append(out, choice{name: variableName(l), label: capital(l), of: l, metric: within, all: ".*"}.variable())
	}
	return out
}

// capital makes a label's name a title.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.ReplaceAll(s[1:], "_", " ")
}
