package grafana

import (
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// overview shows all SLOs: what needs attention first.
func (g generator) overview() Dashboard {
	s, b := g.every(), &board{}
	b.add(g.overviewFigures(s)...)
	b.row("What needs attention")
	b.add(g.attention(s))
	b.row("By team and service")
	b.add(g.leastBudgets(s)...)
	b.row("Over time")
	b.add(g.overviewGraphs(s)...)
	b.row("Where to look")
	b.add(g.runbooks())
	team := choice{name: "team", label: "Team", of: s.first().owner, metric: s.first().infoMetric, all: ".*"}.variable()
	return g.model(page{
		name: overviewName, uid: g.uid(overviewName), title: "SLO overview", from: "now-7d", refresh: "1m", tags: []string{"slo"},
		about:     "Every objective: what is left of its budget, how fast it burns, and how long it lasts. What needs attention comes first.",
		variables: append([]dashboard.VariableModel{team}, s.variables(nil, false)...), annotations: g.annotations(s),
	}, b)
}

// threeDays is the notice that a team wants before a budget is gone.
const threeDays = 72 * time.Hour

func (g generator) overviewFigures(s subject) []dashboard.Panel {
	budget := s.ofTeam(s.budget())
	unwatched := s.without(s.ofTeam(s.info()), func(v variant) string { return "(" + v.ratio(v.m, time.Hour) + ")" })
	count := func(title, about, expr string, steps []dashboard.Threshold) dashboard.Panel {
		return figure(panel{title: title, about: about, width: 4, unit: "none", noValue: "unknown", steps: steps, queries: []query{now(expr, title)}})
	}
	alarm, warn := from(good, at(1, bad)), from(good, at(1, watch))
	return []dashboard.Panel{
		count("SLOs", "Groups of SLOs whose budget is known.", "count(\n"+indent(budget)+"\n)", from(plain)),
		count("Budget gone", "Groups of SLOs with nothing left of the budget.", countOf(budget, "<= 0"), alarm),
		count("Burning now", "Groups of SLOs that burn faster than they can afford: a burn rate over 1 in the last hour.",
			countOf(s.ofTeam(s.burn(time.Hour)), "> 1"), warn),
		count("Gone within three days", "Groups of SLOs whose budget lasts less than three days at the last hour's burn rate. Those that burn nothing are not among them.",
			"count((\n"+indent(s.ofTeam(s.exhausted()))+"\n) < "+number(threeDays.Seconds())+")\nor\n0 * count(\n"+indent(budget)+"\n)", warn),
		count("Pages", "Burn-rate alerts that page now.",
			"count(\n"+indent(s.ofTeam(s.alerts("page")))+"\n)\nor\n0 * count(\n"+indent(budget)+"\n)", alarm),
		count("Not measured", "SLOs of which no event was counted in the last hour. Their budgets rest on old data.",
			"count(\n"+indent(unwatched)+"\n)\nor\n0 * count("+s.info()+")", warn),
	}
}

// attention is the table of all groups, the least budget left first.
func (g generator) attention(s subject) dashboard.Panel {
	perGroup := "on (" + strings.Join(append([]string{s.ids()}, s.groups...), ", ") + ")"
	withTeam := s.withTeam("$team") + "\nor " + perGroup + "\n" + s.budget()
	headings := []heading{}
	if s.first().service != "" {
		headings = append(headings, heading{s.first().service, "Service"})
	}
	headings = append(headings, heading{s.first().slo, "SLO"})
	for _, l := range s.groups {
		headings = append(headings, heading{l, capital(l)})
	}
	headings = append(headings, heading{s.first().owner, "Team"}, heading{"Value #E", "Objective"}, heading{"Value #A", "Budget left"},
		heading{"Value #B", "Burn 1h"}, heading{"Value #C", "Burn 6h"}, heading{"Value #D", "Gone in"})
	return grid(panel{
		title: "Objectives", width: gridWidth, unit: "short", noValue: "–", steps: from(plain),
		about: "Each group of each SLO, the least budget left first. A burn rate over 1 spends more than the SLO can afford. Click an SLO for its detail.",
		queries: []query{
			column(s.ofTeam(withTeam)), column(s.ofTeam(s.burn(time.Hour))), column(s.ofTeam(s.burn(6 * time.Hour))),
			column(s.ofTeam(s.exhausted())), column(s.ofTeam(s.promised())),
		},
		overrides: []dashboard.DashboardFieldConfigSourceOverrides{
			named("SLO", property("links", g.sloLinks(s))),
			named("Budget left", property("unit", "percentunit"), property("decimals", 1), property("thresholds", thresholds(budgetSteps())), coloured()),
			named("Objective", property("unit", "percentunit"), property("decimals", 3)),
			like("Burn .*", property("decimals", 2), property("thresholds", thresholds(from(plain, at(justOver(1), watch), at(6, bad)))), coloured()),
			named("Gone in", property("unit", "s"), property("thresholds", thresholds(from(bad, at(1, watch), at(threeDays.Seconds(), plain)))), coloured()),
		},
	}, sheet{headings: headings, hidden: hiddenLabels(s), sortBy: "Budget left"})
}

// hiddenLabels are those that tell nothing in a table of SLOs.
func hiddenLabels(s subject) []string {
	if s.first().slo == "sloth_slo" {
		return []string{"sloth_id", "sloth_window", "sloth_mode", "sloth_version", "sloth_spec"}
	}
	return []string{"slo_service"}
}

// coloured lets a cell's text have the colour of its threshold.
func coloured() dashboard.DynamicConfigValue {
	return property("custom.cellOptions", map[string]any{"type": "color-text"})
}

func thresholds(steps []dashboard.Threshold) map[string]any {
	return map[string]any{"mode": "absolute", "steps": steps}
}

// detailURL leads from a row of a table to the detail of its SLO.
func (g generator) detailURL(s subject) string {
	url := "/d/" + g.uid(detailsName) + "?var-datasource=${datasource}&var-slo=${__data.fields.SLO:percentencode}&${__url_time_range}"
	if s.first().service != "" {
		url += "&var-service=${__data.fields.Service:percentencode}"
	}
	return url
}

// sloLinks lead from the name of an SLO to its detail and to burnish's page of it.
func (g generator) sloLinks(s subject) []dashboard.DashboardLink {
	out := []dashboard.DashboardLink{toValue("Detail", g.detailURL(s))}
	if g.options.PageURL != "" && s.first().service != "" {
		out = append(out, toValue("burnish", g.options.PageURL+"/slos/${__data.fields.Service:percentencode}/${__data.fields.SLO:percentencode}"))
	}
	return out
}

func (g generator) leastBudgets(s subject) []dashboard.Panel {
	least := func(title, about, expr, legend string) dashboard.Panel {
		return bars(panel{
			title: title, about: about, width: 12, unit: "percentunit", noValue: "unknown", decimals: new(0.0), min: new(0.0), max: new(1.0),
			steps: budgetSteps(), queries: []query{now("sort(bottomk(20, "+expr+"))", legend)},
		})
	}
	owner := s.first().owner
	byTeam := "min by (" + owner + ") (\n" + indent(s.withTeam("$team")) + "\n)"
	by := s.first().service
	if by == "" {
		by = s.first().slo
	}
	return []dashboard.Panel{
		least("Least budget left by team", "The lowest budget of each team's SLOs. SLOs without a team are the empty one.", byTeam, "{{"+owner+"}}"),
		least("Least budget left by service", "The lowest budget of each service's SLOs, of the twenty lowest services.",
			"min by ("+by+") (\n"+indent(s.ofTeam(s.budget()))+"\n)", "{{"+by+"}}"),
	}
}

func (g generator) overviewGraphs(s subject) []dashboard.Panel {
	return []dashboard.Panel{
		graph(panel{
			title: "Budget left, the ten lowest", width: 12, unit: "percentunit", decimals: new(0.0), max: new(1.0), steps: from(bad, at(0, plain)),
			about:   "What was left of the budgets that were lowest at each time. Under the dashed line a budget is overspent.",
			queries: []query{over("bottomk(10, "+s.ofTeam(s.budget())+")", s.legend(""))},
		}, drawing{thresholds: true, softMin: new(0.0)}),
		graph(panel{
			title: "Burn rate over an hour, the ten highest", width: 12, unit: "short", min: new(0.0), steps: from(plain, at(1, watch)),
			about:   "How fast budgets burned. 1 spends exactly the budget over the SLO's window; the dashed line is there.",
			queries: []query{over("topk(10, "+s.ofTeam(s.burn(time.Hour))+")", s.legend(""))},
		}, drawing{thresholds: true}),
		states(panel{
			title: "Alerts of SLOs", width: gridWidth, unit: "short", noValue: "No alert of an SLO fired.", steps: from(good, at(1, watch), at(2, bad)), mappings: severityWords(),
			about: "When the burn-rate alerts of SLOs fired: 2 is a page, 1 a ticket.",
			queries: []query{
				over("2 * max by ("+s.ids()+") ("+s.alerts("page")+")\nor\nmax by ("+s.ids()+") ("+s.alerts("ticket")+")", s.legendOfSLO()),
			},
		}),
	}
}

// legendOfSLO names a series by its SLO alone.
func (s subject) legendOfSLO() string {
	if s.first().service == "" {
		return "{{" + s.first().slo + "}}"
	}
	return "{{" + s.first().service + "}}/{{" + s.first().slo + "}}"
}

// severityWords are the states of alerts in words.
func severityWords() []dashboard.ValueMapping {
	word := func(text, colour string) dashboard.ValueMappingResult {
		return dashboard.ValueMappingResult{Text: &text, Color: &colour}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: "value", Options: map[string]dashboard.ValueMappingResult{
		"1": word("ticket", watch), "2": word("page", bad),
	}}}}
}

// mostRunbooks is how many SLOs are listed with their links.
const mostRunbooks = 100

// runbooks lists what to read and where to go for each SLO.
func (g generator) runbooks() dashboard.Panel {
	var b strings.Builder
	b.WriteString("| SLO | team | runbook | dashboard |\n|---|---|---|---|\n")
	for _, p := range g.promises[:min(len(g.promises), mostRunbooks)] {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", markdown(p.ID()), markdown(p.Owner), markdownLink("runbook", p.Runbook), markdownLink("dashboard", p.Dashboard))
	}
	if rest := len(g.promises) - mostRunbooks; rest > 0 {
		fmt.Fprintf(&b, "\n%d more SLOs are not listed; their detail has the links.\n", rest)
	}
	return words(panel{title: "Runbooks", about: "Where to read on, as the definitions of the SLOs say.", width: gridWidth}, b.String())
}
