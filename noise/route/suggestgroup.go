package route

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// common is the share of a route's alerts that have to carry a label before
// grouping by it is tried.
const common = 0.9

// SuggestGroupBy looks for a better group_by of each route: one that sends less
// while it still tells apart what the labels in Keep tell apart. It gives at most
// one suggestion a route, the best first; none hides an incident. A route that
// others inherit from is changed by itself.
func SuggestGroupBy(c *Config, episodes []noise.Episode, o SuggestOptions) ([]Suggestion, error) {
	p := newPricer(c, episodes, o)
	o = p.o
	sent := map[string]int{}
	for _, n := range p.full.Notifications {
		sent[n.Route]++
	}
	carried := carriedBy(c, o.table.alerts, o.Keep)
	routes := slices.Clone(c.nodes)
	slices.SortStableFunc(routes, func(a, b *node) int { return cmp.Compare(sent[b.id], sent[a.id]) })
	var out []Suggestion
	tried := 0
	for _, n := range routes {
		var best *Suggestion
		for _, by := range candidates(n, carried[n.id], o.Keep) {
			if tried++; tried > o.Most || sent[n.id] == 0 {
				break
			}
			s, err := p.price(grouping(n, by), &subset{route: n.id})
			if err != nil {
				return nil, err
			}
			saves := -s.Saves.NotificationsPerWeek
			if s.Hidden == 0 && saves >= o.Least && (best == nil || s.Saves.Notifications < best.Saves.Notifications) {
				best = &s
			}
		}
		if best != nil {
			out = append(out, *best)
		}
	}
	slices.SortStableFunc(out, func(a, b Suggestion) int { return cmp.Compare(a.Saves.Notifications, b.Saves.Notifications) })
	return out, nil
}

// carriedBy lists for each route the labels in keep that nearly all of its alerts
// carry, and so tell them apart.
func carriedBy(c *Config, alerts []alert, keep []string) map[string][]string {
	type carrier struct{ route, label string }
	carriers, total := map[carrier]int{}, map[string]int{}
	for i := range alerts {
		ls := alerts[i].labels
		carried := slices.DeleteFunc(slices.Clone(keep), func(name string) bool { return !ls.Has(name) })
		for _, n := range c.root.match(ls, nil) {
			total[n.id]++
			for _, name := range carried {
				carriers[carrier{n.id, name}]++
			}
		}
	}
	out := map[string][]string{}
	for by, n := range carriers {
		if float64(n) >= common*float64(total[by.route]) {
			out[by.route] = append(out[by.route], by.label)
		}
	}
	for _, names := range out {
		slices.Sort(names)
	}
	return out
}

// candidates are other ways to group a route: without one label that does not
// tell things apart, without all of them, and by what tells its alerts apart,
// with and without the alertname.
func candidates(n *node, carried, keep []string) [][]string {
	var out [][]string
	offer := func(by []string) {
		same := func(o []string) bool { return slices.Equal(o, by) }
		if (n.groupByAll || !slices.Equal(by, n.groupBy)) && !slices.ContainsFunc(out, same) && len(by) > 0 {
			out = append(out, by)
		}
	}
	kept := slices.Clone(carried)
	for _, name := range n.groupBy {
		if slices.Contains(keep, name) && !slices.Contains(kept, name) {
			kept = append(kept, name)
		}
	}
	slices.Sort(kept)
	if !n.groupByAll {
		for _, name := range n.groupBy {
			if !slices.Contains(keep, name) {
				offer(slices.DeleteFunc(slices.Clone(n.groupBy), func(other string) bool { return other == name }))
			}
		}
	}
	if len(kept) > 0 {
		offer(kept)
	}
	offer(slices.Sorted(slices.Values(append([]string{labels.AlertName}, kept...))))
	return slices.DeleteFunc(out, func(by []string) bool { return merges(by, kept) })
}

// merges tells whether a grouping gives up a label that tells things apart, or
// puts everything into one group.
func merges(by, kept []string) bool {
	if slices.Contains(by, labels.AlertName) && len(kept) == 0 {
		return false
	}
	return len(kept) == 0 || slices.ContainsFunc(kept, func(name string) bool { return !slices.Contains(by, name) })
}

// grouping is the suggestion to group a route in another way, without its price.
func grouping(n *node, by []string) Suggestion {
	return Suggestion{
		Change: Change{Routes: []RouteChange{{Route: n.id, GroupBy: &by}}},
		YAML:   "# route " + scalar(n.id) + "\ngroup_by: [" + quotedAll(by) + "]\n",
	}
}
