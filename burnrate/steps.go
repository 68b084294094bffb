package burnrate

import (
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// The series that the rules record.
const (
	recordBad       = "slo:events_bad:step"   // of the step that ends now
	recordTotal     = "slo:events_total:step" //
	recordBadBlock  = "slo:events_bad:block"  // of the budget's blocks
	recordTotBlock  = "slo:events_total:block"
	recordRatio     = "slo:error:ratio"     // bad to all of a window
	recordLow       = "slo:error:ratio_low" // Wilson's lower end of it
	recordRemaining = "slo:budget_remaining:ratio"
	recordExhausted = "slo:budget_exhausted:seconds"
	recordObjective = "slo:objective:ratio"
	recordInfo      = "slo_info"
)

// steps record the bad and all events since the evaluation before. Everything
// else is made from these two series.
func (g *generator) steps() []Rule {
	bad, total := g.stepExprs()
	rules := []Rule{g.record(recordTotal, 0, total), g.record(recordBad, 0, bad)}
	if _, ok := g.slo.SLI.(slo.Ratio); ok || g.slo.SLI.Counts(time.Minute, nil).Total == "" {
		rules[0], rules[1] = rules[1], rules[0]
	}
	return rules
}

func (g *generator) stepExprs() (bad, total string) {
	part, all, ok := counters(g.slo.SLI)
	if !ok {
		return g.extrapolated()
	}
	total = g.counted(all.Expr)
	bad = g.counted(part.Expr) + "\nor\n0 * " + g.now()
	if part.Role == slo.RoleGood {
		bad = g.now() + "\n-\n(\n" + indent(bad) + "\n)"
	}
	return bad, total
}

// now is all events of this step, as recorded just before.
func (g *generator) now() string { return "sum " + g.by() + "(" + g.own(recordTotal, 0) + ")" }

// counters are the two raw counters of an SLI that has them.
func counters(sli slo.SLI) (part, all slo.Selector, ok bool) {
	if _, slices := sli.(slo.Slices); slices {
		return part, all, false
	}
	for _, s := range sli.Selectors() {
		switch s.Role {
		case slo.RoleTotal:
			all = s
		case slo.RoleBad, slo.RoleGood:
			part = s
		default:
			return part, all, false
		}
	}
	return part, all, part.Expr != "" && all.Expr != ""
}

// counted is the exact increase of counters since the evaluation before: what
// they show now less what they showed then, so that the steps of any stretch add
// up to the increase over it and nothing is extrapolated.
//
//   - A series that missed one evaluation is taken up where it was before.
//   - One that shows less was reset, and counts from zero.
//   - One that is new, which was not there an hour ago either, counts from zero
//     where the service was watched already and what it shows is plausible beside
//     the traffic of the step before.
func (g *generator) counted(selector string) string {
	step := g.options.Interval
	then := "(" + selector + " offset " + length(step) + " or " + selector + " offset " + length(2*step) + ")"
	return "sum " + g.by() + "(\n" +
		"    " + selector + " - (" + then + " <= " + selector + " or 0 * " + then + ")\n" +
		"  or\n" +
		"    (" + selector + " unless " + then + " unless " + selector + " offset 1h)\n" +
		"    <= on (" + strings.Join(g.group, ", ") + ") group_left () (10 * " + g.own(recordTotal, 0) + " offset " + length(step) + " + 100)\n" +
		")"
}

// overlap is the least range of PromQL that extrapolates: shorter ones swing
// between too few and too many samples.
const overlap = 2 * time.Minute

// extrapolated is the step's share of what PromQL counts over a longer range:
// each event is then in several steps, in parts that add up to one.
func (g *generator) extrapolated() (bad, total string) {
	window := max(overlap, 2*g.options.Scrape, 2*g.options.Interval)
	if s, ok := g.slo.SLI.(slo.Slices); ok {
		window = s.Length
	}
	c := g.slo.SLI.Counts(window, g.slo.GroupBy)
	if c.Total == "" {
		bad = "avg " + g.by() + "(clamp_max((" + c.Bad + ") >= 0, 1))"
		return bad, "0 * sum " + g.by() + "(" + g.own(recordBad, 0) + ") + 1"
	}
	share := number(round12(g.options.Interval.Seconds() / window.Seconds()))
	total = "(\n" + indent(c.Total) + "\n) * " + share + " >= 0"
	bad = "(\n" + indent(c.Bad) + "\n) * " + share + " > -Inf\nor\n0 * " + g.now()
	return bad, total
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
