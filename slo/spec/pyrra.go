package spec

import (
	"cmp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

var (
	pyrraSpecKeys     = []string{"description", "target", "window", "indicator", "alerting", "partial_response_strategy", "performanceOverAccuracy", "ruleOutput"}
	pyrraAlertingKeys = []string{"disabled", "burnrates", "absent", "name", "absentName", "severities"}
	pyrraSeverityKeys = []string{"absent", "fastBurn", "mediumBurn", "slowBurn", "longTermBurn"}
)

// pyrraPrefix marks the metadata that Pyrra copies to its rules.
const pyrraPrefix = "pyrra.dev/"

// pyrraAlert is the name of Pyrra's burn-rate alerts where none is given.
const pyrraAlert = "ErrorBudgetBurn"

// pyrra reads a ServiceLevelObjective.
func (d *decoder) pyrra(root *yaml.Node) {
	o := d.object(root, "Pyrra resource", resourceKeys)
	if kind := o.text("kind"); kind != "ServiceLevelObjective" {
		d.fail(root, "kind %q is not read: expected ServiceLevelObjective", kind)
		return
	}
	before := d.faults
	var s slo.SLO
	o.pyrraMetadata(&s)
	o.needSpec(func() {
		p := o.child("spec", "spec", pyrraSpecKeys)
		s.Description, s.Objective = p.text("description"), p.percent("target", false)
		s.Window = slo.Window{Rolling: p.positive("window")}
		for _, key := range []string{"partial_response_strategy", "performanceOverAccuracy", "ruleOutput"} {
			if p.get(key) != nil {
				d.lost(p.get(key), "%s says how Pyrra evaluates; burnish has no such switch", key)
			}
		}
		s.SLI, s.GroupBy = p.pyrraIndicator()
		p.pyrraAlerting(&s)
	})
	if d.faults == before && s.SLI != nil {
		d.add(root, s)
	}
}

// pyrraMetadata reads name, labels and annotations. Pyrra knows no service; name
// and namespace together are unique, so the namespace takes its place.
func (o object) pyrraMetadata(s *slo.SLO) {
	m := o.child("metadata", "metadata", metadataKeys)
	if m.at == nil {
		o.d.fail(o.at, "%s: metadata is missing", o.name)
		return
	}
	s.Name = m.called("name")
	s.Labels, s.Annotations = m.prefixed("labels"), m.prefixed("annotations")
	s.Owner, s.Tier = cmp.Or(s.Labels["owner"], s.Labels["team"]), s.Labels["tier"]
	if link := s.Annotations["runbook_url"]; isLink(link) {
		s.Runbook = link
	}
	s.Service = s.Labels["service"]
	if s.Service == "" {
		s.Service = cmp.Or(m.text("namespace"), s.Name)
		o.d.warn(m.at, "Pyrra names no service: %q is taken; label the resource %sservice to choose another", s.Service, pyrraPrefix)
	}
	if s.Service != "" && !validName.MatchString(s.Service) {
		m.d.fail(m.at, "metadata: %q is no name for a service", s.Service)
	}
}

// prefixed is the metadata that Pyrra copies, without its prefix; nil where
// there is none.
func (o object) prefixed(key string) map[string]string {
	v := o.get(key)
	out := map[string]string{}
	all, _ := pairs(v, 0)
	for _, kv := range all {
		name, ok := strings.CutPrefix(kv.key.Value, pyrraPrefix)
		if !ok {
			continue
		}
		if !validLabel(name) || !isText(kv.value) {
			o.d.lost(kv.key, "%s: %q is no name that a rule may set", key, name)
			continue
		}
		out[name] = kv.value.Value
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// pyrraIndicator reads the one indicator and its grouping.
func (o object) pyrraIndicator() (slo.SLI, []string) {
	i := o.child("indicator", "indicator", []string{"ratio", "latency", "latencyNative", "bool_gauge"})
	if len(i.values) != 1 {
		o.d.fail(cmp.Or(i.at, o.at), "indicator: needs exactly one of ratio, latency, latencyNative and bool_gauge; it has %d", len(i.values))
		return nil, nil
	}
	metric := func(of object, key string) object { return of.child(key, key, []string{"metric"}) }
	switch {
	case i.get("ratio") != nil:
		r := i.child("ratio", "ratio", []string{"errors", "total", "grouping"})
		bad, total := metric(r, "errors").metricAt(r), metric(r, "total").metricAt(r)
		return slo.Events{Bad: slo.Query{Selector: bad}, Total: slo.Query{Selector: total}}, r.labelNames("grouping")
	case i.get("latency") != nil:
		l := i.child("latency", "latency", []string{"success", "total", "grouping"})
		success, total := metric(l, "success"), metric(l, "total")
		both := object{d: o.d, at: l.at, name: "latency", values: map[string]*yaml.Node{"success": success.get("metric"), "total": total.get("metric")}}
		return both.buckets("success", "total"), l.labelNames("grouping")
	case i.get("latencyNative") != nil:
		l := i.child("latencyNative", "latencyNative", []string{"total", "latency", "grouping"})
		return slo.Latency{Native: metric(l, "total").metricAt(l), Threshold: l.positive("latency")}, l.labelNames("grouping")
	}
	g := i.child("bool_gauge", "bool_gauge", []string{"metric", "grouping"})
	return slo.Probe{Selector: g.selectorAt("metric")}, g.labelNames("grouping")
}

// metricAt is the selector under metric; parent is the place where it is not
// there at all.
func (o object) metricAt(parent object) string {
	o.at = cmp.Or(o.at, parent.at)
	return o.selectorAt("metric")
}

// pyrraTier is one of Pyrra's four alerts, for a window of 28 days. Other
// windows scale all three durations, to the minute.
type pyrraTier struct {
	key               string
	long, short, hold time.Duration
	factor            float64
	severity          string
}

var pyrraTiers = []pyrraTier{
	{"fastBurn", time.Hour, 5 * time.Minute, 2 * time.Minute, 14, "critical"},
	{"mediumBurn", 6 * time.Hour, 30 * time.Minute, 15 * time.Minute, 7, "critical"},
	{"slowBurn", 24 * time.Hour, 2 * time.Hour, time.Hour, 2, "warning"},
	{"longTermBurn", 96 * time.Hour, 6 * time.Hour, 3 * time.Hour, 1, "warning"},
}

// pyrraAlerting reads which alerts there are, and gives them Pyrra's windows and
// severity labels, so that they fire and are routed as before.
func (o object) pyrraAlerting(s *slo.SLO) {
	a := o.child("alerting", "alerting", pyrraAlertingKeys)
	severities := a.child("severities", "severities", pyrraSeverityKeys)
	severities.at = cmp.Or(severities.at, a.at, o.at)
	off := a.boolean("disabled", false) || !a.boolean("burnrates", true)
	s.Alerting.Name, s.Alerting.TrafficGone = cmp.Or(a.text("name"), pyrraAlert), a.boolean("absent", true) && !a.boolean("disabled", false)
	s.Alerting.Page.Disabled, s.Alerting.Ticket.Disabled = off, off
	if a.get("absentName") != nil {
		a.d.lost(a.get("absentName"), "absentName: burnish's alerts on traffic that is gone are named after the SLO")
	}
	if severities.get("absent") != nil {
		a.d.lost(severities.get("absent"), "severities: absent: burnish's alerts on traffic that is gone have a severity of their own")
	}
	if off || s.Window.Rolling == 0 {
		return
	}
	for _, tier := range pyrraTiers {
		s.Alerting.Windows = append(s.Alerting.Windows, severities.pyrraCondition(tier, s))
	}
}

func (o object) pyrraCondition(tier pyrraTier, s *slo.SLO) slo.AlertWindow {
	scale := func(d time.Duration) time.Duration {
		return time.Duration(float64(d) * float64(s.Window.Rolling) / float64(28*24*time.Hour)).Round(time.Minute)
	}
	w := slo.AlertWindow{
		Severity: slo.SeverityPage, Long: max(scale(tier.long), 2*time.Minute), Short: max(scale(tier.short), time.Minute),
		Factor: tier.factor, For: scale(tier.hold),
	}
	if scale(tier.short) == 0 {
		o.d.warn(o.at, "%s: Pyrra rounds its short window to 0s, so that its alert can never fire; 1m is taken", tier.key)
	}
	label := cmp.Or(o.text(tier.key), tier.severity)
	alert := &s.Alerting.Page
	if !isPage(label, tier.severity == "critical") {
		w.Severity, alert = slo.SeverityTicket, &s.Alerting.Ticket
	}
	switch has := alert.Labels["severity"]; has {
	case "":
		alert.Labels = map[string]string{"severity": label}
	case label:
	default:
		o.d.lost(o.node(tier.key), "severities: %s: %q: burnish's alerts of one severity share their labels; it is %q", tier.key, label, has)
	}
	return w
}

// isPage tells whether a severity label asks for a person now; otherwise is the
// answer for one that is not known.
func isPage(label string, otherwise bool) bool {
	switch strings.ToLower(label) {
	case "critical", "page", "pager", "emergency", "high", "p1", "sev1", "fatal":
		return true
	case "warning", "warn", "ticket", "info", "low", "medium", "minor", "none", "p3", "p4":
		return false
	}
	return otherwise
}
