package slo

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// promDuration writes a duration as PromQL takes it.
func promDuration(d time.Duration) string { return model.Duration(d).String() }

// summed is the sum of an expression by labels.
func summed(by []string, expr string) string {
	if len(by) == 0 {
		return "sum(" + expr + ")"
	}
	return "sum by (" + strings.Join(by, ", ") + ") (" + expr + ")"
}

// events is the PromQL that counts the events of a window.
func (q Query) events(window time.Duration, by []string) string {
	if q.Selector != "" {
		return summed(by, "increase("+q.Selector+"["+promDuration(window)+"])")
	}
	expr := strings.ReplaceAll(q.Expr, WindowPlaceholder, promDuration(window))
	expr = summed(by, expr)
	if perSecond(expr) {
		expr += " * " + number(window.Seconds())
	}
	return expr
}

// perSecond tells whether an expression gives a rate: it calls rate or irate and
// nothing that counts.
func perSecond(expr string) bool {
	parsed, err := parser.NewParser(parser.Options{EnableExperimentalFunctions: true}).ParseExpr(expr)
	if err != nil {
		return false
	}
	rates, counts := false, false
	parser.Inspect(parsed, func(n parser.Node, _ []parser.Node) error {
		if call, ok := n.(*parser.Call); ok {
			switch call.Func.Name {
			case "rate", "irate":
				rates = true
			case "increase", "delta", "sum_over_time", "count_over_time":
				counts = true
			}
		}
		return nil
	})
	return rates && !counts
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// missingIsNone takes a missing count for none where there is a total: a counter
// of errors is often born with the first error.
func missingIsNone(count, total string) string {
	return "(" + count + " or 0 * " + total + ")"
}

// Counts is the bad and all events of the window. Bad events whose series is
// missing are none.
func (e Events) Counts(window time.Duration, by []string) Counts {
	total := e.Total.events(window, by)
	if e.Good != (Query{}) {
		return Counts{Bad: total + " - " + missingIsNone(e.Good.events(window, by), total), Total: total}
	}
	return Counts{Bad: missingIsNone(e.Bad.events(window, by), total), Total: total}
}

// Selectors are the raw counters; none where a side is PromQL.
func (e Events) Selectors() []Selector {
	if e.Total.Selector == "" || e.Bad.Selector == "" && e.Good.Selector == "" {
		return nil
	}
	total := Selector{Expr: e.Total.Selector, Role: RoleTotal}
	if e.Good.Selector != "" {
		return []Selector{{Expr: e.Good.Selector, Role: RoleGood}, total}
	}
	return []Selector{{Expr: e.Bad.Selector, Role: RoleBad}, total}
}

// Counts is the observations over the threshold and all observations.
func (l Latency) Counts(window time.Duration, by []string) Counts {
	if l.Native == "" {
		return Events{Good: Query{Selector: l.Good}, Total: Query{Selector: l.Total}}.Counts(window, by)
	}
	buckets := summed(by, "increase("+l.Native+"["+promDuration(window)+"])")
	total := "histogram_count(" + buckets + ")"
	slow := fmt.Sprintf("(1 - histogram_fraction(0, %s, %s))", number(l.Threshold.Seconds()), buckets)
	return Counts{Bad: slow + " * " + total, Total: total}
}

// Selectors are the bucket and the count, or the native histogram.
func (l Latency) Selectors() []Selector {
	if l.Native != "" {
		return []Selector{{Expr: l.Native, Role: RoleBuckets, Threshold: l.Threshold.Seconds()}}
	}
	return []Selector{{Expr: l.Good, Role: RoleGood}, {Expr: l.Total, Role: RoleTotal}}
}

// Counts is the samples at 0 and all samples.
func (p Probe) Counts(window time.Duration, by []string) Counts {
	in := "[" + promDuration(window) + "])"
	total := summed(by, "count_over_time("+p.Selector+in)
	good := summed(by, "sum_over_time("+p.Selector+in)
	return Counts{Bad: total + " - " + good, Total: total}
}

// Selectors is the gauge.
func (p Probe) Selectors() []Selector {
	return []Selector{{Expr: p.Selector, Role: RoleProbe}}
}

// Counts is the ratio of bad events; no total is known.
func (r Ratio) Counts(window time.Duration, _ []string) Counts {
	expr := strings.ReplaceAll(r.Expr, WindowPlaceholder, promDuration(window))
	if r.Good {
		return Counts{Bad: "1 - (" + expr + ")"}
	}
	return Counts{Bad: "(" + expr + ")"}
}

// Selectors is empty: a ratio is PromQL.
func (r Ratio) Selectors() []Selector { return nil }

// Counts is the bad slices and all slices with an event in the window.
func (s Slices) Counts(window time.Duration, by []string) Counts {
	in := "[" + promDuration(window) + ":" + promDuration(s.Length) + "])"
	of := s.Of.Counts(s.Length, by)
	ratio := "(" + of.Bad + ")"
	if of.Total != "" {
		ratio = "(" + of.Bad + ") / (" + of.Total + " > 0)"
	}
	return Counts{
		Bad:   "sum_over_time((" + ratio + " > bool " + number(round12(1-s.Target)) + ")" + in,
		Total: "count_over_time((" + ratio + ")" + in,
	}
}

// Selectors are those of what is sliced.
func (s Slices) Selectors() []Selector { return s.Of.Selectors() }

// round12 takes the noise of binary fractions out of a number that people read.
func round12(v float64) float64 {
	out, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 12, 64), 64)
	return out
}
