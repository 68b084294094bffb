package burnrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/burnish-sre/burnish/slo"
)

// AlertName is the name of an SLO's burn-rate alerts: its own, or one made from
// service and name.
func AlertName(s slo.SLO) string {
	if s.Alerting.Name != "" {
		return s.Alerting.Name
	}
	return camel(s.Service) + camel(s.Name) + "BudgetBurn"
}

// camel joins the words of a name, each with a capital.
func camel(s string) string {
	var b strings.Builder
	up := true
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			up = true
			continue
		}
		if up {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		up = false
	}
	return b.String()
}

// alerts are one alerting rule a condition, fastest first.
func (g *generator) alerts() []Rule {
	var rules []Rule
	for i, w := range g.policy.Windows {
		rules = append(rules, Rule{
			Alert: AlertName(g.slo), Expr: g.condition(i), For: w.For,
			Labels: g.alertLabels(w), Annotations: g.annotations(w),
		})
	}
	if len(rules) == 0 {
		g.note("there are no burn-rate alerts")
	}
	return rules
}

// condition is the PromQL of a condition: both windows burn too fast, enough
// events are bad, and nobody was told of the same errors already.
func (g *generator) condition(i int) string {
	w, long := g.policy.Windows[i], recordRatio
	if g.policy.Confidence > 0 {
		long = recordLow
	}
	atLeast := " >= " + number(w.Factor)
	terms := []string{g.burn(long, w.Long) + atLeast}
	if w.Short > 0 {
		terms = append(terms, "and "+g.on(), g.burn(recordRatio, w.Short)+atLeast)
	}
	if g.policy.MinFailures > 0 {
		terms = append(terms, "and "+g.on(), g.own(sumOf(recordBad, w.Long), 0)+" >= "+number(g.policy.MinFailures))
	}
	return strings.Join(append(terms, g.told(i)...), "\n")
}

// told keeps a condition from firing about errors that a faster one fired about.
// The errors of an outage stay in a slow condition's windows long after it: so
// the slow one is still while a faster one fires, until the windows of the
// fastest before it have forgotten the errors, and from then on until its own
// have, unless errors go on.
func (g *generator) told(i int) []string {
	w := g.policy.Windows[i]
	var faster []string
	previous := time.Duration(0)
	for _, f := range g.policy.Windows[:i] {
		if f.Severity == slo.SeverityPage || f.Severity == w.Severity {
			faster = append(faster, length(f.Long))
			previous = forgets(f)
		}
	}
	if len(faster) == 0 {
		return nil
	}
	slices.Sort(faster)
	fired := "max_over_time(ALERTS{alertname=" + strconv.Quote(AlertName(g.slo)) + ", alertstate=\"firing\", " + g.ids +
		", window=~" + strconv.Quote(strings.Join(slices.Compact(faster), "|")) + "}["
	out := []string{"unless " + g.on(), fired + length(previous) + "])"}
	if own := forgets(w); own > previous {
		out = append(out, "unless "+g.on(), "(",
			"  "+fired+length(own)+"])", "  unless "+g.on(),
			"  "+g.burn(recordRatio, previous)+" >= "+number(w.Factor), ")")
	}
	return out
}

// forgets is the window that ends a condition.
func forgets(w slo.AlertWindow) time.Duration {
	if w.Short > 0 {
		return w.Short
	}
	return w.Long
}

func (g *generator) added(severity slo.Severity) slo.AlertLabels {
	if severity == slo.SeverityPage {
		return g.slo.Alerting.Page
	}
	return g.slo.Alerting.Ticket
}

func (g *generator) alertLabels(w slo.AlertWindow) map[string]string {
	defaults := map[string]string{"severity": string(w.Severity), "tier": Tier(w)}
	if g.slo.Owner != "" {
		defaults["owner"] = literal(g.slo.Owner)
	}
	out := g.merged(defaults, g.slo.Labels, g.added(w.Severity).Labels)
	out["slo_severity"] = string(w.Severity)
	if w.Short > 0 {
		out["short_window"] = length(w.Short)
	}
	if g.options.Compat == CompatSloth {
		out["sloth_severity"], out["sloth_id"] = string(w.Severity), g.slothID()
		out["sloth_service"], out["sloth_slo"] = g.slo.Service, g.slo.Name
	}
	return out
}

// annotations are what a pager needs: how fast the budget burns, what is left of
// it and for how long, and where to look.
func (g *generator) annotations(w slo.AlertWindow) map[string]string {
	name := literal(g.slo.ID())
	out := map[string]string{
		"summary": name + " burns its error budget {{ $value | humanize }} times as fast as it can afford.",
		"description": fmt.Sprintf("Over the last %s, bad events were {{ $value | humanize }} times what an objective of %s over %s allows; this alert fires from a burn rate of %s.",
			length(w.Long), percent(g.slo.Objective), length(g.period), number(round6(w.Factor))),
		"burn_rate":        "{{ $value | humanize }}",
		"budget_remaining": g.ask(recordRemaining, "{{ . | first | value | humanizePercentage }}"),
		"budget_exhausted": g.ask(recordExhausted, "{{ . | first | value | humanizeDuration }}"),
	}
	g.links(out)
	for _, layer := range []map[string]string{g.slo.Annotations, g.added(w.Severity).Annotations} {
		for k, v := range layer {
			out[k] = v
		}
	}
	return out
}

func (g *generator) links(out map[string]string) {
	for name, url := range map[string]string{"runbook_url": g.slo.Runbook, "dashboard_url": g.slo.Dashboard} {
		if url != "" {
			out[name] = literal(url)
		}
	}
}

// ask is a template that looks a recorded value up and writes it, or nothing
// where it is unknown.
func (g *generator) ask(record, then string) string {
	format, args := record+"{slo=%q, "+serviceLabel(g.slo)+"=%q", " $labels.slo $labels."+serviceLabel(g.slo)
	for _, l := range g.slo.GroupBy {
		format += ", " + labelName(l) + "=%q"
		args += " (index $labels " + strconv.Quote(l) + ")"
	}
	query := "last_over_time(" + format + "}[" + length(2*g.block()) + "])"
	return "{{ with printf " + "`" + query + "`" + args + " | query }}" + then + "{{ end }}"
}

// literal keeps braces of a text from being read as a template.
func literal(s string) string { return strings.ReplaceAll(s, "{{", `{{ "{{" }}`) }

// trafficGone are two alerts: nothing happens any more, and nothing is counted
// any more; both only where something did an hour ago.
func (g *generator) trafficGone() []Rule {
	if !g.slo.Alerting.TrafficGone {
		return nil
	}
	before := g.own(sumOf(recordTotal, time.Hour), 0) + " offset 1h > 0"
	name := camel(g.slo.Service) + camel(g.slo.Name)
	rule := func(alert, expr, summary string, hold time.Duration) Rule {
		labels := g.merged(map[string]string{"severity": string(slo.SeverityTicket)}, g.slo.Labels, g.slo.Alerting.Ticket.Labels)
		labels["slo_severity"] = string(slo.SeverityTicket)
		out := map[string]string{"summary": literal(g.slo.ID()) + " " + summary}
		g.links(out)
		return Rule{Alert: name + alert, Expr: expr, For: hold, Labels: labels, Annotations: out}
	}
	return []Rule{
		rule("TrafficStopped", before+"\nand "+g.on()+"\n"+g.over(recordTotal, 5*time.Minute)+" == 0",
			"has had no events for five minutes, though it had some an hour ago.", 5*time.Minute),
		rule("TrafficAbsent", before+"\nunless "+g.on()+"\n"+g.own(recordTotal, 0),
			"is not counted any more: its series are gone, though they were there an hour ago.", 30*time.Minute),
	}
}
