package topology

import (
	"fmt"
	"slices"
	"strings"
)

// Excluded is a component that may be left out of the analysis.
type Excluded struct {
	Component, Why string
}

// Excludable is the share of a budget below which a component does not matter.
const Excludable = 0.01

// Exclude are the components whose own failures cost each budget above them less
// than Excludable of it: their level is far above what the targets need. A service
// with an SLO, and one of whom nobody says what to expect, is never left out.
func (g *Graph) Exclude(all []Attainable) []Excluded {
	type most struct {
		of    string
		share float64
	}
	worst := map[string]most{}
	for _, a := range all {
		for _, c := range a.Contributors {
			if c.OfBudget.Known && c.OfBudget.Value >= worst[c.Component].share {
				worst[c.Component] = most{a.Component, c.OfBudget.Value}
			}
		}
	}
	var out []Excluded
	for _, c := range g.components {
		w, seen := worst[c.Name]
		rated := c.Own.Known || c.target().Known
		if !seen || !rated || len(c.SLOs) > 0 || w.share >= Excludable {
			continue
		}
		out = append(out, Excluded{c.Name, fmt.Sprintf(
			"At %s it is far above what is needed: its own failures cost %s, whom they hurt most, %s of the budget.",
			TargetText(c.own()), w.of, ShareText(w.share))})
	}
	slices.SortFunc(out, func(a, b Excluded) int { return strings.Compare(a.Component, b.Component) })
	return out
}

// own is the level that people gave for a component.
func (c Component) own() float64 {
	if c.Own.Known {
		return c.Own.Value
	}
	return c.target().Value
}
