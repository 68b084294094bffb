package grafana

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// subject is what a dashboard of SLOs is about: those that its variables choose, or
// one.
type subject struct {
	names

	m        matchers
	own      string   // matchers of burnish's own metrics of the same SLOs
	groups   []string // labels that tell the groups of an SLO apart
	promises []promise
	wide     bool // more than one SLO at once
}

// every is all SLOs that the variables of the overview let through.
func (g generator) every() subject {
	s := subject{names: g.names, groups: g.groups, promises: g.promises, wide: true}
	s.m = matchers{id: s.slo + `!=""`, groups: chosen(g.groups)}
	s.own = `slo!=""`
	if s.service != "" {
		s.m.id += ", " + s.service + `=~"$service"`
		s.own += `, service=~"$service"`
	}
	return s
}

// single is the SLO that the variables of the detail choose, or the given one.
func (g generator) single(p *promise) subject {
	if p != nil {
		return g.exact(p)
	}
	s := subject{names: g.names, groups: g.groups, promises: g.promises}
	s.m = matchers{id: s.slo + `=~"$slo"`, groups: chosen(g.groups)}
	s.own = `slo=~"$slo"`
	if s.service != "" {
		s.m.id += ", " + s.service + `=~"$service"`
		s.own += `, service=~"$service"`
	}
	return s
}

func (g generator) exact(p *promise) subject {
	s := subject{names: g.names, promises: []promise{*p}, groups: groupLabels([]promise{*p}, g.options.Cluster)}
	if s.service == "service" && p.byService() {
		s.names = ownNames("slo_service")
		s.groups = append(s.groups, "service")
	}
	s.m = matchers{id: s.slo + "=" + strconv.Quote(p.Name), groups: chosen(s.groups)}
	if s.service != "" {
		s.m.id += ", " + s.service + "=" + strconv.Quote(p.Service)
	}
	s.own = "slo=" + strconv.Quote(p.Name) + ", service=" + strconv.Quote(p.Service)
	return s
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
	switch {
	case s.wide && s.service != "":
		parts = append(parts, "{{"+s.service+"}}/{{"+s.slo+"}}")
	case s.wide:
		parts = append(parts, "{{"+s.slo+"}}")
	}
	for _, l := range s.groups {
		parts = append(parts, "{{"+l+"}}")
	}
	return strings.Join(parts, " ")
}

// burn is the burn rate over a window.
func (s subject) burn(w time.Duration) string {
	return "(" + s.ratio(s.m, w) + ")\n/ " + s.each() + "\n(1 - " + s.objective(s.m) + ")"
}

// sli is the share of good events over a window.
func (s subject) sli(w time.Duration) string { return "1 - " + s.ratio(s.m, w) }

// alerts are the alerts of the SLOs that fire, of a severity.
func (s subject) alerts(severity string) string {
	word := map[string]string{"page": "page|critical", "ticket": "ticket|warning"}[severity]
	label := "severity"
	switch {
	case s.slo == "sloth_slo":
		label = "sloth_severity"
	case s.service != "":
		label, word = "slo_severity", severity
	}
	return `ALERTS{alertstate="firing", ` + s.m.all() + ", " + label + `=~"` + word + `"}`
}

// ofTeam leaves out the SLOs whose team is known and not chosen.
func (s subject) ofTeam(expr string) string {
	return "(\n" + indent(expr) + "\n)\nunless on (" + s.ids() + ")\n" + last(s.infoMetric, s.m.id+", "+s.owner+`!~"$team"`)
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
	within := s.budgetMetric
	if one != nil {
		within += "{" + s.m.id + "}"
	}
	if one == nil && s.service != "" {
		out = append(out, choice{name: "service", label: "Service", of: s.service, metric: within, one: withSLO, all: ".*"}.variable())
		if withSLO {
			within += "{" + s.service + `=~"$service"}`
		}
	}
	if one == nil && withSLO {
		out = append(out, choice{name: "slo", label: "SLO", of: s.slo, metric: within, one: true}.variable())
		within = s.budgetMetric + "{" + s.m.id + "}"
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
