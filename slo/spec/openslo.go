package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

var (
	openSLOKinds         = []string{"DataSource", "SLO", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "Service"}
	openSLOSpecKeys      = []string{"description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives", "alertPolicies"}
	openSLOAlphaKeys     = []string{"description", "service", "indicator", "timeWindows", "budgetingMethod", "objectives"}
	openSLOObjectiveKeys = []string{
		"displayName", "op", "value", "target", "targetPercent", "timeSliceTarget", "timeSliceWindow", "indicator", "indicatorRef", "compositeWeight",
	}
	openSLOAlphaObjectiveKeys = []string{"displayName", "op", "value", "target", "ratioMetrics", "timeSliceTarget", "timeSliceWindow"}
)

// openSLOObjects are the resources of OpenSLO that were read: they refer to each
// other in any order and across files.
type openSLOObjects struct {
	all   []openSLOResource
	named map[string]openSLOResource // by kind/name
	used  map[*yaml.Node]bool        // policies that an SLO refers to
}

// openSLOResource is a resource and the file that it is in.
type openSLOResource struct {
	d     *decoder
	root  *yaml.Node
	kind  string
	alpha bool
}

// openSLO takes a resource of v1 down; finishOpenSLO reads it.
func (d *decoder) openSLO(root *yaml.Node) { d.openSLOResource(root, false) }

// openSLOAlpha takes a resource of v1alpha down.
func (d *decoder) openSLOAlpha(root *yaml.Node) { d.openSLOResource(root, true) }

func (d *decoder) openSLOResource(root *yaml.Node, alpha bool) {
	o := d.object(root, "OpenSLO resource", resourceKeys)
	r := openSLOResource{d: d, root: root, kind: o.text("kind"), alpha: alpha}
	name := o.child("metadata", "metadata", metadataKeys).text("name")
	switch {
	case !slices.Contains(openSLOKinds, r.kind):
		d.fail(o.node("kind"), "kind %q is not one of OpenSLO's: %s", r.kind, strings.Join(openSLOKinds, ", "))
		return
	case name == "":
		d.fail(root, "%s: metadata: name is missing", r.kind)
		return
	case d.openslo.named == nil:
		d.openslo.named, d.openslo.used = map[string]openSLOResource{}, map[*yaml.Node]bool{}
	}
	key := r.kind + "/" + name
	if first, taken := d.openslo.named[key]; taken && r.kind != "SLO" {
		d.fail(root, "%s %q is there twice: first at %s:%d", r.kind, name, first.d.file, first.root.Line)
		return
	}
	d.openslo.named[key] = r
	d.openslo.all = append(d.openslo.all, r)
}

// finishOpenSLO reads the SLOs once everything that they may refer to is known.
func (s *state) finishOpenSLO() {
	for _, r := range s.openslo.all {
		if r.kind == "SLO" {
			r.d.openSLOSLO(r)
		}
	}
	for _, r := range s.openslo.all {
		spec := child(r.root, "spec")
		switch {
		case r.kind == "AlertPolicy" && !s.openslo.used[r.root]:
			r.d.object(r.root, r.kind, resourceKeys).child("spec", r.kind, openSLOPolicyKeys).conditions()
		case r.kind == "DataSource" && child(spec, "connectionDetails") != nil:
			r.d.lost(child(spec, "connectionDetails"), "connectionDetails: where burnish reads from is for its configuration to say")
		case r.kind == "Service":
			r.d.lost(r.root, "Service: burnish knows services by name only, from their SLOs")
		}
	}
}

// inlineOrNamed is a resource that is written here or named by a reference. It
// is an error where the reference leads nowhere.
func (d *decoder) inlineOrNamed(inline *yaml.Node, ref string, refAt *yaml.Node, kind string) (object, bool) {
	if inline != nil {
		return d.object(inline, kind, resourceKeys), true
	}
	r, ok := d.openslo.named[kind+"/"+ref]
	if !ok {
		d.fail(refAt, "no %s %q in the files given", kind, ref)
		return object{}, false
	}
	return r.d.object(r.root, kind, resourceKeys), true
}

// openSLOSLO reads an SLO: one of ours for each of its objectives.
func (d *decoder) openSLOSLO(r openSLOResource) {
	before := d.faults
	o := d.object(r.root, "SLO", resourceKeys)
	keys := openSLOSpecKeys
	if r.alpha {
		keys = openSLOAlphaKeys
	}
	spec := o.child("spec", "spec", keys)
	if spec.at == nil {
		d.fail(r.root, "SLO: spec is missing")
		return
	}
	s := o.openSLONames(spec)
	if r.alpha {
		s.Window = spec.openSLOAlphaWindow()
	} else {
		s.Window = spec.openSLOWindow()
	}
	spec.openSLOPolicies(&s)
	objectives := spec.list("objectives")
	if len(objectives) == 0 {
		d.fail(spec.node("objectives"), "spec: objectives is missing: a list of at least one")
	}
	sound := d.faults == before && s.Window != (slo.Window{})
	suffixes := objectiveNames(objectives)
	for i, item := range objectives {
		one := s
		one.Name += suffixes[i]
		if spec.openSLOObjective(item, &one, r.alpha) && sound {
			d.add(item, one)
		}
	}
}

// openSLONames reads what an SLO is called and described by.
func (o object) openSLONames(spec object) slo.SLO {
	var s slo.SLO
	o.openSLOMetadata(&s)
	s.Service = spec.called("service")
	if description := spec.text("description"); description != "" {
		if s.Description != "" {
			o.d.lost(child(o.get("metadata"), "displayName"), "displayName %q: the description is kept in its place", s.Description)
		}
		s.Description = description
	}
	return s
}

// openSLOMetadata reads name, labels and annotations.
func (o object) openSLOMetadata(s *slo.SLO) {
	m := o.child("metadata", "metadata", metadataKeys)
	s.Name, s.Description = m.called("name"), m.text("displayName")
	s.Labels, s.Annotations = m.openSLOLabels("labels"), m.openSLOLabels("annotations")
	s.Owner, s.Tier = cmp.Or(s.Labels["owner"], s.Labels["team"]), s.Labels["tier"]
}

// openSLOLabels are labels whose values are texts or lists of texts.
func (o object) openSLOLabels(key string) map[string]string {
	out := map[string]string{}
	all, _ := pairs(o.get(key), 0)
	for _, kv := range all {
		values := []string{scalar(kv.value)}
		if kv.value.Kind == yaml.SequenceNode {
			values = o.d.object(nil, key, nil).with(kv.key.Value, kv.value).texts(kv.key.Value)
		}
		if len(values) > 1 {
			o.d.lost(kv.value, "%s: %s: a label of Prometheus has one value: %q is taken", key, kv.key.Value, strings.Join(values, ","))
		}
		if !validLabel(kv.key.Value) {
			o.d.lost(kv.key, "%s: %q is no name that a rule may set", key, kv.key.Value)
			continue
		}
		out[kv.key.Value] = strings.Join(values, ",")
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// with is the object with one more value.
func (o object) with(key string, value *yaml.Node) object {
	o.values[key] = value
	return o
}

// objectiveNames tells the objectives of one SLO apart, by what they are called
// or else by their number. A single one needs nothing.
func objectiveNames(objectives []*yaml.Node) []string {
	out := make([]string, len(objectives))
	if len(objectives) == 1 {
		return out
	}
	for i, o := range objectives {
		name := "-" + slug(scalar(child(o, "displayName")))
		if name == "-" || slices.Contains(out, name) {
			name = fmt.Sprintf("-%d", i+1)
		}
		out[i] = name
	}
	return out
}

// slug is a text as part of a name.
func slug(text string) string {
	text = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(text))
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '-' }), "-")
}

// openSLOObjective reads one objective and the SLI that it is about into s; it
// is false where there is a fault or a note says why not.
func (o object) openSLOObjective(n *yaml.Node, s *slo.SLO, alpha bool) bool {
	d, before := o.d, o.d.faults
	keys := openSLOObjectiveKeys
	if alpha {
		keys = openSLOAlphaObjectiveKeys
	}
	t := d.object(n, "objective", keys)
	s.Objective = t.openSLOTarget()
	if t.get("compositeWeight") != nil {
		d.lost(t.get("compositeWeight"), "compositeWeight: the objectives of a composite become SLOs of their own, which are not weighed against each other")
	}
	sli, by, ok := o.openSLOIndicator(t)
	if !ok || sli == nil {
		return false
	}
	s.SLI, s.GroupBy = o.budgeted(sli, by, t), by
	return d.faults == before && s.SLI != nil
}

// openSLOTarget is the ratio that an objective asks for.
func (o object) openSLOTarget() float64 {
	if o.get("targetPercent") != nil {
		return o.percent("targetPercent", false)
	}
	text := o.needed("target")
	if text == "" {
		return 0
	}
	return o.ratio("target", text, 1, false)
}

// budgeted is the SLI as the budgeting method counts it.
func (o object) budgeted(sli slo.SLI, by []string, objective object) slo.SLI {
	method := o.text("budgetingMethod")
	switch method {
	case "Occurrences":
		return sli
	case "":
		o.d.warn(o.at, "no budgetingMethod: Occurrences is taken")
		return sli
	case "Timeslices", "RatioTimeslices":
	default:
		o.fail("budgetingMethod", "%q is none of Occurrences, Timeslices and RatioTimeslices", method)
		return nil
	}
	length := objective.sliceLength()
	if method == "RatioTimeslices" {
		counts := sli.Counts(length, by)
		ratio := counts.Bad
		if counts.Total != "" {
			ratio = "(" + counts.Bad + ") / (" + counts.Total + " > 0)"
		}
		o.d.warn(o.get("budgetingMethod"), "RatioTimeslices: every slice weighs the same, so the SLO becomes a ratio and its budget has no count of events")
		return slo.Ratio{Expr: "avg_over_time((" + ratio + ")[" + slo.WindowPlaceholder + ":" + durationText(length) + "])"}
	}
	text := objective.needed("timeSliceTarget")
	if text == "" {
		return nil
	}
	return slo.Slices{Of: sli, Length: length, Target: objective.ratio("timeSliceTarget", text, 1, true)}
}
