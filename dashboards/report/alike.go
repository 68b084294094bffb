package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
)

// How many sets and pairs of rules that say the same are shown.
const (
	clustersShown = 10
	pairsShown    = 12
	membersShown  = 8
)

// alikeView is which rules say the same.
type alikeView struct {
	Intro, Caption, More string
	Clusters             []clusterRow
	MoreClusters         string
	Pairs                []pairRow
}

type clusterRow struct {
	Keep text
	Same []text
	More string
}

type pairRow struct {
	Name, Severity           text
	Other, OtherSeverity     text
	Relation                 string
	Containment, Lift, Lag   string
	Jaccard, Starts, Support string
	On                       text
}

func newAlikeView(in Input) alikeView {
	if in.Judged == nil || in.Judged.Overlap == nil {
		return alikeView{}
	}
	o := in.Judged.Overlap
	var v alikeView
	var n alikeCounts
	for i := range o.Pairs {
		p := &o.Pairs[i]
		n.add(p.Relation)
		if p.Relation != overlap.Together && len(v.Pairs) < pairsShown {
			v.Pairs = append(v.Pairs, newPairRow(p))
		}
	}
	v.takeClusters(o.Clusters)
	v.Intro = fmt.Sprintf("%s of rules fired and were compared. %s", capital(plural(o.Compared, "pair")), n.sentence())
	if n == (alikeCounts{}) {
		return v
	}
	v.Caption = "Pairs that say the same or follow one another, the strongest first"
	if rest := n.same + n.chain - len(v.Pairs); rest > 0 {
		v.More = "Not shown: " + plural(rest, "more pair") + " and those that only fire together. All are in the JSON."
	}
	return v
}

// alikeCounts counts pairs by what they are to one another.
type alikeCounts struct{ same, chain, together int }

func (n *alikeCounts) add(r overlap.Relation) {
	switch r {
	case overlap.Redundant, overlap.Duplicate:
		n.same++
	case overlap.Cascading:
		n.chain++
	case overlap.Together:
		n.together++
	}
}

func (n alikeCounts) sentence() string {
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{n.same, "says the same", "say the same"},
		{n.chain, "follows another at once", "follow another at once"},
		{n.together, "often fires beside another", "often fire beside another"},
	} {
		if p.n > 0 {
			parts = append(parts, verb(p.n, p.one, p.many))
		}
	}
	if len(parts) == 0 {
		return "None overlaps more than chance explains."
	}
	return "Beyond chance, " + joined(parts) + "."
}

func verb(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

func (v *alikeView) takeClusters(all []overlap.Cluster) {
	for _, c := range all[:min(clustersShown, len(all))] {
		row := clusterRow{Keep: ruleText(c.Name)}
		for _, m := range c.Members {
			if m.RuleKey != c.Name.RuleKey && len(row.Same) < membersShown {
				row.Same = append(row.Same, ruleText(m))
			}
		}
		if rest := len(c.Members) - 1 - len(row.Same); rest > 0 {
			row.More = count(rest) + " more"
		}
		v.Clusters = append(v.Clusters, row)
	}
	if rest := len(all) - len(v.Clusters); rest > 0 {
		v.MoreClusters = "Not shown: " + plural(rest, "more set") + " of rules. All are in the JSON."
	}
}

// ruleText is a rule's name, with its severity where it has one.
func ruleText(r noise.RuleRef) text {
	if r.Severity == "" {
		return newText(r.Name, nameLimit)
	}
	return newText(clean(r.Name, nameLimit)+" ("+clean(r.Severity, 24)+")", nameLimit+30)
}

func newPairRow(p *overlap.Pair) pairRow {
	v := pairRow{
		Name: newText(p.A.Name, nameLimit), Severity: newText(p.A.Severity, 24), Other: newText(p.B.Name, nameLimit), OtherSeverity: newText(p.B.Severity, 24),
		Relation: relationSays(p.Relation), Containment: percent(p.Containment), Jaccard: percent(p.Jaccard), Lift: "×" + figure(p.Lift),
		Lag: lagText(p), Starts: of(p.Starts), Support: "first " + count(p.First) + ", alone " + count(p.Alone),
	}
	v.On = newText(cmp.Or(strings.Join(p.On, ", "), "as a whole"), nameLimit)
	return v
}

func relationSays(r overlap.Relation) string {
	switch r {
	case overlap.Redundant:
		return "fires only within"
	case overlap.Duplicate:
		return "fires together with"
	case overlap.Cascading:
		return "follows"
	case overlap.Together:
	}
	return "often fires beside"
}

// lagText says how long after the other a rule starts.
func lagText(p *overlap.Pair) string {
	switch {
	case !p.After.Known():
		return "–"
	case p.Median < 0:
		return span(-p.Median) + " sooner"
	case p.Median == 0:
		return "at once"
	}
	return span(p.Median) + " later"
}
