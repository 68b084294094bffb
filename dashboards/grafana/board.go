package grafana

import (
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// gridWidth is the number of columns of Grafana's grid.
const gridWidth = 24

// board lays panels out from left to right and from top to bottom. Panels of one line
// have one height; a line that is not full is filled by its last panel.
type board struct {
	panels       []dashboard.PanelOrRowPanel
	line         []*dashboard.Panel
	x, y, height uint32
	id           uint32
}

// row begins a titled section.
func (b *board) row(title string) {
	b.breakLine()
	b.id++
	b.panels = append(b.panels, dashboard.PanelOrRowPanel{RowPanel: &dashboard.RowPanel{
		Type: "row", Title: &title, Id: b.id, Panels: []dashboard.Panel{},
		GridPos: &dashboard.GridPos{X: 0, Y: b.y, W: gridWidth, H: 1},
	}})
	b.y++
}

// add puts panels after those that are there.
func (b *board) add(panels ...dashboard.Panel) {
	for i := range panels {
		p := &panels[i]
		if b.x+p.GridPos.W > gridWidth || len(b.line) > 0 && b.height != p.GridPos.H {
			b.breakLine()
		}
		b.id++
		p.Id = new(b.id)
		p.GridPos.X, p.GridPos.Y = b.x, b.y
		b.x, b.height = b.x+p.GridPos.W, p.GridPos.H
		b.line = append(b.line, p)
		b.panels = append(b.panels, dashboard.PanelOrRowPanel{Panel: p})
	}
}

// breakLine ends the line of panels.
func (b *board) breakLine() {
	if n := len(b.line); n > 0 {
		b.line[n-1].GridPos.W += gridWidth - b.x
		b.y += b.height
	}
	b.line, b.x, b.height = nil, 0, 0
}

// page is what a dashboard says of itself.
type page struct {
	name, uid, title, about string
	from                    string // start of the time shown
	refresh                 string
	tags                    []string
	variables               []dashboard.VariableModel
	annotations             []dashboard.AnnotationQuery
	links                   []dashboard.DashboardLink
}

// model is the dashboard of a page and its board.
func (g generator) model(p page, b *board) Dashboard {
	b.breakLine()
	d := dashboard.NewDashboard()
	d.Uid, d.Title, d.Description = &p.uid, &p.title, &p.about
	d.Tags = append(append([]string{"burnish"}, p.tags...), g.options.Tags...)
	d.Editable, d.Timezone, d.Refresh = new(false), new("browser"), &p.refresh
	d.GraphTooltip = new(dashboard.DashboardCursorSyncCrosshair)
	d.Time = &dashboard.DashboardDashboardTime{From: p.from, To: "now"}
	d.Templating.List = slices.Concat([]dashboard.VariableModel{datasourceVariable()}, p.variables)
	d.Annotations.List = append([]dashboard.AnnotationQuery{builtIn()}, p.annotations...)
	d.Links = append(g.links(p.uid), p.links...)
	d.Panels = b.panels
	return Dashboard{Name: p.name, UID: p.uid, Title: p.title, Model: *d}
}

// The names of the dashboards; their uids begin with the prefix.
const (
	overviewName = "slo-overview"
	detailsName  = "slo-detail"
	hygieneName  = "alert-hygiene"
	itselfName   = "self-monitoring"
)

func (g generator) uid(name string) string { return g.options.UIDPrefix + "-" + name }

// links lead from one dashboard to the others and to burnish's page.
func (g generator) links(from string) []dashboard.DashboardLink {
	var out []dashboard.DashboardLink
	for _, to := range []struct{ name, title string }{
		{overviewName, "SLO overview"}, {hygieneName, "Alert hygiene"}, {itselfName, "burnish itself"},
	} {
		if uid := g.uid(to.name); uid != from && (to.name != overviewName || len(g.promises) > 0) {
			out = append(out, link(to.title, "/d/"+uid, "dashboard", "Go to "+to.title))
		}
	}
	if g.options.PageURL != "" {
		out = append(out, outside("burnish", g.options.PageURL+"/", "burnish's own page, with the evidence behind the figures"))
	}
	return out
}

// link leads to an address; within Grafana it takes time and variables along.
func link(title, url, icon, tooltip string) dashboard.DashboardLink {
	return dashboard.DashboardLink{
		Title: title, Type: dashboard.DashboardLinkTypeLink, Icon: icon, Tooltip: tooltip, Url: &url, Tags: []string{},
		KeepTime: true, IncludeVars: true,
	}
}

// outside is a link that leads out of Grafana.
func outside(title, url, tooltip string) dashboard.DashboardLink {
	l := link(title, url, "external link", tooltip)
	l.TargetBlank, l.KeepTime, l.IncludeVars = true, false, false
	return l
}

// toValue is a link of a value in a panel.
func toValue(title, url string) dashboard.DashboardLink {
	return dashboard.DashboardLink{Title: title, Type: dashboard.DashboardLinkTypeLink, Url: &url, Tags: []string{}}
}

// datasourceVariable chooses the Prometheus to ask.
func datasourceVariable() dashboard.VariableModel {
	return dashboard.VariableModel{
		Type: dashboard.VariableTypeDatasource, Name: "datasource", Label: new("Data source"),
		Query: &dashboard.StringOrMap{String: new("prometheus")}, Hide: new(dashboard.VariableHideDontHide),
		IncludeAll: new(false), Multi: new(false), Options: []dashboard.VariableOption{}, Regex: new(""),
		Refresh: new(dashboard.VariableRefreshOnDashboardLoad),
	}
}

// choice is a variable whose values are those of a label.
type choice struct {
	name, label, of string // of: the label
	metric          string // with its matchers
	one             bool   // exactly one value; else any number, all where none is chosen
	all             string // what all stands for
}

func (c choice) variable() dashboard.VariableModel {
	query := "label_values(" + c.metric + ", " + c.of + ")"
	v := dashboard.VariableModel{
		Type: dashboard.VariableTypeQuery, Name: c.name, Label: &c.label, Definition: &query,
		Query:      &dashboard.StringOrMap{Map: map[string]any{"query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery", "qryType": 1}},
		Datasource: &common.DataSourceRef{Type: new("prometheus"), Uid: new("${datasource}")},
		Refresh:    new(dashboard.VariableRefreshOnTimeRangeChanged), Sort: new(dashboard.VariableSortAlphabeticalCaseInsensitiveAsc),
		Hide: new(dashboard.VariableHideDontHide), Multi: new(!c.one), IncludeAll: new(!c.one), Regex: new(""), Options: []dashboard.VariableOption{},
	}
	if !c.one {
		v.AllValue = &c.all
		v.Current = &dashboard.VariableOption{Selected: new(true), Text: textOf("All"), Value: textOf("$__all")}
	}
	return v
}

func textOf(s string) dashboard.StringOrArrayOfString {
	return dashboard.StringOrArrayOfString{ArrayOfString: []string{s}}
}
