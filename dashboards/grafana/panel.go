package grafana

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// panel is what the panels of burnish's dashboards say of themselves; the functions
// that take one turn it into Grafana's.
type panel struct {
	title, about string
	width        uint32 // of 24
	unit         string // of Grafana
	noValue      string // what is shown instead of nothing
	decimals     *float64
	min, max     *float64
	steps        []dashboard.Threshold
	mappings     []dashboard.ValueMapping
	queries      []query
	overrides    []dashboard.DashboardFieldConfigSourceOverrides
	links        []dashboard.DashboardLink // of each value
	nameOnly     bool                      // a figure shows the name of its series
}

// query is a PromQL expression of a panel. A legend names its series; without one
// it is a table's, whose labels are columns. Instant queries ask for the end of the
// time shown only.
type query struct {
	expr, legend string
	instant      bool
	table        bool
	interval     string // least step
}

// now is the newest value of an expression.
func now(expr, legend string) query { return query{expr: expr, legend: legend, instant: true} }

// over is an expression over the time shown.
func over(expr, legend string) query { return query{expr: expr, legend: legend} }

// column is a column of a table.
func column(expr string) query { return query{expr: expr, instant: true, table: true} }

// source is the data source that the dashboard's variable names.
func source() *common.DataSourceRef {
	return &common.DataSourceRef{Type: new("prometheus"), Uid: new("${datasource}")}
}

// refID names the nth query of a panel: A to Z, then A1 and on.
func refID(n int) string {
	id := string(rune('A' + n%26))
	if n >= 26 {
		id += fmt.Sprint(n / 26)
	}
	return id
}

func (q query) target(n int) variants.Dataquery {
	out := prometheus.Dataquery{
		Expr: q.expr, RefId: new(refID(n)), Datasource: source(), EditorMode: new(prometheus.QueryEditorModeCode),
		Format: new(prometheus.PromQueryFormatTimeSeries), Instant: new(q.instant), Range: new(!q.instant),
	}
	if q.legend != "" {
		out.LegendFormat = &q.legend
	}
	if q.table {
		out.Format = new(prometheus.PromQueryFormatTable)
	}
	if q.interval != "" {
		out.Interval = &q.interval
	}
	return out
}

// apply puts what all kinds of panels have in common onto one of a kind.
func (p panel) apply(out dashboard.Panel, height uint32) dashboard.Panel {
	out.Title, out.Description, out.Datasource = &p.title, &p.about, source()
	out.GridPos = &dashboard.GridPos{W: p.width, H: height}
	for i, q := range p.queries {
		out.Targets = append(out.Targets, q.target(i))
	}
	if out.FieldConfig == nil {
		out.FieldConfig = &dashboard.FieldConfigSource{}
	}
	f := &out.FieldConfig.Defaults
	f.Unit, f.Decimals, f.Min, f.Max, f.Links, f.Mappings = &p.unit, p.decimals, p.min, p.max, p.links, p.mappings
	if p.noValue != "" {
		f.NoValue = &p.noValue
	}
	if p.steps != nil {
		f.Thresholds = &dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute, Steps: p.steps}
	}
	out.FieldConfig.Overrides = append(out.FieldConfig.Overrides, p.overrides...)
	if out.FieldConfig.Overrides == nil {
		out.FieldConfig.Overrides = []dashboard.DashboardFieldConfigSourceOverrides{}
	}
	return out
}

// The colours that mean something, in names that fit both of Grafana's themes.
const (
	good  = "green"
	watch = "orange"
	bad   = "red"
	plain = "text"
	cool  = "blue"
)

// from is thresholds that begin with a colour; pairs of a value and a colour follow.
func from(colour string, more ...dashboard.Threshold) []dashboard.Threshold {
	return append([]dashboard.Threshold{{Color: colour}}, more...)
}

// at is the colour from a value on.
func at(value float64, colour string) dashboard.Threshold {
	return dashboard.Threshold{Value: &value, Color: colour}
}

// under is good up to a target, bad from past a limit on, and to be watched between.
func under(target, limit float64) []dashboard.Threshold {
	if target == limit {
		return from(good, at(justOver(limit), bad))
	}
	return from(good, at(justOver(target), watch), at(justOver(limit), bad))
}

// justOver makes a bound that still holds: thresholds colour what is at or above them.
func justOver(v float64) float64 {
	if v == 0 {
		return 1e-9
	}
	return v * (1 + 1e-9)
}

// budgetSteps colour what is left of a budget.
func budgetSteps() []dashboard.Threshold {
	return from(bad, at(1e-9, watch), at(0.25, good))
}

// property is one setting of an override.
func property(id string, value any) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: id, Value: value}
}

// named sets properties of the series or column of a name.
func named(name string, p ...dashboard.DynamicConfigValue) dashboard.DashboardFieldConfigSourceOverrides {
	return dashboard.DashboardFieldConfigSourceOverrides{Matcher: dashboard.MatcherConfig{Id: "byName", Options: name}, Properties: p}
}

// like sets properties of the series whose names a regular expression finds.
func like(expr string, p ...dashboard.DynamicConfigValue) dashboard.DashboardFieldConfigSourceOverrides {
	return dashboard.DashboardFieldConfigSourceOverrides{Matcher: dashboard.MatcherConfig{Id: "byRegexp", Options: "/" + expr + "/"}, Properties: p}
}

// dashed draws a series as a thin dashed line of a colour: a bound, no measurement.
func dashed(expr, colour string) dashboard.DashboardFieldConfigSourceOverrides {
	return like(expr,
		property("color", map[string]any{"mode": "fixed", "fixedColor": colour}),
		property("custom.lineStyle", map[string]any{"fill": "dash", "dash": []int{8, 6}}),
		property("custom.lineWidth", 1), property("custom.fillOpacity", 0))
}
