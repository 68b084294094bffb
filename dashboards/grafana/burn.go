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

// How many pairs of windows are drawn, and how many SLOs with a factor of their own
// are told apart in a dashboard of all SLOs.
const (
	mostConditions = 12
	mostExceptions = 50
)

// condition is a pair of windows that alerts look at, whatever their factors.
type condition struct {
	severity    slo.Severity
	long, short time.Duration
}

// conditions are those of all SLOs, each with the SLOs that have it by its factor;
// what most have comes first, then the fastest.
func conditions(all []promise) ([]condition, map[condition]map[float64][]promise) {
	by, count := map[condition]map[float64][]promise{}, map[condition]int{}
	for _, p := range all {
		for _, w := range p.policy.Windows {
			c := condition{w.Severity, w.Long, w.Short}
			if by[c] == nil {
				by[c] = map[float64][]promise{}
			}
			by[c][w.Factor] = append(by[c][w.Factor], p)
			count[c]++
		}
	}
	order := slices.SortedFunc(maps.Keys(by), func(a, b condition) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.long, b.long), cmp.Compare(a.short, b.short), cmp.Compare(a.severity, b.severity))
	})
	order = order[:min(len(order), mostConditions)]
	slices.SortStableFunc(order, func(a, b condition) int { return cmp.Compare(a.long, b.long) })
	return order, by
}

// burnRates is a panel for each condition, or, without any, the burn rates alone.
func (s subject) burnRates() []dashboard.Panel {
	order, by := conditions(s.promises)
	if len(order) == 0 {
		return []dashboard.Panel{graph(panel{
			title: "Burn rate", width: gridWidth, unit: "short", min: new(0.0), steps: from(plain),
			about:   "How fast the budget burns. The SLO has no burn-rate alerts.",
			queries: []query{over(s.burn(time.Hour), s.legend("over 1h")), over(s.burn(5*time.Minute), s.legend("over 5m"))},
		}, drawing{})}
	}
	width := uint32(gridWidth / min(4, len(order)))
	var out []dashboard.Panel
	for _, c := range order {
		out = append(out, s.burnRate(c, by[c], width))
	}
	return out
}

func (s subject) burnRate(c condition, by map[float64][]promise, width uint32) dashboard.Panel {
	tier := burnrate.Tier(slo.AlertWindow{Long: c.long, Short: c.short})
	p := panel{
		title: fmt.Sprintf("%s: %s", capital(string(c.severity)), tier), width: width, unit: "short", min: new(0.0), steps: from(plain),
		about: fmt.Sprintf("Burn rates over %s. The %s fires while both lines are at or over the dashed one.", strings.ReplaceAll(tier, "/", " and over "), c.severity),
		queries: []query{
			over(s.burn(c.long), s.legend("over "+length(c.long))),
		},
		overrides: []dashboard.DashboardFieldConfigSourceOverrides{dashed("^fires from.*", bad)},
	}
	if c.short > 0 {
		p.queries = append(p.queries, over(s.burn(c.short), s.legend("over "+length(c.short))))
	} else {
		p.about = fmt.Sprintf("Burn rate over %s. The %s fires while it is at or over the dashed line.", tier, c.severity)
	}
	for _, f := range s.factors(by) {
		p.queries = append(p.queries, over(number(f.factor)+" + 0 * max("+f.of+")", "fires from "+number(rounded(f.factor))))
	}
	return graph(p, drawing{})
}

// rounded keeps four digits of a factor for people.
func rounded(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return out
}

// factorOf is a factor and an expression that has a series where it holds.
type factorOf struct {
	factor float64
	of     string
}

// factors tells the factors of a condition apart: by the SLO's window where all SLOs
// of a window share one, which is the rule, and by name otherwise.
func (s subject) factors(by map[float64][]promise) []factorOf {
	if len(s.promises) == 1 {
		for f := range by {
			return []factorOf{{f, s.info()}}
		}
	}
	var out []factorOf
	named := 0
	for _, d := range periods(s.promises) {
		common, others := split(by, d)
		if common == nil {
			continue
		}
		except := ""
		for _, f := range slices.Sorted(maps.Keys(others)) {
			if named+len(others[f]) > mostExceptions {
				continue
			}
			named += len(others[f])
			these := s.these(others[f])
			out = append(out, factorOf{f, "(" + these + ") and on (" + s.ids() + ") " + s.info()})
			except += "\nunless on (" + s.ids() + ") (" + these + ")"
		}
		out = append(out, factorOf{*common, s.period(d) + except})
	}
	slices.SortStableFunc(out, func(a, b factorOf) int { return cmp.Compare(a.factor, b.factor) })
	return out
}

// split is the factor that most SLOs of a window have, and the SLOs that have others.
func split(by map[float64][]promise, period time.Duration) (common *float64, others map[float64][]promise) {
	others = map[float64][]promise{}
	most := 0
	for _, f := range slices.Sorted(maps.Keys(by)) {
		for _, p := range by[f] {
			if p.period == period {
				others[f] = append(others[f], p)
			}
		}
		if n := len(others[f]); n > most {
			most, common = n, &f
		}
	}
	if common != nil {
		delete(others, *common)
	}
	return common, others
}

// these selects SLOs by name.
func (s subject) these(all []promise) string {
	var out []string
	for i := range all {
		v := s.first()
		if len(s.variants) > 1 && all[i].byService() {
			v = s.variants[1]
		}
		out = append(out, last(v.infoMetric, v.selects(&all[i])))
	}
	return strings.Join(out, " or ")
}
