package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// adviceShown is how many pieces of earlier advice are listed.
const adviceShown = 14

// adviceView is what became of an earlier report's advice.
type adviceView struct {
	Title, Intro, Caption, Unit string
	Rows                        []adviceRow
	More                        string
}

type adviceRow struct {
	Name, Severity   text
	Advised          string
	Verdict, Says    string
	Promised, Before string
	Now              string
	promised         float64
	order            int
}

func newAdviceView(a *Advice) adviceView {
	if a == nil {
		return adviceView{}
	}
	when := dates(slo.Interval{From: a.From, To: a.To})
	v := adviceView{Title: "What became of the advice of " + when, Unit: a.Unit}
	var rows []adviceRow
	rest := map[Became]int{}
	for i := range a.Items {
		if f := &a.Items[i]; f.Verb != nil || f.Rule == nil {
			rows = append(rows, newAdviceRow(f))
		} else {
			rest[f.Became]++
		}
	}
	v.Intro = adviceIntro(a)
	slices.SortStableFunc(rows, func(x, y adviceRow) int {
		return cmp.Or(cmp.Compare(x.order, y.order), cmp.Compare(y.promised, x.promised))
	})
	v.Rows = rows[:min(adviceShown, len(rows))]
	v.Caption = "Advice that was taken first, then by what it promised"
	v.More = adviceMore(len(rows)-len(v.Rows), rest)
	return v
}

// adviceIntro counts what became of decisions, and holds the promise against what
// came.
func adviceIntro(a *Advice) string {
	n := map[Became]int{}
	all := 0
	for _, f := range a.Items {
		if f.Verb != nil || f.Rule == nil {
			n[f.Became]++
			all++
		}
	}
	if all == 0 {
		return "That report advised nothing."
	}
	out := fmt.Sprintf("Of %s, %s.", plural(all, "piece")+" of advice", joined(becameParts(n)))
	if a.Promised != nil {
		out += fmt.Sprintf(" What was taken promised %s %s a week fewer; %s.", figure(tenth(*a.Promised)), a.Unit, fewerCame(*a.Fewer))
	}
	if a.Overlaps {
		out += " That report’s window reaches into this one, so before and now are partly the same time."
	}
	return out + " Other things changed, too: a figure that fell is no proof that the advice made it fall."
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

func fewerCame(fewer float64) string {
	if fewer < 0 {
		return figure(tenth(-fewer)) + " more came"
	}
	return figure(tenth(fewer)) + " fewer came"
}

func becameParts(n map[Became]int) []string {
	var parts []string
	for _, b := range []Became{AdviceTaken, AdviceNotTaken, AdviceNotFound, AdviceUnknown} {
		if n[b] > 0 {
			parts = append(parts, count(n[b])+" "+becameWere(b, n[b]))
		}
	}
	return parts
}

func becameWere(b Became, n int) string {
	verb := "were"
	if n == 1 {
		verb = "was"
	}
	switch b {
	case AdviceTaken:
		return verb + " taken"
	case AdviceNotTaken:
		return verb + " not taken"
	case AdviceNotFound:
		return "no longer applied"
	case AdviceUnknown:
	}
	return "can’t be told"
}

func newAdviceRow(f *AdviceFollow) adviceRow {
	row := adviceRow{Promised: rateText(f.Promised), Before: rateText(f.Before), Now: rateText(f.Now), Severity: newText(text0(f.Severity), 24)}
	row.Name = newText(cmp.Or(text0(f.Rule), text0(f.SLO), text0(f.Finding)), nameLimit)
	row.Advised = capital(cmp.Or(clean(text0(f.Verb), 20), kindSays(noise.Kind(text0(f.Kind))), unknown))
	if f.Promised != nil {
		row.promised = *f.Promised
	}
	switch f.Became {
	case AdviceTaken:
		row.Verdict, row.Says, row.order = "good", changesSaid(f.Changes), 0
	case AdviceNotTaken:
		row.Verdict, row.Says, row.order = "risk", "not taken", 1
		if f.Rule == nil {
			row.Says = "still so"
		}
	case AdviceNotFound:
		row.Verdict, row.Says, row.order = "acceptable", "no longer found, rule unchanged", 2
		if f.Rule == nil {
			row.Says = "no longer found"
		}
	case AdviceUnknown:
		row.Verdict, row.Says, row.order = "unknown", "the rules of then or now are not known", 3
	}
	return row
}

// changesSaid says what changed on a rule.
func changesSaid(changes []string) string {
	if slices.Contains(changes, "gone") {
		return "taken: the rule is gone"
	}
	return "taken: changed " + strings.Join(changes, ", ")
}

func rateText(v *float64) string {
	if v == nil {
		return "–"
	}
	if *v < 0 {
		return "+" + figure(tenth(-*v))
	}
	return figure(tenth(*v))
}

// adviceMore sums up what has no row.
func adviceMore(hidden int, findings map[Became]int) string {
	var parts []string
	if hidden > 0 {
		parts = append(parts, plural(hidden, "more piece")+" of advice")
	}
	n := 0
	for _, c := range findings {
		n += c
	}
	if n > 0 {
		parts = append(parts, fmt.Sprintf("%s that no decision rested on, of which %s", plural(n, "finding"), joined(becameParts(findings))))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Not shown: " + strings.Join(parts, "; ") + ". All are in the JSON."
}
