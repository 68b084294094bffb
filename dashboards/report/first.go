package report

import (
	"math"
	"strings"

	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/truth"
)

// How much of the plan stands on the first screen: rules with their reason, and
// rules by name alone.
const (
	reasonsShown = 3
	firstNamed   = 5
)

// firstRow is one line of the plan on the first screen: what to do, with which
// rules, and what that saves.
type firstRow struct {
	Verb    string
	Of      string      // "3 rules"; empty where the items say it
	Grave   bool        // nobody was told
	Reasons []firstName // each with its reason
	Names   []firstName // further ones, by name alone
	More    string      // "3 more"
	Saves   string      // empty where it saves nothing that is known
}

// firstName is a rule, or an incident, with the place where the page says more.
type firstName struct {
	Name   text
	Lead   string // ":" where the reason does not go on after the name
	Why    text
	Anchor string // empty where it has none
}

// newPlan is what to do first, by verb, and what nobody was told of.
func newPlan(in Input, changes *changesView, happened *happenedView) []firstRow {
	if in.Judged == nil {
		return nil
	}
	anchors := map[string]string{}
	for _, c := range changes.Rows {
		anchors[c.subject] = c.Anchor
	}
	var out []firstRow
	for _, p := range verbPlaces() {
		if p.verb == VerbWatch {
			out = append(out, untoldRow(in, happened)...)
		} else if all := in.decided(p.verb); len(all) > 0 {
			row := newFirstRow(p.verb, all, anchors)
			if saves := in.savesOf(p.verb); saves >= 0.05 {
				row.Saves = figure(math.Round(saves*10)/10) + " a week fewer"
			}
			out = append(out, row)
		}
	}
	return out
}

func newFirstRow(verb decide.Verb, all []decide.Decision, anchors map[string]string) firstRow {
	row := firstRow{Verb: capital(clean(string(verb), 20)), Of: plural(len(all), "rule")}
	for i, d := range all {
		name := firstName{Name: newText(decidedName(d), nameLimit), Anchor: anchors[ruleSubject(d.Rule.RuleKey)]}
		switch {
		case i < reasonsShown && goesOrIsBroken(verb):
			lead, why := reason(decidedName(d), d.Why)
			name.Lead, name.Why = lead, newSentence(why, 220)
			row.Reasons = append(row.Reasons, name)
		case len(row.Reasons)+len(row.Names) < firstNamed:
			row.Names = append(row.Names, name)
		}
	}
	if rest := len(all) - len(row.Reasons) - len(row.Names); rest > 0 {
		row.More = count(rest) + " more"
	}
	return row
}

// goesOrIsBroken tells whether a decision is one that a person wants the reason
// of before anything else.
func goesOrIsBroken(verb decide.Verb) bool {
	return verb == decide.Delete || verb == decide.Merge || verb == decide.Repair
}

// reason is why, as it goes on after the rule's name, or after a colon.
func reason(rule, why string) (lead, rest string) {
	if rest, ok := strings.CutPrefix(why, rule+" "); ok && rule != "" && !strings.HasPrefix(rest, "(") {
		return "", rest
	}
	return ":", why
}

// untoldRow names what nobody was told of.
func untoldRow(in Input, happened *happenedView) []firstRow {
	all := in.untold()
	if len(all) == 0 {
		return nil
	}
	row := firstRow{Verb: "Nobody was told", Of: "of " + count(len(all)) + " of " + plural(len(in.judgement().Incidents), "incident"), Grave: true}
	for i, x := range all[:min(len(all), reasonsShown)] {
		name := firstName{Name: newText(incidentName(x), nameLimit), Anchor: happened.anchorOf(x.ID)}
		if i == 0 || x.Declared {
			name.Lead, name.Why = ":", newSentence(untoldWhy(x), 220)
			row.Reasons = append(row.Reasons, name)
			continue
		}
		name.Name = newText(incidentName(x)+" on "+minute(x.From), nameLimit)
		row.Names = append(row.Names, name)
	}
	if rest := len(all) - len(row.Reasons) - len(row.Names); rest > 0 {
		row.More = count(rest) + " more"
	}
	return []firstRow{row}
}

// incidentName is what people call an incident: the id that they gave it, or the
// SLO that measured it.
func incidentName(x *truth.Verdict) string {
	if x.Declared || x.SLO == "" {
		return x.ID
	}
	return x.SLO
}
