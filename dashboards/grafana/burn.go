package grafana

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

// How many conditions are drawn, how many SLOs with conditions of their own are told
// apart in a dashboard of all SLOs, and how many pairs of windows a title names.
const (
	mostPlaces     = 12
	mostExceptions = 50
	mostTiers      = 3
)

// place is a condition's place among the conditions of one severity, the fastest
// first: SLOs with windows of other lengths have other conditions in the same places.
type place struct {
	severity slo.Severity
	rank     int
}

// condition is what an alert of an SLO looks at, whatever its severity.
type condition struct {
	long, short time.Duration
	factor      float64
}

func (c condition) tier() string {
	return burnrate.Tier(slo.AlertWindow{Long: c.long, Short: c.short})
}

func compareConditions(a, b condition) int {
	return cmp.Or(cmp.Compare(a.long, b.long), cmp.Compare(a.short, b.short), cmp.Compare(a.factor, b.factor))
}

// places are the conditions of all SLOs by their place, pages first, and the SLOs that
// have each.
func places(all []promise) ([]place, map[place]map[condition][]promise) {
	by := map[place]map[condition][]promise{}
	for _, p := range all {
		rank := map[slo.Severity]int{}
		for _, w := range p.policy.Windows {
			at := place{w.Severity, rank[w.Severity]}
			rank[w.Severity]++
			if by[at] == nil {
				by[at] = map[condition][]promise{}
			}
			c := condition{w.Long, w.Short, w.Factor}
			by[at][c] = append(by[at][c], p)
		}
	}
	order := slices.SortedFunc(maps.Keys(by), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.severity, b.severity), cmp.Compare(a.rank, b.rank))
	})
	return order[:min(len(order), mostPlaces)], by
}

// burnRates is a panel for each condition, or, without any, the burn rates alone.
func (s subject) burnRates() []dashboard.Panel {
	order, by := places(s.promises)
	if len(order) == 0 {
		return []dashboard.Panel{graph(panel{
			title: "Burn rate", width: gridWidth, unit: "short", min: new(0.0), steps: from(plain),
			about:   "How fast the budget burns. The SLO has no burn-rate alerts.",
			queries: []query{over(s.burn(time.Hour), s.legend("over 1h")), over(s.burn(5*time.Minute), s.legend("over 5m"))},
		}, drawing{})}
	}
	width := uint32(gridWidth / min(4, len(order)))
	var out []dashboard.Panel
	for _, at := range order {
		out = append(out, s.burnRate(at, s.classes(by[at]), width))
	}
	return out
}

func (s subject) burnRate(at place, all []class, width uint32) dashboard.Panel {
	p := panel{
		width: width, unit: "short", min: new(0.0), steps: from(plain),
		about:     fmt.Sprintf("Burn rates over the windows of the %s. It fires while all of them are at or over the dashed line.", at.severity),
		overrides: []dashboard.DashboardFieldConfigSourceOverrides{dashed("^fires from.*", bad)},
	}
	var tiers []string
	for _, c := range all {
		if !slices.Contains(tiers, c.tier()) {
			tiers = append(tiers, c.tier())
		}
		p.queries = append(p.queries, over(s.burnOf(c.long, c), s.legend("over "+length(c.long))))
		if c.short > 0 {
			p.queries = append(p.queries, over(s.burnOf(c.short, c), s.legend("over "+length(c.short))))
		}
		p.queries = append(p.queries, over(number(c.factor)+" + 0 * max("+s.union(c.of)+")", "fires from "+number(rounded(c.factor))))
	}
	if len(tiers) > mostTiers {
		tiers = append(tiers[:mostTiers], "…")
	}
	p.title = capital(string(at.severity)) + ": " + strings.Join(tiers, " or ")
	return graph(p, drawing{})
}

// burnOf is the burn rate of the SLOs of a class.
func (s subject) burnOf(w time.Duration, c class) string {
	if len(s.promises) == 1 {
		return s.burn(w)
	}
	return s.union(func(v variant) string {
		return "(" + v.ratio(v.m, w) + ")\n/ " + v.each() + "\n(1 - " + v.objective(v.m) + ")\nand on (" + v.ids() + ")\n(" + c.of(v) + ")"
	})
}

// rounded keeps four digits of a factor for people.
func rounded(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return out
}

// class is a condition and an expression that has a series for each SLO that has it.
type class struct {
	condition

	of func(v variant) string
}

// classes tells the SLOs of one place apart: by the SLO's window where all SLOs of a
// window share a condition, which is the rule, and by name otherwise. With more than
// mostExceptions by name, the rest have no line.
func (s subject) classes(by map[condition][]promise) []class {
	if len(s.promises) == 1 {
		for c := range by {
			return []class{{c, func(v variant) string { return v.info(v.m) }}}
		}
	}
	var out []class
	exceptions := 0
	for _, d := range periods(s.promises) {
		common, others := split(by, d)
		if common == nil {
			continue
		}
		var these []promise
		for _, c := range slices.SortedFunc(maps.Keys(others), compareConditions) {
			if exceptions += len(others[c]); exceptions > mostExceptions {
				break
			}
			these = append(these, others[c]...)
			out = append(out, class{c, func(v variant) string { return selected(v, others[c]) + " and on (" + v.ids() + ") " + v.info(v.m) }})
		}
		out = append(out, class{*common, func(v variant) string {
			if len(these) == 0 {
				return v.period(v.m, d)
			}
			return v.period(v.m, d) + " unless on (" + v.ids() + ") " + selected(v, these)
		}})
	}
	slices.SortStableFunc(out, func(a, b class) int { return compareConditions(a.condition, b.condition) })
	return out
}

// split is the condition that most SLOs of a window have, and the SLOs that have
// others.
func split(by map[condition][]promise, period time.Duration) (common *condition, others map[condition][]promise) {
	others = map[condition][]promise{}
	most := 0
	for _, c := range slices.SortedFunc(maps.Keys(by), compareConditions) {
		for _, p := range by[c] {
			if p.period == period {
				others[c] = append(others[c], p)
			}
		}
		if n := len(others[c]); n > most {
			most, common = n, &c
		}
	}
	if common != nil {
		delete(others, *common)
	}
	return common, others
}

// selected selects SLOs by name, whatever the variables say.
func selected(v variant, all []promise) string {
	var out []string
	for i := range all {
		out = append(out, last(v.infoMetric, v.selects(&all[i])))
	}
	return "(" + strings.Join(out, " or ") + ")"
}
