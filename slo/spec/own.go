package spec

import (
	"cmp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

// burnishKeys are the keys of each mapping of burnish's own format. The
// published schema is tested against them.
var burnishKeys = map[string][]string{
	"document":  {"version", "service", "owner", "tier", "labels", "slos"},
	"slo":       {"name", "description", "owner", "tier", "objective", "window", "sli", "group_by", "exclude", "depends_on", "runbook", "dashboard", "labels", "annotations", "alerting"},
	"window":    {"calendar", "time_zone"},
	"sli":       {"events", "latency", "probe", "ratio", "slices"},
	"events":    {"bad", "good", "total"},
	"latency":   {"good", "total", "histogram", "native", "threshold"},
	"probe":     {"gauge"},
	"ratio":     {"bad", "good"},
	"slices":    {"length", "target", "of"},
	"exclusion": {"from", "to", "rrule", "start", "duration", "reason"},
	"alerting":  {"policy", "name", "min_failures", "traffic_gone", "windows", "page", "ticket"},
	"alert":     {"disabled", "labels", "annotations"},
	"condition": {"severity", "long", "short", "factor", "for"},
}

// burnish reads a document of burnish's own format.
func (d *decoder) burnish(root *yaml.Node) {
	o := d.object(root, "document", burnishKeys["document"])
	shared := slo.SLO{
		Service: o.called("service"), Owner: o.text("owner"), Tier: o.text("tier"), Labels: o.labels("labels"),
	}
	items := o.list("slos")
	if len(items) == 0 {
		o.d.fail(o.node("slos"), "document: slos is missing: a list of at least one SLO")
	}
	for _, item := range items {
		d.burnishSLO(item, shared)
	}
}

func (d *decoder) burnishSLO(n *yaml.Node, s slo.SLO) {
	before := d.faults
	o := d.object(n, "slo", burnishKeys["slo"])
	s.Name, s.Description = o.called("name"), o.text("description")
	s.Owner, s.Tier = cmp.Or(o.text("owner"), s.Owner), cmp.Or(o.text("tier"), s.Tier)
	s.Objective, s.Window = o.percent("objective", false), o.window()
	s.GroupBy, s.Exclusions, s.DependsOn = o.labelNames("group_by"), o.exclusions(), o.dependencies()
	s.Runbook, s.Dashboard = o.link("runbook"), o.link("dashboard")
	s.Labels, s.Annotations = overlay(s.Labels, o.labels("labels")), o.labels("annotations")
	if o.get("sli") == nil {
		d.fail(n, "slo: sli is missing")
	} else {
		s.SLI = o.child("sli", "sli", burnishKeys["sli"]).sli(false)
	}
	s.Alerting = o.alerting()
	if d.faults == before {
		d.add(n, s)
	}
}

// overlay is the labels of both, those of over where both have one; nil where
// there are none.
func overlay(under, over map[string]string) map[string]string {
	if len(under)+len(over) == 0 {
		return nil
	}
	out := make(map[string]string, len(under)+len(over))
	for k, v := range under {
		out[k] = v
	}
	for k, v := range over {
		out[k] = v
	}
	return out
}

// maxWindow bounds windows: no promise is kept over more than some years.
const maxWindow = 5 * 366 * 24 * time.Hour

// window is a duration, or a mapping with a calendar unit.
func (o object) window() slo.Window {
	v := o.get("window")
	if v == nil {
		o.d.fail(o.at, "%s: window is missing, as in 30d or {calendar: month, time_zone: Europe/Berlin}", o.name)
		return slo.Window{}
	}
	if v.Kind != yaml.MappingNode {
		d := o.positive("window")
		if d > maxWindow {
			o.fail("window", "%s is too long: at most 5y", scalar(v))
		}
		return slo.Window{Rolling: d}
	}
	w := o.child("window", "window", burnishKeys["window"])
	return slo.Window{Calendar: w.calendar(), Zone: w.zone("time_zone")}
}

func (o object) calendar() slo.Calendar {
	unit := slo.Calendar(o.needed("calendar"))
	switch unit {
	case "", slo.CalendarDay, slo.CalendarWeek, slo.CalendarMonth, slo.CalendarQuarter, slo.CalendarYear:
		return unit
	}
	o.fail("calendar", "%q is none of day, week, month, quarter and year", string(unit))
	return ""
}

// zone is a time zone; nil for UTC.
func (o object) zone(key string) *time.Location {
	name := o.text(key)
	if name == "" || name == "UTC" || name == "Etc/UTC" {
		return nil
	}
	zone, err := o.d.options.Location(name)
	if err != nil || name == "Local" {
		o.fail(key, "%q is not a time zone that is known here: write Europe/Berlin or UTC", name)
		return nil
	}
	return zone
}

// dependencies are the SLOs that one depends on, as service/name.
func (o object) dependencies() []string {
	texts := o.texts("depends_on")
	for _, text := range texts {
		service, name, ok := strings.Cut(text, "/")
		if !ok || !validName.MatchString(service) || !validName.MatchString(name) {
			o.fail("depends_on", "%q is no SLO: write service/name", text)
		}
	}
	return texts
}

func (o object) exclusions() []slo.Exclusion {
	var out []slo.Exclusion
	for _, item := range o.list("exclude") {
		e := o.d.object(item, "exclusion", burnishKeys["exclusion"])
		fixed := e.get("from") != nil || e.get("to") != nil
		recurring := e.get("rrule") != nil || e.get("start") != nil || e.get("duration") != nil
		switch {
		case fixed == recurring:
			o.d.fail(item, "exclusion: needs from and to, or rrule, start and duration")
		case fixed:
			out = append(out, e.fixed())
		default:
			out = append(out, e.recurring())
		}
	}
	return out
}

func (o object) fixed() slo.Exclusion {
	out := slo.Exclusion{Interval: slo.Interval{From: o.instant("from"), To: o.instant("to")}, Reason: o.text("reason")}
	if i := out.Interval; !i.From.IsZero() && !i.To.IsZero() && i.Empty() {
		o.fail("to", "must be after from")
	}
	return out
}

func (o object) recurring() slo.Exclusion {
	out := slo.Exclusion{Rule: o.needed("rrule"), Start: o.instant("start"), Duration: o.positive("duration"), Reason: o.text("reason")}
	if out.Rule != "" {
		if err := checkRule(out.Rule); err != nil {
			o.fail("rrule", "%v", err)
		}
	}
	return out
}

func (o object) alerting() slo.Alerting {
	a := o.child("alerting", "alerting", burnishKeys["alerting"])
	out := slo.Alerting{
		Policy: a.text("policy"), Name: a.text("name"), MinFailures: a.number("min_failures"), TrafficGone: a.boolean("traffic_gone", false),
		Page: a.alert("page"), Ticket: a.alert("ticket"),
	}
	for _, item := range a.list("windows") {
		w := o.d.object(item, "alerting.windows", burnishKeys["condition"])
		out.Windows = append(out.Windows, w.condition())
	}
	return out
}

func (o object) alert(key string) slo.AlertLabels {
	a := o.child(key, "alerting."+key, burnishKeys["alert"])
	return slo.AlertLabels{Disabled: a.boolean("disabled", false), Labels: a.labels("labels"), Annotations: a.labels("annotations")}
}

func (o object) condition() slo.AlertWindow {
	out := slo.AlertWindow{
		Severity: slo.Severity(o.needed("severity")), Long: o.positive("long"), Short: o.duration("short"),
		Factor: o.number("factor"), For: o.duration("for"),
	}
	if s := out.Severity; s != "" && s != slo.SeverityPage && s != slo.SeverityTicket {
		o.fail("severity", "%q is none of page and ticket", string(s))
	}
	if out.Long > 0 && out.Short >= out.Long {
		o.fail("short", "must be shorter than long")
	}
	if out.Factor == 0 {
		o.fail("factor", "a burn rate over 0 is needed, as in 14.4")
	}
	return out
}
