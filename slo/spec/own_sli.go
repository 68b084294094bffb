package spec

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/slo"
)

// sli reads the one SLI that a mapping holds; nil where there is a fault.
func (o object) sli(sliced bool) slo.SLI {
	kinds := []struct {
		key  string
		read func(object) slo.SLI
	}{
		{"events", object.events}, {"latency", object.latency}, {"probe", object.probe}, {"ratio", object.ratioSLI}, {"slices", object.slices},
	}
	var out slo.SLI
	var found []string
	before := o.d.faults
	for _, k := range kinds {
		if o.get(k.key) == nil {
			continue
		}
		if k.key == "slices" && sliced {
			o.fail("slices", "slices of slices are not kept")
			continue
		}
		found = append(found, k.key)
		out = k.read(o)
	}
	if len(found) != 1 {
		if o.d.faults == before {
			o.d.fail(o.at, "%s: needs exactly one of events, latency, probe, ratio and slices; it has %d", o.name, len(found))
		}
		return nil
	}
	if o.d.faults > before {
		return nil
	}
	return out
}

// queryAt is the query of a key that has to be there.
func (o object) queryAt(key string) slo.Query {
	text := o.needed(key)
	if text == "" {
		return slo.Query{}
	}
	q, err := o.d.query(text)
	if err != nil {
		o.fail(key, "%v", err)
		return slo.Query{}
	}
	return q
}

// selectorAt is the vector selector of a key that has to be there.
func (o object) selectorAt(key string) string {
	text := o.needed(key)
	if text == "" {
		return ""
	}
	selector, err := o.d.selector(text)
	if err != nil {
		o.fail(key, "%v", err)
		return ""
	}
	return selector
}

// either is the one of two keys that is there, and an error where none or both
// are.
func (o object) either(a, b string) string {
	hasA, hasB := o.get(a) != nil, o.get(b) != nil
	if hasA == hasB {
		o.d.fail(o.at, "%s: needs exactly one of %s and %s", o.name, a, b)
		return ""
	}
	if hasA {
		return a
	}
	return b
}

func (o object) events() slo.SLI {
	e := o.child("events", "events", burnishKeys["events"])
	var out slo.Events
	switch key := e.either("bad", "good"); key {
	case "bad":
		out.Bad = e.queryAt(key)
	case "good":
		out.Good = e.queryAt(key)
	}
	out.Total = e.queryAt("total")
	if part := out.Bad; part == out.Total && part != (slo.Query{}) || out.Good == out.Total && out.Good != (slo.Query{}) {
		e.d.fail(e.at, "events: bad or good must not equal total")
	}
	return out
}

func (o object) probe() slo.SLI {
	return slo.Probe{Selector: o.child("probe", "probe", burnishKeys["probe"]).selectorAt("gauge")}
}

func (o object) ratioSLI() slo.SLI {
	r := o.child("ratio", "ratio", burnishKeys["ratio"])
	key := r.either("bad", "good")
	if key == "" {
		return nil
	}
	expr, err := r.d.expression(r.text(key))
	if err != nil {
		r.fail(key, "%v", err)
		return nil
	}
	return slo.Ratio{Expr: expr, Good: key == "good"}
}

func (o object) slices() slo.SLI {
	s := o.child("slices", "slices", burnishKeys["slices"])
	out := slo.Slices{Length: s.positive("length"), Target: s.percent("target", true)}
	if s.get("of") == nil {
		s.d.fail(s.at, "slices: of is missing: the SLI that each slice is judged by")
		return nil
	}
	out.Of = s.child("of", "slices.of", burnishKeys["sli"]).sli(true)
	return out
}

// latency reads the three ways to say how long is too long: the buckets of a
// classic histogram by hand, a classic histogram by name, a native one.
func (o object) latency() slo.SLI {
	l := o.child("latency", "latency", burnishKeys["latency"])
	ways := 0
	for _, key := range []string{"good", "histogram", "native"} {
		if l.get(key) != nil {
			ways++
		}
	}
	switch {
	case ways != 1 || l.get("total") != nil && l.get("good") == nil:
		l.d.fail(l.at, "latency: needs good and total (buckets), or histogram and threshold, or native and threshold")
		return nil
	case l.get("native") != nil:
		return slo.Latency{Native: l.selectorAt("native"), Threshold: l.threshold(true)}
	case l.get("histogram") != nil:
		return l.histogram()
	}
	return l.buckets("good", "total")
}

// buckets is a classic histogram whose bucket is selected.
func (o object) buckets(good, total string) slo.SLI {
	out := slo.Latency{Good: o.selectorAt(good), Total: o.selectorAt(total), Threshold: o.threshold(false)}
	if out.Good == "" {
		return out
	}
	expr, err := o.d.parse(out.Good)
	if err != nil {
		o.fail(good, "%v", err)
		return nil
	}
	named, ok := bucketOf(expr.(*parser.VectorSelector))
	switch {
	case !ok:
		o.fail(good, "no le matcher: it says which bucket is fast enough")
	case named == 0 && out.Threshold == 0:
		o.fail(good, "le does not name a bucket: add the threshold")
	case named == 0 || out.Threshold == 0 || named == out.Threshold:
		out.Threshold = max(named, out.Threshold)
	default:
		o.fail(good, "le is %v but the threshold is %v", named, out.Threshold)
	}
	return out
}

// histogram is a classic histogram by its name: the bucket of the threshold and
// the count.
func (o object) histogram() slo.SLI {
	selector, threshold := o.selectorAt("histogram"), o.threshold(true)
	if selector == "" || threshold == 0 {
		return nil
	}
	expr, err := o.d.parse(selector)
	if err != nil {
		o.fail("histogram", "%v", err)
		return nil
	}
	v := expr.(*parser.VectorSelector)
	_, rest, _ := strings.Cut(selector, "{")
	if _, has := bucketOf(v); v.Name == "" || !model.IsValidLegacyMetricName(v.Name) || has {
		o.fail("histogram", "name the histogram, without _bucket and le")
		return nil
	}
	rest = strings.TrimSuffix(rest, "}")
	le := boundMatcher(threshold)
	if isMilliseconds(v.Name) {
		le = boundMatcher(threshold * 1000)
	}
	out := slo.Latency{Good: v.Name + "_bucket{" + rest + ", " + le + "}", Total: v.Name + "_count", Threshold: threshold}
	if rest == "" {
		out.Good = v.Name + "_bucket{" + le + "}"
	} else {
		out.Total += "{" + rest + "}"
	}
	if out.Good, err = o.d.selector(out.Good); err == nil {
		out.Total, err = o.d.selector(out.Total)
	}
	if err != nil {
		o.fail("histogram", "%v", err)
		return nil
	}
	return out
}

// boundMatcher matches the bucket of a bound in seconds. Prometheus 3 writes
// whole bounds with a decimal (le="1.0"), older ones without.
func boundMatcher(bound time.Duration) string {
	text := strconv.FormatFloat(bound.Seconds(), 'f', -1, 64)
	if strings.Contains(text, ".") {
		return `le=` + strconv.Quote(text)
	}
	return `le=~` + strconv.Quote(regexp.QuoteMeta(text)+`(\.0)?`)
}

// isMilliseconds tells whether a histogram says that it counts milliseconds; all
// others count seconds.
func isMilliseconds(name string) bool {
	name = strings.TrimSuffix(name, "_bucket")
	return strings.HasSuffix(name, "_milliseconds") || strings.HasSuffix(name, "_ms")
}

// secondsOf is the bound that the text of le gives for a histogram; 0 where it
// is none.
func secondsOf(le, name string) time.Duration {
	f, err := strconv.ParseFloat(le, 64)
	if isMilliseconds(name) {
		f /= 1000
	}
	if err != nil || !(f > 0) || f > 1e9 {
		return 0
	}
	return time.Duration(math.Round(f * 1e9))
}

// threshold is a duration that may be shorter than a millisecond.
func (o object) threshold(needed bool) time.Duration {
	v := o.get("threshold")
	if v == nil {
		if needed {
			o.d.fail(o.at, "%s: threshold is missing, as in 300ms", o.name)
		}
		return 0
	}
	d, err := model.ParseDuration(scalar(v))
	out := time.Duration(d)
	if err != nil {
		out, err = time.ParseDuration(scalar(v))
	}
	if err != nil || out <= 0 || out > 1e9*time.Second {
		o.fail("threshold", "%q is not a duration over 0: write 300ms or 2s", scalar(v))
		return 0
	}
	return out
}
