package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/text"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// The heights of panels, in rows of Grafana's grid.
const (
	shortHeight  = 4
	middleHeight = 8
	tallHeight   = 11
)

// built is the panel of a builder, whose faults Dashboard.Validate finds again.
func built(b cog.Builder[dashboard.Panel]) dashboard.Panel {
	p, _ := b.Build()
	return p
}

// latest takes the newest value of each series.
func latest() *common.ReduceDataOptionsBuilder {
	return common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})
}

// figure shows one number, or a few beside each other.
func figure(p panel) dashboard.Panel {
	b := stat.NewPanelBuilder().ReduceOptions(latest()).GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).JustifyMode(common.BigValueJustifyModeAuto).TextMode(common.BigValueTextModeAuto)
	if p.nameOnly {
		b = b.TextMode(common.BigValueTextModeName)
	}
	return p.apply(built(b), shortHeight)
}

// drawing says how a graph is drawn.
type drawing struct {
	bars, stacked, steps bool
	thresholds           bool // the panel's thresholds are drawn as lines
	softMin, softMax     *float64
}

// graph shows series over time.
func graph(p panel, d drawing) dashboard.Panel {
	b := timeseries.NewPanelBuilder().
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		Legend(common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom).ShowLegend(true)).
		LineWidth(2).FillOpacity(0).ShowPoints(common.VisibilityModeNever)
	if d.bars {
		b = b.DrawStyle(common.GraphDrawStyleBars).FillOpacity(80).LineWidth(0)
	}
	if d.steps {
		b = b.LineInterpolation(common.LineInterpolationStepAfter)
	}
	if d.stacked {
		b = b.Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
	}
	if d.thresholds {
		b = b.ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
	}
	if d.softMin != nil {
		b = b.AxisSoftMin(*d.softMin)
	}
	if d.softMax != nil {
		b = b.AxisSoftMax(*d.softMax)
	}
	return p.apply(built(b), middleHeight)
}

// bars shows the newest value of each series as a bar, the worst as the thresholds
// say.
func bars(p panel) dashboard.Panel {
	b := bargauge.NewPanelBuilder().ReduceOptions(latest()).Orientation(common.VizOrientationHorizontal).
		DisplayMode(common.BarGaugeDisplayModeBasic).ValueMode(common.BarGaugeValueModeColor).ShowUnfilled(true).MinVizHeight(16)
	return p.apply(built(b), middleHeight)
}

// states shows what each series was over time, in the colours of the thresholds.
func states(p panel) dashboard.Panel {
	b := statetimeline.NewPanelBuilder().ShowValue(common.VisibilityModeNever).RowHeight(0.8).MergeValues(true).
		Legend(common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom).ShowLegend(true)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle)).FillOpacity(80)
	return p.apply(built(b), middleHeight)
}

// words shows text, in Markdown.
func words(p panel, markdown string) dashboard.Panel {
	out := built(text.NewPanelBuilder().Mode(text.TextModeMarkdown).Content(markdown))
	out.Title, out.Description = &p.title, &p.about
	out.GridPos = &dashboard.GridPos{W: p.width, H: middleHeight}
	return out
}

// heading is a column of a table: the label or, as Value #A, the query that it shows.
type heading struct{ field, title string }

// sheet says what a table looks like.
type sheet struct {
	headings []heading
	hidden   []string
	sortBy   string
	desc     bool
}

// grid shows instant queries beside each other, joined by their labels.
func grid(p panel, s sheet) dashboard.Panel {
	b := table.NewPanelBuilder().ShowHeader(true).CellHeight(common.TableCellHeightSm).Filterable(true).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{})).
		SortBy([]cog.Builder[common.TableSortByFieldState]{common.NewTableSortByFieldStateBuilder().DisplayName(s.sortBy).Desc(s.desc)})
	out := p.apply(built(b), tallHeight)
	order, rename, hide := map[string]int{}, map[string]string{}, map[string]bool{"Time": true, "__name__": true}
	for i, h := range s.headings {
		order[h.field] = i
		rename[h.field] = h.title
	}
	for _, field := range s.hidden {
		hide[field] = true
	}
	out.Transformations = []dashboard.DataTransformerConfig{
		{Id: "merge", Options: map[string]any{}},
		{Id: "organize", Options: map[string]any{"indexByName": order, "renameByName": rename, "excludeByName": hide}},
	}
	return out
}
