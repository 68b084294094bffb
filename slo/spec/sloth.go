package spec

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

// slothKeys are how one of Sloth's two spellings writes its keys.
type slothKeys struct {
	document, slo, alerting                   []string
	plugins, errorQuery, totalQuery, rawQuery string
	page, ticket                              string
}

// slothFileKeys are those of prometheus/v1.
var slothFileKeys = slothKeys{
	document: []string{"version", "service", "labels", "slo_plugins", "slos"},
	slo:      []string{"name", "description", "objective", "labels", "plugins", "sli", "alerting"},
	alerting: []string{"name", "labels", "annotations", "page_alert", "ticket_alert"},
	plugins:  "slo_plugins", errorQuery: "error_query", totalQuery: "total_query", rawQuery: "error_ratio_query",
	page: "page_alert", ticket: "ticket_alert",
}

// slothResourceKeys are those of a PrometheusServiceLevel.
var slothResourceKeys = slothKeys{
	document: []string{"service", "labels", "sloPlugins", "slos"},
	slo:      slothFileKeys.slo,
	alerting: []string{"name", "labels", "annotations", "pageAlert", "ticketAlert"},
	plugins:  "sloPlugins", errorQuery: "errorQuery", totalQuery: "totalQuery", rawQuery: "errorRatioQuery",
	page: "pageAlert", ticket: "ticketAlert",
}

// resourceKeys are the keys of a Kubernetes resource.
var resourceKeys = []string{"apiVersion", "kind", "metadata", "spec", "status"}

// metadataKeys are the keys of a resource's metadata that mean nothing here.
var metadataKeys = []string{
	"name", "namespace", "labels", "annotations", "displayName", "uid", "generation", "resourceVersion",
	"creationTimestamp", "managedFields", "ownerReferences", "finalizers", "selfLink",
}

// slothFile reads a document of prometheus/v1.
func (d *decoder) slothFile(root *yaml.Node) {
	d.slothSLOs(d.object(root, "Sloth document", slothFileKeys.document), slothFileKeys)
}

// slothResource reads a PrometheusServiceLevel or AlertWindows.
func (d *decoder) slothResource(root *yaml.Node) {
	o := d.object(root, "Sloth resource", resourceKeys)
	switch kind := o.text("kind"); kind {
	case "PrometheusServiceLevel":
		o.needSpec(func() { d.slothSLOs(o.child("spec", "spec", slothResourceKeys.document), slothResourceKeys) })
	case "AlertWindows":
		o.needSpec(func() { d.slothWindows(o) })
	default:
		d.fail(root, "kind %q is not read: expected PrometheusServiceLevel or AlertWindows", kind)
	}
}

// needSpec reads the spec of a resource if it has one.
func (o object) needSpec(read func()) {
	if o.get("spec") == nil {
		o.d.fail(o.at, "%s: spec is missing", o.name)
		return
	}
	read()
}

func (d *decoder) slothSLOs(o object, keys slothKeys) {
	shared := slo.SLO{Service: o.called("service"), Labels: o.labels("labels")}
	o.slothPlugins(keys.plugins)
	items := o.list("slos")
	if len(items) == 0 {
		d.fail(o.node("slos"), "%s: slos is missing: a list of at least one SLO", o.name)
	}
	for _, item := range items {
		d.slothSLO(item, shared, keys)
	}
	if len(items) > 0 {
		d.sloth.documents = append(d.sloth.documents, slothDocument{d, o.at})
	}
}

// slothPlugins says which plugins are not run: they are programs.
func (o object) slothPlugins(key string) {
	plugins := o.child(key, key, []string{"overridePrevious", "chain"})
	for _, item := range plugins.list("chain") {
		p := o.d.object(item, key, []string{"id", "config", "priority"})
		o.d.lost(item, "Sloth's plugin %q changes rules by a program of its own; burnish does not run it", p.text("id"))
	}
}

func (d *decoder) slothSLO(n *yaml.Node, s slo.SLO, keys slothKeys) {
	before, refused := d.faults, len(d.out.Notes)
	o := d.object(n, "slo", keys.slo)
	s.Name, s.Description = o.called("name"), o.text("description")
	s.Objective = o.percent("objective", false)
	s.Labels = overlay(s.Labels, o.labels("labels"))
	s.Owner, s.Tier = cmp.Or(s.Labels["owner"], s.Labels["team"]), s.Labels["tier"]
	o.slothPlugins("plugins")
	o.slothAlerting(&s, keys)
	s.SLI, s.GroupBy = o.slothSLI(keys)
	if d.faults > before || s.SLI == nil || slices.ContainsFunc(d.out.Notes[refused:], func(n Note) bool { return n.Level == LevelRefused }) {
		return
	}
	s.Window = slo.Window{Rolling: d.period()}
	if d.add(n, s) {
		d.sloth.places = append(d.sloth.places, len(d.out.SLOs)-1)
	}
}

// slothSLOs are the SLOs whose windows are settled when all is read.
type slothSLOs struct {
	places    []int // in Parsed.SLOs
	documents []slothDocument
}

type slothDocument struct {
	d  *decoder
	at *yaml.Node
}

// slothAlerting reads the labels that Sloth merges: those of alerting under
// those of a severity.
func (o object) slothAlerting(s *slo.SLO, keys slothKeys) {
	a := o.child("alerting", "alerting", keys.alerting)
	alert := func(key string) slo.AlertLabels {
		one := a.child(key, key, []string{"disable", "labels", "annotations"})
		return slo.AlertLabels{
			Disabled: one.boolean("disable", false),
			Labels:   overlay(a.labels("labels"), one.labels("labels")), Annotations: one.labels("annotations"),
		}
	}
	s.Alerting = slo.Alerting{Name: a.text("name"), Page: alert(keys.page), Ticket: alert(keys.ticket)}
	s.Annotations = a.labels("annotations")
	if s.Alerting.Name == "" && (!s.Alerting.Page.Disabled || !s.Alerting.Ticket.Disabled) {
		o.d.fail(cmp.Or(a.at, o.at), "alerting: name is missing, and not both alerts are disabled")
	}
}

// slothWindow is how Sloth and OpenSLO v1alpha write the window in a query.
var slothWindow = regexp.MustCompile(`\{\{-?\s*\.window\s*-?\}\}`)

// goWindow puts burnish's placeholder for that of a Go template.
func goWindow(query string) string {
	return slothWindow.ReplaceAllLiteralString(query, slo.WindowPlaceholder)
}

// slothSLI reads the SLI and the labels its queries are kept apart by.
func (o object) slothSLI(keys slothKeys) (slo.SLI, []string) {
	sli := o.child("sli", "sli", []string{"events", "raw", "plugin"})
	if found := len(sli.values); found != 1 {
		o.d.fail(cmp.Or(sli.at, o.at), "sli: needs exactly one of events, raw and plugin; it has %d", found)
		return nil, nil
	}
	switch {
	case sli.get("events") != nil:
		e := sli.child("events", "events", []string{keys.errorQuery, keys.totalQuery})
		return e.eventPair(keys.errorQuery, keys.totalQuery, false)
	case sli.get("raw") != nil:
		return sli.child("raw", "raw", []string{keys.rawQuery}).rawRatio(keys.rawQuery, false)
	}
	return sli.child("plugin", "plugin", []string{"id", "options"}).slothPlugin(), nil
}

// eventPair reads a pair of queries of PromQL.
func (o object) eventPair(of, total string, good bool) (slo.SLI, []string) {
	ofText, totalText := goWindow(o.needed(of)), goWindow(o.needed(total))
	if ofText == "" || totalText == "" {
		return nil, nil
	}
	if ofText == totalText {
		o.fail(of, "must not equal %s", total)
		return nil, nil
	}
	if raw, ok := o.d.exactEvents(ofText, totalText, good); ok {
		return raw.sli, raw.by
	}
	part, err := o.d.expression(ofText)
	if err != nil {
		o.fail(of, "%v", err)
	}
	all, err := o.d.expression(totalText)
	if err != nil {
		o.fail(total, "%v", err)
	}
	out := slo.Events{Bad: slo.Query{Expr: part}, Total: slo.Query{Expr: all}}
	if good {
		out.Bad, out.Good = slo.Query{}, out.Bad
	}
	return out, o.d.groupingOf(all)
}

// rawRatio reads a query of a ratio; where it divides counters, events are
// counted instead.
func (o object) rawRatio(key string, good bool) (slo.SLI, []string) {
	text := goWindow(o.needed(key))
	if text == "" {
		return nil, nil
	}
	if raw, ok := o.d.exactRatio(text, good); ok {
		return raw.sli, raw.by
	}
	expr, err := o.d.expression(text)
	if err != nil {
		o.fail(key, "%v", err)
		return nil, nil
	}
	return slo.Ratio{Expr: expr, Good: good}, o.d.groupingOf(expr)
}

// slothWindows reads AlertWindows: the share of the budget that may burn within
// the long window of each alert gives its factor.
func (d *decoder) slothWindows(o object) {
	before := d.faults
	s := o.child("spec", "spec", []string{"sloPeriod", "page", "ticket"})
	p := Policy{Period: s.positive("sloPeriod"), File: d.file, Line: o.at.Line}
	for _, severity := range []slo.Severity{slo.SeverityPage, slo.SeverityTicket} {
		pairs := s.child(string(severity), string(severity), []string{"quick", "slow"})
		for _, speed := range []string{"quick", "slow"} {
			w := pairs.child(speed, string(severity)+"."+speed, []string{"errorBudgetPercent", "shortWindow", "longWindow"})
			if w.at == nil {
				d.fail(cmp.Or(pairs.at, s.at), "%s.%s is missing", severity, speed)
				continue
			}
			p.Windows = append(p.Windows, w.slothCondition(severity, p.Period))
		}
	}
	if d.faults == before {
		p.Name = "sloth-" + durationText(p.Period)
		d.out.Policies = append(d.out.Policies, p)
	}
}

func (o object) slothCondition(severity slo.Severity, period time.Duration) slo.AlertWindow {
	w := slo.AlertWindow{Severity: severity, Long: o.positive("longWindow"), Short: o.positive("shortWindow")}
	share := o.percent("errorBudgetPercent", true)
	if w.Long > 0 && share > 0 {
		w.Factor = rounded(share * period.Seconds() / w.Long.Seconds())
	}
	if w.Long > 0 && w.Short >= w.Long {
		o.fail("shortWindow", "must be shorter than longWindow")
	}
	return w
}

// rounded takes the noise of binary fractions out of a number that people read.
func rounded(v float64) float64 {
	out, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	return out
}

// finishSloth gives Sloth's SLOs the period and the alert windows that were read
// beside them.
func (s *state) finishSloth() {
	period := s.period()
	if s.options.Period == 0 && len(s.out.Policies) == 1 {
		period = s.out.Policies[0].Period
	}
	if s.options.Period == 0 && len(s.out.Policies) != 1 {
		for _, doc := range s.sloth.documents {
			doc.d.warn(doc.at, "Sloth keeps the window in a flag of its own: %s is taken; read its AlertWindows beside it, or say the period", durationText(period))
		}
	}
	at := slices.IndexFunc(s.out.Policies, func(p Policy) bool { return p.Period == period })
	for _, i := range s.sloth.places {
		s.out.SLOs[i].Window.Rolling = period
		if at >= 0 {
			s.out.SLOs[i].Alerting.Windows = slices.Clone(s.out.Policies[at].Windows)
		}
	}
}
