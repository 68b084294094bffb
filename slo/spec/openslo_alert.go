package spec

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

var (
	openSLOPolicyKeys    = []string{"description", "alertWhenNoData", "alertWhenResolved", "alertWhenBreaching", "conditions", "notificationTargets"}
	openSLOConditionKeys = []string{"severity", "description", "condition"}
)

// openSLOPolicies reads the alert policies of an SLO: each condition becomes an
// alert window, without a short one.
func (o object) openSLOPolicies(s *slo.SLO) {
	items := o.list("alertPolicies")
	if len(items) == 0 {
		o.d.warn(o.at, "no alertPolicies: burnish's own alerts are taken; disable page and ticket for none")
		return
	}
	for _, item := range items {
		policy, ok := o.d.reference(item, "alertPolicyRef", "AlertPolicy")
		if !ok {
			continue
		}
		o.d.openslo.used[policy.at] = true
		p := policy.child("spec", "AlertPolicy", openSLOPolicyKeys)
		p.lostText("description")
		s.Alerting.TrafficGone = s.Alerting.TrafficGone || p.boolean("alertWhenNoData", false)
		if p.boolean("alertWhenResolved", false) {
			p.d.lost(p.get("alertWhenResolved"), "alertWhenResolved: whether the end of an alert is told is up to Alertmanager's receivers")
		}
		if !p.boolean("alertWhenBreaching", true) {
			p.d.lost(p.get("alertWhenBreaching"), "alertWhenBreaching: false: the conditions of this policy were left out")
			continue
		}
		for _, condition := range p.conditions() {
			condition.openSLOCondition(s)
		}
	}
	if len(s.Alerting.Windows) == 0 {
		return
	}
	s.Alerting.Page.Disabled = !hasSeverity(s.Alerting.Windows, slo.SeverityPage)
	s.Alerting.Ticket.Disabled = !hasSeverity(s.Alerting.Windows, slo.SeverityTicket)
}

// lostText says that a text has no place.
func (o object) lostText(key string) {
	if v := o.get(key); v != nil {
		o.d.lost(v, "%s: %s %q has no place in burnish's form", o.name, key, shorten(scalar(v)))
	}
}

func hasSeverity(windows []slo.AlertWindow, severity slo.Severity) bool {
	return slices.ContainsFunc(windows, func(w slo.AlertWindow) bool { return w.Severity == severity })
}

// reference is an item of a list that is a resource or names one.
func (d *decoder) reference(item *yaml.Node, refKey, kind string) (object, bool) {
	ref := child(item, refKey)
	if ref == nil {
		return d.object(item, kind, resourceKeys), true
	}
	r, ok := d.openslo.named[kind+"/"+scalar(ref)]
	if !ok {
		d.refuse(ref, "no %s %q in the files given", kind, scalar(ref))
		return object{}, false
	}
	return r.d.object(r.root, kind, resourceKeys), true
}

// conditions are the conditions of a policy. Where notifications go is told as
// lost, since that is for Alertmanager to know.
func (o object) conditions() []object {
	var out []object
	for _, item := range o.list("conditions") {
		if c, ok := o.d.reference(item, "conditionRef", "AlertCondition"); ok {
			out = append(out, c)
		}
	}
	for _, item := range o.list("notificationTargets") {
		if t, ok := o.d.reference(item, "targetRef", "AlertNotificationTarget"); ok {
			name := t.child("metadata", "metadata", metadataKeys).text("name")
			o.d.lost(item, "notification target %q: routes are for Alertmanager to know", name)
		}
	}
	return out
}

func (o object) openSLOCondition(s *slo.SLO) {
	spec := o.child("spec", "AlertCondition", openSLOConditionKeys)
	c := spec.child("condition", "condition", []string{"kind", "op", "threshold", "lookbackWindow", "alertAfter"})
	if c.at == nil {
		o.d.fail(cmp.Or(spec.at, o.at), "AlertCondition: condition is missing")
		return
	}
	if kind := c.text("kind"); kind != "burnrate" {
		c.d.lost(c.node("kind"), "a condition of kind %q: burnish alerts on burn rates", kind)
		return
	}
	switch op := c.text("op"); op {
	case "gt", "gte":
	case "lt", "lte":
		c.d.warn(c.get("op"), "op: %s: an alert on a burn rate that is low makes no sense; it is taken as gte, as OpenSLO's own example means it", op)
	default:
		c.fail("op", "%q is none of gt, gte, lt and lte", op)
	}
	w := slo.AlertWindow{Severity: slo.SeverityTicket, Factor: c.number("threshold")}
	for _, d := range []struct {
		key  string
		into func(calendarText)
	}{
		{"lookbackWindow", func(t calendarText) { w.Long = t.length }}, {"alertAfter", func(t calendarText) { w.For = t.length }},
	} {
		if v := c.get(d.key); v != nil && (d.key != "alertAfter" || (scalar(v) != "0m" && scalar(v) != "0")) {
			d.into(c.openSLODuration(d.key, v))
		}
	}
	if w.Factor == 0 || w.Long == 0 {
		c.d.fail(c.at, "condition: needs a threshold over 0 and a lookbackWindow")
	}
	spec.severity(s, w)
}

// severity adds a window with the labels of its severity.
func (o object) severity(s *slo.SLO, w slo.AlertWindow) {
	label := o.text("severity")
	alert := &s.Alerting.Ticket
	if isPage(label, false) {
		w.Severity, alert = slo.SeverityPage, &s.Alerting.Page
	}
	if !slices.Contains(s.Alerting.Windows, w) {
		s.Alerting.Windows = append(s.Alerting.Windows, w)
	}
	switch has := alert.Labels["severity"]; {
	case label == "" || label == has || has == "" && label == string(w.Severity):
	case has == "":
		alert.Labels = map[string]string{"severity": label}
	default:
		o.d.lost(o.get("severity"), "severity %q: burnish's alerts of one severity share their labels; it is %q", label, has)
	}
	switch text := o.text("description"); {
	case text == "" || text == alert.Annotations["description"]:
	case alert.Annotations == nil:
		alert.Annotations = map[string]string{"description": text}
	default:
		o.d.lost(o.get("description"), "description: burnish's alerts of one severity share their annotations")
	}
}
