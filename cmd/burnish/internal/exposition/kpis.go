package exposition

import (
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
)

// kpiMetric is the metric of each figure of the standards. A figure that is not
// listed has no metric; a test sees to it that all are.
var kpiMetric = map[noise.KPIID]string{
	noise.KPIPerDay:         "burnish_kpi_episodes_per_day",
	noise.KPIPerHour:        "burnish_kpi_episodes_per_hour",
	noise.KPIPerTenMinutes:  "burnish_kpi_episodes_per_10m",
	noise.KPIMostInTen:      "burnish_kpi_most_starts_in_10m",
	noise.KPIBusyHours:      "burnish_kpi_busy_hour_ratio",
	noise.KPIBusyTenMinutes: "burnish_kpi_busy_10m_ratio",
	noise.KPIFlood:          "burnish_kpi_flood_ratio",
	noise.KPITopTen:         "burnish_kpi_top_ten_ratio",
	noise.KPINuisance:       "burnish_kpi_nuisance_rules",
	noise.KPIStale:          "burnish_kpi_stale_on_worst_day",
	noise.KPIStanding:       "burnish_kpi_standing",
	noise.KPIHighSeverity:   "burnish_kpi_high_severity_ratio",
	noise.KPIRaisedSeverity: "burnish_kpi_raised_severity_ratio",
	noise.KPIShifts:         "burnish_kpi_shifts_over_two_incidents",
}

func kpiMetrics() []Metric {
	return []Metric{
		{"burnish_kpi_episodes_per_day", "Alerts that began to fire, per day.", nil},
		{"burnish_kpi_episodes_per_hour", "Alerts that began to fire, per hour.", nil},
		{"burnish_kpi_episodes_per_10m", "Alerts that began to fire, per ten minutes.", nil},
		{"burnish_kpi_most_starts_in_10m", "Most alerts that began to fire within any ten minutes.", nil},
		{"burnish_kpi_busy_hour_ratio", "Share of hours with more than 30 starts.", nil},
		{"burnish_kpi_busy_10m_ratio", "Share of ten-minute periods with more than 10 starts.", nil},
		{"burnish_kpi_flood_ratio", "Share of the time in flood.", nil},
		{"burnish_kpi_top_ten_ratio", "Share of the ten noisiest rules in all episodes.", nil},
		{"burnish_kpi_nuisance_rules", "Rules that flapped or whose episodes were mostly fleeting.", nil},
		{"burnish_kpi_stale_on_worst_day", "Stale alerts on the worst day.", nil},
		{"burnish_kpi_standing", "Alerts that stand at the end of the report's window.", nil},
		{"burnish_kpi_high_severity_ratio", "Share of episodes of high severity among those of a known one.", nil},
		{"burnish_kpi_raised_severity_ratio", "Share of episodes of high and medium severity among those of a known one.", nil},
		{"burnish_kpi_shifts_over_two_incidents", "Whole 12-hour shifts with more than two incidents.", nil},
		{"burnish_kpi_met", "Whether a figure keeps its limit; no series where the window is too short to judge.", []string{"kpi"}},
	}
}

func (b *book) kpis(all []report.KPI) {
	for _, k := range all {
		name, ok := kpiMetric[k.ID]
		if !ok {
			continue
		}
		b.known(name, k.Value)
		switch k.Verdict {
		case noise.VerdictGood, noise.VerdictAcceptable:
			b.flag("burnish_kpi_met", true, string(k.ID))
		case noise.VerdictOver:
			b.flag("burnish_kpi_met", false, string(k.ID))
		case noise.VerdictTooShort, noise.VerdictUnknown:
		}
	}
}
