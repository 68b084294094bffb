package grafana

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// hygiene shows how noisy alerts are and how well they tell of incidents.
func (g generator) hygiene() Dashboard {
	b := &board{}
	b.add(hygieneFigures()...)
	b.row("Against ISA-18.2 and EEMUA 191")
	b.add(standards()...)
	b.row("Which rules")
	b.add(g.loudest())
	b.add(noiseOverWeeks()...)
	b.row("How well they tell")
	b.add(telling()...)
	b.row("From the alerts themselves")
	b.add(g.firing()...)
	return g.model(page{
		name: hygieneName, uid: g.uid(hygieneName), title: "Alert hygiene", from: "now-30d", refresh: "5m", tags: []string{"alerts"},
		about:     "How noisy alerts are, by rule and team over weeks; how well they tell of incidents; and how that stands against the standards of alarm management.",
		variables: append(g.burnishVariables(), teamOfRules(), clusterOfAlerts(g.options.Cluster)),
	}, b)
}

// itsOwn are the matchers of burnish's own metrics.
const itsOwn = `job=~"$job", instance=~"$instance"`

// mine is one of burnish's metrics, one series whatever the number of replicas.
func mine(metric string) string { return "max(" + metric + "{" + itsOwn + "})" }

// burnishVariables choose among burnishes.
func (g generator) burnishVariables() []dashboard.VariableModel {
	return []dashboard.VariableModel{
		choice{name: "job", label: "Job", of: "job", metric: "burnish_build_info", all: ".+"}.variable(),
		choice{name: "instance", label: "Instance", of: "instance", metric: `burnish_build_info{job=~"$job"}`, all: ".+"}.variable(),
	}
}

func teamOfRules() dashboard.VariableModel {
	return choice{name: "team", label: "Team", of: "team", metric: "burnish_rule_episodes{" + itsOwn + "}", all: ".*"}.variable()
}

func clusterOfAlerts(label string) dashboard.VariableModel {
	return choice{name: variableName(label), label: "Cluster", of: label, metric: "ALERTS", all: ".*"}.variable()
}

func hygieneFigures() []dashboard.Panel {
	tile := func(title, about, expr string, p panel) dashboard.Panel {
		p.title, p.about, p.width, p.noValue, p.queries = title, about, 4, "unknown", []query{now(expr, title)}
		if p.unit == "" {
			p.unit = "none"
		}
		return figure(p)
	}
	precision := "sum(max by (rule, group, severity, team) (burnish_rule_precision_ratio{" + itsOwn + "}) * max by (rule, group, severity, team) (burnish_rule_judged_episodes{" + itsOwn + "}))\n/\n" +
		"sum(max by (rule, group, severity, team) (burnish_rule_judged_episodes{" + itsOwn + "}))"
	return []dashboard.Panel{
		tile("Episodes", "Alerts that began to fire in the report's window.", mine("burnish_alerts_episodes"), panel{steps: from(plain)}),
		tile("Notifications", "What Alertmanager would have sent in the report's window.", mine("burnish_alerts_notifications"), panel{steps: from(plain)}),
		tile("Pages", "Notifications that wake somebody, in the report's window.", mine("burnish_alerts_pages"), panel{steps: from(plain)}),
		tile("Precision", "Share of judged episodes, of all rules, that overlap an incident.", precision,
			panel{unit: "percentunit", decimals: new(0.0), steps: from(bad, at(0.1, watch), at(0.5, good))}),
		tile("Blind spots", "Incidents in the report's window that nobody was told of.", mine("burnish_alerts_blind_spots"), panel{steps: from(good, at(1, bad))}),
		tile("Report's window", "The time that the figures of burnish are about. They are not about the time shown.", mine("burnish_report_window_seconds"),
			panel{unit: "s", steps: from(plain)}),
	}
}

// standards are the figures of the alarm standards, coloured by target and limit.
func standards() []dashboard.Panel {
	kpi := func(width uint32, title, metric, unit string, steps []dashboard.Threshold) dashboard.Panel {
		about := "Target and limit colour it; docs/metrics.md of burnish has them with their sources. Under 30 days of data the standards do not judge."
		return figure(panel{title: title, about: title + ". " + about, width: width, unit: unit, noValue: "unknown", decimals: new(1.0), steps: steps, queries: []query{now(mine(metric), title)}})
	}
	const ratio, none = "percentunit", "none"
	return []dashboard.Panel{
		kpi(3, "Episodes a day", "burnish_kpi_episodes_per_day", none, under(144, 288)),
		kpi(3, "Episodes an hour", "burnish_kpi_episodes_per_hour", none, under(6, 12)),
		kpi(3, "Episodes in 10 minutes", "burnish_kpi_episodes_per_10m", none, under(1, 2)),
		kpi(3, "Most in 10 minutes", "burnish_kpi_most_starts_in_10m", none, under(10, 10)),
		kpi(3, "Busy hours", "burnish_kpi_busy_hour_ratio", ratio, from(good, at(0.01, bad))),
		kpi(3, "Busy 10 minutes", "burnish_kpi_busy_10m_ratio", ratio, from(good, at(0.01, bad))),
		kpi(3, "Time in flood", "burnish_kpi_flood_ratio", ratio, from(good, at(0.01, bad))),
		kpi(3, "Share of the top ten", "burnish_kpi_top_ten_ratio", ratio, under(0.01, 0.05)),
		kpi(4, "Flapping or fleeting rules", "burnish_kpi_nuisance_rules", none, under(0, 0)),
		kpi(4, "Stale on the worst day", "burnish_kpi_stale_on_worst_day", none, from(good, at(5, bad))),
		kpi(4, "Standing now", "burnish_kpi_standing", none, from(good, at(10, bad))),
		kpi(4, "High severity", "burnish_kpi_high_severity_ratio", ratio, under(0.05, 0.05)),
		kpi(4, "High and medium severity", "burnish_kpi_raised_severity_ratio", ratio, under(0.2, 0.2)),
		kpi(4, "Shifts over 2 incidents", "burnish_kpi_shifts_over_two_incidents", none, under(0, 0)),
	}
}

const ofRule = "rule, group, severity, team"

// perRule is a figure of the rules that have series of their own.
func perRule(metric string) string {
	return "max by (" + ofRule + ") (" + metric + "{" + itsOwn + `, team=~"$team", rule!=""})`
}

// allRules is a figure of all rules, what is only in the sums of teams included.
func allRules(metric string) string {
	return "max by (" + ofRule + ") (" + metric + "{" + itsOwn + `, team=~"$team"})`
}

// loudest is the table of the worst rules.
func (g generator) loudest() dashboard.Panel {
	metrics := []struct{ metric, title string }{
		{"burnish_rule_episodes", "Episodes"}, {"burnish_rule_notifications", "Notifications"}, {"burnish_rule_pages", "Pages"},
		{"burnish_rule_firing_seconds", "Firing"}, {"burnish_rule_precision_ratio", "Precision"}, {"burnish_rule_judged_episodes", "Judged"},
		{"burnish_rule_recall_ratio", "Recall"},
	}
	headings := []heading{{"rule", "Rule"}, {"severity", "Severity"}, {"team", "Team"}, {"group", "Group"}}
	p := panel{
		title: "Top bad actors", width: gridWidth, unit: "none", noValue: "–", steps: from(plain),
		about: "The loudest rules in the report's window. Precision is the share of judged episodes that met an incident, recall the share of incidents in which the rule fired. A cell is empty where it is not known.",
		overrides: []dashboard.DashboardFieldConfigSourceOverrides{
			named("Firing", property("unit", "s")),
			named("Precision", property("unit", "percentunit"), property("decimals", 0), property("thresholds", thresholds(from(bad, at(0.1, watch), at(0.5, plain)))), coloured()),
			named("Recall", property("unit", "percentunit"), property("decimals", 0)),
		},
	}
	if g.options.PageURL != "" {
		to := []dashboard.DashboardLink{toValue("burnish", g.options.PageURL+"/rules?q=${__data.fields.Rule:percentencode}")}
		p.overrides = append(p.overrides, named("Rule", property("links", to)))
	}
	for i, m := range metrics {
		p.queries = append(p.queries, column(perRule(m.metric)))
		headings = append(headings, heading{"Value #" + refID(i), m.title})
	}
	return grid(p, sheet{headings: headings, sortBy: "Episodes", desc: true})
}

func noiseOverWeeks() []dashboard.Panel {
	weeks := func(title, about, expr, legend string) dashboard.Panel {
		return graph(panel{
			title: title, about: about, width: 12, unit: "none", min: new(0.0), steps: from(plain),
			queries: []query{{expr: expr, legend: legend, interval: "6h"}},
		}, drawing{bars: true, stacked: true})
	}
	return []dashboard.Panel{
		weeks("Noise by rule", "Episodes in the report's window as it was at each time, of the ten loudest rules.",
			"topk(10, sum by (rule) ("+perRule("burnish_rule_episodes")+"))", "{{rule}}"),
		weeks("Noise by team", "Episodes in the report's window as it was at each time, of all rules of each team.",
			"sum by (team) ("+allRules("burnish_rule_episodes")+")", "{{team}}"),
	}
}

func telling() []dashboard.Panel {
	precision := "sum by (team) (" + allRules("burnish_rule_precision_ratio") + " * " + allRules("burnish_rule_judged_episodes") + ")\n/\n" +
		"sum by (team) (" + allRules("burnish_rule_judged_episodes") + ")"
	share := func(title, about string, q query) dashboard.Panel {
		return graph(panel{title: title, about: about, width: 8, unit: "percentunit", min: new(0.0), max: new(1.0), steps: from(plain), queries: []query{q}}, drawing{})
	}
	return []dashboard.Panel{
		share("Precision by team", "Share of judged episodes that met an incident, of all rules of each team.", over(precision, "{{team}}")),
		share("Recall by SLO", "Share of an SLO's incidents of which an alert told; the ten lowest.",
			over("bottomk(10, max by (slo, service, group) (burnish_slo_recall_ratio{"+itsOwn+"}))", "{{service}}/{{slo}} {{group}}")),
		graph(panel{
			title: "Unsafe control actions", width: 8, unit: "none", min: new(0.0), steps: from(plain),
			about:   "Alerts as control actions on people (STPA): not given, given needlessly, too early or late, stopped too soon or held too long.",
			queries: []query{{expr: "max by (action) (burnish_alerts_control_actions{" + itsOwn + "})", legend: "{{action}}", interval: "6h"}},
		}, drawing{bars: true, stacked: true}),
	}
}

// firing reads ALERTS: it needs no burnish, and is about the time shown.
func (g generator) firing() []dashboard.Panel {
	alerts := `ALERTS{alertstate="firing", team=~"$team", ` + g.options.Cluster + `=~"$` + variableName(g.options.Cluster) + `"}`
	starts := "count(" + alerts + " unless " + alerts + " offset 10m)"
	return []dashboard.Panel{
		graph(panel{
			title: "Flood timeline", width: gridWidth, unit: "none", min: new(0.0), steps: from(plain, at(10, bad)),
			about:   "Alerts that fire and did not ten minutes before. From ten on (dashed) nobody takes them in: a flood by EEMUA 191.",
			queries: []query{{expr: starts, legend: "began to fire within 10m", interval: "10m"}},
		}, drawing{bars: true, thresholds: true}),
		states(panel{
			title: "What fired longest", width: 12, unit: "short", noValue: "Nothing fired.", steps: from(plain, at(1, bad)),
			about:   "The ten alertnames that fired most in the time shown.",
			queries: []query{over("max by (alertname) ("+alerts+")\nand on (alertname)\ntopk(10, sum by (alertname) (count_over_time("+alerts+"[$__range] @ end())))", "{{alertname}}")},
		}),
		bars(panel{
			title: "Firing now", width: 12, unit: "none", noValue: "Nothing fires.", steps: from(watch, at(10, bad)),
			about:   "Alerts (label sets) that fire at the end of the time shown, by name.",
			queries: []query{now("sort_desc(topk(20, count by (alertname) ("+alerts+")))", "{{alertname}}")},
		}),
	}
}
