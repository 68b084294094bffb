package report

import (
	"fmt"
	"slices"
	"strings"
)

// noise writes how much there was, from which rules, and what it was worth.
func (m markdown) noise(v *view) {
	if !v.NoData {
		if len(v.Loudest) > 0 {
			m.heading("How much noise")
			m.paragraph(strings.Join(v.Loudest, " "))
		}
		m.rules(v)
	}
	m.scores(&v.Scores)
	m.alike(&v.Alike)
	m.woken(&v.Woken)
}

func (m markdown) promises(v *view) {
	p := &v.Promises
	if len(p.Rows) == 0 {
		return
	}
	m.heading("Promises")
	m.paragraph(p.Intro)
	m.table([]string{"SLO", "Objective:", "Window", "Budget left:", "Errors:", "Traffic:", "Burn 1 h:", "Burn 6 h:", "Gone in:", "Coverage:"}, promiseCells(p.Rows))
	m.paragraph(p.More)
	m.losses(p)
	m.paragraph("At risk next. " + strings.Join(p.AtRisk, " "))
}

func (m markdown) losses(p *promisesView) {
	m.paragraph(p.LossIntro)
	if len(p.Losses) == 0 {
		return
	}
	var rows [][]string
	for _, l := range p.Losses {
		rows = append(rows, []string{named(l.Name, l.Group), l.From, l.Lasted, l.Burned, l.Peak})
	}
	m.table([]string{"Loss incident", "From", "Lasted:", "Of budget:", "Peak burn:"}, rows)
	m.paragraph(p.LossMore)
}

func promiseCells(promises []promiseView) [][]string {
	var rows [][]string
	for _, p := range promises {
		name := named(p.Name, p.Group)
		if p.Note.Shown != "" {
			name += "; " + p.Note.Shown
		}
		gone := p.GoneIn
		if p.Between != "" {
			gone += " (" + p.Between + ")"
		}
		rows = append(rows, []string{
			name, p.Objective, p.Window, p.Left + " (" + p.Says + ")", p.Errors, p.Share, p.BurnHour, p.BurnSix, gone, p.Coverage,
		})
	}
	return rows
}

// named is a name with its group.
func named(name, group text) string {
	if group.Shown == "" {
		return name.Shown
	}
	return name.Shown + " {" + group.Shown + "}"
}

func kpiCells(kpis []kpiView) [][]string {
	var rows [][]string
	for _, k := range kpis {
		rows = append(rows, []string{k.Label, k.Value + " (" + k.Basis + ")", orDash(k.Before), k.Benchmark, k.Says})
	}
	return rows
}

func (m markdown) rules(v *view) {
	m.heading("The noisiest rules")
	if len(v.Rules.Rows) == 0 {
		m.paragraph("No rule fired.")
	} else {
		m.paragraph(v.Rules.Caption + ".")
		m.table([]string{"Rule", "Severity", "Episodes:", "vs the " + v.Length + " before:", "Firing time:", "Median:", "p95:", "Fleeting:", "Re-fires:"}, ruleCells(v.Rules.Rows))
	}
	m.paragraph(v.Rules.More)
	m.paragraph(v.Rules.Quiet)
	m.paragraph("Fleeting: fired for no longer than " + v.Rules.Fleeting + ", of the episodes whose two ends are known. Re-fires: starts within " +
		v.Rules.Refire + " after the same alert’s last end.")
}

func ruleCells(rules []ruleView) [][]string {
	var rows [][]string
	for _, r := range rules {
		notes := slices.DeleteFunc([]string{r.Carried, r.Pipeline}, func(n string) bool { return n == "" })
		name := r.Name.Shown
		if r.Place.Shown != "" {
			name += " (" + r.Place.Shown + ")"
		}
		name = strings.Join(append([]string{name}, notes...), "; ")
		rows = append(rows, []string{
			name, orDash(r.Severity.Shown), r.Episodes + " (" + r.Share + ")", r.Before, r.Firing,
			r.Median, r.P95, r.Fleeting, r.Refires,
		})
	}
	return rows
}

func (m markdown) floods(v *view) {
	m.heading("Floods")
	m.paragraph(v.Floods.Intro)
	if len(v.Floods.Rows) == 0 {
		return
	}
	var rows [][]string
	for _, f := range v.Floods.Rows {
		var rules []string
		for _, r := range f.Rules {
			rules = append(rules, r.Text.Shown+" "+r.Count)
		}
		rows = append(rows, []string{f.From, f.Lasted, f.Starts, f.Peak, strings.Join(rules, ", ")})
	}
	m.table([]string{"From", "Lasted:", "Starts:", "Most in 10 min:", "Rules that started most"}, rows)
	m.paragraph(v.Floods.More)
}

func (m markdown) kpis(v *view) {
	m.heading("Against the standards")
	m.paragraph(v.JudgedBy + " All counts are of alerts that began to fire, not of notifications.")
	m.table([]string{"Figure", v.This + ":", "Before:", "Benchmark", "Verdict"}, kpiCells(v.KPIs))
}

func (m markdown) teams(v *teamsView) {
	if len(v.Rows) == 0 {
		return
	}
	m.heading("Teams")
	m.paragraph(v.Intro)
	fmt.Fprint(m.w, "`burnish report --team NAME` makes the report of one.\n\n")
	var rows [][]string
	for _, r := range v.Rows {
		rows = append(rows, []string{r.Name.Shown, r.Rules, r.Episodes, r.Notifications, r.Pages, r.Findings, r.Saves, r.Incidents, r.Promises})
	}
	m.table([]string{"Team", "Rules that fired:", "Episodes:", "Notifications:", "Pages:", "Findings:", "Could save a week:", "Incidents nobody was told of:", "Promises overspent:"}, rows)
	m.paragraph(v.More)
}

func (m markdown) trends(v *trendsView) {
	if v.Intro == "" {
		return
	}
	m.heading("Week by week")
	m.paragraph(strings.Replace(v.Intro, "the last one on the right", "the last one first", 1))
	m.table(v.Head, v.Table)
}

func (m markdown) severity(v *view) {
	m.heading("Severity mix")
	if v.Severity.Known {
		var rows [][]string
		for _, r := range v.Severity.Rows {
			rows = append(rows, []string{r.Level, r.Count, r.Share, r.Guide})
		}
		m.table([]string{"Level", "Episodes:", "Share:", "Guide:"}, rows)
	} else {
		m.paragraph("No episode carried a severity that is understood, so the mix is unknown.")
	}
	m.paragraph(v.Severity.Unclassified)
}

func (m markdown) standing(v *view) {
	m.heading("Standing alerts")
	m.paragraph(v.Standing.Intro)
	if len(v.Standing.Rows) == 0 {
		return
	}
	var rows [][]string
	for _, r := range v.Standing.Rows {
		rows = append(rows, []string{r.Name.Shown, orDash(r.Severity.Shown), r.Labels.Shown, r.Since, r.For})
	}
	m.table([]string{"Rule", "Severity", "Labels", "Since", "For:"}, rows)
	m.paragraph(v.Standing.More)
}

func (m markdown) quality(v *view) {
	m.heading("How sure is this?")
	for _, f := range v.Quality {
		fmt.Fprintf(m.w, "- **%s**: %s. %s\n", escape(f.Label), escape(f.Value), escape(f.Note))
	}
	fmt.Fprintln(m.w)
	if len(v.Spells) == 0 {
		return
	}
	var rows [][]string
	for _, s := range v.Spells {
		group := s.Group.Shown
		if group == "" {
			group = "all"
		}
		rows = append(rows, []string{s.Kind, s.From, s.Lasted, group})
	}
	m.table([]string{"The pipeline was unwell", "From", "Lasted:", "Rule group"}, rows)
	m.paragraph(v.MoreSpells)
}

func (m markdown) terms(v *view) {
	m.heading("What the words mean")
	for _, d := range v.Definitions {
		fmt.Fprintf(m.w, "- **%s**: %s", escape(d.Term), escape(d.Text))
		if d.Source != "" {
			fmt.Fprintf(m.w, " (%s)", escape(d.Source))
		}
		fmt.Fprintln(m.w)
	}
	made := "Made by burnish"
	if v.Version != "" {
		made += " " + v.Version
	}
	if v.Route != "" {
		made += "; alert history read through " + v.Route
	}
	fmt.Fprintf(m.w, "\n%s.\n", escape(made))
}
