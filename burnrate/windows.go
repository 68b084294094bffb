package burnrate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// bases are the windows that longer ones are put together from, longest first.
var bases = []time.Duration{day, 6 * time.Hour, time.Hour}

const (
	// mostDirect is the longest window that is summed from steps whatever its
	// length; longer ones are put together.
	mostDirect = 2 * time.Hour
	// mostParts is the most parts that a window is put together from.
	mostParts = 24
)

// base is what a window is put together from, and from how many; 0 parts where
// it is summed from steps, or, if it is long and odd, from blocks.
func base(w time.Duration) (of time.Duration, parts int) {
	if w <= time.Hour {
		return 0, 0
	}
	for _, b := range bases {
		if n := int(w / b); w%b == 0 && n > 1 && n <= mostParts {
			return b, n
		}
	}
	return 0, 0
}

// ratioWindows are the windows whose error ratio is recorded, shortest first.
func (g *generator) ratioWindows() []time.Duration {
	out := []time.Duration{5 * time.Minute, time.Hour}
	for _, w := range g.policy.Windows {
		out = append(out, w.Long)
		if w.Short > 0 {
			out = append(out, w.Short)
		}
	}
	if g.options.Compat != CompatNone {
		out = append(out, 30*time.Minute, 2*time.Hour, 6*time.Hour, day, 3*day)
	}
	if g.options.Compat == CompatPyrra {
		out = append(out, 4*day)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(w time.Duration) bool { return w >= g.period && w > time.Hour })
}

// sumWindows are the windows whose events are recorded, shortest first: all that
// others are put together from, and all that an alert counts the events of.
func (g *generator) sumWindows() []time.Duration {
	var out []time.Duration
	var need func(w time.Duration)
	need = func(w time.Duration) {
		out = append(out, w)
		if of, n := base(w); n > 0 {
			need(of)
		}
	}
	for _, w := range g.ratioWindows() {
		if of, n := base(w); n > 0 {
			need(of)
		}
	}
	for _, w := range g.policy.Windows {
		if g.policy.MinFailures > 0 || g.policy.Confidence > 0 {
			need(w.Long)
		}
	}
	if g.slo.Alerting.TrafficGone {
		need(time.Hour)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// windows record the events and the error ratios of the windows.
func (g *generator) windows() []Rule {
	var rules []Rule
	sums := g.sumWindows()
	for _, w := range sums {
		rules = append(rules,
			g.record(sumOf(recordBad, w), 0, g.sum(recordBad, w)),
			g.record(sumOf(recordTotal, w), 0, g.sum(recordTotal, w)))
	}
	for _, w := range g.ratioWindows() {
		bad, total := g.sum(recordBad, w), g.sum(recordTotal, w)
		if slices.Contains(sums, w) {
			bad, total = g.own(sumOf(recordBad, w), 0), g.own(sumOf(recordTotal, w), 0)
		}
		rules = append(rules, g.record(recordRatio, w, ratio(bad, total)))
	}
	if z := g.policy.Confidence; z > 0 {
		for _, w := range g.policy.Windows {
			expr := wilsonExpr("sum without (window) ("+g.own(recordRatio, w.Long)+")", g.own(sumOf(recordTotal, w.Long), 0), z)
			rules = append(rules, g.record(recordLow, w.Long, expr))
		}
	}
	burn := g.burn(recordRatio, time.Hour) + " > 0"
	return append(rules, g.record(recordExhausted, 0, fmt.Sprintf(
		"clamp_min(last_over_time(%s[%s]), 0) * %s\n/ %s\n(%s)",
		g.own(recordRemaining, 0), length(2*g.block()), number(g.period.Seconds()), g.on(), burn)))
}

// ratio is bad to all events, without a sample where nothing happened.
func ratio(bad, total string) string {
	if strings.Contains(bad, "\n") {
		bad = "(" + bad + ")"
	}
	return "clamp(\n" + indent(bad+"\n/\n("+total+" > 0)") + ",\n  0, 1\n)"
}

// burn is the burn rate of a recorded ratio.
func (g *generator) burn(record string, window time.Duration) string {
	return g.own(record, window) + " / " + number(g.budget)
}

// sum is the events of a window, by the record of their steps.
func (g *generator) sum(step string, w time.Duration) string {
	if of, n := base(w); n > 0 {
		return g.parts(sumOf(step, of), of, n)
	}
	if w > mostDirect {
		return fmt.Sprintf("sum_over_time(%s[%s])", g.own(blockOf(step), 0), length(w))
	}
	return g.over(step, w)
}

// sumOf is the record of the events of a window, by that of their steps.
func sumOf(step string, w time.Duration) string {
	return strings.TrimSuffix(step, "step") + "sum" + length(w)
}

func blockOf(step string) string { return strings.TrimSuffix(step, "step") + "block" }

// over sums the steps of a window. The range is half a step short, so that it
// holds the same steps whether ranges are closed on the left, as before
// Prometheus 3, or open.
func (g *generator) over(step string, w time.Duration) string {
	return fmt.Sprintf("sum_over_time(%s[%s])", g.own(step, 0), length(max(w, g.options.Interval)-g.options.Interval/2))
}

// parts puts a window together from n recorded ones that follow each other. A
// part that is missing has no events.
func (g *generator) parts(record string, of time.Duration, n int) string {
	part := g.own(record, 0)
	var b strings.Builder
	b.WriteString(part)
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "\n+ (%s offset %s or 0 * %s)", part, length(time.Duration(i)*of), part)
	}
	return b.String()
}

// block is the length of the blocks that the budget is summed from, and how
// often it is.
func (g *generator) block() time.Duration {
	if g.period < 2*day {
		return time.Minute
	}
	return 5 * time.Minute
}

// budgetRules record what is left of the budget, weighed by events.
func (g *generator) budgetRules() []Rule {
	// A millisecond short: each step is in one block, whatever the phase of the
	// two groups and whether ranges are open on the left or not.
	in := length(g.block() - time.Millisecond)
	whole := length(g.period)
	over := func(record string) string {
		return fmt.Sprintf("sum_over_time(%s[%s])", g.own(record, 0), whole)
	}
	info := g.record(recordInfo, 0, "vector(1)")
	info.Labels["objective"] = percent(g.slo.Objective)
	info.Labels["slo_window"] = whole
	for name, value := range map[string]string{"owner": g.slo.Owner, "slo_tier": g.slo.Tier} {
		if value != "" {
			info.Labels[name] = value
		}
	}
	return []Rule{
		g.record(recordTotBlock, 0, fmt.Sprintf("sum_over_time(%s[%s])", g.own(recordTotal, 0), in)),
		g.record(recordBadBlock, 0, fmt.Sprintf("sum_over_time(%s[%s])", g.own(recordBad, 0), in)),
		g.record(recordRatio, g.period, ratio(over(recordBadBlock), over(recordTotBlock))),
		g.record(recordRemaining, 0, "1 - "+g.burn(recordRatio, g.period)),
		g.record(recordObjective, 0, "vector("+number(round12(g.slo.Objective))+")"),
		info,
	}
}

// metric is the name that a selector of counters selects; empty where it has
// none.
func metric(s slo.Selector) string {
	name, _, _ := strings.Cut(s.Expr, "{")
	return strings.TrimSpace(name)
}
