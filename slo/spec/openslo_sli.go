package spec

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

// sampled is how often a query is read that has no range of its own.
const sampled = time.Minute

// openSLOIndicator finds the SLI of an objective: its own, that of the SLO, or
// v1alpha's metrics. ok is false where there is a fault or a note says why not.
func (o object) openSLOIndicator(objective object) (sli slo.SLI, by []string, ok bool) {
	if objective.get("ratioMetrics") != nil {
		m := objective.child("ratioMetrics", "ratioMetrics", []string{"good", "bad", "total", "incremental", "counter"})
		return m.openSLORatio(objective)
	}
	from := objective
	if from.get("indicator") == nil && from.get("indicatorRef") == nil {
		from = o
	}
	inline, ref := from.get("indicator"), from.text("indicatorRef")
	if inline == nil && ref == "" {
		o.d.fail(o.at, "spec: needs indicator or indicatorRef")
		return nil, nil, false
	}
	var spec object
	if child(inline, "thresholdMetric") != nil { // v1alpha has the metric itself here
		spec = o.d.object(inline, "indicator", []string{"thresholdMetric"})
	} else {
		indicator, found := o.d.inlineOrNamed(inline, ref, from.get("indicatorRef"), "SLI")
		if !found {
			return nil, nil, false
		}
		spec = indicator.child("spec", "indicator", []string{"description", "thresholdMetric", "ratioMetric"})
		spec.lostText("description")
	}
	switch {
	case spec.get("thresholdMetric") != nil:
		m := spec.child("thresholdMetric", "thresholdMetric", []string{"metricSource", "source", "queryType", "query"})
		return m.openSLOThreshold(objective)
	case spec.get("ratioMetric") != nil:
		m := spec.child("ratioMetric", "ratioMetric", []string{"counter", "good", "bad", "total", "raw", "rawType"})
		return m.openSLORatio(objective)
	}
	o.d.fail(cmp.Or(spec.at, o.at), "indicator: needs thresholdMetric or ratioMetric")
	return nil, nil, false
}

// openSLOQuery is the PromQL of a metric source; ok is false where it is not
// Prometheus'.
func (o object) openSLOQuery() (text string, at object, ok bool) {
	m := o.child("metricSource", "metricSource", []string{"metricSourceRef", "type", "spec"})
	kind, query := m.text("type"), m.child("spec", "metricSource.spec", []string{"query", "promql"})
	if m.at == nil { // v1alpha
		kind, query = o.text("source"), o
	}
	if ref := m.text("metricSourceRef"); kind == "" && ref != "" {
		if r, found := o.d.openslo.named["DataSource/"+ref]; found {
			kind = scalar(child(child(r.root, "spec"), "type"))
		} else {
			o.d.warn(m.get("metricSourceRef"), "no DataSource %q in the files given: it is taken for a Prometheus", ref)
		}
	}
	if kind != "" && !strings.EqualFold(kind, "prometheus") {
		o.d.refuse(cmp.Or(m.get("type"), o.get("source"), m.at), "metric source of type %q: burnish reads Prometheus only", kind)
		return "", query, false
	}
	key := "query"
	if query.get("query") == nil && query.get("promql") != nil {
		key = "promql"
	}
	query.at = cmp.Or(query.at, m.at, o.at)
	text = goWindow(query.needed(key))
	query.at = cmp.Or(query.get(key), query.at)
	return text, query, text != ""
}

// openSLORatio reads a ratio of events or a raw ratio.
func (o object) openSLORatio(objective object) (sli slo.SLI, by []string, ok bool) {
	if o.get("raw") != nil {
		return o.openSLORaw()
	}
	source := []string{"metricSource", "source", "queryType", "query"}
	part := o.either("good", "bad")
	if part == "" {
		return nil, nil, false
	}
	if o.get("total") == nil {
		o.d.fail(o.at, "%s: total is missing", o.name)
		return nil, nil, false
	}
	ofText, ofAt, ok := o.child(part, part, source).openSLOQuery()
	totalText, totalAt, okTotal := o.child("total", "total", source).openSLOQuery()
	if !ok || !okTotal {
		return nil, nil, false
	}
	if raw, exact := o.d.exactEvents(ofText, totalText, part == "good"); exact {
		return raw.sli, raw.by, true
	}
	counter := o.boolean("counter", o.boolean("incremental", looksLikeCounter(ofText) && looksLikeCounter(totalText)))
	of, _, ok := ofAt.openSLOEvents(ofText, counter)
	total, by, okTotal := totalAt.openSLOEvents(totalText, counter)
	if !ok || !okTotal {
		return nil, nil, false
	}
	if part == "good" {
		return slo.Events{Good: of, Total: total}, by, true
	}
	return slo.Events{Bad: of, Total: total}, by, true
}

// looksLikeCounter tells whether a query without a range names a counter.
func looksLikeCounter(query string) bool {
	for _, suffix := range []string{"_total", "_count", "_bucket"} {
		if strings.Contains(query, suffix+"{") || strings.Contains(query, suffix+")") || strings.HasSuffix(query, suffix) {
			return true
		}
	}
	return false
}

// openSLOEvents is a query for the events of the window. What has no range is a
// counter, or else is read each minute and added up.
func (o object) openSLOEvents(text string, counter bool) (slo.Query, []string, bool) {
	text = uncomment(text)
	if strings.Contains(text, slo.WindowPlaceholder) {
		expr, err := o.d.expression(text)
		if err != nil {
			o.d.fail(o.at, "query: %v", err)
			return slo.Query{}, nil, false
		}
		return slo.Query{Expr: expr}, o.d.groupingOf(expr), true
	}
	expr, err := o.d.parse(text)
	if err != nil {
		o.d.fail(o.at, "query: %v", err)
		return slo.Query{}, nil, false
	}
	if selector, by, ok := summedSelector(expr); ok && counter {
		return slo.Query{Selector: selector.String()}, by, true
	}
	scale := ""
	if strings.Contains(text, "rate(") {
		scale = fmt.Sprintf("%d * ", int(sampled.Seconds()))
	}
	o.d.warn(o.at, "the query has no %s for its range: it is read every %s and added up, so that what happens between counts for nothing",
		"{{.window}}", durationText(sampled))
	return slo.Query{Expr: scale + overWindow("sum_over_time", text, sampled)}, o.d.groupingOf(text), true
}

// overWindow applies a function to samples of a query over the window.
func overWindow(fn, query string, step time.Duration) string {
	return fn + "((" + query + ")[" + slo.WindowPlaceholder + ":" + durationText(step) + "])"
}

// summedSelector recognises a selector, or sum by (by) (selector).
func summedSelector(e parser.Expr) (v *parser.VectorSelector, by []string, ok bool) {
	e = unwrap(e)
	if sum, isSum := e.(*parser.AggregateExpr); isSum {
		if sum.Op != parser.SUM || sum.Without {
			return nil, nil, false
		}
		by, e = sum.Grouping, unwrap(sum.Expr)
	}
	v, ok = e.(*parser.VectorSelector)
	return v, sortedSet(by), ok && plainSelector(v)
}

// openSLORaw reads a query that gives a ratio.
func (o object) openSLORaw() (slo.SLI, []string, bool) {
	raw := o.child("raw", "raw", []string{"metricSource"})
	text, at, ok := raw.openSLOQuery()
	if !ok {
		return nil, nil, false
	}
	kind := o.needed("rawType")
	if kind != "success" && kind != "failure" {
		o.fail("rawType", "%q is none of success and failure", kind)
		return nil, nil, false
	}
	good := kind == "success"
	if exact, ok := o.d.exactRatio(text, good); ok {
		return exact.sli, exact.by, true
	}
	if text = uncomment(text); !strings.Contains(text, slo.WindowPlaceholder) {
		o.d.warn(at.at, "the query has no %s for its range: it is read every %s, and every reading weighs the same", "{{.window}}", durationText(sampled))
		text = overWindow("avg_over_time", text, sampled)
	}
	expr, err := o.d.expression(text)
	if err != nil {
		o.d.fail(at.at, "query: %v", err)
		return nil, nil, false
	}
	return slo.Ratio{Expr: expr, Good: good}, o.d.groupingOf(expr), true
}

// openSLOThreshold reads a metric that is good while it compares well with the
// value of the objective: the share of its readings.
func (o object) openSLOThreshold(objective object) (slo.SLI, []string, bool) {
	text, at, ok := o.openSLOQuery()
	if !ok {
		return nil, nil, false
	}
	ops := map[string]string{"lte": "<=", "gte": ">=", "lt": "<", "gt": ">"}
	op := ops[objective.needed("op")]
	value, err := strconv.ParseFloat(objective.needed("value"), 64)
	if op == "" || err != nil {
		objective.d.fail(objective.at, "objective: a thresholdMetric needs op (lte, gte, lt, gt) and a number as value")
		return nil, nil, false
	}
	step := sampled
	if objective.get("timeSliceTarget") != nil {
		step = max(min(step, objective.sliceLength()/4), time.Second).Truncate(time.Second)
	}
	text = strings.ReplaceAll(uncomment(text), slo.WindowPlaceholder, durationText(5*sampled))
	by := o.d.groupingOf(text)
	good := "(" + text + ") " + op + " bool " + strconv.FormatFloat(value, 'f', -1, 64)
	expr, err := o.d.expression(overWindow("avg_over_time", good, step))
	if err != nil {
		o.d.fail(at.at, "query: %v", err)
		return nil, nil, false
	}
	o.d.warn(at.at, "a thresholdMetric is read every %s, and every reading weighs the same", durationText(step))
	return slo.Ratio{Expr: expr, Good: true}, by, true
}

// sliceLength is how long a slice is: a duration, or a number of minutes.
func (o object) sliceLength() time.Duration {
	v := o.get("timeSliceWindow")
	if v == nil {
		return time.Minute
	}
	if minutes, err := strconv.ParseUint(scalar(v), 10, 16); err == nil && minutes > 0 {
		return time.Duration(minutes) * time.Minute
	}
	return o.openSLODuration("timeSliceWindow", v).length
}

// calendarText is a duration as OpenSLO writes it: a number and a unit.
type calendarText struct {
	count  int
	unit   string // m h d w M Q Y
	length time.Duration
}

var openSLOUnits = map[string]time.Duration{
	"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	"M": 30 * 24 * time.Hour, "Q": 90 * 24 * time.Hour, "Y": 365 * 24 * time.Hour,
}

// openSLODuration reads a duration. A month is 30 days, a quarter 90, a year
// 365: what a rolling window of them means.
func (o object) openSLODuration(key string, v *yaml.Node) calendarText {
	text := scalar(v)
	digits := strings.TrimRight(text, "mhdwMQY")
	count, err := strconv.ParseUint(digits, 10, 16)
	unit, known := openSLOUnits[strings.TrimPrefix(text, digits)]
	if err != nil || !known || count == 0 {
		o.fail(key, "%q is not a duration: a whole number and one of m h d w M Q Y", text)
		return calendarText{}
	}
	return calendarText{int(count), strings.TrimPrefix(text, digits), time.Duration(count) * unit}
}
