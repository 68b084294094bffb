package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// annotations mark alerts and incidents of SLOs on every graph.
func (g generator) annotations(s subject) []dashboard.AnnotationQuery {
	return []dashboard.AnnotationQuery{
		annotation("Pages", bad, s.alerts("page"), "{{alertname}} {{window}}"),
		annotation("Tickets", watch, s.alerts("ticket"), "{{alertname}} {{window}}"),
		annotation("Incidents", cool, "burnish_incident_open{"+s.own+"} == 1", "incident {{service}}/{{slo}} {{group}}"),
	}
}

// builtIn is what people note on a dashboard themselves; every dashboard of Grafana
// has it.
func builtIn() dashboard.AnnotationQuery {
	return dashboard.AnnotationQuery{
		Name: "Annotations & Alerts", Datasource: &common.DataSourceRef{Type: new("grafana"), Uid: new("-- Grafana --")},
		Enable: true, Hide: new(true), IconColor: "rgba(0, 211, 255, 1)", Type: new("dashboard"), BuiltIn: new(1.0),
	}
}

// annotation marks the times at which an expression has series.
func annotation(name, colour, expr, legend string) dashboard.AnnotationQuery {
	return dashboard.AnnotationQuery{
		Name: name, Datasource: source(), Enable: true, Hide: new(false), IconColor: colour, Expr: &expr,
		Target: prometheus.Dataquery{
			Expr: expr, RefId: new("Anno"), LegendFormat: &legend, Interval: new("60s"), Range: new(true), Instant: new(false),
			EditorMode: new(prometheus.QueryEditorModeCode),
		},
	}
}
