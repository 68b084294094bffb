package spec

import (
	"bytes"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

// Marshal writes SLOs in burnish's own YAML: a document for each run of SLOs
// that share service, owner and tier. [Parse] of it gives the same SLOs, but for
// File and Line. An SLO that the format cannot hold is an error.
func Marshal(slos []slo.SLO) ([]byte, error) {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	for len(slos) > 0 {
		n := 1
		for n < len(slos) && sameDocument(slos[0], slos[n]) {
			n++
		}
		doc, err := document(slos[:n])
		if err != nil {
			return nil, err
		}
		if err := enc.Encode(doc); err != nil {
			return nil, fmt.Errorf("write YAML: %w", err)
		}
		slos = slos[n:]
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return out.Bytes(), nil
}

func sameDocument(a, b slo.SLO) bool {
	return a.Service == b.Service && a.Owner == b.Owner && a.Tier == b.Tier
}

func document(slos []slo.SLO) (*yaml.Node, error) {
	shared := maps.Clone(slos[0].Labels)
	for _, s := range slos[1:] {
		maps.DeleteFunc(shared, func(k, v string) bool { has, ok := s.Labels[k]; return !ok || has != v })
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, s := range slos {
		n, err := marshalSLO(s, shared)
		if err != nil {
			return nil, fmt.Errorf("write SLO %s: %w", s.ID(), err)
		}
		list.Content = append(list.Content, n)
	}
	w := newWriter()
	w.text("version", versionBurnish)
	w.text("service", slos[0].Service)
	w.text("owner", slos[0].Owner)
	w.text("tier", slos[0].Tier)
	w.labels("labels", shared)
	w.put("slos", list)
	return w.node, nil
}

func marshalSLO(s slo.SLO, shared map[string]string) (*yaml.Node, error) {
	w := newWriter()
	w.text("name", s.Name)
	w.text("description", s.Description)
	w.bare("objective", percentText(s.Objective))
	w.window(s.Window)
	sli, err := marshalSLI(s.SLI)
	if err != nil {
		return nil, err
	}
	w.put("sli", sli)
	w.texts("group_by", s.GroupBy)
	w.exclusions(s.Exclusions)
	w.texts("depends_on", s.DependsOn)
	w.text("runbook", s.Runbook)
	w.text("dashboard", s.Dashboard)
	own := maps.Clone(s.Labels)
	maps.DeleteFunc(own, func(k, _ string) bool { _, ok := shared[k]; return ok })
	w.labels("labels", own)
	w.labels("annotations", s.Annotations)
	w.alerting(s.Alerting)
	return w.node, w.err
}

func marshalSLI(sli slo.SLI) (*yaml.Node, error) {
	outer, w := newWriter(), newWriter()
	switch v := sli.(type) {
	case slo.Events:
		w.text("bad", v.Bad.Selector+v.Bad.Expr)
		w.text("good", v.Good.Selector+v.Good.Expr)
		w.text("total", v.Total.Selector+v.Total.Expr)
		outer.put("events", w.node)
	case slo.Latency:
		w.text("good", v.Good)
		w.text("total", v.Total)
		w.text("native", v.Native)
		w.text("threshold", thresholdText(v.Threshold))
		outer.put("latency", w.node)
	case slo.Probe:
		w.text("gauge", v.Selector)
		outer.put("probe", w.node)
	case slo.Ratio:
		key := "bad"
		if v.Good {
			key = "good"
		}
		w.text(key, v.Expr)
		outer.put("ratio", w.node)
	case slo.Slices:
		of, err := marshalSLI(v.Of)
		if err != nil {
			return nil, err
		}
		w.duration("length", v.Length)
		w.bare("target", percentText(v.Target))
		w.put("of", of)
		outer.put("slices", w.node)
	default:
		return nil, fmt.Errorf("an SLI of type %T is not known", sli)
	}
	return outer.node, w.err
}

// writer builds a mapping. What is empty is left out. The first error stays.
type writer struct {
	node *yaml.Node
	err  error
}

func newWriter() *writer { return &writer{node: &yaml.Node{Kind: yaml.MappingNode}} }

func (w *writer) put(key string, value *yaml.Node) {
	w.node.Content = append(w.node.Content, textNode(key), value)
}

func (w *writer) text(key, value string) {
	if value != "" {
		w.put(key, textNode(value))
	}
}

// bare is a number, written without quotes.
func (w *writer) bare(key, value string) {
	w.put(key, &yaml.Node{Kind: yaml.ScalarNode, Value: value})
}

func (w *writer) texts(key string, values []string) {
	if len(values) == 0 {
		return
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range values {
		list.Content = append(list.Content, textNode(v))
	}
	w.put(key, list)
}

func (w *writer) labels(key string, labels map[string]string) {
	if len(labels) == 0 {
		return
	}
	inner := newWriter()
	for _, name := range sortedKeys(labels) {
		inner.put(name, textNode(labels[name]))
	}
	w.put(key, inner.node)
}

func (w *writer) flag(key string, value bool) {
	if value {
		w.bare(key, "true")
	}
}

func (w *writer) mapping(key string, inner *writer) {
	if w.err == nil {
		w.err = inner.err
	}
	if len(inner.node.Content) > 0 {
		w.put(key, inner.node)
	}
}

func (w *writer) duration(key string, d time.Duration) {
	if d == 0 {
		return
	}
	if (d < 0 || d%time.Millisecond != 0) && w.err == nil {
		w.err = fmt.Errorf("%s: %v is not a whole number of milliseconds", key, d)
	}
	w.text(key, model.Duration(d).String())
}

func (w *writer) window(win slo.Window) {
	if win.Calendar == "" {
		w.duration("window", win.Rolling)
		return
	}
	inner := newWriter()
	inner.node.Style = yaml.FlowStyle
	inner.text("calendar", string(win.Calendar))
	if win.Zone != nil {
		inner.text("time_zone", win.Zone.String())
	}
	w.put("window", inner.node)
}

func (w *writer) exclusions(all []slo.Exclusion) {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, e := range all {
		inner := newWriter()
		if e.Rule == "" {
			inner.text("from", e.Interval.From.Format(time.RFC3339Nano))
			inner.text("to", e.Interval.To.Format(time.RFC3339Nano))
		} else {
			inner.text("rrule", e.Rule)
			inner.text("start", e.Start.Format(time.RFC3339Nano))
			inner.duration("duration", e.Duration)
		}
		inner.text("reason", e.Reason)
		if w.err == nil {
			w.err = inner.err
		}
		list.Content = append(list.Content, inner.node)
	}
	if len(all) > 0 {
		w.put("exclude", list)
	}
}

func (w *writer) alerting(a slo.Alerting) {
	inner := newWriter()
	inner.text("policy", a.Policy)
	inner.text("name", a.Name)
	if a.MinFailures > 0 {
		inner.bare("min_failures", strconv.FormatFloat(a.MinFailures, 'f', -1, 64))
	}
	inner.flag("traffic_gone", a.TrafficGone)
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, c := range a.Windows {
		list.Content = append(list.Content, inner.condition(c))
	}
	if len(a.Windows) > 0 {
		inner.put("windows", list)
	}
	inner.alert("page", a.Page)
	inner.alert("ticket", a.Ticket)
	w.mapping("alerting", inner)
}

func (w *writer) condition(c slo.AlertWindow) *yaml.Node {
	inner := newWriter()
	inner.node.Style = yaml.FlowStyle
	inner.text("severity", string(c.Severity))
	inner.duration("long", c.Long)
	inner.duration("short", c.Short)
	inner.bare("factor", strconv.FormatFloat(c.Factor, 'f', -1, 64))
	inner.duration("for", c.For)
	if w.err == nil {
		w.err = inner.err
	}
	return inner.node
}

func (w *writer) alert(key string, a slo.AlertLabels) {
	inner := newWriter()
	inner.flag("disabled", a.Disabled)
	inner.labels("labels", a.Labels)
	inner.labels("annotations", a.Annotations)
	w.mapping(key, inner)
}

// textNode is text that YAML reads back as it is: queries of several lines stay
// readable, and what would be lost in plain text is escaped.
func textNode(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	n.Tag, n.Style = "!!str", 0
	plain := !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || r < ' ' && r != '\n' || r == 0x7f })
	switch {
	case !plain:
		n.Style = yaml.DoubleQuotedStyle
	case strings.Contains(text, "\n"):
		n.Style = yaml.DoubleQuotedStyle
		if !strings.HasPrefix(text, " ") && !strings.HasPrefix(text, "\n") && !strings.Contains(text, " \n") && !strings.HasSuffix(text, " ") {
			n.Style = yaml.LiteralStyle
		}
	}
	return n
}

// percentText is a ratio as a percentage, to the last digit.
func percentText(ratio float64) string {
	text := strconv.FormatFloat(ratio, 'f', -1, 64)
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	_, decimals, _ := strings.Cut(text, ".")
	return r.Mul(r, big.NewRat(100, 1)).FloatString(max(0, len(decimals)-2))
}

func durationText(d time.Duration) string { return model.Duration(d).String() }

func thresholdText(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%time.Millisecond == 0:
		return model.Duration(d).String()
	}
	return d.String()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
