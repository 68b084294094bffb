package spec

import (
	"cmp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

var (
	sloGeneratorKeys    = []string{"description", "backend", "method", "exporters", "service_level_indicator", "goal", "error_budget_policy", "frequency"}
	sloGeneratorSLIKeys = []string{"filter_good", "filter_bad", "filter_valid", "expression", "threshold_bucket"}
)

// sloGenerator reads a ServiceLevelObjective of slo-generator v2.
func (d *decoder) sloGenerator(root *yaml.Node) {
	o := d.object(root, "slo-generator resource", resourceKeys)
	if kind := o.text("kind"); kind != "ServiceLevelObjective" {
		d.fail(root, "kind %q is not read: expected ServiceLevelObjective", kind)
		return
	}
	before := d.faults
	p := o.child("spec", "spec", sloGeneratorKeys)
	if p.at == nil {
		d.fail(root, "spec is missing")
		return
	}
	backend, _, _ := strings.Cut(p.needed("backend"), "/")
	if backend != "" && backend != "prometheus" {
		d.refuse(p.get("backend"), "backend %q: burnish reads Prometheus only", backend)
		return
	}
	var s slo.SLO
	o.sloGeneratorNames(&s)
	s.Description, s.Window = p.text("description"), slo.Window{Rolling: d.period()}
	if goal := p.needed("goal"); goal != "" {
		s.Objective = p.ratio("goal", goal, 1, false)
	}
	s.SLI, s.GroupBy = p.sloGeneratorSLI()
	p.sloGeneratorLost()
	if d.faults == before && s.SLI != nil {
		d.warn(root, "slo-generator keeps windows in its error budget policy: a rolling one of %s is taken", durationText(d.period()))
		d.add(root, s)
	}
}

// sloGeneratorLost says what of an SLO has no place here.
func (o object) sloGeneratorLost() {
	for _, item := range o.list("exporters") {
		o.d.lost(item, "exporter %q: burnish's own metrics and reports take its place", scalar(item))
	}
	if v := o.get("error_budget_policy"); v != nil {
		o.d.lost(v, "error_budget_policy %q: its steps are in slo-generator's configuration; burnish's own alerts are taken", scalar(v))
	}
	if v := o.get("frequency"); v != nil {
		o.d.lost(v, "frequency: burnish follows every SLO all the time")
	}
}

// sloGeneratorNames reads the labels that name an SLO there.
func (o object) sloGeneratorNames(s *slo.SLO) {
	m := o.child("metadata", "metadata", metadataKeys)
	labels := map[string]string{}
	all, _ := pairs(m.get("labels"), 0)
	for _, kv := range all {
		if !validLabel(kv.key.Value) {
			o.d.lost(kv.key, "labels: %q is no name that a rule may set", kv.key.Value)
			continue
		}
		labels[kv.key.Value] = scalar(kv.value)
	}
	name := m.called("name")
	s.Service, s.Name = cmp.Or(labels["service_name"], name), name
	if labels["slo_name"] != "" && labels["service_name"] != "" {
		s.Name = strings.Trim(labels["feature_name"]+"-"+labels["slo_name"], "-")
	}
	if !validName.MatchString(s.Service) || !validName.MatchString(s.Name) {
		o.d.fail(o.at, "metadata: %q and %q are no names for a service and an SLO", s.Service, s.Name)
	}
	for _, used := range []string{"service_name", "feature_name", "slo_name"} {
		delete(labels, used)
	}
	s.Labels = overlay(labels, nil)
	s.Owner, s.Tier = cmp.Or(labels["owner"], labels["team"]), labels["tier"]
}

func (o object) sloGeneratorSLI() (slo.SLI, []string) {
	i := o.child("service_level_indicator", "service_level_indicator", sloGeneratorSLIKeys)
	if i.at == nil {
		o.d.fail(o.at, "spec: service_level_indicator is missing")
		return nil, nil
	}
	switch method := o.needed("method"); method {
	case "good_bad_ratio":
		return i.goodBadRatio(), nil
	case "query_sli":
		return i.querySLI()
	case "distribution_cut":
		return i.distributionCut(), nil
	case "":
		return nil, nil
	default:
		o.d.refuse(o.get("method"), "method %q: burnish reads good_bad_ratio, query_sli and distribution_cut", method)
		return nil, nil
	}
}

func (o object) goodBadRatio() slo.SLI {
	good := slo.Query{Selector: o.selectorAt("filter_good")}
	switch o.either("filter_valid", "filter_bad") {
	case "filter_valid":
		return slo.Events{Good: good, Total: slo.Query{Selector: o.selectorAt("filter_valid")}}
	case "filter_bad":
		bad := o.selectorAt("filter_bad")
		return slo.Events{Bad: slo.Query{Selector: bad}, Total: slo.Query{Expr: bothCounted(good.Selector, bad)}}
	}
	return nil
}

// bothCounted is PromQL for the events of two families of counters, where either
// may be missing.
func bothCounted(a, b string) string {
	one := func(selector, name string) string {
		return `label_replace(sum(increase(` + selector + `[` + slo.WindowPlaceholder + `])), "of", "` + name + `", "", "")`
	}
	return "sum(" + one(a, "good") + " or " + one(b, "bad") + ")"
}

// querySLI reads PromQL that gives the ratio of good events, with window for its
// range.
func (o object) querySLI() (slo.SLI, []string) {
	text := o.needed("expression")
	if text == "" {
		return nil, nil
	}
	text = strings.NewReplacer("[window]", "["+slo.WindowPlaceholder+"]", "[window:", "["+slo.WindowPlaceholder+":").Replace(text)
	exact, ok := o.d.exactRatio(text, true)
	if !ok {
		expr, err := o.d.expression(text)
		if err != nil {
			o.fail("expression", "%v", err)
			return nil, nil
		}
		return slo.Ratio{Expr: expr, Good: true}, o.d.groupingOf(expr)
	}
	if exact.bare {
		o.d.warn(o.get("expression"), "slo-generator reads the first series of the query only; burnish counts the events of all")
	}
	return exact.sli, exact.by
}

// distributionCut reads a bucket of a classic histogram: its expression selects
// the buckets, its threshold one of them.
func (o object) distributionCut() slo.SLI {
	selector, bucket := o.selectorAt("expression"), o.needed("threshold_bucket")
	if selector == "" || bucket == "" {
		return nil
	}
	expr, err := o.d.parse(selector)
	if err != nil {
		o.fail("expression", "%v", err)
		return nil
	}
	v := expr.(*parser.VectorSelector)
	name, ok := strings.CutSuffix(v.Name, "_bucket")
	if _, cut := bucketOf(v); !ok || cut || !decimal.MatchString(bucket) {
		o.fail("expression", "needs the buckets of a classic histogram, without le, and a number as threshold_bucket")
		return nil
	}
	rest := strings.TrimSuffix(strings.TrimPrefix(selector, v.Name), "}")
	rest = strings.TrimPrefix(rest, "{")
	good, err := o.d.selector(v.Name + "{le=" + quoted(bucket) + "," + rest + "}")
	if err != nil {
		o.fail("expression", "%v", err)
		return nil
	}
	total, err := o.d.selector(name + "_count{" + rest + "}")
	if err != nil {
		o.fail("expression", "%v", err)
		return nil
	}
	return slo.Latency{Good: good, Total: total, Threshold: secondsOf(bucket, v.Name)}
}
