package exposition

import "slices"

// Metric is one metric of the exporter. All are gauges.
type Metric struct {
	Name, Help string
	Labels     []string
}

// Metrics are all metrics that an exporter may show, in the order of
// docs/metrics.md.
func Metrics() []Metric {
	return slices.Concat(windowMetrics(), sloMetrics(), alertMetrics(), ruleMetrics(), kpiMetrics(), findingMetrics(), qualityMetrics())
}

func windowMetrics() []Metric {
	return []Metric{
		{"burnish_report_start_timestamp_seconds", "Start of the window that the report is about, in unix seconds.", nil},
		{"burnish_report_end_timestamp_seconds", "End of the window that the report is about, in unix seconds.", nil},
		{"burnish_report_window_seconds", "Length of the window that the report is about.", nil},
	}
}

func sloMetrics() []Metric {
	of := []string{"slo", "service", "group"}
	return []Metric{
		{"burnish_slo_info", "1 for each group of an SLO, with the team that is asked.", append(slices.Clone(of), "team")},
		{"burnish_slo_objective_ratio", "The objective: the least share of good events.", of},
		{"burnish_slo_window_seconds", "Length of the SLO's window; of a calendar window, of the unit under way.", of},
		{"burnish_slo_error_ratio", "Share of bad events in the SLO's window.", of},
		{"burnish_slo_budget_remaining_ratio", "Share of the error budget that is left: 1 untouched, 0 gone, negative overspent.", of},
		{"burnish_slo_burn_rate", "Burn rate over a trailing window: 1 spends exactly the budget over the SLO's window.", append(slices.Clone(of), "window")},
		{"burnish_slo_coverage_ratio", "Share of the SLO's window in which its events were counted.", of},
		{"burnish_slo_exhaustion_seconds", "Time until the budget is gone if errors go on as in the last hours; 0 where it is gone.", of},
		{"burnish_slo_recall_ratio", "Share of the SLO's loss incidents in the report's window of which an alert told.", of},
		{"burnish_slo_status_timestamp_seconds", "As of when the SLOs stand so, in unix seconds: the last gathering round, or the report.", nil},
		{"burnish_slos_hidden", "Groups of SLOs that have no series because there are too many.", nil},
		{"burnish_incidents", "Incidents in the report's window: losses of an SLO's budget, and declared ones.", of},
		{"burnish_incident_open", "Whether an incident goes on at the end of the report's window.", of},
	}
}

func alertMetrics() []Metric {
	return []Metric{
		{"burnish_alerts_rules", "Alerting rules that are known.", nil},
		{"burnish_alerts_rules_fired", "Alerting rules of which an alert fired in the report's window.", nil},
		{"burnish_alerts_label_sets", "Alerts (label sets) that were active in the report's window.", nil},
		{"burnish_alerts_episodes", "Alerts that began to fire in the report's window.", nil},
		{"burnish_alerts_carried_over", "Alerts that fired at the start of the report's window already.", nil},
		{"burnish_alerts_pending_only", "Activations that had not fired by the end of the report's window.", nil},
		{"burnish_alerts_standing", "Alerts that fire at the end of the report's window.", nil},
		{"burnish_alerts_notifications", "Notifications that Alertmanager would have sent in the report's window.", nil},
		{"burnish_alerts_pages", "Those of them that wake somebody.", nil},
		{"burnish_alerts_firing_seconds", "Time for which alerts fired within the report's window, summed over label sets.", nil},
		{"burnish_alerts_flood_seconds", "Time of the report's window in which more alerts began than a person can take in.", nil},
		{"burnish_alerts_floods", "Floods of alerts in the report's window.", nil},
		{"burnish_alerts_fleeting_ratio", "Share of episodes that ended within minutes.", nil},
		{"burnish_alerts_refire_ratio", "Share of starts that come soon after the end of the episode before.", nil},
		{"burnish_alerts_flapping", "Alerts (label sets) that flapped in the report's window.", nil},
		{"burnish_alerts_severity_episodes", "Alerts that began to fire, by the level that their severity stands for.", []string{"level"}},
		{"burnish_alerts_control_actions", "Unsafe control actions (STPA) of all rules and incidents together.", []string{"action"}},
		{"burnish_alerts_unjudged_episodes", "Episodes that no truth could judge.", nil},
		{"burnish_alerts_blind_spots", "Incidents that nobody was told of.", nil},
		{"burnish_receiver_notifications", "Notifications that Alertmanager would have sent to a receiver.", []string{"receiver", "paging"}},
		{"burnish_receiver_pages", "Those of them that wake somebody.", []string{"receiver", "paging"}},
	}
}

func ruleMetrics() []Metric {
	of := []string{"rule", "group", "severity", "team"}
	return []Metric{
		{"burnish_rule_episodes", "Alerts of the rule that began to fire in the report's window.", of},
		{"burnish_rule_notifications", "Notifications that the rule had a part in.", of},
		{"burnish_rule_pages", "Those of them that wake somebody.", of},
		{"burnish_rule_firing_seconds", "Time for which alerts of the rule fired, summed over label sets.", of},
		{"burnish_rule_judged_episodes", "Firing episodes of the rule that could be judged: what its precision is a share of.", of},
		{"burnish_rule_precision_ratio", "Share of the judged episodes that overlap an incident.", of},
		{"burnish_rule_incidents", "Incidents that the rule was held against: what its recall is a share of.", of},
		{"burnish_rule_recall_ratio", "Share of these incidents in which it fired.", of},
		{"burnish_rules_hidden", "Rules that have no series of their own but are summed up for their team.", nil},
	}
}

func findingMetrics() []Metric {
	return []Metric{
		{"burnish_findings", "Findings on rules, by kind and gravity; no series where there are none.", []string{"kind", "gravity"}},
		{"burnish_decisions", "Rules to change, by what to do with them; no series where there are none.", []string{"verb"}},
	}
}

func qualityMetrics() []Metric {
	return []Metric{
		{"burnish_data_known", "Whether the source held anything by which silence can be told from no data.", nil},
		{"burnish_data_coverage_ratio", "Share of the report's window in which Prometheus recorded anything.", nil},
		{"burnish_data_staleness_markers", "Whether the source shows staleness markers, by which ends are exact.", nil},
		{"burnish_data_rules_known", "Whether the rules in force are known.", nil},
		{"burnish_data_pipeline_touched_ratio", "Share of firing episodes in which the pipeline had a hand.", nil},
		{"burnish_data_edges", "Edges of firing episodes, by how well they are known.", []string{"edge", "certainty"}},
		{"burnish_data_spells", "Spans in which the pipeline was unwell.", []string{"kind"}},
		{"burnish_data_spell_seconds", "Time in such spans, overlaps not taken off.", []string{"kind"}},
		{"burnish_data_warnings", "Warnings that the source gave while it was read.", nil},
	}
}
