package report

import (
	"math"

	"github.com/burnish-sre/burnish/noise/decide"
)

// firstNamed is how many rules of a verb the plan names.
const firstNamed = 4

// firstRow is one line of the plan on the first screen: what to do, with which
// rules, and what that saves.
type firstRow struct {
	Verb  string
	Names []firstName
	More  string // "3 more"
	Saves string // empty where it saves nothing that is known
}

// firstName is a rule, or an incident, with the place where the page says more.
type firstName struct {
	Name   text
	Change int // rank of its change; 0 where it has none
}

// newPlan is what to do first, by verb; then what nobody was told of.
func newPlan(in Input, changes *changesView) []firstRow {
	if in.Judged == nil {
		return nil
	}
	ranks := map[string]int{}
	for _, c := range changes.Rows {
		ranks[c.subject] = c.Rank
	}
	var out []firstRow
	for _, verb := range []decide.Verb{decide.Delete, decide.Merge, decide.Repair, decide.Retune, decide.Inhibit, decide.Review} {
		if verb == decide.Repair {
			out = append(out, untoldRow(in)...)
		}
		if all := in.decided(verb); len(all) > 0 {
			out = append(out, newFirstRow(verb, all, ranks))
		}
	}
	return out
}

func newFirstRow(verb decide.Verb, all []decide.Decision, ranks map[string]int) firstRow {
	row := firstRow{Verb: capital(clean(string(verb), 20))}
	for _, d := range all[:min(firstNamed, len(all))] {
		row.Names = append(row.Names, firstName{newText(decidedName(d), nameLimit), ranks[ruleSubject(d.Rule.RuleKey)]})
	}
	if rest := len(all) - len(row.Names); rest > 0 {
		row.More = count(rest) + " more"
	}
	saves := 0.0
	for _, d := range all {
		if d.Saves != nil && *d.Saves > 0 && !math.IsInf(*d.Saves, 0) {
			saves += *d.Saves
		}
	}
	if saves >= 0.05 {
		row.Saves = figure(math.Round(saves*10)/10) + " a week fewer"
	}
	return row
}

// untoldRow names what nobody was told of, as something to be watched.
func untoldRow(in Input) []firstRow {
	j := in.judgement()
	if j == nil {
		return nil
	}
	names, all := untold(j)
	if all == 0 {
		return nil
	}
	row := firstRow{Verb: "Watch"}
	for _, n := range names[:min(all, namesShown)] {
		row.Names = append(row.Names, firstName{Name: newText("what nobody was told of: "+n, 2*nameLimit)})
	}
	if all > namesShown {
		row.More = names[namesShown]
	}
	return []firstRow{row}
}
