package burnrate

import (
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// plainly is a recorded expression without the labels that only burnish knows.
func (g *generator) plainly(expr string) string {
	return "sum without (slo, " + serviceLabel(g.slo) + ", window) (" + expr + ")"
}

// compatFast are the records of the other tool that the alerts' windows make.
func (g *generator) compatFast() []Rule {
	switch g.options.Compat {
	case CompatSloth:
		return g.slothFast()
	case CompatPyrra:
		return g.pyrraFast()
	}
	return nil
}

// compatSlow are those that the budget makes.
func (g *generator) compatSlow() []Rule {
	switch g.options.Compat {
	case CompatSloth:
		return g.slothSlow()
	case CompatPyrra:
		return g.pyrraSlow()
	}
	return nil
}

func (g *generator) slothID() string { return g.slo.Service + "-" + g.slo.Name }

func (g *generator) slothRecord(name, expr string, window time.Duration) Rule {
	labels := g.merged(g.slo.Labels)
	labels["sloth_id"], labels["sloth_service"], labels["sloth_slo"] = g.slothID(), g.slo.Service, g.slo.Name
	if window > 0 {
		labels["sloth_window"] = length(window)
	}
	return Rule{Record: name, Expr: expr, Labels: labels}
}

func (g *generator) slothFast() []Rule {
	var rules []Rule
	for _, w := range g.ratioWindows() {
		rules = append(rules, g.slothRecord("slo:sli_error:ratio_rate"+length(w), g.plainly(g.own(recordRatio, w)), w))
	}
	return append(rules, g.slothRecord("slo:current_burn_rate:ratio", g.plainly(g.burn(recordRatio, 5*time.Minute)), 0))
}

func (g *generator) slothSlow() []Rule {
	info := g.slothRecord("sloth_slo_info", "vector(1)", 0)
	info.Labels["sloth_mode"], info.Labels["sloth_spec"], info.Labels["sloth_version"] = "burnish", "prometheus/v1", "burnish"
	info.Labels["sloth_objective"] = number(round6(g.slo.Objective * 100))
	return []Rule{
		g.slothRecord("slo:sli_error:ratio_rate"+length(g.period), g.plainly(g.own(recordRatio, g.period)), g.period),
		g.slothRecord("slo:objective:ratio", "vector("+number(round12(g.slo.Objective))+")", 0),
		g.slothRecord("slo:error_budget:ratio", "vector("+number(g.budget)+")", 0),
		g.slothRecord("slo:time_period:days", "vector("+number(g.period.Hours()/24)+")", 0),
		g.slothRecord("slo:period_burn_rate:ratio", g.plainly(g.burn(recordRatio, g.period)), 0),
		g.slothRecord("slo:period_error_budget_remaining:ratio", g.plainly(g.own(recordRemaining, 0)), 0),
		info,
	}
}

// pyrraMetric is the name that Pyrra makes its records' from.
func (g *generator) pyrraMetric() (name string, part, all slo.Selector, ok bool) {
	part, all, ok = counters(g.slo.SLI)
	name = metric(all)
	for _, suffix := range []string{"_total", "_count", "_bucket"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name, part, all, ok && name != ""
}

func (g *generator) pyrraRecord(name, expr string) Rule {
	labels := g.merged(g.slo.Labels)
	labels["slo"] = g.slo.Name
	return Rule{Record: name, Expr: expr, Labels: labels}
}

func (g *generator) pyrraFast() []Rule {
	name, _, _, ok := g.pyrraMetric()
	if !ok {
		g.note("only Pyrra's generic records can be kept: the others are named after a metric, and this SLI has none")
		return nil
	}
	var rules []Rule
	for _, w := range g.ratioWindows() {
		rules = append(rules, g.pyrraRecord(name+":burnrate"+length(w), g.plainly(g.own(recordRatio, w))))
	}
	return rules
}

func (g *generator) pyrraSlow() []Rule {
	rules := []Rule{
		g.pyrraRecord("pyrra_objective", "vector("+number(round12(g.slo.Objective))+")"),
		g.pyrraRecord("pyrra_window", "vector("+number(g.period.Seconds())+")"),
		g.pyrraRecord("pyrra_availability", "1 - "+g.plainly(g.own(recordRatio, g.period))),
	}
	name, part, all, ok := g.pyrraMetric()
	if !ok {
		return rules
	}
	increase := func(record string) string {
		return g.plainly("sum_over_time(" + g.own(record, 0) + "[" + length(g.period) + "])")
	}
	bad, total := increase(recordBadBlock), increase(recordTotBlock)
	suffix := ":increase" + length(g.period)
	ex, known := g.examples()
	if !known || ex.apart {
		other := strings.TrimSuffix(strings.TrimSuffix(metric(part), "_total"), "_bucket")
		rules = append(rules, g.pyrraRecord(name+suffix, total))
		if other != name && part.Role == slo.RoleBad {
			rules = append(rules, g.pyrraRecord(other+suffix, bad))
		}
		return append(rules, g.pyrraCounters(part, all)...)
	}
	// Pyrra tells bad events of the same metric by their labels.
	rest := g.pyrraRecord(name+suffix, total+"\n-\n"+bad)
	of := g.pyrraRecord(name+suffix, bad)
	if part.Role == slo.RoleGood {
		of.Expr, rest.Expr = rest.Expr, of.Expr
	}
	for l, v := range ex.part.Map() {
		if !ex.steady.Has(l) {
			of.Labels[l] = v
		}
	}
	return append(append(rules, rest, of), g.pyrraCounters(part, all)...)
}

// pyrraCounters are the sums of the raw counters.
func (g *generator) pyrraCounters(part, all slo.Selector) []Rule {
	total := "sum " + g.by() + "(" + all.Expr + ")"
	bad := "sum " + g.by() + "(" + part.Expr + ")"
	if part.Role == slo.RoleGood {
		bad = total + " - " + bad
	}
	return []Rule{g.pyrraRecord("pyrra_requests_total", total), g.pyrraRecord("pyrra_errors_total", bad+" or 0 * "+total)}
}
